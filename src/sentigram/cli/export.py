"""`sentigram export`: a checkpoint for other runtimes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sentigram.cli import training_flags as flags


def export(
    card: Annotated[
        Path, typer.Argument(metavar="CARD", help="A network.card.json that training made.")
    ],
    *,
    onnx: Annotated[Path, typer.Option(metavar="FILE.onnx", help="The file to write.")],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace that file.")] = False,
    quiet: flags.Quiet = False,
) -> None:
    """Write a network as ONNX that takes raw features, with its card beside it.

    Sizes of batches and lengths are open. Nothing is written unless ONNX Runtime says what the
    network says, to 0.0001, on random inputs with padding.
    """
    flags.require_training()
    from sentigram.cli.reporter import ConsoleReporter, print_line
    from sentigram.training.exporting.onnx_file import export_onnx

    with ConsoleReporter(quiet=quiet) as reporter:
        with reporter.stage("export"):
            made = export_onnx(card, onnx, overwrite=overwrite)
        reporter.note(f"equal to the network to {made.largest_difference:.1g}")
    print_line(str(made.path))
    print_line(str(made.card))
