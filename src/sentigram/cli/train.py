"""`sentigram train`: an experiment, or the bundled engine's weights."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sentigram.cli import training_flags as flags
from sentigram.errors import UsageError

_BUNDLED = Path("bundled")


def train(
    experiment: Annotated[
        Path | None, typer.Argument(metavar="EXPERIMENT.yaml|bundled", help="See configs/.")
    ] = None,
    *,
    settings: flags.Set = None,
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
    takes more runs (--num-runs). `sentigram train bundled
    --data FOLDER` makes the weights anew that ship with Sentigram.
    """
    from sentigram.cli.reporter import ConsoleReporter, print_line

    flags.require_training()
    if explain_settings:
        from sentigram.training.settings import as_markdown, sections

        print_line(as_markdown(sections()).rstrip("\n"))
        return
    if experiment is None:
        message = "train: name an experiment, such as configs/ravdess-8.yaml, or bundled"
        raise UsageError(message)
    with ConsoleReporter(quiet=quiet) as reporter:
        if experiment == _BUNDLED:
            from sentigram.training.shipped.parts import train_bundled

            folder = flags.run_folder(out, "bundled")
            train_bundled(data, folder, parts.split(","), reporter=reporter)
            print_line(str(folder))
            return
        from sentigram.training.fit import experiment as experiments

        config = flags.read_experiment(experiment, settings, num_runs)
        folder = flags.run_folder(out, config.name)
        accelerator = experiments.make_accelerator(config, device=device)
        bench = experiments.open_bench(config)
        rows = experiments.systems(bench)
        with flags.no_trace_of_refusal(folder):
            flags.audited(bench, folder, reporter, allow_leaks=allow_leaks, accelerator=accelerator)
            flags.altered(bench, reporter, accelerator=accelerator, everything=final)
            experiments.run(bench, rows, folder, accelerator=accelerator, reporter=reporter)
        if final:
            experiments.train_final(
                bench, rows[0], folder, accelerator=accelerator, reporter=reporter
            )
    if accelerator.is_main_process:
        flags.print_report(folder, as_json=as_json)
