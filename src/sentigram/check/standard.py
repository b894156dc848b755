"""What files are checked against: the numbers of a theme for one picture and language."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from sentigram.core.style import Canvas
from sentigram.core.time import MS_PER_SECOND
from sentigram.formats.track import SubtitleTrack
from sentigram.style.colour.contrast import MINIMUM_RATIO
from sentigram.style.layout.limits import LayoutRules
from sentigram.style.styling import canvas_for
from sentigram.style.theme.theme import CaptionRules, Theme, load

if TYPE_CHECKING:
    from sentigram.check.checking import CheckOptions

# Where nobody says how many frames a second there are, a gap must fit some usual rate.
_SLOWEST_FPS, _FASTEST_FPS = Fraction(24_000, 1001), Fraction(60)
_LARGE_RATIO = 3.0  # WCAG 2.2, 1.4.3, large text
_UPRIGHT_PROFILE = "shorts"


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


def theme_for(options: CheckOptions, size: tuple[int, int]) -> Theme:
    """The theme whose numbers count; upright video keeps to the rules of short videos first.

    Raises:
        UsageError: No such age or profile.
    """
    width_px, height_px = size
    worn = options.profiles
    if height_px > width_px and _UPRIGHT_PROFILE not in worn:
        worn = (_UPRIGHT_PROFILE, *worn)
    return load(culture=options.culture, age=options.age, profiles=worn)


def limits_for(track: SubtitleTrack, options: CheckOptions, language: str) -> Limits:
    """Put the numbers for a file together; an upright picture is known from the file too.

    Raises:
        UsageError: No such age or profile.
    """
    size, fps = options.size, options.fps
    if not all(size) and track.height_px > track.width_px > 0:
        size = track.width_px, track.height_px
    theme = theme_for(options, size)
    canvas = replace(canvas_for(*size), safe=theme.caption.safe, bottom=theme.caption.bottom)
    frames = theme.caption.gap_frames
    is_strict = theme.contrast > MINIMUM_RATIO
    return Limits(
        rules=LayoutRules.of(theme.caption, canvas, language=language, fps=fps),
        canvas=canvas,
        contrast=theme.contrast,
        large_contrast=theme.contrast if is_strict else min(theme.contrast, _LARGE_RATIO),
        min_run_ms=theme.min_run_ms,
        size=theme.caption.size,
        least_gap_ms=frames * MS_PER_SECOND / float(fps or _FASTEST_FPS),
        open_gap_ms=(frames + 1) * MS_PER_SECOND / float(fps or _SLOWEST_FPS),
        frame_ms=MS_PER_SECOND / float(fps or _SLOWEST_FPS),
        is_fps_known=bool(fps),
        shots_ms=tuple(sorted(options.shots_ms)),
        is_canvas_known=all(options.size),
        caption=theme.caption,
    )


def widest_line_px(limits: Limits, width_px: int, height_px: int) -> float:
    """The widest line in a picture of another size."""
    canvas = replace(canvas_for(width_px, height_px), safe=limits.canvas.safe)
    return LayoutRules.of(limits.caption, canvas, language=limits.rules.language).line_px
