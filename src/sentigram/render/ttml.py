"""TTML2 in the IMSC 1.1 Text Profile: what broadcasters and streaming services take.

Keeps colour, slant, weight, underline, size, outline, speakers and emotions; motion, spacing
between letters and the fonts themselves stay behind (IMSC has none of them). Only features that
the profile permits are used, in units that every reader knows: percentages, and cells of a grid
whose rows are as high as the letters.
"""

from __future__ import annotations

import math
from pathlib import Path

from sentigram.core.emotion import NEUTRAL
from sentigram.core.protocols import Progress, Renderer, RenderJob, no_progress
from sentigram.core.style import Canvas, Cue, Side, StyledTrack, TextStyle
from sentigram.core.text import one_line
from sentigram.formats import ttml
from sentigram.formats.marks import LOOK
from sentigram.render.runs import StyledStretch, segments
from sentigram.style.text.bidi import is_right_to_left

_COLUMNS = 32  # of the grid, as TTML's default has them
_WIDEST_OUTLINE = 0.10  # of the font size; IMSC 1.1, 8.4.4, #textOutline
_LINE_HEIGHT = "125%"
_BOLD_FROM = 600  # weights are normal or bold
# Generic names that every reader knows, behind our own: fonts do not travel with the file.
_GENERIC = {
    "Courier Prime": "monospaceSerif",
    "Merriweather": "proportionalSerif",
}


class TtmlRenderer(Renderer):
    """Writes TTML2 / IMSC 1.1 Text."""

    def render(self, job: RenderJob, out: Path, *, progress: Progress = no_progress) -> None:
        """Write the whole file, UTF-8."""
        text = ttml_text(job.track, title=job.document.media.name)
        out.write_text(text, encoding="utf-8", newline="\n")
        progress(1.0)


def ttml_text(track: StyledTrack, *, title: str) -> str:
    """Write a track as an IMSC 1.1 Text document.

    Args:
        track: Cues laid out on a canvas of the picture's shape.
        title: Usually the media file's name.
    """
    canvas = track.canvas
    looks = (f"{LOOK} {track.looks}.",) if track.looks else ()
    rows = max(1, round(canvas.height_px / canvas.base_px))
    shape = math.gcd(canvas.width_px, canvas.height_px)
    sides: list[Side] = sorted({cue.side for cue in track.cues} or {"middle"})
    return ttml.written(
        (_paragraph(cue, track) for cue in track.cues if cue.span.duration_ms > 0),
        about={
            "ttm:title": one_line(title).strip(),
            "ttm:desc": " ".join(
                (one_line(track.about), *looks, f"Theme: {one_line(track.theme)}")
            ),
        },
        language=track.language,
        grid=(_COLUMNS, rows),
        shape=(canvas.width_px // shape, canvas.height_px // shape),
        styles={key.slug: _style_attributes(look) for key, look in sorted(track.styles.items())},
        regions={side: _region(canvas, side) for side in sides},
        letters={
            "tts:fontFamily": "proportionalSansSerif",
            # One cell is the initial font size; the grid has whole rows, the letters need not.
            "tts:fontSize": _percent(canvas.base_px * rows / canvas.height_px),
            "tts:lineHeight": _LINE_HEIGHT,
        },
    )


def _paragraph(cue: Cue, track: StyledTrack) -> ttml.Paragraph:
    lines = segments(cue, track)
    return ttml.Paragraph(
        cue.span.start_ms,
        cue.span.end_ms,
        tuple(tuple(map(_span, line)) for line in lines),
        cue.speakers,
        any(is_right_to_left(part.text) for line in lines for part in line),
        cue.side,
    )


def _span(part: StyledStretch) -> tuple[str, str, str]:
    emotion = part.style.emotion
    role = "" if emotion == NEUTRAL else f"x-{emotion}"  # TTML2, 14.2.2: x- for one's own
    return part.text, part.style.slug, role


def _region(canvas: Canvas, side: Side) -> dict[str, str]:
    """The safe area, down to where the lowest line stands; text is at its lower edge.

    On a side it begins, or ends, where the widest line does.
    """
    edge = (1 - canvas.safe) / 2
    height = 1 - edge - max(edge, canvas.bottom)
    left = canvas.column_side if side == "left" else edge
    right = canvas.column_side if side == "right" else edge
    return {
        "tts:origin": f"{_percent(left)} {_percent(edge)}",
        "tts:extent": f"{_percent(1 - left - right)} {_percent(height)}",
        "tts:displayAlign": "after",
        "tts:textAlign": "center" if side == "middle" else side,
        "tts:overflow": "visible",
        "tts:showBackground": "whenActive",
    }


def _style_attributes(style: TextStyle) -> dict[str, str]:
    """What a style says of its letters; an id is an NCName, since labels are a-z first."""
    attributes = {
        "tts:fontFamily": _families(style.family),
        "tts:fontSize": _percent(style.size_em),
        "tts:color": style.fill,
        "tts:fontWeight": "bold" if style.weight >= _BOLD_FROM else "normal",
        "tts:fontStyle": "italic" if style.italic else "normal",
        "tts:textDecoration": "underline" if style.underline else "noUnderline",
    }
    if style.box:
        attributes["tts:backgroundColor"] = style.box
    elif style.outline_em:
        width = min(_WIDEST_OUTLINE, style.outline_em / style.size_em)
        attributes["tts:textOutline"] = f"{style.outline} {_percent(width)}"
    return attributes


def _families(name: str) -> str:
    """Our family, quoted, and a generic one behind it."""
    name = one_line(name).strip()
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}", {_GENERIC.get(name, "proportionalSansSerif")}'


def _percent(share: float) -> str:
    return f"{100 * share:.2f}".rstrip("0").rstrip(".") + "%"
