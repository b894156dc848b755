"""`sentigram audit`: what makes a figure too good to be true."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sentigram.cli import training_flags as flags
from sentigram.core.counted import counted
from sentigram.errors import UsageError

if TYPE_CHECKING:
    from sentigram.training.audit import AuditFinding


def audit(
    plan: Annotated[
        Path,
        typer.Argument(
            metavar="PLAN|RUN", help="plan.json, a CSV (id, split, fold), or a run's folder."
        ),
    ],
    *,
    manifest: Annotated[
        list[Path] | None,
        typer.Option(help="A manifest that the plan divides; may be given several times."),
    ] = None,
    record: Annotated[
        Path | None, typer.Option(help="protocol.json: how the numbers were made.")
    ] = None,
    as_json: flags.AsJson = False,
) -> None:
    """Look for leaks between training and test, and for choices that were made on test.

    Exit code 1 when a figure that was made like this must not be believed.
    """
    flags.require_training()
    from sentigram.cli.reporter import print_line
    from sentigram.training.audit import as_json as to_json
    from sentigram.training.audit import audit as find
    from sentigram.training.audit import is_failed
    from sentigram.training.audit.experiments import audit_run
    from sentigram.training.audit.protocol_record import read_record
    from sentigram.training.audit.readings import readings_findings
    from sentigram.training.dataset.manifest import read_manifest
    from sentigram.training.splits.plans import read_plan

    run = plan if plan.is_dir() else None
    if run is not None and record is None and (run / "protocol.json").is_file():
        record = run / "protocol.json"
    how = None if record is None else read_record(record)
    if run is not None and not manifest:
        findings = audit_run(run, how)
    elif manifest:
        manifests = [read_manifest(path) for path in manifest]
        findings = find(
            [example for one in manifests for example in one.examples],
            read_plan(plan if run is None else run / "plan.json", manifests),
            record=how,
            unused={one.corpus: one.unused for one in manifests},
        )
    else:
        message = "audit needs the examples: give --manifest FILE, as sentigram prepare wrote it"
        raise UsageError(message)
    if run is not None:
        findings = (*readings_findings(run), *findings)
    if as_json:
        print_line(to_json(findings))
    else:
        _print(findings)
    if is_failed(findings):
        raise typer.Exit(1)


def _print(findings: Sequence[AuditFinding]) -> None:
    """One paragraph a finding, as wide as the terminal: five columns do not fit 80 characters."""
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    from sentigram.cli.reporter import print_line, printable

    console = Console(highlight=False)
    for finding in findings:
        style = "bold red" if finding.severity == "fail" else "yellow"
        console.print(Text.assemble((f"{finding.severity:<6}", style), f" {finding.rule}"))
        said = [finding.message]
        said += [f"such as {', '.join(finding.examples[:2])}"] if finding.examples else []
        said += [f"→ {finding.remedy}"] if finding.remedy else []
        for line in said:
            console.print(Padding(Text(printable(line), overflow="fold"), (0, 0, 0, 7)))
    n_failed = sum(finding.severity == "fail" for finding in findings)
    print_line(counted(n_failed, "rule fails", "rules fail") if n_failed else "no rule fails")
