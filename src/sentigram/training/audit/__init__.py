"""Finds what makes a figure too good: leaks between the parts of a plan, and choices on test.

Pairs count where they lie in different parts of the same fold: train and validation, train and
test, or validation and test.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.training.audit import coverage, people, pieces, rules, telling
from sentigram.training.audit.division import Division, divide
from sentigram.training.audit.finding import REMEDIES, AuditFinding
from sentigram.training.audit.protocol_record import ProtocolRecord
from sentigram.training.dataset.fingerprint import near_duplicates, near_identical_texts, text_key
from sentigram.training.dataset.manifest import Example
from sentigram.training.dataset.outline import altered_copies
from sentigram.training.splits.plans import SplitPlan

__all__ = ["REMEDIES", "AuditFinding", "as_json", "audit", "is_failed"]


def audit(
    examples: Sequence[Example],
    plan: SplitPlan,
    *,
    record: ProtocolRecord | None = None,
    near_audio: rules.Pairs = near_duplicates,
    altered_audio: rules.Pairs = altered_copies,
    text_key: Callable[[str], str] = text_key,
    near_texts: rules.Pairs = near_identical_texts,
    unused: Mapping[str, Sequence[str]] = MappingProxyType({}),
    classes: Mapping[str, str] = MappingProxyType({}),
    features: Mapping[str, Mapping[str, Floats32]] = MappingProxyType({}),
    words: Collection[str] = (),
    learnt_first: Collection[str] = frozenset(),
) -> tuple[AuditFinding, ...]:
    """Check a plan, and how the numbers on it were made.

    Args:
        examples: All examples of the manifests; also those in no fold.
        plan: Who is where.
        record: How the numbers were made; without it a finding says that nobody knows.
        near_audio: Fingerprints → pairs that are alike.
        altered_audio: Outlines → pairs that are alike.
        text_key: What of a text counts.
        near_texts: Texts → pairs that are alike.
        unused: Corpus → columns of its source that nothing was made of.
        classes: Id → class that is told apart; without it the labels of an example.
        features: Name → id → float32 (d,), what is learnt from, one vector per example.
        words: Names of those features that are of words.
        learnt_first: Ids of another corpus, in studies of transfer: none of it is to be tested.

    Returns:
        Failures first.

    Raises:
        InputError: The plan names an example that is not there.
    """
    division = divide(examples, plan)
    origins = {example.id: example.origin for example in examples if example.origin}
    altered = altered_audio([example.outline for example in examples])
    row_of = {example.id: row for row, example in enumerate(division.examples)}
    placed = [
        (row_of[examples[i].id], row_of[examples[j].id])
        for i, j in altered
        if examples[i].id in row_of and examples[j].id in row_of
    ]
    sounds = [(examples[i], examples[j]) for i, j in (*_same(examples, near_audio), *altered)]
    named = [classes.get(e.id, ";".join(e.labels)) for e in division.examples]
    vectors = _stacked(division, features)
    found = [
        *rules.shared_speakers(division),
        *people.look_alike_speakers(division),
        *people.speakers_of_two_corpora(division),
        *people.speakers_of_one_sound(division, sounds),
        *people.voice_twins(division),
        *people.unread_speakers(division, unused),
        *rules.shared_dialogues(division),
        *rules.shared_sessions(division, plan.scheme),
        *rules.identical_audio(division),
        *rules.identical_features(division, vectors, words),
        *rules.near_identical_audio(division, near_audio),
        *pieces.altered_audio(division, placed),
        *pieces.pieces_by_name(division),
        *pieces.pieces_of_one_file(division),
        *rules.near_identical_text(
            division,
            text_key,
            near_texts,
        ),
        *rules.duplicated(division, origins),
        *rules.augmented(division, {example.id for example in examples}),
        *rules.oversampled(division),
        *coverage.left_out(division, [e for e in examples if e.id not in learnt_first]),
        *telling.label_in_text(division, named),
        *telling.label_in_features(division, named, vectors),
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


def _same(examples: Sequence[Example], near: rules.Pairs) -> list[tuple[int, int]]:
    """Positions of examples with the same samples, or nearly; of many alike, a chain."""
    first: dict[str, int] = {}
    pairs = []
    for row, example in enumerate(examples):
        before = first.setdefault(example.audio_sha256 or example.id, row)
        pairs += [(before, row)] if before != row else []
    rows = [row for row in first.values() if examples[row].fingerprint]
    prints = [examples[row].fingerprint for row in rows]
    return pairs + [(rows[i], rows[j]) for i, j in near(prints)]


def _stacked(
    division: Division, features: Mapping[str, Mapping[str, Floats32]]
) -> dict[str, Floats32]:
    """Vectors in the order of the division's examples, (n, d) each; NaN where there is none."""
    found = {}
    for name, given in features.items():
        width = len(next(iter(given.values()), np.zeros(0, np.float32)))
        nothing = np.full(width, np.nan, np.float32)
        if width:
            found[name] = np.stack([given.get(e.id, nothing) for e in division.examples])
    return found


def is_failed(findings: Iterable[AuditFinding]) -> bool:
    """Whether a figure made like this must not be believed."""
    return any(finding.severity == "fail" for finding in findings)


def as_json(findings: Iterable[AuditFinding]) -> str:
    """Findings with their remedies, for audit.json."""
    return json.dumps([asdict(f) | {"remedy": f.remedy} for f in findings], indent=1)
