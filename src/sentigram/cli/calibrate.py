"""`sentigram models calibrate`: fit the zero-shot reading to labelled recordings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def calibrate(
    manifests: Annotated[
        list[Path], typer.Argument(help="Manifests that `sentigram prepare` wrote.")
    ],
    *,
    out: Annotated[
        Path | None,
        typer.Option(help="The file; the one that render reads, in the store, by default."),
    ] = None,
    audio_model: Annotated[
        str | None, typer.Option(help="emotion2vec: name or folder; the best one here by default.")
    ] = None,
    text_model: Annotated[str | None, typer.Option(help="Text classifier: name or folder.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    precision: Annotated[str, typer.Option(help="auto, float32 or bfloat16.")] = "auto",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file.")] = False,
) -> None:
    """Fit temperatures and weights of the full engine's reading without a checkpoint.

    Nothing of the models is trained. The figures are measured on speakers that had no part in the
    fit; the Document of every recording that is read so names what it was calibrated on.
    """
    from sentigram.cli.reporter import ConsoleReporter, print_line
    from sentigram.emotion.zero_shot import ZeroShotEmotionModel
    from sentigram.files import check_free, made_folder, write_text
    from sentigram.jobs.choose_engine import calibration_file, zero_shot_options
    from sentigram.jobs.engine import Engine
    from sentigram.training.dataset.manifest import read_manifest
    from sentigram.training.shipped import zero_shot

    path = calibration_file() if out is None else out
    check_free([path], overwrite=overwrite, may_make=True)
    engine = Engine(
        device=device, precision=precision, audio_model=audio_model, text_model=text_model
    )
    options = {**dict(zero_shot_options(engine)), "calibration": None}
    read_from = [read_manifest(manifest) for manifest in manifests]
    model = ZeroShotEmotionModel(**options)  # type: ignore[arg-type]
    with ConsoleReporter() as reporter:
        with reporter.stage("read") as progress:
            read = zero_shot.read_clips(read_from, model, progress=progress)
        with reporter.stage("fit"):
            corpora = ", ".join(manifest.corpus for manifest in read_from)
            on = f"{len(read.truth)} clips of {corpora}"
            found = zero_shot.calibrate(read, on, model.weights)
            figures = zero_shot.measure(read)
    text = json.dumps(zero_shot.as_json(found, figures), indent=1)
    with made_folder(path.parent):
        write_text(path, f"{text}\n", overwrite=overwrite)
    for when in ("before", "after"):
        row = figures[when]
        print_line(
            f"{when:<7} calibration error {row['ece']:.3f}, {row['nats']:.3f} nats, "
            f"accuracy {row['accuracy']:.3f} (chance {figures['chance']:.3f})"
        )
    print_line(str(path))
