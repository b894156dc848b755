"""Styled tracks by hand: what renderers take, without a theme or a layout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sentigram.core.style import (
    Animation,
    Canvas,
    Cue,
    StyledRun,
    StyledTrack,
    StyledWord,
    StyleKey,
    TextStyle,
)
from sentigram.core.time import Span

NEUTRAL = StyleKey("neutral", 0)
ANGER = StyleKey("anger", 3)
JOY = StyleKey("happiness", 4)
SAD = StyleKey("sadness", 2)

PLAIN = TextStyle(
    family="Poppins",
    weight=600,
    italic=False,
    size_em=1.0,
    fill="#ffffff",
    outline="#000000",
    outline_em=0.08,
    box="",
    spacing_em=0.0,
    transform="none",
    underline=False,
    animation="none",
)
STYLES: Mapping[StyleKey, TextStyle] = {
    NEUTRAL: PLAIN,
    ANGER: replace(
        PLAIN, family="Bebas Neue", weight=400, size_em=1.3, fill="#ff5040", animation="shake"
    ),
    JOY: replace(PLAIN, family="Fredoka", size_em=1.15, fill="#ffd700", animation="bounce"),
    SAD: replace(
        PLAIN, family="Merriweather", weight=400, italic=True, fill="#8fb8ff", animation="fade"
    ),
}


def words(texts: Sequence[str | tuple[str, StyleKey]], span: Span) -> tuple[StyledWord, ...]:
    """One word per text, sharing the span's time equally; neutral unless a key comes with it."""
    step_ms = span.duration_ms // max(1, len(texts))
    made = []
    for i, item in enumerate(texts):
        text, key = (item, NEUTRAL) if isinstance(item, str) else item
        start_ms = span.start_ms + i * step_ms
        made.append(StyledWord(i, Span(start_ms, start_ms + step_ms), (StyledRun(text, key),)))
    return tuple(made)


def cue(
    *lines: Sequence[str | tuple[str, StyleKey]],
    start_ms: int = 1000,
    end_ms: int = 3000,
    speaker: str = "",
) -> Cue:
    """A cue of one or two lines; each word may come with its style."""
    span = Span(start_ms, end_ms)
    return Cue(span, tuple(words(line, span) for line in lines), speaker)


def track(
    *cues: Cue,
    styles: Mapping[StyleKey, TextStyle] = STYLES,
    width_px: int = 640,
    height_px: int = 360,
    base_px: float = 24.0,
    language: str = "en",
) -> StyledTrack:
    """A track on a small canvas."""
    return StyledTrack(Canvas(width_px, height_px, base_px), cues, styles, language, "by hand")


def animated(animation: Animation, *, box: str = "") -> Mapping[StyleKey, TextStyle]:
    """STYLES in which anger differs from neutral in its motion only."""
    return {**STYLES, ANGER: replace(PLAIN, animation=animation, box=box)}
