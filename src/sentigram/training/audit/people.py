"""Rules on people whom ids hide: one speaker of several names, and names that nobody read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from sentigram.core.counted import counted
from sentigram.training.audit.division import (
    Crossing,
    Division,
    find_crossing,
    find_crossing_pairs,
)
from sentigram.training.audit.finding import N_SHOWN, AuditFinding, Severity
from sentigram.training.audit.names import SIGHTS, Sight, as_written, is_personal, name_key
from sentigram.training.dataset.manifest import Example
from sentigram.training.dataset.voiceprint import alike_voices
from sentigram.training.splits.grouping import connected

_PEOPLE = re.compile(
    r"speakers?|spk|spkr|actors?|actress|subject|participants?|person|people|talker|voice|character|"
    r"reader|narrator|singer|client|patient|caller|interviewee|performer|who",
    re.IGNORECASE,
)
_WORDS = re.compile(r"[a-z]+|[A-Z]+(?![a-z])|[A-Z][a-z]+")
_NOT_NAMES = frozenset(
    {"gender", "sex", "age", "count", "language", "accent", "rate", "type", "emotion"}
)


def look_alike_speakers(division: Division) -> list[AuditFinding]:
    """Names of one corpus that are spelled differently and read alike, on both sides."""
    for sight in SIGHTS:
        units = [_unit(e.speaker, sight) for e in division.examples]
        crossing = _new(division, units)
        if crossing is not None:
            spelled = _spellings(division, units, crossing)
            message = (
                f"{counted(crossing.count, 'speaker is', 'speakers are')} in {crossing.parts} of "
                f"one fold under names that differ in spelling only, such as {spelled}"
            )
            count, ids = crossing.count, crossing.ids
            return [AuditFinding("look-alike-speakers", "fail", message, count, ids)]
    return []


def speakers_of_two_corpora(division: Division) -> list[AuditFinding]:
    """One name in two corpora, on both sides: the same person, or not; numbers tell less."""
    corpora: dict[tuple[str, ...], set[str]] = {}
    keys = [
        name_key(example.speaker.partition("/")[2]) if example.speaker else ()
        for example in division.examples
    ]
    for key, example in zip(keys, division.examples, strict=True):
        corpora.setdefault(key, set()).add(example.corpus)
    shared = {key for key, names in corpora.items() if key and len(names) > 1}
    found = []
    for personal in (True, False):
        units = [
            " ".join(key) if key in shared and is_personal(key) == personal else "" for key in keys
        ]
        crossing = find_crossing(division, units, between_examples=True)
        if crossing is None:
            continue
        kind = "name" if personal else "number"
        what = counted(crossing.count, f"{kind} of a speaker occurs", f"{kind}s of speakers occur")
        who = next(e.speaker for e in division.examples if e.id == crossing.ids[0])
        message = f"{what} in two corpora, in {crossing.parts} of one fold, such as {who}"
        severity: Severity = "fail" if personal else "report"
        found.append(
            AuditFinding("speaker-in-two-corpora", severity, message, crossing.count, crossing.ids)
        )
    return found


def speakers_of_one_sound(
    division: Division, pairs: Sequence[tuple[Example, Example]]
) -> list[AuditFinding]:
    """Speakers who share a recording are one person, wherever the rest of what they say lies.

    Args:
        division: The plan.
        pairs: Examples whose sound is the same, or a version of the same; also those in no fold.
    """
    linked = [
        (one.speaker, other.speaker)
        for one, other in pairs
        if one.speaker and other.speaker and one.speaker != other.speaker
    ]
    if not linked:
        return []
    ends = [name for pair in linked for name in pair]
    links = [str(number // 2) for number in range(len(ends))]
    group = dict(zip(ends, map(str, connected(ends, links)), strict=True))
    units = [group.get(example.speaker, "") for example in division.examples]
    crossing = _new(division, units)
    if crossing is None:
        return []
    message = (
        f"in {crossing.parts} of one fold: {counted(crossing.count, 'group')} of speakers who "
        f"share a recording, such as {linked[0][0]} and {linked[0][1]}"
    )
    return [AuditFinding("speakers-of-one-sound", "fail", message, crossing.count, crossing.ids)]


def voice_twins(division: Division) -> list[AuditFinding]:
    """Speakers of different names, on both sides, whose voices are as alike as one person's.

    Two people may sound alike, so it is told and is no failure.
    """
    prints: dict[str, list[str]] = {}
    for example in division.examples:
        if example.speaker:
            prints.setdefault(example.speaker, []).append(example.voice)
    number = {name: i for i, name in enumerate(prints)}
    unit_of = np.array([number.get(e.speaker, -1) for e in division.examples], np.int64)

    def crossing(*pairs: tuple[str, str]) -> Crossing | None:
        return find_crossing_pairs(division, unit_of, [(number[a], number[b]) for a, b in pairs])

    pairs = [pair for pair in alike_voices(prints) if crossing(pair)]
    found = []
    if both := crossing(*pairs):
        message = (
            f"the voices of {counted(both.count, 'pair')} of speakers are as alike as one "
            f"person's, in {both.parts} of one fold, such as {pairs[0][0]} and {pairs[0][1]}"
        )
        found.append(AuditFinding("voices-alike", "report", message, both.count, both.ids))
    listened = {e.corpus for e in division.examples if e.voice}
    without = [
        e.id for e in division.examples if e.speaker and e.fingerprint and e.corpus not in listened
    ]
    if without:
        message = (
            f"{counted(len(without), 'clip has', 'clips have')} no voiceprint, from an older "
            "manifest: one person under two names cannot be listened for"
        )
        shown = tuple(without[:N_SHOWN])
        found.append(AuditFinding("voices-alike", "report", message, len(without), shown))
    return found


def unread_speakers(division: Division, unused: Mapping[str, Sequence[str]]) -> list[AuditFinding]:
    """A column that names people, in a corpus whose examples have no speakers.

    Args:
        division: The plan.
        unused: Corpus → columns of its source that nothing was made of.
    """
    found = []
    for corpus, columns in unused.items():
        names = [column for column in columns if names_people(column)]
        rows = [e.id for e in division.examples if e.corpus == corpus and not e.speaker]
        if names and rows:
            message = (
                f"{corpus} has the column {names[0]}, which nobody reads, and "
                f"{counted(len(rows), 'example')} without a speaker"
            )
            shown = tuple(rows[:N_SHOWN])
            found.append(AuditFinding("unread-speakers", "fail", message, len(rows), shown))
    return found


def names_people(column: str) -> bool:
    """Whether the name of a column says that people are named in it: `spk_id`, `Actor Name`."""
    words = [word.casefold() for word in _WORDS.findall(column)]
    is_about = any(_PEOPLE.fullmatch(word) for word in words)
    return is_about and not any(word in _NOT_NAMES for word in words)


def _unit(speaker: str, sight: Sight) -> str:
    """Corpus and key of a speaker; empty where it is unknown, or too short to be seen otherwise."""
    corpus, _, name = speaker.partition("/")
    key = name_key(name, sight)
    if not speaker or (sight is not as_written and not is_personal(key)):
        return ""
    return f"{corpus}/{' '.join(key)}"


def _new(division: Division, units: Sequence[str]) -> Crossing | None:
    """Units on both sides, of those that hold more speakers than one."""
    several: dict[str, set[str]] = {}
    for unit, example in zip(units, division.examples, strict=True):
        several.setdefault(unit, set()).add(example.speaker)
    merged = [unit if unit and len(several[unit]) > 1 else "" for unit in units]
    return find_crossing(division, merged)


def _spellings(division: Division, units: Sequence[str], crossing: Crossing) -> str:
    row = next(i for i, e in enumerate(division.examples) if e.id == crossing.ids[0])
    names = {
        example.speaker
        for example, unit in zip(division.examples, units, strict=True)
        if unit == units[row]
    }
    return " and ".join(sorted(names)[:2])
