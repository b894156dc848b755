"""Audits an experiment before it is trained, and writes down how its numbers are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.emotion.encoders.tokens import EncoderInfo, Kind
from sentigram.errors import InputError, UsageError
from sentigram.files import made_folder, write_text
from sentigram.training.audit import AuditFinding, as_json, audit
from sentigram.training.audit.placebo import read_study
from sentigram.training.audit.protocol_record import (
    DataChange,
    Fitted,
    Placebo,
    ProtocolRecord,
    Selection,
    write_record,
)
from sentigram.training.config import ExperimentConfig, Normalize, read_config
from sentigram.training.dataset.examples import Table
from sentigram.training.dataset.manifest import Example, read_manifest
from sentigram.training.fit.augmented import copies_of_source, with_copies_in_plan
from sentigram.training.fit.experiment import PLAN, Bench, check_folder, open_bench
from sentigram.training.splits.plans import read_plan

_FITTED: Mapping[Normalize, Fitted] = {"none": "none", "train": "train", "recording": "recording"}


def audit_bench(
    bench: Bench,
    out: Path,
    *,
    source: Bench | None = None,
    selections: tuple[Selection, ...] = (),
) -> tuple[AuditFinding, ...]:
    """Audit a plan and its protocol; write protocol.json and audit.json.

    Args:
        bench: The experiment, before anything is trained.
        out: The run's folder.
        source: What is learnt first, in studies of transfer: all of it counts as training.
        selections: What is chosen beside epochs.

    Returns:
        Failures first.

    Raises:
        InputError: The folder holds another experiment.
    """
    check_folder(bench, out, source=source)
    study = read_study(out)
    record = protocol_of(bench.config, None if study is None else study.placebo)
    record = replace(record, selections=(*record.selections, *selections))
    findings = _findings(bench, record, source)
    with made_folder(out):
        write_record(out / "protocol.json", record, overwrite=True)
        write_text(out / "audit.json", as_json(findings) + "\n", overwrite=True)
    return findings


def audit_run(run: Path, record: ProtocolRecord | None) -> tuple[AuditFinding, ...]:
    """Audit a run's folder anew, with all that its networks learnt from: features, too.

    Args:
        run: Its folder.
        record: How its numbers were made.

    Returns:
        Failures first. Where the features are not at hand any more, a finding says what was not
        looked at.

    Raises:
        InputError: The folder, its plan or its manifests are not there, or damaged.
    """
    config = read_config(run / "experiment.yaml")
    manifests = tuple(read_manifest(path) for path in config.data.manifests)
    plan = read_plan(run / PLAN, manifests)
    learnt_before = run / "source.yaml"
    try:
        bench = replace(open_bench(config), plan=plan)
        source = open_bench(read_config(learnt_before)) if learnt_before.is_file() else None
    except (InputError, UsageError) as error:
        examples = [example for one in manifests for example in one.examples]
        found = audit(examples, plan, record=record, unused={m.corpus: m.unused for m in manifests})
        reason = str(error).splitlines()[0]
        message = f"whether features tell the label, and copies, are not looked at: {reason}"
        return (*found, AuditFinding("label-in-features", "report", message, 1))
    return _findings(bench, record, source)


def _findings(
    bench: Bench, record: ProtocolRecord | None, source: Bench | None
) -> tuple[AuditFinding, ...]:
    everything, plan = with_copies_in_plan(bench, bench.config.augment)
    examples = {e.id: e for e in everything}
    learnt_first: tuple[Example, ...] = ()
    if source is not None:
        learnt_first = (*source.examples, *copies_of_source(source))
        examples = {e.id: e for e in learnt_first} | examples
        learnt = tuple(e.id for e in learnt_first)
        folds = tuple(replace(f, train=tuple(dict.fromkeys(f.train + learnt))) for f in plan.folds)
        plan = replace(plan, folds=folds)
    benches = [bench] if source is None else [source, bench]
    return audit(
        tuple(examples.values()),
        plan,
        record=record,
        unused={m.corpus: m.unused for one in benches for m in one.manifests},
        classes={
            name: one.table.classes[label]
            for one in benches
            for name, label in zip(one.table.ids, one.table.labels.tolist(), strict=True)
        },
        features=means(bench.table, bench.encoders),
        words=[info.name for kind, info in bench.encoders.items() if kind == "text"],
        learnt_first={e.id for e in learnt_first}.difference(bench.table.ids),
    )


def means(table: Table, encoders: Mapping[Kind, EncoderInfo]) -> dict[str, dict[str, Floats32]]:
    """What the features of each example come to, without its context: name → id → float32 (d,).

    Args:
        table: As assembled, not normalized.
        encoders: What the tokens were made by; ids of word pieces are left out.
    """
    found: dict[str, dict[str, Floats32]] = {}
    for kind, tokens in table.tokens.items():
        if tokens.numbers == "values":
            found[encoders[kind].name] = {
                name: tokens.of(row)[
                    tokens.marked[tokens.starts[row] : tokens.starts[row + 1]]
                ].mean(axis=0, dtype=np.float32)
                for row, name in enumerate(table.ids)
            }
    return found


def protocol_of(config: ExperimentConfig, placebo: Placebo | None = None) -> ProtocolRecord:
    """How `sentigram train` makes its numbers: this loop knows no other way.

    Args:
        config: The experiment.
        placebo: What its augmentation scored without labels to learn, where that was tried.
    """
    changes = []
    if config.training.sampler != "shuffled":
        changes.append(
            DataChange(f"{config.training.sampler} sampling", "resampling", "train_only")
        )
    if config.training.samples_per_class is not None:
        name = f"{config.training.samples_per_class} samples of each class an epoch"
        changes.append(DataChange(name, "resampling", "train_only"))
    if config.training.curriculum is not None:
        changes.append(DataChange("easy examples first", "resampling", "train_only"))
    if config.training.noise:
        changes.append(DataChange("Gaussian noise on features", "augmentation", "train_only"))
    everyone = config.augment.without_policies().kinds
    if everyone:
        changes.append(DataChange(", ".join(everyone), "augmentation", "train_only"))
    if config.augment.knows_the_label:
        classes = ", ".join(name for name, own in config.augment.policies.items() if own)
        changes.append(
            DataChange(
                f"augmentation by label ({classes})",
                "augmentation",
                "train_only",
                uses_label=True,
                placebo=placebo,
            )
        )
    return ProtocolRecord(
        selections=(Selection(f"epoch by {config.training.select}", "validation"),),
        reported="test",
        normalization={
            kind: _FITTED[config.data.normalization(kind)] for kind in config.data.features_named
        },
        changes=tuple(changes),
    )
