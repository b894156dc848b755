"""Rules on how numbers were made: what a plan does not show."""

from __future__ import annotations

from collections.abc import Iterator

from sentigram.training.audit.finding import N_SHOWN, AuditFinding
from sentigram.training.audit.protocol_record import DataChange, ProtocolRecord
from sentigram.training.splits.plans import SplitPlan


def selection(plan: SplitPlan, record: ProtocolRecord) -> Iterator[AuditFinding]:
    """Epochs or settings chosen by the score that is reported."""
    for chosen in record.selections:
        tested = {i for fold in plan.folds if chosen.fold in ("", fold.name) for i in fold.test}
        seen = sorted(tested if chosen.role == "test" else tested.intersection(chosen.ids))
        if seen:
            message = f"{chosen.what} was chosen by scores on {len(seen)} test examples"
            yield AuditFinding(
                "selection-on-test", "fail", message, len(seen), tuple(seen[:N_SHOWN])
            )
    if record.reported != "test":
        names = {
            "validation": "the validation examples, which something was chosen by",
            "validation_maximum": "the best epoch or setting on the validation examples",
            "test_maximum": "the best epoch or setting on the test examples",
        }
        message = f"the reported score is that of {names[record.reported]}"
        yield AuditFinding("selection-on-test", "fail", message, 1)


def changes(record: ProtocolRecord) -> Iterator[AuditFinding]:
    """Resampling or augmentation before the split, and augmentation that knows the label."""
    for change in record.changes:
        if change.when == "before_split":
            is_copy = change.kind == "resampling"
            rule = "oversampled" if is_copy else "augmented-in-held-out"
            message = f"{change.name} was applied before the split"
            yield AuditFinding(rule, "fail", message, 1)
        if change.kind == "augmentation" and change.uses_label:
            yield from _placebo(change)


def normalization(record: ProtocolRecord) -> Iterator[AuditFinding]:
    """Statistics that held-out examples had a part in."""
    for modality, fitted in record.normalization.items():
        if fitted == "all":
            message = f"{modality} is normalized by statistics of all examples, test among them"
            yield AuditFinding("normalization-on-held-out", "fail", message, 1)
        elif fitted == "recording":
            message = (
                f"{modality} is normalized by each speaker's own statistics, without labels: "
                "figures hold where a whole recording is at hand, and must say so"
            )
            yield AuditFinding("normalization-on-held-out", "report", message, 1)


def no_record() -> AuditFinding:
    """Nobody said how the numbers were made."""
    message = "selection, augmentation and normalization cannot be checked without a protocol"
    return AuditFinding("no-record", "report", message, 1)


def _placebo(change: DataChange) -> Iterator[AuditFinding]:
    placebo = change.placebo
    if placebo is None:
        message = f"{change.name} depends on the label, and was never run on label-free data"
    elif not placebo.is_at_chance:
        message = (
            f"{change.name} depends on the label: it scores {placebo.score:.2f} on label-free "
            f"data, where chance is {placebo.chance:.2f}"
        )
    else:
        return
    yield AuditFinding("label-dependent-augmentation", "fail", message, 1)
