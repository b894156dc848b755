"""YouTube's timed text, format 3: captions whose colours and shapes YouTube keeps.

YouTube publishes no description. What is written here follows YTSubConverter (Arc, MIT licence,
github.com/arcusmaximus/YTSubConverter, YttDocument.cs), whose comments record what the site was
seen to do; nothing of it could be checked against the site from here:

- A position `x` per cent is drawn at `2 + 0.96 x`, a size `s` per cent at `100 + (s - 100) / 4`,
  never under 75; both are whole numbers.
- Attributes that equal a default are dropped: white is written #FEFEFE, opacity 255 as 254.
- The first `s` of a `p` loses its pen unless the `p` holds text of its own: a zero-width space.
- On Android, what starts at 0 ms is not placed.

The words carry no `t` of their own: a word with one appears only then, as automatic captions do,
while these cues are cut so that they can be read as a whole.
"""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

from sentigram.core.protocols import Progress, Renderer, RenderJob, no_progress
from sentigram.core.style import Canvas, Cue, StyledTrack, StyleKey, TextStyle
from sentigram.render.runs import segments

ZERO_WIDTH_SPACE = "\u200b"
_OPAQUE = 254
_BOTTOM_CENTRE = 7  # anchor point
_CENTRED = 2  # justification
_OUTLINE_EDGE = 3
_BOLD_FROM = 600
_FIRST_MS = 1
# Font styles that YouTube offers: 1 typewriter, 2 serif, 5 casual, 7 small capitals; 0 sans serif.
_FONT_STYLES = {
    "Courier Prime": 1,
    "Merriweather": 2,
    "Fredoka": 5,
    "Chelsea Market": 5,
    "Bebas Neue": 7,
}


class Srv3Renderer(Renderer):
    """Writes YouTube's timed text, format 3."""

    def render(self, job: RenderJob, out: Path, *, progress: Progress = no_progress) -> None:
        """Write the whole file, UTF-8."""
        out.write_text(srv3_text(job.track), encoding="utf-8", newline="\n")
        progress(1.0)


def srv3_text(track: StyledTrack) -> str:
    """Write a track as timed text: a pen per style, one window at the bottom."""
    root = ET.Element("timedtext", {"format": "3"})
    head = ET.SubElement(root, "head")
    pens = {key: number for number, key in enumerate(sorted(track.styles), start=1)}
    for key, number in pens.items():
        ET.SubElement(head, "pen", {"id": str(number), **_pen(track.styles[key])})
    ET.SubElement(head, "ws", {"id": "1", "ju": str(_CENTRED), "pd": "0", "sd": "0"})
    ET.SubElement(head, "wp", {"id": "1", **_position(track.canvas)})
    body = ET.SubElement(root, "body")
    for cue in track.cues:
        _add_cue(body, cue, track, pens)
    for element in (head, body):
        element.text = element.tail = "\n"
        for child in element:
            child.tail = "\n"
    text: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _pen(style: TextStyle) -> dict[str, str]:
    pen = {
        "fc": _not_white(style.fill),
        "fo": str(_OPAQUE),
        "bo": str(_OPAQUE if style.box else 0),
        "b": str(int(style.weight >= _BOLD_FROM)),
        "i": str(int(style.italic)),
        "u": str(int(style.underline)),
        "sz": str(max(0, round(100 + (style.size_em - 1) * 4 * 100))),
    }
    if style.box:
        pen["bc"] = style.box
    elif style.outline_em:
        pen |= {"et": str(_OUTLINE_EDGE), "ec": style.outline}
    if style.family in _FONT_STYLES:
        pen["fs"] = str(_FONT_STYLES[style.family])
    return pen


def _not_white(colour: str) -> str:
    return "#fefefe" if colour == "#ffffff" else colour


def _position(canvas: Canvas) -> dict[str, str]:
    """The middle of a window's lower edge, where the lowest line stands."""
    across, down = 50.0, 100 * (1 - max(canvas.bottom, (1 - canvas.safe) / 2))
    ah, av = (min(100, max(0, round((percent - 2) / 0.96))) for percent in (across, down))
    return {"ap": str(_BOTTOM_CENTRE), "ah": str(ah), "av": str(av)}


def _add_cue(body: ET.Element, cue: Cue, track: StyledTrack, pens: dict[StyleKey, int]) -> None:
    start_ms = max(_FIRST_MS, cue.span.start_ms)
    lines = segments(cue, track.styles)
    if not lines or cue.span.end_ms <= start_ms:
        return
    times = {"t": str(start_ms), "d": str(cue.span.end_ms - start_ms)}
    paragraph = ET.SubElement(body, "p", {**times, "wp": "1", "ws": "1"})
    for number, line in enumerate(lines):
        for i, part in enumerate(line):
            breaks = "\n" if number and not i else ""
            span = ET.SubElement(paragraph, "s", {"p": str(pens[part.style])})
            span.text = breaks + part.text
    paragraph[0].tail = ZERO_WIDTH_SPACE
