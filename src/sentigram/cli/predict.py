"""`sentigram predict`: a trained network on clips, a row each."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from sentigram.cli import training_flags as flags

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sentigram.training.predicting.predict import ClipReading

_STDOUT = "-"
_SOME_FAILED = 1
_ANOTHER = "another --csv"


class OptionalFile(TyperCommand):
    """A command whose `--csv` may stand without a file: then it means standard output."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments."""
        given = list(args)
        for at in range(len(given) - 1, -1, -1):
            if given[at] == "--csv":
                after = given[at + 1] if at + 1 < len(given) else ""
                if after != _STDOUT and not after.lower().endswith(".csv"):
                    given[at] = f"--csv={_STDOUT}"
        parsed: list[str] = super().parse_args(ctx, given)
        return parsed


def predict(
    clips: Annotated[
        list[Path],
        typer.Argument(
            metavar="CLIPS…",
            help="Clips, folders of them, a CSV with path and text, or a manifest (.parquet).",
        ),
    ],
    *,
    checkpoint: Annotated[
        Path, typer.Option(metavar="CARD", help="A network.card.json that training made.")
    ],
    table: Annotated[
        str | None,
        typer.Option("--csv", metavar="[FILE.csv]", help="Write CSV: to a file, or to stdout."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print readings as JSON.")] = False,
    device: flags.Device = "auto",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace that file.")] = False,
    quiet: flags.Quiet = False,
) -> None:
    """Read clips as wholes: label, calibrated probability of each class, VAD where there is one.

    Networks that read words need them: from a manifest, or a CSV with a column text. Exit code 1
    where a clip could not be read; its row says why.
    """
    flags.require_training()
    from sentigram.cli.reporter import ConsoleReporter, print_line
    from sentigram.emotion.encoders.compute import resolve
    from sentigram.files import check_free, write_text
    from sentigram.training.predicting.clips import find_clips
    from sentigram.training.predicting.predict import ClipReader, as_rows

    path = None if table in (None, _STDOUT) else Path(str(table))
    if path is not None:
        check_free([path], overwrite=overwrite, instead=_ANOTHER)
    reader = ClipReader(checkpoint, device=resolve(device).device)
    found = find_clips(clips)
    with ConsoleReporter(quiet=quiet) as reporter:
        if not reader.is_calibrated:
            reporter.warn(f"{checkpoint}: was not calibrated; its probabilities are raw")
        if reader.context and not any(clip.dialogue for clip in found):
            reporter.warn(
                f"{checkpoint}: was trained to read {reader.context} utterances before along, and "
                "these clips are of no dialogue that is known"
            )
        with reporter.stage("read") as progress:
            readings = list(reader.read(found, progress=progress))
        for reading in readings:
            if reading.problem:
                reporter.warn(f"{reading.clip.name}: {reading.problem}")
    header, rows = as_rows(readings, reader.classes, has_vad=reader.has_vad)
    if path is not None:
        write_text(path, _csv([header, *rows]), overwrite=overwrite, instead=_ANOTHER)
        print_line(str(path))
    elif as_json:
        print_line(json.dumps([_as_json(one, reader.classes) for one in readings], indent=1))
    elif table is not None:
        print_line(_csv([header, *rows]).rstrip("\n"))
    else:
        print_line("\n".join(_line(one, reader.classes) for one in readings))
    if any(reading.problem for reading in readings):
        raise typer.Exit(_SOME_FAILED)


def _csv(rows: Sequence[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def _line(reading: ClipReading, classes: Sequence[str]) -> str:
    """Label, its probability, and the clip, for people."""
    from sentigram.cli.reporter import printable

    width = max(map(len, classes))
    if reading.problem:
        return f"{'–':<{width}}    –  {printable(reading.clip.name)}"
    return f"{reading.label:<{width}} {max(reading.probs):.2f}  {printable(reading.clip.name)}"


def _as_json(reading: ClipReading, classes: Sequence[str]) -> dict[str, Any]:
    said: dict[str, Any] = {"clip": reading.clip.name}
    if reading.problem:
        return {**said, "problem": reading.problem}
    said |= {"label": reading.label, "probs": dict(zip(classes, reading.probs, strict=True))}
    return said if reading.vad is None else {**said, "vad": reading.vad}
