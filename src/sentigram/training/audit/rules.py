"""The rules: nobody who is heard in training is tested, nothing that is tested was trained on.

And on how numbers were made, which a plan does not show.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from hashlib import sha256

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.core.counted import counted
from sentigram.training.audit.division import (
    Division,
    find_crossing,
    find_crossing_pairs,
)
from sentigram.training.audit.finding import N_SHOWN, AuditFinding, Severity
from sentigram.training.audit.protocol_record import DataChange, ProtocolRecord
from sentigram.training.splits.plans import SplitPlan

Pairs = Callable[[Sequence[str]], Sequence[tuple[int, int]]]
"""Texts or fingerprints → pairs of positions that are alike."""


def shared_speakers(division: Division) -> list[AuditFinding]:
    """Speakers on both sides: a network that knows the voice knows the answers of its owner."""
    return _shared(division, "speaker", "fail")


def shared_dialogues(division: Division) -> list[AuditFinding]:
    """Dialogues on both sides: neighbouring turns share topic, room and mood."""
    return _shared(division, "dialogue", "fail")


def shared_sessions(division: Division, scheme: str) -> list[AuditFinding]:
    """Sessions on both sides: same room and microphones; a failure if the plan claims otherwise."""
    found = _shared(division, "session", "fail" if "session" in scheme else "report")
    # most corpora have no sessions, and need none
    return [finding for finding in found if finding.severity == "fail" or finding.examples]


def _shared(division: Division, kind: str, severity: Severity) -> list[AuditFinding]:
    units = [str(getattr(example, kind)) for example in division.examples]
    findings = []
    crossing = find_crossing(division, units)
    if crossing is not None:
        what = counted(crossing.count, f"{kind} is", f"{kind}s are")
        message = f"{what} in {crossing.parts} of one fold"
        rule = f"shared-{kind}"
        findings.append(AuditFinding(rule, severity, message, crossing.count, crossing.ids))
    unknown = [e.id for e, unit in zip(division.examples, units, strict=True) if not unit]
    if unknown and kind != "session":
        who = counted(len(unknown), "example has", "examples have")
        message = f"{who} no {kind}: nobody knows whether one {kind} is on both sides of the split"
        shown = tuple(unknown[:N_SHOWN])
        findings.append(AuditFinding(f"unknown-{kind}", "report", message, len(unknown), shown))
    return findings


def identical_audio(division: Division) -> list[AuditFinding]:
    """Different examples with the very same samples on both sides."""
    units = [example.audio_sha256 for example in division.examples]
    crossing = find_crossing(division, units, between_examples=True)
    if crossing is None:
        return []
    what = counted(crossing.count, "sound is", "sounds are")
    message = f"{what} in {crossing.parts} of one fold, under several ids"
    return [AuditFinding("identical-audio", "fail", message, crossing.count, crossing.ids)]


def identical_features(
    division: Division, features: Mapping[str, Floats32], words: Collection[str]
) -> list[AuditFinding]:
    """Examples without a sound to compare whose numbers are the very same on both sides.

    Feature files bring no sound. What a clip without a face or a voice comes to, one number
    throughout, is no trace of a copy.

    Args:
        division: The plan.
        features: Name → (n, d) what is learnt from; NaN where there is none.
        words: Names of those that are of words: people say the same, which is no copy but is told
            where no text is known.
    """
    of_voices = [given for name, given in features.items() if name not in words]
    severity: Severity = "fail" if of_voices else "report"
    rows = [given for given in of_voices or features.values() if given.shape[1]]
    if not rows:
        return []
    numbers = np.concatenate(rows, axis=1, dtype=np.float32)  # (n, d)
    varies = np.isfinite(numbers).all(axis=1) & (np.ptp(numbers, axis=1) > 0)
    units = [
        sha256(row.tobytes()).hexdigest()
        if known and not example.audio_sha256 and not (example.text and not of_voices)
        else ""
        for row, known, example in zip(numbers, varies, division.examples, strict=True)
    ]
    crossing = find_crossing(division, units, between_examples=True)
    if crossing is None:
        return []
    what = counted(crossing.count, "example")
    message = f"the numbers of {what} are in {crossing.parts} of one fold, under several ids"
    return [AuditFinding("identical-features", severity, message, crossing.count, crossing.ids)]


def near_identical_audio(division: Division, near: Pairs) -> list[AuditFinding]:
    """Sounds on both sides that a listener would take for one another.

    Args:
        division: The plan.
        near: Fingerprints → pairs of positions that are alike.
    """
    # one unit per sound: identical ones are another rule's
    sounds: dict[str, int] = {}
    prints: list[str] = []
    unit_of = np.full(len(division.examples), -1, np.int64)
    for row, example in enumerate(division.examples):
        if example.fingerprint:
            key = example.audio_sha256 or example.id
            if key not in sounds:
                sounds[key] = len(prints)
                prints.append(example.fingerprint)
            unit_of[row] = sounds[key]
    crossing = find_crossing_pairs(division, unit_of, near(prints)) if prints else None
    if crossing is None:
        return []
    what = counted(
        crossing.count, "pair of near-identical sounds is", "pairs of near-identical sounds are"
    )
    message = f"{what} in {crossing.parts} of one fold, such as {crossing.pair}"
    return [AuditFinding("near-identical-audio", "fail", message, crossing.count, crossing.ids)]


def near_identical_text(
    division: Division, key: Callable[[str], str], near: Pairs
) -> list[AuditFinding]:
    """Sentences on both sides: no fault where everyone reads the same ones, but to be told.

    Args:
        division: The plan.
        key: What of a text counts.
        near: Texts → pairs of positions that are alike.
    """
    keys = [key(example.text) for example in division.examples]
    same = find_crossing(division, keys, between_examples=True)
    names = [name for name in dict.fromkeys(keys) if name]
    place = {name: unit for unit, name in enumerate(names)}
    unit_of = np.array([place.get(name, -1) for name in keys], np.int64)
    alike = find_crossing_pairs(division, unit_of, near(names)) if names else None
    findings = []
    kinds = (
        (same, "sentence is", "sentences are"),
        (alike, "pair of near-identical sentences is", "pairs of near-identical sentences are"),
    )
    for crossing, one, many in kinds:
        if crossing is not None:
            what = counted(crossing.count, one, many)
            message = f"{what} in {crossing.parts} of one fold"
            findings.append(
                AuditFinding("near-identical-text", "report", message, crossing.count, crossing.ids)
            )
    return findings


def duplicated(division: Division, origins: dict[str, str]) -> list[AuditFinding]:
    """One example, or copies and altered copies of it, on both sides.

    Args:
        division: The plan.
        origins: Id → id of what it was made from, for all examples, also those in no fold.
    """
    units = [root(example.id, origins) for example in division.examples]
    crossing = find_crossing(division, units)
    if crossing is None:
        return []
    what = counted(
        crossing.count, "example, or copies of it, is", "examples, or copies of them, are"
    )
    message = f"{what} in {crossing.parts} of one fold"
    return [AuditFinding("duplicated-across-split", "fail", message, crossing.count, crossing.ids)]


def augmented(division: Division, ids: Collection[str]) -> list[AuditFinding]:
    """Altered copies among held-out examples: figures would be about something else than speech.

    Args:
        division: The plan.
        ids: Of all examples; an origin that is none of them is a recording that was cut, or an
            original that is gone, which nobody can tell.
    """
    found = []
    for is_copy in (True, False):
        made = [e.origin != "" and (e.origin in ids) == is_copy for e in division.examples]
        rows = np.flatnonzero(np.array(made, bool) & division.held_out)
        if not len(rows):
            continue
        shown = tuple(division.examples[row].id for row in rows[:N_SHOWN])
        what = counted(len(rows), "held-out example was", "held-out examples were")
        message = (
            f"{what} made from others"
            if is_copy
            else f"{what} made of what is in no manifest: pieces of recordings are sound, altered "
            "copies are not"
        )
        severity: Severity = "fail" if is_copy else "report"
        found.append(AuditFinding("augmented-in-held-out", severity, message, len(rows), shown))
    return found


def oversampled(division: Division) -> list[AuditFinding]:
    """Held-out examples that count more than once."""
    rows = np.flatnonzero(division.repeats > 1)
    if not len(rows):
        return []
    shown = tuple(division.examples[row].id for row in rows[:N_SHOWN])
    what = counted(len(rows), "held-out example is", "held-out examples are")
    message = f"{what} in one part more than once, up to {division.repeats.max()} times"
    return [AuditFinding("oversampled", "fail", message, len(rows), shown)]


def root(name: str, origins: dict[str, str]) -> str:
    """Follow copies to what they were made from; a circle has the least of its names."""
    seen = {name}
    while origin := origins.get(name):
        if origin in seen:
            return min(seen)
        name = origin
        seen.add(name)
    return name


def selection(plan: SplitPlan, record: ProtocolRecord) -> Iterator[AuditFinding]:
    """Epochs or settings chosen by the score that is reported."""
    for chosen in record.selections:
        tested = {i for fold in plan.folds if chosen.fold in ("", fold.name) for i in fold.test}
        seen = sorted(tested if chosen.role == "test" else tested.intersection(chosen.ids))
        if seen:
            message = f"{chosen.what} was chosen by scores on {counted(len(seen), 'test example')}"
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
