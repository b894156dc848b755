"""What cues must keep to: numbers of the Netflix timed-text and BBC subtitle guides."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from unicodedata import east_asian_width

from sentigram.core.style import Canvas
from sentigram.core.time import MS_PER_CENTISECOND, MS_PER_SECOND
from sentigram.style.layout.guides import OTHER, by_language, speeds
from sentigram.style.theme.theme import CaptionRules

# Their guides count half-width characters (Latin letters, digits, spaces) as a half.
_HALF_WIDTH_COUNTS_HALF = frozenset({"zh", "ja", "ko"})
CLOSE_BELOW_MS = 500  # a shorter gap between two cues looks like a flicker: it is closed
_ENGLISH = "en"  # a theme's own `cps` is the reading speed of English, also of an unknown language
_USUAL_MIN_MS = 833  # the shortest cue of most languages; themes shorten or lengthen all alike
LIBASS_ROUNDING = 1.012  # libass rounds advances: its lines come out up to 1 % longer, measured
_DEFAULT_FPS = Fraction(25)


@dataclass(frozen=True, slots=True)
class LayoutRules:
    """What cues must keep to.

    Attributes:
        line_chars: Most characters in a line.
        lines: Most lines in a cue.
        line_px: Widest line, outline included.
        outline_px: Width of the outline, or what a box adds, on either side.
        cps: Reading speed, characters per second.
        min_ms: Shortest cue.
        max_ms: Longest cue.
        gap_ms: Shortest time between two cues: whole frames.
        fps: Frames a second, 25 where there is no picture.
        language: ISO 639-1, "" when unknown.
        sdh: For deaf and hard-of-hearing viewers: who speaks is said.
        words: Most words in a cue; 0 for as many as its lines hold.
        sounds: Most captions of sounds that begin in any minute, but for given ones.
    """

    line_chars: int
    lines: int
    line_px: float
    outline_px: float
    cps: float
    min_ms: int
    max_ms: int
    gap_ms: int
    fps: Fraction = _DEFAULT_FPS
    language: str = ""
    sdh: bool = False
    words: int = 0
    sounds: int = 6

    @property
    def grid_gap_ms(self) -> int:
        """`gap_ms` in whole centiseconds, which ASS keeps: at least as long."""
        return -(-self.gap_ms // MS_PER_CENTISECOND) * MS_PER_CENTISECOND

    @property
    def text_px(self) -> float:
        """Widest line of letters as measured here, without outline."""
        return (self.line_px - 2 * self.outline_px) / LIBASS_ROUNDING

    @classmethod
    def of(
        cls, caption: CaptionRules, canvas: Canvas, *, language: str = "", fps: Fraction | int = 0
    ) -> LayoutRules:
        """The rules of a theme for a picture and a language."""
        line_chars = by_language("line_chars").get(language, caption.line_chars)
        shortest_ms = by_language("min_ms").get(language, _USUAL_MIN_MS)
        screen_px = max(canvas.width_px, canvas.height_px * 16 / 9)  # of 16:9 around the picture
        fps = fps or _DEFAULT_FPS
        return cls(
            line_chars=min(line_chars, caption.line_chars),
            lines=caption.lines,
            line_px=min(caption.safe * canvas.width_px, caption.width * screen_px),
            outline_px=caption.outline_em * canvas.base_px,
            cps=_cps(caption, language),
            min_ms=round(caption.min_ms * shortest_ms / _USUAL_MIN_MS),
            max_ms=caption.max_ms,
            gap_ms=math.ceil(caption.gap_frames * MS_PER_SECOND / fps),
            fps=Fraction(fps),
            language=language,
            sdh=caption.sdh or bool(caption.speakers),
            words=caption.words,
            sounds=caption.sounds,
        )


def count_chars(text: str, language: str = "") -> float:
    """Characters as the guides count them: spaces and punctuation too, line breaks not.

    In Chinese, Japanese and Korean a half-width character counts as a half.
    """
    if language not in _HALF_WIDTH_COUNTS_HALF:
        return len(text)
    return sum(1.0 if east_asian_width(char) in "WFA" else 0.5 for char in text)


def _cps(caption: CaptionRules, language: str) -> float:
    """Reading speed in a language, as far from the guideline's as the theme's English one is.

    Between the guideline's child and adult speeds of English, it lies as far between those of the
    language; beyond them it grows or shrinks in proportion.
    """
    speed = speeds().get(language or _ENGLISH, speeds()[OTHER])
    adult, child = (speed.sdh_adult, speed.sdh_child) if caption.sdh else (speed.adult, speed.child)
    english = speeds()[_ENGLISH]
    if caption.cps >= english.adult:
        return adult * caption.cps / english.adult
    if caption.cps <= english.child:
        return child * caption.cps / english.child
    share = (caption.cps - english.child) / (english.adult - english.child)
    return child + (adult - child) * share
