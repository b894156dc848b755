"""`sentigram report`: tables and pictures of runs, from their saved readings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sentigram.cli import training_flags as flags

if TYPE_CHECKING:
    from sentigram.training.report.folder import RunReport

_ANOTHER = "another --out"


def report(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN…", help="Folders of runs.")],
    *,
    as_json: flags.AsJson = False,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.md", help="Also write the tables as Markdown.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace that file.")] = False,
    plots: Annotated[bool, typer.Option(help="Draw RUN/plots/.")] = True,
) -> None:
    """Print figures with their intervals or why there are none, baselines, and differences.

    Pictures go to RUN/plots/ as PNG and SVG.
    """
    flags.require_training()
    from sentigram.cli.reporter import print_line
    from sentigram.files import check_free, write_text
    from sentigram.training.report.folder import read_report, write_plots

    if out is not None:
        check_free([out], overwrite=overwrite, instead=_ANOTHER)
    reports = [read_report(run) for run in runs]
    if plots:
        for each in reports:
            write_plots(each)
    if out is not None:
        text = "\n".join(each.as_markdown() for each in reports)
        write_text(out, text, overwrite=overwrite, instead=_ANOTHER)
    print_line(_as_json(reports) if as_json else "\n".join(_text(each) for each in reports))


def _as_json(reports: list[RunReport]) -> str:
    """One run's figures, or those of several by folder."""
    if len(reports) == 1:
        return reports[0].as_json()
    return json.dumps({str(each.folder): json.loads(each.as_json()) for each in reports}, indent=1)


def _text(report: RunReport) -> str:
    return report.as_text().rstrip("\n")
