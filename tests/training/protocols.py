"""An audit that needs no real sound, and small plans for it."""

from __future__ import annotations

from sentigram.training.audit import AuditFinding, audit
from sentigram.training.audit.protocol_record import ProtocolRecord
from sentigram.training.dataset.manifest import Example
from sentigram.training.splits.folds import Fold, SplitPlan


def example(name: str, **values: object) -> Example:
    """An example of which nothing is shared with another."""
    given = {"speaker": f"c/s-{name}", "dialogue": f"c/d-{name}", "text": name * 9}
    return Example(f"c/{name}", "c", ("anger",), "", **(given | values))


def plan(train: str, validation: str, test: str, scheme: str = "random") -> SplitPlan:
    """One fold; ids are letters."""
    parts = (tuple(f"c/{letter}" for letter in part) for part in (train, validation, test))
    return SplitPlan(scheme, 0, (), (Fold("all", *parts),))


SOUND = ProtocolRecord((), "test", {"audio": "train"})


def checked(
    examples: list[Example] | tuple[Example, ...],
    plan: SplitPlan,
    record: ProtocolRecord | None = SOUND,
    **more: object,
) -> tuple[AuditFinding, ...]:
    """Audit where fingerprints are alike if they differ in one place, and texts likewise."""
    return audit(
        examples,
        plan,
        record=record,
        near_audio=_one_off,
        altered_audio=_equal,
        text_key=str.lower,
        near_texts=_one_off,
        **more,
    )


def failed(findings: tuple[AuditFinding, ...]) -> set[str]:
    return {finding.rule for finding in findings if finding.severity == "fail"}


def _equal(values) -> list[tuple[int, int]]:
    return [
        (i, j)
        for j, own in enumerate(values)
        for i in range(j if own else 0)
        if values[i] == own and len(values) < 50
    ]


def _one_off(values) -> list[tuple[int, int]]:
    return [
        (i, j)
        for j in range(len(values))
        for i in range(j)
        if sum(a != b for a, b in zip(values[i], values[j], strict=False)) <= 1
        and len(values[i]) == len(values[j])
        and len(values) < 50
    ]
