"""Styles of an ASS file: one row per emotion and level, named so that an editor knows it."""

from __future__ import annotations

from sentigram.core.style import StyledTrack, StyleKey, TextStyle
from sentigram.formats.ass import number, style_line
from sentigram.render.ass import attached_fonts
from sentigram.style.layout.places import BOX_PADDING_EM, Frame, lines_of, shown
from sentigram.style.text.bidi import is_right_to_left

DEFAULT = "Default"
SHAPES = "Shapes"
_OUTLINE_BORDER, _BOX_BORDER = 1, 3
_TOP_LEFT, _BOTTOM_CENTER = 7, 2
# Charset field. libass reads -1 as "take each line's own direction and join its runs before
# ordering them"; otherwise every run is ordered by itself, which turns Hebrew and Arabic around.
_WINDOWS_CHARSET, _OWN_DIRECTION = 1, -1


def rows(track: StyledTrack, *, shapes: bool = False) -> list[str]:
    """Lines of the `[V4+ Styles]` section, Default first.

    A box is written as BorderStyle 3, which every tool draws: one box behind each run. All are
    opaque and of one colour, so their seams cannot be seen; BorderStyle 4, one box for a whole
    line, is drawn by libass alone, and others would show text without the box that its contrast
    counts on.

    Args:
        track: Its styles are written.
        shapes: Add a style for drawings, without outline and margins.
    """
    words = (word for cue in track.cues for line in lines_of(cue) for word in line)
    right_to_left = any(is_right_to_left(shown(word)) for word in words)
    charset = _OWN_DIRECTION if right_to_left else _WINDOWS_CHARSET
    keys = sorted(track.styles, key=lambda key: (style_name(key) != DEFAULT, key))
    made = [_row(track, key, charset) for key in keys]
    return [*made, _shapes_row(made[0])] if shapes else made


def style_name(key: StyleKey) -> str:
    """Name of a style in the file: `anger-3`; neutral is what ASS calls Default."""
    is_default = key.is_plain and key.emotion == "neutral"
    return DEFAULT if is_default else key.slug


def outline_px(track: StyledTrack, style: TextStyle) -> float:
    """Width of a style's outline on the track's canvas."""
    return style.outline_em * track.canvas.base_px


def _row(track: StyledTrack, key: StyleKey, charset: int) -> str:
    style, canvas = track.styles[key], track.canvas
    font = attached_fonts.font_of(style)
    em_px = style.size_em * canvas.base_px
    border, line_colour, width_px = _OUTLINE_BORDER, style.outline, outline_px(track, style)
    if style.box:  # the box is drawn in the outline's colour, and padded by its width
        border, line_colour = _BOX_BORDER, style.box
        width_px = BOX_PADDING_EM * canvas.base_px
    frame = Frame.of(track)
    side = round(frame.side_px)
    return style_line(
        style_name(key),
        font.name,
        number(em_px * font.size_per_em),
        _opaque(style.fill),
        _opaque(style.fill),
        _opaque(line_colour),
        _opaque(line_colour),
        -int(font.bold),
        -int(font.italic),
        -int(style.underline),
        0,
        100,
        100,
        number(style.spacing_em * em_px),
        0,
        border,
        number(width_px),
        0,
        _BOTTOM_CENTER,
        side,
        side,
        round(frame.bottom_px),
        charset,
    )


def _shapes_row(default: str) -> str:
    """A row for drawings; its font is one that the file has, for no font is drawn."""
    _, font, size, *_ = default.removeprefix("Style: ").split(",")
    white = _opaque("#ffffff")
    numbers = (0, 0, 0, 0, 100, 100, 0, 0, _OUTLINE_BORDER, 0, 0, _TOP_LEFT, 0, 0, 0)
    return style_line(SHAPES, font, size, white, white, white, white, *numbers, _WINDOWS_CHARSET)


def _opaque(rgb: str) -> str:
    """`#rrggbb` as style rows write it: alpha 0 (opaque), then blue, green, red."""
    return f"&H00{rgb[5:7]}{rgb[3:5]}{rgb[1:3]}".upper()
