"""What the training commands have in common."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sentigram.errors import InputError, MissingError, SentigramError

if TYPE_CHECKING:
    from accelerate import Accelerator

    from sentigram.core.protocols import Reporter
    from sentigram.training.audit.protocol_record import Selection
    from sentigram.training.augment.config import AugmentConfig
    from sentigram.training.config import ExperimentConfig
    from sentigram.training.fit.experiment import Bench

Experiment = Annotated[Path, typer.Argument(metavar="EXPERIMENT.yaml", help="See configs/.")]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a setting: training.epochs=10."),
]
Out = Annotated[Path | None, typer.Option(help="The run's folder; runs/NAME by default.")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")]
NumRuns = Annotated[int | None, typer.Option("--num-runs", min=1, help="Runs, for mean ± std.")]
AllowLeaks = Annotated[
    bool, typer.Option("--allow-leaks", help="Train although the audit fails; the report says so.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print figures as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")]

_NEEDED = ("torch", "accelerate", "pydantic", "pyarrow", "sklearn", "yaml", "tensorboard")
_RUNS = Path("runs")
_BY_LABEL = "label-dependent-augmentation"


def require_training() -> None:
    """Make sure that the libraries of training are installed.

    Raises:
        MissingError: They are not.
    """
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        message = f"training needs {', '.join(missing)}; run: pip install 'sentigram[train]'"
        raise MissingError(message)


def read_experiment(
    path: Path, settings: Sequence[str] | None, num_runs: int | None
) -> ExperimentConfig:
    """Read an experiment with the changes given on the command line."""
    require_training()
    from sentigram.training.config import read_config

    return read_config(path, overrides(settings, num_runs))


def overrides(settings: Sequence[str] | None, num_runs: int | None) -> tuple[str, ...]:
    """Changes given on the command line, as `section.key=value`."""
    more = () if num_runs is None else (f"training.runs={num_runs}",)
    return (*(settings or ()), *more)


def run_folder(out: Path | None, name: str) -> Path:
    """Where a run goes."""
    return _RUNS / name if out is None else out


def altered(
    bench: Bench,
    reporter: Reporter,
    *,
    accelerator: Accelerator,
    augment: AugmentConfig | None = None,
    everything: bool = False,
) -> None:
    """Make the altered copies of training clips that an experiment wants and nobody made yet.

    Args:
        bench: The experiment.
        reporter: Told how far it is.
        accelerator: Its main process makes them, the others wait.
        augment: What is done; None as the experiment says.
        everything: Also of examples that no fold trains on.
    """
    from sentigram.training.fit.augmented import prepare_copies

    wanted = bench.config.augment if augment is None else augment
    if not wanted.alters_sound:
        return
    with accelerator.main_process_first(), reporter.stage("altered copies") as progress:
        prepare_copies(bench, wanted, everything=everything, progress=progress)


@contextmanager
def no_trace_of_refusal(folder: Path) -> Iterator[None]:
    """Remove a run's folder that was made for an experiment that is then refused.

    A folder that was there before stays, and so does one in which anything was trained.
    """
    new = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        yield
    except SentigramError:
        if folder in new and not any(folder.glob("**/parts/*/run-*/*/*")):
            shutil.rmtree(folder, ignore_errors=True)
            with suppress(OSError):
                for path in new[1:]:
                    path.rmdir()
        raise


def audited(
    bench: Bench,
    out: Path,
    reporter: Reporter,
    *,
    allow_leaks: bool,
    source: Bench | None = None,
    accelerator: Accelerator | None = None,
    selections: tuple[Selection, ...] = (),
) -> None:
    """Audit a plan before anything is trained on it.

    Augmentation that knows the label is first tried without labels to learn, once all else holds.

    Args:
        bench: The experiment.
        out: The run's folder.
        reporter: Told what is found.
        allow_leaks: Whether to go on in spite of it.
        source: What is learnt first, in studies of transfer.
        accelerator: Where that trial is trained; None for commands that train none.
        selections: What is chosen beside epochs.

    Raises:
        InputError: The audit fails, and that is not allowed.
    """
    from sentigram.training.audit.experiments import audit_bench

    if accelerator is not None and _wants_placebo(bench):
        from sentigram.training.studies.placebo import placebo_study

        findings = audit_bench(bench, out, source=source)
        leaks = {f.rule for f in findings if f.severity == "fail"} - {*bench.config.split.accept}
        if allow_leaks or leaks <= {_BY_LABEL}:
            placebo_study(bench, out, accelerator=accelerator, reporter=reporter, source=source)
    failed = []
    for finding in audit_bench(bench, out, source=source, selections=selections):
        if finding.severity == "fail":
            failed.append(finding)
            such = f", such as {', '.join(finding.examples[:2])}" if finding.examples else ""
            reporter.warn(f"{finding.rule}: {finding.message}{such}; {finding.remedy}")
        else:
            reporter.note(f"{finding.rule}: {finding.message}")
    rules = [f.rule for f in failed if f.rule not in bench.config.split.accept]
    if rules and not allow_leaks:
        message = (
            f"the audit fails on {', '.join(rules)}. Change that; or name the rule in "
            "split.accept, or add --allow-leaks: every table will say so"
        )
        raise InputError(message)


def _wants_placebo(bench: Bench) -> bool:
    augment = bench.config.augment
    return augment.knows_the_label and augment.placebo == "run"


def print_report(run: Path, *, as_json: bool) -> None:
    """Evaluate a run's readings, write metrics.json and report.md, and print one of them."""
    from sentigram.cli.reporter import print_line
    from sentigram.training.report.folder import report_run

    metrics, text = report_run(run)
    print_line((metrics if as_json else text).rstrip("\n"))
