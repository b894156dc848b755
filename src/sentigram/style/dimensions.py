"""Words by what was measured of them: how far each is from the middle of a theme's dimensions.

Moods change slowly, and are evened out together: a run of one mood lasts as a run of one emotion
does. What the voice does changes from word to word: a word is marked by itself where it is far from
usual, else only in runs that last.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from sentigram.core.document import Document
from sentigram.core.emotion import NEUTRAL, LabelSet, WordEmotion
from sentigram.core.prosody import Prosody
from sentigram.core.style import N_STEPS
from sentigram.core.text import is_sound
from sentigram.core.time import Span
from sentigram.style.flicker import Mark, even_out
from sentigram.style.theme.theme import DimensionRule, Theme

Steps = tuple[tuple[str, int], ...]

_MOOD = ("valence", "arousal", "dominance")
_NOTHING = Prosody()


def steps_of(document: Document, theme: Theme) -> list[Steps]:
    """The steps of each word, in the theme's order, without those that are 0; () where it has none.

    A word whose emotion a person set has no mood: what was measured is not what they say. A sound
    such as `[applause]` has neither.
    """
    count = len(document.track.readings)
    if not theme.dimensions or theme.is_plain:
        return [()] * count
    spoken = [
        (number, word)
        for number, one in enumerate(document.transcript.utterances)
        for word in one.words
    ]
    labels = document.track.labels
    spans = [(word.span, number) for number, word in spoken]
    moods: list[Steps] = [()] * count
    voices: list[dict[str, int]] = [{} for _ in range(count)]
    firm = [False] * count
    of_mood = [rule for rule in theme.dimensions if rule.name in _MOOD]
    of_voice = [rule for rule in theme.dimensions if rule.name not in _MOOD]
    for i, ((_, word), reading) in enumerate(zip(spoken, document.track.readings, strict=True)):
        if is_sound(word.text):
            continue
        moods[i] = _mood(reading, labels, of_mood)
        prosody = word.prosody or _NOTHING
        for rule in of_voice:
            value = getattr(prosody, rule.name)
            step = 0 if value is None else rule.step(value)
            voices[i][rule.name] = step
            firm[i] = firm[i] or abs(step) == N_STEPS
    moods = _evened(moods, spans, theme.min_run_ms)
    for rule in of_voice:
        own = [voice.get(rule.name, 0) for voice in voices]
        for i, step in enumerate(_lasting(own, spans, theme.min_run_ms)):
            voices[i][rule.name] = step
    order = {rule.name: place for place, rule in enumerate(theme.dimensions)}
    drawn = [
        _ordered((*mood, *((name, step) for name, step in voice.items() if step)), order)
        for mood, voice in zip(moods, voices, strict=True)
    ]
    return _without_flashes(drawn, moods, spans, firm, theme.min_run_ms)


def _mood(reading: WordEmotion, labels: LabelSet, rules: Sequence[DimensionRule]) -> Steps:
    if reading.vad is None or reading.is_by_hand(labels):
        return ()
    values = dict(zip(_MOOD, reading.vad, strict=True))
    steps = ((rule.name, rule.step(values[rule.name])) for rule in rules)
    return tuple((name, step) for name, step in steps if step)


def _evened(
    moods: Sequence[Steps], spans: Sequence[tuple[Span, int]], min_run_ms: int
) -> list[Steps]:
    """Moods in runs that last."""
    names = {mood: repr(mood) if mood else NEUTRAL for mood in moods}
    by_name = {name: mood for mood, name in names.items()} | {NEUTRAL: ()}
    marks = [
        Mark(names[mood], int(bool(mood)), span, number)
        for mood, (span, number) in zip(moods, spans, strict=True)
    ]
    even_out(marks, min_run_ms=min_run_ms)
    return [by_name[mark.emotion] for mark in marks]


def _lasting(steps: Sequence[int], spans: Sequence[tuple[Span, int]], min_run_ms: int) -> list[int]:
    """Steps of one dimension; those that are not the furthest stay only in runs that last.

    No word takes the step of its neighbours: how it was said was measured on it.
    """
    out = list(steps)
    side = [
        (number, (step > 0) - (step < 0)) for step, (_, number) in zip(steps, spans, strict=True)
    ]
    for (_, sign), group in groupby(range(len(out)), key=lambda i: side[i]):
        run = list(group)
        lasts = spans[run[-1]][0].end_ms - spans[run[0]][0].start_ms >= min_run_ms
        if sign and not lasts:
            for i in run:
                out[i] = out[i] if abs(out[i]) == N_STEPS else 0
    return out


def _without_flashes(
    drawn: list[Steps],
    moods: Sequence[Steps],
    spans: Sequence[tuple[Span, int]],
    firm: Sequence[bool],
    min_run_ms: int,
) -> list[Steps]:
    """Take the voice's part out of short runs of one style in which no word is far from usual.

    Runs of several dimensions may last each by itself, and cross in a flash.
    """
    while True:
        keys = [(number, steps) for steps, (_, number) in zip(drawn, spans, strict=True)]
        changed = False
        for _, group in groupby(range(len(drawn)), key=lambda i: keys[i]):
            run = list(group)
            lasts = spans[run[-1]][0].end_ms - spans[run[0]][0].start_ms >= min_run_ms
            if lasts or any(firm[i] for i in run) or drawn[run[0]] == moods[run[0]]:
                continue
            for i in run:
                drawn[i] = moods[i]
            changed = True
        if not changed:
            return drawn


def _ordered(steps: Steps, order: dict[str, int]) -> Steps:
    return tuple(sorted(steps, key=lambda step: order[step[0]]))
