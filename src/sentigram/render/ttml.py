"""TTML2 in the IMSC 1.1 Text Profile: what broadcasters and streaming services take.

Keeps colour, slant, weight, underline, size, outline, speakers and emotions; motion, spacing
between letters and the fonts themselves stay behind (IMSC has none of them). Only features that
the profile permits are used, in units that every reader knows: percentages, and cells of a grid
whose rows are as high as the letters.

Sources: W3C, "Timed Text Markup Language 2" (2018); W3C, "TTML Profiles for Internet Media
Subtitles and Captions 1.1" (2018), §8 Text Profile.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from xml.etree import ElementTree as ET

from sentigram.core.protocols import Progress, Renderer, RenderJob, no_progress
from sentigram.core.style import Canvas, Cue, StyledTrack, TextStyle
from sentigram.core.time import format_vtt
from sentigram.render.ass.escaping import one_line
from sentigram.render.runs import PLAIN, StyleStretch, segments
from sentigram.style.text.bidi import is_right_to_left

PROFILE = "http://www.w3.org/ns/ttml/profile/imsc1.1/text"
_TTML = "http://www.w3.org/ns/ttml"
_NAMESPACES = {
    "xmlns": _TTML,
    "xmlns:ttp": f"{_TTML}#parameter",
    "xmlns:tts": f"{_TTML}#styling",
    "xmlns:ttm": f"{_TTML}#metadata",
}
_REGION = "captions"
_COLUMNS = 32  # of the grid, as TTML's default has them
_WIDEST_OUTLINE = 0.10  # of the font size; IMSC 1.1, 8.4.4, #textOutline
_LINE_HEIGHT = "125%"
_BOLD_FROM = 600  # weights are normal or bold
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
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
    rows = max(1, round(canvas.height_px / canvas.base_px))
    shape = math.gcd(canvas.width_px, canvas.height_px)
    root = ET.Element(
        "tt",
        {
            **_NAMESPACES,
            "xml:lang": track.language if _LANGUAGE.fullmatch(track.language) else "",
            "xml:space": "default",
            "ttp:timeBase": "media",
            "ttp:contentProfiles": PROFILE,
            "ttp:cellResolution": f"{_COLUMNS} {rows}",
            "ttp:displayAspectRatio": f"{canvas.width_px // shape} {canvas.height_px // shape}",
        },
    )
    speakers = _speakers(track)
    _add_head(root, track, title=title, speakers=speakers)
    # One cell is the initial font size; the grid has whole rows, the letters need not.
    size = _percent(canvas.base_px * rows / canvas.height_px)
    body = ET.SubElement(root, "body", {"region": _REGION})
    division = ET.SubElement(
        body,
        "div",
        {
            "tts:fontFamily": "proportionalSansSerif",
            "tts:fontSize": size,
            "tts:lineHeight": _LINE_HEIGHT,
        },
    )
    for cue in track.cues:
        if cue.span.duration_ms > 0:
            _add_cue(division, cue, track, speakers)
    text: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _speakers(track: StyledTrack) -> dict[str, str]:
    """The id of each speaker, in order of appearance."""
    names = dict.fromkeys(one_line(cue.speaker).strip() for cue in track.cues)
    return {name: f"speaker{number}" for number, name in enumerate(filter(None, names), start=1)}


def _add_head(
    root: ET.Element, track: StyledTrack, *, title: str, speakers: dict[str, str]
) -> None:
    head = ET.SubElement(root, "head")
    head.text = "\n"
    metadata = ET.SubElement(head, "metadata")
    ET.SubElement(metadata, "ttm:title").text = one_line(title).strip()
    ET.SubElement(metadata, "ttm:desc").text = (
        f"Made by Sentigram: captions that look the way the words were said. "
        f"Theme: {one_line(track.theme)}"
    )
    for name, identity in speakers.items():
        agent = ET.SubElement(metadata, "ttm:agent", {"xml:id": identity, "type": "person"})
        ET.SubElement(agent, "ttm:name", {"type": "full"}).text = name
    styling = ET.SubElement(head, "styling")
    for key, style in sorted(track.styles.items()):
        ET.SubElement(styling, "style", {"xml:id": key.slug, **_style_attributes(style)})
    layout = ET.SubElement(head, "layout")
    ET.SubElement(layout, "region", _region(track.canvas))
    for element in (metadata, styling, layout):
        element.tail = "\n"
        for child in element:
            child.tail = "\n"


def _region(canvas: Canvas) -> dict[str, str]:
    """The safe area, down to where the lowest line stands; text is at its lower edge."""
    edge = (1 - canvas.safe) / 2
    height = 1 - edge - max(edge, canvas.bottom)
    return {
        "xml:id": _REGION,
        "tts:origin": f"{_percent(edge)} {_percent(edge)}",
        "tts:extent": f"{_percent(canvas.safe)} {_percent(height)}",
        "tts:displayAlign": "after",
        "tts:textAlign": "center",
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


def _add_cue(division: ET.Element, cue: Cue, track: StyledTrack, speakers: dict[str, str]) -> None:
    lines = segments(cue, track.styles)
    if not lines:
        return
    attributes = {
        "begin": format_vtt(cue.span.start_ms),
        "end": format_vtt(cue.span.end_ms),
        "xml:space": "preserve",
    }
    speaker = speakers.get(one_line(cue.speaker).strip())
    if speaker:
        attributes["ttm:agent"] = speaker
    if any(is_right_to_left(part.text) for line in lines for part in line):
        attributes["tts:direction"] = "rtl"
    division.text = "\n"
    paragraph = ET.SubElement(division, "p", attributes)
    paragraph.tail = "\n"
    for number, line in enumerate(lines):
        if number:
            ET.SubElement(paragraph, "br")
        for part in line:
            _add_span(paragraph, part)


def _add_span(paragraph: ET.Element, part: StyleStretch) -> None:
    attributes = {"style": part.style.slug}
    if part.style.emotion != PLAIN.emotion:
        attributes["ttm:role"] = f"x-{part.style.emotion}"  # TTML2, 14.2.2: x- for one's own
    ET.SubElement(paragraph, "span", attributes).text = part.text


def _percent(share: float) -> str:
    return f"{100 * share:.2f}".rstrip("0").rstrip(".") + "%"
