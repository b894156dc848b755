"""What files are checked against: the numbers of a theme for one picture and language."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sentigram.core.emotion import NEUTRAL
from sentigram.core.style import Canvas, StyleKey
from sentigram.style.layout.limits import LayoutRules
from sentigram.style.styling import canvas_for, resolve
from sentigram.style.theme.theme import CaptionRules, Theme


@dataclass(frozen=True, slots=True)
class LookRules:
    """The look that a guideline has for all words alike.

    Attributes:
        by: The profile that asks for it.
        fills: `#rrggbb` of letters: of plain words, then of speakers.
        box: `#rrggbb` behind them, "" where none is asked for.
    """

    by: str
    fills: tuple[str, ...]
    box: str

    @classmethod
    def of(cls, theme: Theme) -> LookRules | None:
        """What a theme asks for, None where it draws emotions."""
        if not theme.is_plain:
            return None
        numbers = range(len(theme.caption.speakers) + 1)
        keys = (StyleKey(NEUTRAL, 0, speaker=number) for number in numbers)
        fills = (resolve(theme, key, motion="none").fill for key in keys)
        return cls(theme.plain_by, tuple(dict.fromkeys(fills)), theme.caption.box)


@dataclass(frozen=True, slots=True)
class Limits:
    """Numbers for one file.

    Attributes:
        rules: Of cues.
        canvas: The picture.
        contrast: Least contrast of text.
        large_contrast: Least contrast of large text.
        min_run_ms: Shortest stretch of one style.
        size: Factor on the size of letters that the theme asks for.
        least_gap_ms: Shorter gaps break the rule.
        open_gap_ms: Gaps from here to half a second should be closed.
        frame_ms: Length of a frame, the longest that it may be.
        is_fps_known: Whether the frame rate is given and not guessed.
        shots_ms: Where shots begin; empty when unknown.
        is_canvas_known: Whether the picture's size is given and not assumed.
        caption: The theme's numbers, from which all others come.
        look: The look that is asked for, None where emotions are drawn in type.
    """

    rules: LayoutRules
    canvas: Canvas
    contrast: float
    large_contrast: float
    min_run_ms: int
    size: float
    least_gap_ms: float
    open_gap_ms: float
    frame_ms: float
    is_fps_known: bool
    shots_ms: tuple[int, ...]
    is_canvas_known: bool
    caption: CaptionRules
    look: LookRules | None = None


def widest_line_px(limits: Limits, width_px: int, height_px: int) -> float:
    """The widest line in a picture of another size."""
    canvas = replace(canvas_for(width_px, height_px), safe=limits.canvas.safe)
    return LayoutRules.of(limits.caption, canvas, language=limits.rules.language).line_px
