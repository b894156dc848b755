"""Whether a recording is read alike when it comes back changed: agreement of word labels.

Cohen's kappa (1960) of two readings of the same words: agreement beyond what both would reach by
chance, each with its own shares of labels. Where nearly everything is neutral, chance alone agrees
nearly always and kappa says nothing; so it is not given where the first reading has one label only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from sentigram.core.emotion import NEUTRAL
from sentigram.core.protocols import EmotionModel
from sentigram.training.shipped.alterations import ALTERATIONS, Alter
from sentigram.training.shipped.false_alarms import shown_labels
from sentigram.training.shipped.unacted_speech import Recording

AIM = 0.6  # kappa of every condition, at least

KINDS = ("plain", "orator", "spliced")  # of recordings that are read again
_LABELS = 2  # of a reading, at least, for kappa to mean something


@dataclass(frozen=True, slots=True)
class ReadTwice:
    """One recording read twice.

    Attributes:
        condition: How it was changed.
        recording: Its name.
        kind: See `unacted_speech`.
        first: Label of each word as it was.
        second: Label of the same words, changed.
    """

    condition: str
    recording: str
    kind: str
    first: tuple[str, ...]
    second: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RetestFigures:
    """Agreement of one model with itself.

    Attributes:
        pairs: One per condition and recording.
        left_out: What could not be read, and why.
    """

    pairs: tuple[ReadTwice, ...]
    left_out: tuple[str, ...] = ()

    @property
    def conditions(self) -> tuple[str, ...]:
        """Names in order."""
        return tuple(dict.fromkeys(pair.condition for pair in self.pairs))

    def under(self, condition: str, *kinds: str) -> tuple[ReadTwice, ...]:
        """The pairs of a condition, of some kinds only where any are named."""
        return tuple(
            pair
            for pair in self.pairs
            if pair.condition == condition and (not kinds or pair.kind in kinds)
        )

    @property
    def failing(self) -> tuple[str, ...]:
        """Conditions whose pooled kappa is below the aim."""
        kappas = {name: kappa(self.under(name)) for name in self.conditions}
        return tuple(name for name, k in kappas.items() if k is not None and k < AIM)


def evaluate(
    recordings: Sequence[Recording],
    model: EmotionModel,
    *,
    conditions: Mapping[str, Alter] = ALTERATIONS,
    left_out: Sequence[str] = (),
    log: Callable[[str], None] = lambda _text: None,
) -> RetestFigures:
    """Read recordings as they are and changed.

    Args:
        recordings: From `unacted_speech.prepare`, with the spliced ones.
        model: What reads them.
        conditions: Names of changes, and how they are made.
        left_out: From `unacted_speech.prepare`, for the report.
        log: Told about progress.
    """
    chosen = choose(recordings)
    around = [recording for recording in recordings if recording.kind in KINDS]
    first = {}
    for recording in chosen:
        log(f"reading {recording.name}")
        track = model.read(recording.transcript, recording.audio)
        first[recording.name] = shown_labels(track)
    pairs = []
    for condition, alter in conditions.items():
        log(f"reading again: {condition}")
        for recording in chosen:
            altered = alter(recording, around)
            again = shown_labels(model.read(altered.transcript, altered.audio))
            before = first[recording.name]
            pairs.append(
                ReadTwice(
                    condition,
                    recording.name,
                    recording.kind,
                    tuple(before[i] for i in altered.originals),
                    tuple(again[i] for i in altered.words),
                )
            )
    return RetestFigures(tuple(pairs), tuple(left_out))


def choose(recordings: Sequence[Recording]) -> tuple[Recording, ...]:
    """Which recordings are read again: the first of each speaker in each language."""
    chosen: dict[tuple[str, str], Recording] = {}
    for recording in recordings:
        if recording.kind in KINDS:
            chosen.setdefault((recording.speaker, recording.language), recording)
    return tuple(chosen.values())


def kappa(pairs: Iterable[ReadTwice]) -> float | None:
    """Cohen's kappa over the words of all pairs.

    Returns:
        None where the first readings have one label only: kappa says nothing there.
    """
    first, second = _words(pairs)
    if len(set(first)) < _LABELS:
        return None
    n = len(first)
    agreed = sum(a == b for a, b in zip(first, second, strict=True)) / n
    names = set(first) | set(second)
    chance = sum(first.count(name) * second.count(name) for name in names) / n**2
    return (agreed - chance) / (1 - chance)


def agreement(pairs: Iterable[ReadTwice]) -> float:
    """Share of words with the same label in both readings; NaN without words."""
    first, second = _words(pairs)
    return _share(a == b for a, b in zip(first, second, strict=True))


def kept(pairs: Iterable[ReadTwice]) -> float:
    """Share of words first read as an emotion that are read as the same; NaN without any."""
    first, second = _words(pairs)
    return _share(a == b for a, b in zip(first, second, strict=True) if a != NEUTRAL)


def new(pairs: Iterable[ReadTwice]) -> float:
    """Share of words first read as neutral that are read as an emotion; NaN without any."""
    first, second = _words(pairs)
    return _share(b != NEUTRAL for a, b in zip(first, second, strict=True) if a == NEUTRAL)


def _words(pairs: Iterable[ReadTwice]) -> tuple[list[str], list[str]]:
    both = tuple(pairs)
    return (
        list(chain.from_iterable(pair.first for pair in both)),
        list(chain.from_iterable(pair.second for pair in both)),
    )


def _share(truths: Iterable[bool]) -> float:
    values = list(truths)
    return sum(values) / len(values) if values else math.nan


def as_json(figures: RetestFigures) -> dict[str, Any]:
    """For scripts; a kappa that says nothing is null."""
    return {
        "aim": AIM,
        "failing": list(figures.failing),
        "conditions": {name: _condition_json(figures, name) for name in figures.conditions},
        "left out": list(figures.left_out),
    }


def _condition_json(figures: RetestFigures, name: str) -> dict[str, Any]:
    under = figures.under(name)
    return {
        "kappa": kappa(under),
        "kappa, spliced": kappa(figures.under(name, "spliced")),
        "agreement": agreement(under),
        "emotions kept": None if math.isnan(kept(under)) else kept(under),
        "neutral to emotion": None if math.isnan(new(under)) else new(under),
        "recordings": {
            pair.recording: {"kappa": kappa([pair]), "agreement": agreement([pair])}
            for pair in under
        },
    }


def as_text(figures: RetestFigures) -> str:
    """For people: what fails first, then a line per condition, then one per recording."""
    lines = [*_verdict(figures), ""]
    lines.append(
        f"{'condition':21} {'kappa':>6} {'spliced':>8} {'same':>6} {'same, plain':>11} "
        f"{'emotions kept':>13} {'neutral→emotion':>15}"
    )
    for name in figures.conditions:
        under = figures.under(name)
        lines.append(
            f"{name:21} {_number(kappa(under)):>6} "
            f"{_number(kappa(figures.under(name, 'spliced'))):>8} {_percent(agreement(under)):>6} "
            f"{_percent(agreement(figures.under(name, 'plain'))):>11} {_percent(kept(under)):>13} "
            f"{_percent(new(under)):>15}"
        )
    explained = (
        "Per recording: kappa in each condition, in the order above. Where its words were first "
        "read with one label only, kappa says nothing, and –share is the share of words read alike."
    )
    lines += ["", explained]
    for name in dict.fromkeys(pair.recording for pair in figures.pairs):
        own = [pair for pair in figures.pairs if pair.recording == name]
        cells = [
            _number(k) if (k := kappa([pair])) is not None else f"–{agreement([pair]):.0%}"
            for pair in own
        ]
        lines.append(f"{name:21} {' '.join(f'{cell:>6}' for cell in cells)}")
    if figures.left_out:
        lines += ["", "Left out:", *(f"  {line}" for line in figures.left_out)]
    return "\n".join(lines)


def _verdict(figures: RetestFigures) -> list[str]:
    kappas = {name: kappa(figures.under(name)) for name in figures.conditions}
    silent = [name for name, k in kappas.items() if k is None]
    failing = ", ".join(f"{name} ({kappas[name]:.2f})" for name in figures.failing)
    heading = (
        f"Test and retest, {len(figures.conditions)} conditions, "
        f"{len({pair.recording for pair in figures.pairs})} recordings; the aim is a kappa of "
        f"{AIM:g} in each:"
    )
    lines = [heading, _basis(figures)]
    if failing:
        lines.append(f"  missed in {len(figures.failing)}: {failing}")
    if silent:
        lines.append(
            f"  says nothing in {len(silent)}, where all was first read alike: {', '.join(silent)}"
        )
    if not failing and not silent:
        lines.append("  reached in all")
    return lines


def _basis(figures: RetestFigures) -> str:
    """How many words kappa rests on: those that were first read as an emotion."""
    longest: dict[str, tuple[str, ...]] = {}  # of each recording: a cut one lacks some words
    for pair in figures.pairs:
        longest[pair.recording] = max(longest.get(pair.recording, ()), pair.first, key=len)
    words = list(chain.from_iterable(longest.values()))
    emotional = len(words) - words.count(NEUTRAL)
    return f"  {emotional} of {len(words)} words were first read as an emotion"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _percent(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.1%}"
