"""Rules on sound, text and copies: nothing that is tested may have been trained on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from sentigram.training.audit.division import (
    Division,
    find_crossing,
    find_crossing_pairs,
)
from sentigram.training.audit.finding import N_SHOWN, AuditFinding

Pairs = Callable[[Sequence[str]], Sequence[tuple[int, int]]]


def identical_audio(division: Division) -> list[AuditFinding]:
    """Different examples with the very same samples on both sides."""
    units = [example.audio_sha256 for example in division.examples]
    crossing = find_crossing(division, units, between_examples=True)
    if crossing is None:
        return []
    message = f"{crossing.count} sounds are in {crossing.parts} of one fold, under several ids"
    return [AuditFinding("identical-audio", "fail", message, crossing.count, crossing.ids)]


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
    message = f"{crossing.count} pairs of near-identical sounds are in {crossing.parts} of one fold"
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
    for crossing, what in ((same, "sentences"), (alike, "pairs of near-identical sentences")):
        if crossing is not None:
            message = f"{crossing.count} {what} are in {crossing.parts} of one fold"
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
    message = f"{crossing.count} examples, or copies of them, are in {crossing.parts} of one fold"
    return [AuditFinding("duplicated-across-split", "fail", message, crossing.count, crossing.ids)]


def augmented(division: Division) -> list[AuditFinding]:
    """Altered copies among held-out examples: figures would be about something else than speech."""
    made = np.array([bool(example.origin) for example in division.examples])
    rows = np.flatnonzero(made & division.held_out)
    if not len(rows):
        return []
    shown = tuple(division.examples[row].id for row in rows[:N_SHOWN])
    message = f"{len(rows)} held-out examples were made from others"
    return [AuditFinding("augmented-in-held-out", "fail", message, len(rows), shown)]


def oversampled(division: Division) -> list[AuditFinding]:
    """Held-out examples that count more than once."""
    rows = np.flatnonzero(division.repeats > 1)
    if not len(rows):
        return []
    shown = tuple(division.examples[row].id for row in rows[:N_SHOWN])
    message = (
        f"{len(rows)} held-out examples are in one part more than once, "
        f"up to {division.repeats.max()} times"
    )
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
