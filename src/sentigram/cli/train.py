"""`sentigram train`: an experiment, or the bundled engine's weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sentigram.cli import training_flags as flags
from sentigram.errors import UsageError

if TYPE_CHECKING:
    from sentigram.core.protocols import Reporter
    from sentigram.training.studies.grid import Grid

_BUNDLED = Path("bundled")


def train(
    experiment: Annotated[
        Path | None, typer.Argument(metavar="EXPERIMENT.yaml|bundled", help="See configs/.")
    ] = None,
    *,
    model: Annotated[
        str | None,
        typer.Option(help="Without a file: a family or variant, such as resnet18 or vga."),
    ] = None,
    dataset: Annotated[
        str | None, typer.Option(help="Without a file: a manifest of runs/prepared, by its name.")
    ] = None,
    settings: flags.Set = None,
    grid: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE,VALUE",
            help="Try values, and choose by validation: objective.vad=.1,.3,.5; may be repeated.",
        ),
    ] = None,
    out: flags.Out = None,
    device: flags.Device = "auto",
    num_runs: flags.NumRuns = None,
    final: Annotated[
        bool, typer.Option("--final", help="Also train one network on all examples, for use.")
    ] = False,
    allow_leaks: flags.AllowLeaks = False,
    data: Annotated[
        Path | None, typer.Option(help="For bundled: the folder with one folder per corpus.")
    ] = None,
    parts: Annotated[
        str, typer.Option(help="For bundled: which of text,voice,join.")
    ] = "text,voice,join",
    explain_settings: Annotated[
        bool,
        typer.Option("--explain-settings", help="Print every setting of experiments, and exit."),
    ] = False,
    as_json: flags.AsJson = False,
    quiet: flags.Quiet = False,
) -> None:
    """Audit, train and evaluate an experiment, with its baselines on the same folds.

    A run that was stopped goes on where it was when it is started again, and one that is done
    takes more runs (--num-runs). `sentigram train --model resnet18 --dataset ravdess` needs no
    file. `sentigram train bundled --data FOLDER` makes the weights anew that ship with Sentigram.
    """
    from sentigram.cli.reporter import ConsoleReporter, print_line

    flags.require_training()
    if explain_settings:
        from sentigram.training.settings import as_markdown, sections

        print_line(as_markdown(sections()).rstrip("\n"))
        return
    with ConsoleReporter(quiet=quiet) as reporter:
        if experiment == _BUNDLED:
            from sentigram.training.shipped.parts import train_bundled

            folder = flags.run_folder(out, "bundled")
            train_bundled(data, folder, parts.split(","), reporter=reporter)
            print_line(str(folder))
            return
        from sentigram.training.config import check_config, with_settings
        from sentigram.training.fit import experiment as experiments
        from sentigram.training.studies.grid import cells_of, run_grid, selections

        where, given = _given(experiment, model, dataset)
        given = with_settings(given, flags.overrides(settings, num_runs))
        if experiment is None:
            _tell_experiment(where, given, reporter)
        config = check_config(given, where=where)
        cells = cells_of(given, grid, where=where) if grid else ()
        folder = flags.run_folder(out, config.name)
        accelerator = experiments.make_accelerator(config, device=device)
        bench = experiments.open_bench(config)
        rows = experiments.systems(bench)
        found: Grid | None = None
        with flags.no_trace_of_refusal(folder):
            flags.audited(
                bench,
                folder,
                reporter,
                allow_leaks=allow_leaks,
                accelerator=accelerator,
                selections=selections(bench) if cells else (),
            )
            flags.altered(bench, reporter, accelerator=accelerator, everything=final)
            if cells:
                found = run_grid(bench, cells, folder, accelerator=accelerator, reporter=reporter)
            else:
                experiments.run(bench, rows, folder, accelerator=accelerator, reporter=reporter)
        if final:
            if found is not None:
                best = next(cell.config for cell in cells if cell.name == found.best)
                bench = experiments.open_bench(best)
                rows = experiments.systems(bench)
            experiments.train_final(
                bench, rows[0], folder, accelerator=accelerator, reporter=reporter
            )
    if accelerator.is_main_process:
        flags.print_report(folder, as_json=as_json)
        if found is not None and not as_json:
            _print_grid(found)


def _given(
    experiment: Path | None, model: str | None, dataset: str | None
) -> tuple[str, dict[str, Any]]:
    """What the experiment is, and where that was said."""
    from sentigram.training.config import read_given
    from sentigram.training.shorthand import shorthand

    if experiment is not None:
        if model or dataset:
            message = "train: give an experiment file, or --model and --dataset, not both"
            raise UsageError(message)
        return str(experiment), read_given(experiment)
    if not (model and dataset):
        message = (
            "train: name an experiment, such as configs/ravdess-8.yaml; or --model and --dataset; "
            "or bundled"
        )
        raise UsageError(message)
    return f"--model {model} --dataset {dataset}", shorthand(model, dataset)


def _tell_experiment(where: str, given: dict[str, Any], reporter: Reporter) -> None:
    """Print the YAML that a network and a corpus by their names stand for, settings in it."""
    import yaml

    reporter.note(f"{where} stands for:")
    for line in yaml.safe_dump(given, sort_keys=False, default_flow_style=None).splitlines():
        reporter.note(f"  {line}")


def _print_grid(found: Grid) -> None:
    from sentigram.cli.reporter import print_line
    from sentigram.training.report.tables import markdown_table
    from sentigram.training.studies.grid import table

    header, rows, note = table(found)
    lines: Sequence[str] = ("", "Grid", "", markdown_table(header, rows), "", note)
    print_line("\n".join(lines))
