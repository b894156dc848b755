"""Rules on pieces and altered copies of one sound that come without saying so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from sentigram.core.counted import counted
from sentigram.training.audit.division import Division, find_crossing, find_crossing_pairs
from sentigram.training.audit.finding import N_SHOWN, AuditFinding
from sentigram.training.audit.names import stem_of, time_range, without_roles


def pieces_by_name(division: Division) -> list[AuditFinding]:
    """Ids that say that they are parts or copies of one: `clip_part1` and `clip_part2`."""
    names = _names(division)
    stems = [stem_of(name) for name in names]
    shortened = {stem for name, stem in zip(names, stems, strict=True) if _is_shorter(stem, name)}
    units = [stem if stem in shortened else "" for stem in stems]
    crossing = find_crossing(division, units, between_examples=True)
    if crossing is None:
        return []
    what = counted(crossing.count, "utterance is", "utterances are")
    message = (
        f"{what} in {crossing.parts} of one fold in parts or copies, by the names of the examples"
    )
    return [AuditFinding("pieces-across-split", "fail", message, crossing.count, crossing.ids)]


def pieces_of_one_file(division: Division) -> list[AuditFinding]:
    """Examples of one file, or cut from one recording where one begins as the other ends."""
    files = [
        f"{example.corpus}/{example.audio}" if example.audio else ""
        for example in division.examples
    ]
    found = []
    crossing = find_crossing(division, files, between_examples=True)
    if crossing is not None:
        what = counted(crossing.count, "file is", "files are")
        message = f"{what} in {crossing.parts} of one fold, in several examples"
        found.append(
            AuditFinding("pieces-across-split", "fail", message, crossing.count, crossing.ids)
        )
    crossing = find_crossing_pairs(
        division, np.arange(len(division.examples)), _touching(_names(division))
    )
    if crossing is not None:
        what = counted(crossing.count, "pair", "pairs")
        message = (
            f"in {crossing.parts} of one fold: {what} of clips that touch or overlap in one "
            f"recording, by the times in their names, such as {crossing.pair}"
        )
        found.append(
            AuditFinding("pieces-across-split", "fail", message, crossing.count, crossing.ids)
        )
    return found


def altered_audio(division: Division, pairs: Sequence[tuple[int, int]]) -> list[AuditFinding]:
    """Sounds on both sides that are one recording in another pitch, tempo or noise.

    Args:
        division: The plan.
        pairs: Positions of examples that are alike so.
    """
    found = []
    crossing = find_crossing_pairs(division, np.arange(len(division.examples)), pairs)
    if crossing is not None:
        what = counted(crossing.count, "pair of sounds", "pairs of sounds")
        message = (
            f"in {crossing.parts} of one fold: {what} that are alike but for pitch, tempo or "
            f"noise, such as {crossing.pair}"
        )
        found.append(AuditFinding("altered-audio", "fail", message, crossing.count, crossing.ids))
    without = [e.id for e in division.examples if e.fingerprint and not e.outline]
    if without:
        message = (
            f"{counted(len(without), 'clip has', 'clips have')} no outline, from an older "
            "manifest: copies in another pitch, tempo or noise cannot be looked for"
        )
        shown = tuple(without[:N_SHOWN])
        found.append(AuditFinding("altered-audio", "report", message, len(without), shown))
    return found


def _names(division: Division) -> list[str]:
    """Ids without folders such as train and test, where they tell examples apart without them."""
    whole = [example.id for example in division.examples]
    names = [without_roles(name) for name in whole]
    return names if len(set(names)) == len(set(whole)) else whole


def _is_shorter(stem: str, name: str) -> bool:
    """Whether more than a file's suffix was taken away."""
    rest = name.removeprefix(stem)
    return not name.startswith(stem) or not (rest == "" or rest.startswith("."))


def _touching(names: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of clips of one recording of which one begins where or before the other ends."""
    placed = [(row, found) for row, name in enumerate(names) if (found := time_range(name))]
    stems = Counter(stem for _, (stem, _, _) in placed)
    ordered = sorted(
        (stem, start, end, row) for row, (stem, start, end) in placed if stems[stem] > 1
    )
    pairs = []
    for at, (stem, _, end, row) in enumerate(ordered):
        for other_stem, start, _, other in ordered[at + 1 :]:
            if other_stem != stem or start > end:
                break
            pairs.append((min(row, other), max(row, other)))
    return pairs
