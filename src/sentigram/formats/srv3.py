"""YouTube's timed text, format 3, written: captions whose colours and shapes YouTube keeps.

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

from collections.abc import Iterable, Mapping, Sequence
from xml.etree import ElementTree as ET

from sentigram.core.style import Side
from sentigram.formats.markup import xml_text

ZERO_WIDTH_SPACE = "\u200b"
OPAQUE = 254
# Of each side, its anchor point at the bottom, and its justification.
_ANCHORS: Mapping[Side, tuple[int, int]] = {"left": (6, 0), "middle": (7, 2), "right": (8, 1)}
_FIRST_MS = 1


def written(
    cues: Iterable[tuple[int, int, Sequence[Sequence[tuple[str, int]]], Side]],
    *,
    pens: Sequence[Mapping[str, str]],
    places: Mapping[Side, tuple[float, float]],
) -> str:
    """A whole file: pens, and a window for each side.

    Args:
        cues: Start, end, of each line its texts with the numbers of their pens, from 1, and a side.
        pens: Their attributes.
        places: Where lines stand at the lower edge of each side, per cent from the left and top.
    """
    root = ET.Element("timedtext", {"format": "3"})
    head = ET.SubElement(root, "head")
    for number, pen in enumerate(pens, start=1):
        ET.SubElement(head, "pen", {"id": str(number), **pen})
    windows = {side: str(number) for number, side in enumerate(places, start=1)}
    for side, window in windows.items():
        anchor, justified = _ANCHORS[side]
        ET.SubElement(head, "ws", {"id": window, "ju": str(justified), "pd": "0", "sd": "0"})
        ah, av = (min(100, max(0, round((percent - 2) / 0.96))) for percent in places[side])
        position = {"ap": str(anchor), "ah": str(ah), "av": str(av)}
        ET.SubElement(head, "wp", {"id": window, **position})
    body = ET.SubElement(root, "body")
    for from_ms, end_ms, lines, side in cues:
        start_ms = max(_FIRST_MS, from_ms)
        if not lines or end_ms <= start_ms:
            continue
        times = {"t": str(start_ms), "d": str(end_ms - start_ms)}
        paragraph = ET.SubElement(body, "p", {**times, "wp": windows[side], "ws": windows[side]})
        for number, line in enumerate(lines):
            for i, (text, pen_number) in enumerate(line):
                span = ET.SubElement(paragraph, "s", {"p": str(pen_number)})
                span.text = ("\n" if number and not i else "") + text
        paragraph[0].tail = ZERO_WIDTH_SPACE
    for element in (head, body):
        element.text = element.tail = "\n"
        for child in element:
            child.tail = "\n"
    return xml_text(root)


def pen_colour(colour: str) -> str:
    """A colour that is not dropped for being the default."""
    return "#fefefe" if colour == "#ffffff" else colour


def pen_size(size_em: float) -> str:
    """A size of letters as a pen says it."""
    return str(max(0, round(100 + (size_em - 1) * 4 * 100)))
