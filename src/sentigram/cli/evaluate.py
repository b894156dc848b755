"""`sentigram evaluate`: from saved readings, on the bundled engine, or on corrected Documents."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sentigram.cli import training_flags as flags
from sentigram.errors import UsageError

_BUNDLED = Path("bundled")
_CORRECTIONS = Path("corrections")


def evaluate(
    what: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN|bundled|corrections DOCUMENT CORRECTED…",
            help="A run's folder; or Documents: the model's, then those that people corrected.",
        ),
    ],
    *,
    data: Annotated[
        Path | None, typer.Option(help="For bundled: the folder with one folder per corpus.")
    ] = None,
    cache: Annotated[Path, typer.Option(help="For bundled: encoded clips.")] = Path("runs/cache"),
    parts: Annotated[
        str, typer.Option(help="For bundled: which of text,voice,join,real,retest.")
    ] = "text,voice,join",
    weights: Annotated[
        Path | None, typer.Option(help="For bundled: weights that `train bundled` made.")
    ] = None,
    prompts: Annotated[
        Path | None, typer.Option(help="For real and retest: where studio prompts were unpacked.")
    ] = None,
    as_json: flags.AsJson = False,
    quiet: flags.Quiet = False,
) -> None:
    """Print a run's figures, each with its interval or why it has none, and their baselines.

    From saved readings only. `sentigram evaluate bundled --data FOLDER` measures the weights that
    ship with Sentigram.

    `sentigram evaluate corrections talk.sentigram.json talk.ann.sentigram.json` measures readings
    by what people made of them; several people and several talks are grouped by recording.
    """
    run, *documents = what
    if run == _CORRECTIONS:
        _evaluate_corrections(documents, as_json=as_json)
        return
    if documents:
        message = f"evaluate {run}: takes nothing after it, not {documents[0]}"
        raise UsageError(message)
    from sentigram.cli.reporter import ConsoleReporter, print_line

    flags.require_training()
    if run != _BUNDLED:
        flags.print_report(run, as_json=as_json)
        return
    if data is None:
        message = "evaluate bundled needs --data FOLDER, with one folder per corpus"
        raise UsageError(message)
    from sentigram.training.shipped.parts import evaluate_bundled

    with ConsoleReporter(quiet=quiet) as reporter:
        report = evaluate_bundled(
            data,
            cache,
            parts.split(","),
            reporter=reporter,
            weights=weights,
            prompts=prompts,
        )
    print_line(report.as_json() if as_json else report.as_text())


def _evaluate_corrections(documents: list[Path], *, as_json: bool) -> None:
    from sentigram.cli.reporter import print_line
    from sentigram.training.judge.corrected_talks import read_talks
    from sentigram.training.judge.corrections import judge
    from sentigram.training.report import corrections

    if not documents:
        message = (
            "evaluate corrections needs Documents: the model's, then those that people corrected; "
            "for a run in a folder of that name write the whole path"
        )
        raise UsageError(message)
    report = judge(read_talks(documents))
    print_line(corrections.as_json(report) if as_json else corrections.as_text(report))
