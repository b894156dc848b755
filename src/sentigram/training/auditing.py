"""Audits an experiment before it is trained, and writes down how its numbers are made."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sentigram.outputs import made_folder, write_text
from sentigram.training.audit import Finding, as_json, audit
from sentigram.training.config import ExperimentConfig, Normalize
from sentigram.training.experiment import Bench
from sentigram.training.protocol_record import (
    Change,
    Fitted,
    ProtocolRecord,
    Selection,
    write_record,
)

_FITTED: Mapping[Normalize, Fitted] = {"none": "none", "train": "train", "recording": "recording"}


def audit_bench(bench: Bench, out: Path) -> tuple[Finding, ...]:
    """Audit a plan and its protocol; write protocol.json and audit.json.

    Args:
        bench: The experiment, before anything is trained.
        out: The run's folder.

    Returns:
        Failures first.
    """
    record = protocol_of(bench.config)
    chosen = set(bench.table.ids)
    examples = [e for manifest in bench.manifests for e in manifest.examples if e.id in chosen]
    findings = audit(examples, bench.plan, record=record)
    with made_folder(out):
        write_record(out / "protocol.json", record, overwrite=True)
        write_text(out / "audit.json", as_json(findings) + "\n", overwrite=True)
    return findings


def protocol_of(config: ExperimentConfig) -> ProtocolRecord:
    """How `sentigram train` makes its numbers: this loop knows no other way."""
    changes = []
    if config.training.sampler != "shuffled":
        changes.append(Change(f"{config.training.sampler} sampling", "resampling", "train_only"))
    if config.training.noise:
        changes.append(Change("Gaussian noise on features", "augmentation", "train_only"))
    return ProtocolRecord(
        selections=(Selection(f"epoch by {config.training.select}", "validation"),),
        reported="test",
        normalization={
            kind: _FITTED[how]
            for kind, how, name in (
                ("text", config.data.normalize_text, config.data.text),
                ("audio", config.data.normalize_audio, config.data.audio),
            )
            if name is not None
        },
        changes=tuple(changes),
    )
