"""Quick exchanges: two people who speak in one cue, each on a line of their own behind a dash.

A cue that flashes by is read by nobody. Where one is brief, or too fast to read, and another person
speaks right before or after it, the two are shown together for as long as both. Nobody's words
share a line with another's, no cue holds three voices, and what the second one says is not shown
long before it is heard.

Sources: Netflix, English (USA) Timed Text Style Guide, "Dual Speakers" (a hyphen, at most one
speaker a line); other languages by `guides.dashes`. How brief, how near and how early are our own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from sentigram.core.style import Canvas, Cue, LineVoice, StyledWord, StyleKey, TextStyle
from sentigram.core.text import is_visible, one_line
from sentigram.core.time import MS_PER_SECOND, Span
from sentigram.style.layout.guides import GuideDashes, dashes
from sentigram.style.layout.limits import CLOSE_BELOW_MS, LayoutRules, count_chars
from sentigram.style.layout.places import lines_of, shown
from sentigram.style.text.measure import Measure

BRIEF_MS = 1200  # a cue that is shown for less is easily missed
LEAD_MS = 1500  # what the second one says is shown no earlier than this before it is heard
_VOICES = 2


def with_exchanges(
    cues: Sequence[Cue],
    styles: Mapping[StyleKey, TextStyle],
    canvas: Canvas,
    rules: LayoutRules,
) -> tuple[Cue, ...]:
    """Put two neighbouring cues of two people together where that helps reading.

    Args:
        cues: Of words, each of one speaker, in order of time.
        styles: What their keys look like, the neutral one too.
        canvas: Picture.
        rules: What lines and cues must keep to.

    Returns:
        The cues in order, not overlapping; every word is in them once, in order.
    """
    if rules.lines < _VOICES or rules.words:
        return tuple(cues)
    measure = Measure(canvas, styles, language=rules.language)
    written = dashes(rules.language)
    made: list[Cue] = []
    for cue in cues:
        both = (
            _exchange(made[-1], cue, written) if made and _answers(made[-1], cue, rules) else None
        )
        if both and _is_readable(both, (made[-1], cue), rules) and _fits(both, measure, rules):
            made[-1] = both
        else:
            made.append(cue)
    return tuple(made)


def _answers(cue: Cue, following: Cue, rules: LayoutRules) -> bool:
    """Whether another person speaks right after a cue, and one of the two is hard to read alone."""
    return (
        bool(cue.speaker and following.speaker)
        and cue.speaker != following.speaker
        and _line(cue) is not None
        and _line(following) is not None
        and following.span.start_ms - cue.span.end_ms < CLOSE_BELOW_MS
        and any(_is_hard(one, rules) for one in (cue, following))
        and following.span.end_ms - cue.span.start_ms <= rules.max_ms
        and following.lines[0][0].span.start_ms - cue.span.start_ms <= LEAD_MS
    )


def _line(cue: Cue) -> tuple[StyledWord, ...] | None:
    """The only line of a cue, None where there are more, or where it shows nothing."""
    if len(cue.lines) != 1 or not is_visible(one_line("".join(map(shown, cue.lines[0])))):
        return None
    return cue.lines[0]


def _is_hard(cue: Cue, rules: LayoutRules) -> bool:
    return cue.span.duration_ms < BRIEF_MS or _cps(cue, rules) > rules.cps


def _cps(cue: Cue, rules: LayoutRules) -> float:
    """Characters a second, as the guides count them."""
    chars = sum(count_chars(_text(line), rules.language) for line in lines_of(cue))
    return MS_PER_SECOND * chars / max(1, cue.span.duration_ms)


def _text(line: Sequence[StyledWord]) -> str:
    return "".join(
        ("" if i == 0 or word.joined else " ") + shown(word) for i, word in enumerate(line)
    )


def _exchange(cue: Cue, following: Cue, written: GuideDashes) -> Cue:
    voices = tuple(
        LineVoice(one.speaker, dash + one.opening(0))
        for one, dash in ((cue, written.first), (following, written.second))
    )
    span = Span(cue.span.start_ms, following.span.end_ms)
    return Cue(span, (cue.lines[0], following.lines[0]), voices=voices)


def _is_readable(both: Cue, parts: Sequence[Cue], rules: LayoutRules) -> bool:
    """Whether nobody has to read faster than before, or than the rules allow."""
    return _cps(both, rules) <= max(rules.cps, *(_cps(part, rules) for part in parts))


def _fits(cue: Cue, measure: Measure, rules: LayoutRules) -> bool:
    return all(
        count_chars(_text(line), rules.language) <= rules.line_chars
        and _px(line, measure) <= rules.text_px
        for line in lines_of(cue)
    )


def _px(line: Sequence[StyledWord], measure: Measure) -> float:
    gaps_px = (
        0.0 if word.joined else max(measure.space_px(before), measure.space_px(word))
        for before, word in pairwise(line)
    )
    return sum(map(measure.word_px, line)) + sum(gaps_px)
