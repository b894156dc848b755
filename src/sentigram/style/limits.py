"""What cues must keep to: numbers of the Netflix timed-text and BBC subtitle guides."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from sentigram.core.style import Canvas
from sentigram.core.time import MS_PER_SECOND
from sentigram.style.theme import CaptionRules

_WIDTH_OF_16_9 = 0.68  # BBC
_SAFE_WIDTH = 0.90  # BBC: the central 90 % of the picture
_LINE_CHARS = {"zh": 16, "ko": 16, "ja": 13, "th": 35}
_UPRIGHT_LINE_CHARS = 24
_CPS = {"hi": (22, 18), "ja": (4, 4), "ko": (12, 9), "zh": (9, 7)}  # adult, child
_ADULT_CPS = 20
LIBASS_ROUNDING = 1.012  # libass rounds advances: its lines come out up to 1 % longer, measured
_DEFAULT_FPS = Fraction(25)


@dataclass(frozen=True, slots=True)
class LayoutRules:
    """What cues must keep to.

    Attributes:
        line_chars: Most characters in a line.
        lines: Most lines in a cue.
        line_px: Widest line, outline included.
        outline_px: Width of the outline, on either side.
        cps: Reading speed, characters per second.
        min_ms: Shortest cue.
        max_ms: Longest cue.
        gap_ms: Two frames.
        language: ISO 639-1, "" when unknown.
    """

    line_chars: int
    lines: int
    line_px: float
    outline_px: float
    cps: float
    min_ms: int
    max_ms: int
    gap_ms: int
    language: str = ""

    @property
    def text_px(self) -> float:
        """Widest line of letters as measured here, without outline."""
        return (self.line_px - 2 * self.outline_px) / LIBASS_ROUNDING

    @classmethod
    def of(
        cls, caption: CaptionRules, canvas: Canvas, *, language: str = "", fps: Fraction | int = 0
    ) -> LayoutRules:
        """The rules of a theme for a picture and a language."""
        upright = canvas.height_px > canvas.width_px
        line_chars = _LINE_CHARS.get(language, caption.line_chars)
        cps = caption.cps
        if language in _CPS:
            cps = _CPS[language][0 if caption.cps >= _ADULT_CPS else 1]
        width_of_16_9_px = canvas.height_px * 16 / 9
        return cls(
            line_chars=min(line_chars, _UPRIGHT_LINE_CHARS) if upright else line_chars,
            lines=caption.lines,
            line_px=min(_SAFE_WIDTH * canvas.width_px, _WIDTH_OF_16_9 * width_of_16_9_px),
            outline_px=caption.outline_em * canvas.base_px,
            cps=cps,
            min_ms=500 if language == "ja" else 700 if upright else 833,
            max_ms=5000 if upright else 7000,
            gap_ms=math.ceil(2 * MS_PER_SECOND / (fps or _DEFAULT_FPS)),
            language=language,
        )
