"""`sentigram ablate | finetune | fewshot | adapt`: what a part, or a corpus, is worth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sentigram.cli import training_flags as flags
from sentigram.errors import UsageError

if TYPE_CHECKING:
    from sentigram.training.fit.experiment import Bench
    from sentigram.training.studies.transfer import Shots

_Source = Annotated[Path, typer.Argument(metavar="SOURCE.yaml", help="What is learnt first.")]
_Target = Annotated[Path, typer.Argument(metavar="TARGET.yaml", help="What is tested.")]


def ablate(
    experiment: flags.Experiment,
    *,
    gates: Annotated[
        bool, typer.Option("--gates", help="Instead, every gate with and without MICL.")
    ] = False,
    settings: flags.Set = None,
    out: flags.Out = None,
    device: flags.Device = "auto",
    num_runs: flags.NumRuns = None,
    allow_leaks: flags.AllowLeaks = False,
    as_json: flags.AsJson = False,
    quiet: flags.Quiet = False,
) -> None:
    """Leave out one part at a time: guidance, gates, MICL, VAD, augmentation, and so on."""
    from sentigram.cli.reporter import ConsoleReporter

    config = flags.read_experiment(experiment, settings, num_runs)
    from sentigram.training.fit import experiment as experiments
    from sentigram.training.studies.ablation import ablations, gate_grid

    folder = flags.run_folder(out, f"{config.name}-{'gates' if gates else 'ablation'}")
    with ConsoleReporter(quiet=quiet) as reporter:
        accelerator = experiments.make_accelerator(config, device=device)
        bench = experiments.open_bench(config)
        rows = gate_grid(bench) if gates else ablations(bench)
        with flags.no_trace_of_refusal(folder):
            flags.audited(bench, folder, reporter, allow_leaks=allow_leaks, accelerator=accelerator)
            for row in rows:
                flags.altered(bench, reporter, accelerator=accelerator, augment=row.augment)
            experiments.run(bench, rows, folder, accelerator=accelerator, reporter=reporter)
    if accelerator.is_main_process:
        flags.print_report(folder, as_json=as_json)


def finetune(
    source: _Source,
    target: _Target,
    *,
    settings: flags.Set = None,
    out: flags.Out = None,
    device: flags.Device = "auto",
    num_runs: flags.NumRuns = None,
    allow_leaks: flags.AllowLeaks = False,
    as_json: flags.AsJson = False,
    quiet: flags.Quiet = False,
) -> None:
    """Learn one corpus, then all of another's training split; beside learning only the latter."""
    flags.require_training()
    from sentigram.training.studies.transfer import Shots, transfer

    _study(transfer, (Shots(percent=100),), "finetune", source, target, settings, out, device,
           num_runs, allow_leaks=allow_leaks, as_json=as_json, quiet=quiet)  # fmt: skip


def fewshot(
    source: _Source,
    target: _Target,
    *,
    shots: Annotated[
        str, typer.Option(help="Percentages of the training split, or numbers per class.")
    ] = "10%,20%,50%,100%",
    settings: flags.Set = None,
    out: flags.Out = None,
    device: flags.Device = "auto",
    num_runs: flags.NumRuns = None,
    allow_leaks: flags.AllowLeaks = False,
    as_json: flags.AsJson = False,
    quiet: flags.Quiet = False,
) -> None:
    """Fine-tune on a few examples of the target; validation comes from those few, too."""
    flags.require_training()
    from sentigram.training.studies.transfer import transfer

    wanted = tuple(_shots(text) for text in shots.split(","))
    _study(transfer, wanted, "fewshot", source, target, settings, out, device, num_runs,
           allow_leaks=allow_leaks, as_json=as_json, quiet=quiet)  # fmt: skip


def adapt(
    source: _Source,
    target: _Target,
    *,
    methods: Annotated[str, typer.Option(help="Of dann, mmd, coral.")] = "dann,mmd,coral",
    settings: flags.Set = None,
    out: flags.Out = None,
    device: flags.Device = "auto",
    num_runs: flags.NumRuns = None,
    allow_leaks: flags.AllowLeaks = False,
    as_json: flags.AsJson = False,
    quiet: flags.Quiet = False,
) -> None:
    """Adapt to a corpus without its labels; settings are chosen without them as well."""
    flags.require_training()
    from sentigram.training.studies.adaptation import METHODS
    from sentigram.training.studies.adaptation import adapt as run

    wanted = tuple(methods.split(","))
    if unknown := set(wanted) - set(METHODS):
        message = f"--methods {','.join(sorted(unknown))}: choose from {', '.join(METHODS)}"
        raise UsageError(message)
    _study(run, wanted, "adapt", source, target, settings, out, device, num_runs,
           allow_leaks=allow_leaks, as_json=as_json, quiet=quiet)  # fmt: skip


def _study(
    run: Callable[..., object],
    rows: Sequence[object],
    name: str,
    source: Path,
    target: Path,
    settings: list[str] | None,
    out: Path | None,
    device: str,
    num_runs: int | None,
    *,
    allow_leaks: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Audit, run and report a study of two corpora; `rows` are its shots or methods."""
    from sentigram.cli.reporter import ConsoleReporter
    from sentigram.training.fit import experiment as experiments

    first, second, giving_way = _pair(source, target, settings, num_runs)
    folder = flags.run_folder(out, f"{second.config.name}-{name}")
    with ConsoleReporter(quiet=quiet) as reporter:
        if giving_way:
            sections = ", ".join(giving_way)
            reporter.note(f"{source}: learnt with the settings of {target} for {sections}")
        accelerator = experiments.make_accelerator(second.config, device=device)
        with flags.no_trace_of_refusal(folder):
            flags.audited(
                second,
                folder,
                reporter,
                allow_leaks=allow_leaks,
                source=first,
                accelerator=accelerator,
            )
            for bench in (first, second):
                flags.altered(bench, reporter, accelerator=accelerator, everything=bench is first)
            run(first, second, rows, folder, accelerator=accelerator, reporter=reporter)
    if accelerator.is_main_process:
        flags.print_report(folder, as_json=as_json)


def _pair(
    source: Path, target: Path, settings: list[str] | None, num_runs: int | None
) -> tuple[Bench, Bench, tuple[str, ...]]:
    """Both, and the sections of the source that give way to the target's."""
    from sentigram.training.augment.config import NO_AUGMENTATION
    from sentigram.training.fit.experiment import open_bench
    from sentigram.training.studies.transfer import check_same_classes, same_model

    second = open_bench(flags.read_experiment(target, settings, num_runs))
    own = flags.read_experiment(source, None, None)
    config = same_model(own, second.config)
    # without the target's policies, which may name classes that the source does not have
    first = open_bench(config.model_copy(update={"augment": NO_AUGMENTATION}))
    check_same_classes(first, second)
    sections = ("model", "objective", "augment")
    giving_way = tuple(name for name in sections if getattr(own, name) != getattr(config, name))
    return replace(first, config=config), second, giving_way


def _shots(text: str) -> Shots:
    from sentigram.training.studies.transfer import Shots

    number = text.strip().removesuffix("%")
    try:
        if text.strip().endswith("%") and 0 < float(number) <= 100:
            return Shots(percent=float(number))
        if int(number) > 0 and "%" not in text:
            return Shots(per_class=int(number))
    except ValueError:
        pass
    message = f"--shots {text}: write percentages such as 10%, or numbers per class such as 5"
    raise UsageError(message)
