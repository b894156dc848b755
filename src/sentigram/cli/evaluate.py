"""`sentigram evaluate`: figures from saved readings, or on the bundled engine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sentigram.cli import training_flags as flags
from sentigram.errors import UsageError

_BUNDLED = Path("bundled")


def evaluate(
    run: Annotated[Path, typer.Argument(metavar="RUN|bundled", help="A run's folder.")],
    *,
    data: Annotated[
        Path | None, typer.Option(help="For bundled: the folder with one folder per corpus.")
    ] = None,
    cache: Annotated[Path, typer.Option(help="For bundled: encoded clips.")] = Path("runs/cache"),
    parts: Annotated[
        str, typer.Option(help="For bundled: which of text,voice,join,spliced,fusion.")
    ] = "text,voice,join,spliced",
    weights: Annotated[
        Path | None, typer.Option(help="For bundled: weights that `train bundled` made.")
    ] = None,
    as_json: flags.AsJson = False,
    quiet: flags.Quiet = False,
) -> None:
    """Print a run's figures, each with its interval or why it has none, and their baselines.

    From saved readings only. `sentigram evaluate bundled --data FOLDER` measures the weights that
    ship with Sentigram.
    """
    from sentigram.cli.reporter import ConsoleReporter, print_line  # noqa: PLC0415

    flags.require_training()
    if run != _BUNDLED:
        flags.print_report(run, as_json=as_json)
        return
    if data is None:
        message = "evaluate bundled needs --data FOLDER, with one folder per corpus"
        raise UsageError(message)
    from sentigram.training.bundled import evaluate_bundled  # noqa: PLC0415

    with ConsoleReporter(quiet=quiet) as reporter:
        report = evaluate_bundled(data, cache, parts.split(","), reporter=reporter, weights=weights)
    print_line(report.as_json() if as_json else report.as_text())
