"""ASS subtitles for editors: one event per cue, named styles, tags only where styles change."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sentigram.core.protocols import Progress, RenderJob, no_progress
from sentigram.core.style import Motion, StyledTrack, StyledWord, StyleKey, TextStyle
from sentigram.core.time import MS_PER_CENTISECOND, Span, format_ass
from sentigram.render import ass_fonts, ass_motion
from sentigram.render.ass_text import (
    LINE_BREAK,
    balance,
    escape,
    field,
    is_right_to_left,
    keep_edges,
    one_line,
)

_DEFAULT = "Default"
_SIDE_MARGIN_SHARE = 0.05  # text stays inside the central 90 % of the picture
_BOTTOM_MARGIN_SHARE = 0.07
_BOX_PADDING_EM = 0.12
_OUTLINE_BORDER, _BOX_BORDER = 1, 3
# Charset field. libass reads -1 as "take each line's own direction and join its runs before
# ordering them"; otherwise every run is ordered by itself, which turns Hebrew and Arabic around.
_WINDOWS_CHARSET, _OWN_DIRECTION = 1, -1
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]+)*")

_STYLE_FORMAT = (
    "Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, "
    "Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, "
    "Alignment, MarginL, MarginR, MarginV, Encoding"
)
_EVENT_FORMAT = "Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text"


class AssRenderer:
    """Writes ASS with the fonts inside."""

    def render(self, job: RenderJob, out: Path, *, progress: Progress = no_progress) -> None:
        """Write the whole file; with a byte order mark, without which VSFilter reads ANSI."""
        text = ass_text(job.track, title=job.document.media.name, motion=job.motion)
        out.write_text(text, encoding="utf-8-sig", newline="\n")
        progress(1.0)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Escaped letters of one word in one style, with the tags that come before them."""

    word: StyledWord
    key: StyleKey
    text: str


def ass_text(track: StyledTrack, *, title: str, motion: Motion, embed_fonts: bool = True) -> str:
    """Write a track as ASS.

    Colours are the theme's sRGB values, and `YCbCr Matrix: None` tells players not to bend them:
    with TV.601, or without the line, xy-VSFilter and mpv shift colours over HD video, and with
    TV.709 over SD video.

    Args:
        track: Cues laid out on a canvas the size of the picture.
        title: Shown by editors, usually the media file's name.
        motion: How much words may move.
        embed_fonts: Whether to add the `[Fonts]` section.

    Returns:
        The file's text, without byte order mark.
    """
    lines = [*_header(track, title, motion), "", *_styles(track), "", "[Events]"]
    lines += [f"Format: {_EVENT_FORMAT}", *_events(track, motion)]
    if embed_fonts:
        lines += ["", "[Fonts]", *ass_fonts.section(ass_fonts.font_files(track))]
    return "\n".join(lines) + "\n"


def _header(track: StyledTrack, title: str, motion: Motion) -> list[str]:
    width, height = track.canvas.width_px, track.canvas.height_px
    lines = [
        "[Script Info]",
        "; Made by Sentigram: captions that look the way the words were said.",
        f"; Theme: {one_line(track.theme)}; motion: {motion}",
        "; Styles are named EMOTION-LEVEL, 1 faint to 4 full; Default is neutral.",
        "; Change a style to change that emotion in the whole film.",
        f"Title: {one_line(title).strip()}",
        "ScriptType: v4.00+",
        f"PlayResX: {width}",
        f"PlayResY: {height}",
        f"LayoutResX: {width}",
        f"LayoutResY: {height}",
        "WrapStyle: 2",
        "ScaledBorderAndShadow: yes",
        "YCbCr Matrix: None",
        "Kerning: yes",
    ]
    if _LANGUAGE.fullmatch(track.language):
        lines.append(f"Language: {track.language}")
    return lines


def _styles(track: StyledTrack) -> list[str]:
    right_to_left = any(
        is_right_to_left(run.text)
        for cue in track.cues
        for line in cue.lines
        for word in line
        for run in word.runs
    )
    charset = _OWN_DIRECTION if right_to_left else _WINDOWS_CHARSET
    keys = sorted(track.styles, key=lambda key: (style_name(key) != _DEFAULT, key))
    rows = [_style_row(track, key, charset) for key in keys]
    return ["[V4+ Styles]", f"Format: {_STYLE_FORMAT}", *rows]


def style_name(key: StyleKey) -> str:
    """Name of a style in the file: `anger-3`; neutral is what ASS calls Default."""
    is_default = key.level == 0 and not key.is_emphasis and key.emotion == "neutral"
    return _DEFAULT if is_default else key.slug


