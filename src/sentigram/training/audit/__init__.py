"""Finds what makes a figure too good: leaks between the parts of a plan, and choices on test.

Pairs count where they lie in different parts of the same fold: train and validation, train and
test, or validation and test.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict

from sentigram.training.audit import rules
from sentigram.training.audit.division import divide
from sentigram.training.audit.finding import REMEDIES, AuditFinding
from sentigram.training.audit.protocol_record import ProtocolRecord
from sentigram.training.dataset.fingerprint import near_duplicates, near_identical_texts, text_key
from sentigram.training.dataset.manifest import Example
from sentigram.training.splits.plans import SplitPlan

__all__ = ["REMEDIES", "AuditFinding", "as_json", "audit", "is_failed"]


def audit(
    examples: Sequence[Example],
    plan: SplitPlan,
    *,
    record: ProtocolRecord | None = None,
    near_audio: rules.Pairs = near_duplicates,
    text_key: Callable[[str], str] = text_key,
    near_texts: rules.Pairs = near_identical_texts,
) -> tuple[AuditFinding, ...]:
    """Check a plan, and how the numbers on it were made.

    Args:
        examples: All examples of the manifests; also those in no fold.
        plan: Who is where.
        record: How the numbers were made; without it a finding says that nobody knows.
        near_audio: Fingerprints → pairs that are alike.
        text_key: What of a text counts.
        near_texts: Texts → pairs that are alike.

    Returns:
        Failures first.

    Raises:
        InputError: The plan names an example that is not there.
    """
    division = divide(examples, plan)
    origins = {example.id: example.origin for example in examples if example.origin}
    found = [
        *rules.shared_speakers(division),
        *rules.shared_dialogues(division),
        *rules.shared_sessions(division, plan.scheme),
        *rules.identical_audio(division),
        *rules.near_identical_audio(division, near_audio),
        *rules.near_identical_text(
            division,
            text_key,
            near_texts,
        ),
        *rules.duplicated(division, origins),
        *rules.augmented(division),
        *rules.oversampled(division),
    ]
    if record is None:
        found.append(rules.no_record())
    else:
        found += [
            *rules.selection(plan, record),
            *rules.changes(record),
            *rules.normalization(record),
        ]
    return tuple(sorted(found, key=lambda finding: finding.severity != "fail"))


def is_failed(findings: Iterable[AuditFinding]) -> bool:
    """Whether a figure made like this must not be believed."""
    return any(finding.severity == "fail" for finding in findings)


def as_json(findings: Iterable[AuditFinding]) -> str:
    """Findings with their remedies, for audit.json."""
    return json.dumps([asdict(f) | {"remedy": f.remedy} for f in findings], indent=1)