def _style_row(track: StyledTrack, key: StyleKey, charset: int) -> str:
    style, canvas = track.styles[key], track.canvas
    font = ass_fonts.font_of(style)
    em_px = style.size_em * canvas.base_px
    border, line_colour, width_px = _OUTLINE_BORDER, style.outline, _outline_px(track, style)
    if style.box:  # the box is drawn in the outline's colour, and padded by its width
        border, line_colour = _BOX_BORDER, style.box
        width_px = _BOX_PADDING_EM * canvas.base_px
    side = round(_SIDE_MARGIN_SHARE * canvas.width_px)
    bottom = round(_BOTTOM_MARGIN_SHARE * canvas.height_px)
    values = (
        style_name(key),
        font.name,
        _number(em_px * font.size_per_em),
        _colour(style.fill),
        _colour(style.fill),
        _colour(line_colour),
        _colour(line_colour),
        -int(font.bold),
        -int(font.italic),
        -int(style.underline),
        0,
        100,
        100,
        _number(style.spacing_em * em_px),
        0,
        border,
        _number(width_px),
        0,
        2,
        side,
        side,
        bottom,
        charset,
    )
    return "Style: " + ",".join(map(str, values))


def _events(track: StyledTrack, motion: Motion) -> Iterator[str]:
    for cue in track.cues:
        span = Span(_centiseconds(cue.span.start_ms), _centiseconds(cue.span.end_ms))
        lines = [pieces for pieces in map(_pieces, cue.lines) if pieces]
        if not lines:
            continue
        keys = {piece.key for pieces in lines for piece in pieces}
        base = keys.pop() if len(keys) == 1 else None
        name = _DEFAULT if base is None else style_name(base)
        body = _body(track, lines, name, span=span, motion=motion)
        yield (
            f"Dialogue: 0,{format_ass(span.start_ms)},{format_ass(span.end_ms)},{name},"
            f"{field(cue.speaker)},0,0,0,,{body}"
        )


def _pieces(line: tuple[StyledWord, ...]) -> list[_Piece]:
    runs = [(word, run) for word in line for run in word.runs]
    # Escaped first: a joiner that escaping adds must not end up behind a closing bidi mark.
    texts = balance([escape(run.text) for _, run in runs])
    return [
        _Piece(word, run.style, text) for (word, run), text in zip(runs, texts, strict=True) if text
    ]


def _body(
    track: StyledTrack, lines: list[list[_Piece]], event_style: str, *, span: Span, motion: Motion
) -> str:
    """The text of an event, with a tag block wherever the style or the motion changes."""
    current, moving = event_style, ""
    made = []
    for pieces in lines:
        texts = _keep_edges([piece.text for piece in pieces])
        line, previous = "", None
        for piece, text in zip(pieces, texts, strict=True):
            style = track.styles[piece.key]
            name = style_name(piece.key)
            tags = ass_motion.tags(
                style.animation,
                motion=motion,
                word=piece.word.span,
                cue=span,
                outline_px=_outline_px(track, style),
                has_box=bool(style.box),
            )
            is_new = previous is not None and previous.word is not piece.word
            gap = " " if is_new and not piece.word.joined else ""
            block = ""
            if name != current or tags != moving:
                block = rf"{{\r{name if name != event_style else ''}{tags}}}"
            # The space belongs to the word before it, unless a line or box would stick out.
            if previous is not None and _marks_spaces(track.styles[previous.key]):
                line += block + gap + text
            else:
                line += gap + block + text
            current, moving, previous = name, tags, piece
        made.append(line)
    return LINE_BREAK.join(made)


def _keep_edges(texts: list[str]) -> list[str]:
    """The parts of a line with hard spaces at its two ends."""
    if len(texts) == 1:
        return [keep_edges(texts[0])]
    first, last = keep_edges(texts[0] + "|")[:-1], keep_edges("|" + texts[-1])[1:]
    return [first, *texts[1:-1], last]


def _marks_spaces(style: TextStyle) -> bool:
    return style.underline or bool(style.box)


def _outline_px(track: StyledTrack, style: TextStyle) -> float:
    return style.outline_em * track.canvas.base_px


def _centiseconds(time_ms: int) -> int:
    """Rounded as `format_ass` rounds, so that tags count from the time that the file says."""
    return (time_ms + MS_PER_CENTISECOND // 2) // MS_PER_CENTISECOND * MS_PER_CENTISECOND


def _colour(rgb: str) -> str:
    """`#rrggbb` as ASS writes it: alpha 0 (opaque), then blue, green, red."""
    return f"&H00{rgb[5:7]}{rgb[3:5]}{rgb[1:3]}".upper()


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
