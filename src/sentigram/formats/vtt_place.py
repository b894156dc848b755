"""Where a cue of WebVTT stands in the picture: its settings, and regions.

Source: WebVTT, 4.3 "Cue settings" and 7.2 "Processing cue settings". Letters are 5 % of the
picture's height there, rows 1.2 em; a player may draw them larger or smaller.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from sentigram.core.text import is_visible

_ROW = 0.06  # of the picture's height
_LETTER = 0.05 * 0.45 * 9 / 16  # of the width of 16:9: what letters take at least, on average
_UPRIGHT = 16 / 9  # a share of the width as one of the height
_LEAST_BESIDE = 0.35  # of the width: a position nearer to an edge is beside the middle
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,9})?)%")
_LINES = re.compile(r"-?\d{1,4}")
_FONT_SIZE = re.compile(r"::cue\s*\{[^{}]{0,2000}?font-size\s*:\s*(\d{1,4}(?:\.\d{1,5})?)(%|em|vh)")
_PER_UNIT = {"%": 0.01, "em": 1.0, "vh": 0.2}
_SIDES = {"left": -1, "start": -1, "center": 0, "middle": 0, "end": 1, "right": 1}
_POSITION_SIDES = {"line-left": -1, "center": 0, "line-right": 1}

Settings = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Region:
    """A region, in shares of the picture.

    Attributes:
        left: Of its left edge.
        width: Of it.
        bottom: Of its lower edge, where cues enter.
    """

    left: float
    width: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Place:
    """How far a cue's text is from an edge, as share of the picture; None where nothing says.

    Attributes:
        beside: From the nearer of left and right.
        over: From the nearer of top and bottom, of a cue that is not placed by rows.
        is_first_row: It is placed in the first row, whose height is the player's matter.
    """

    beside: float | None = None
    over: float | None = None
    is_first_row: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """What holds for all cues of a file.

    Attributes:
        regions: By id.
        scale: Of letters, where a STYLE block makes all of them larger or smaller.
    """

    regions: Mapping[str, Region]
    scale: float = 1.0

    def place_of(self, settings: Settings, lines: tuple[str, ...]) -> Place:
        """Where a cue with these lines stands; as narrow as letters may be."""
        height = len(lines) * _ROW * self.scale
        longest = max(map(_n_letters, lines), default=0) * _LETTER * self.scale
        region = self.regions.get(settings.get("region", ""))
        if settings.get("vertical"):
            return Place(over=_along(settings, lines, longest * _UPRIGHT))
        if region is not None and not settings.keys() & {"line", "size"}:
            inside = _along(settings, lines, longest / max(_LETTER, region.width))
            margin = region.width * (0.0 if inside is None else inside)
            sides = region.left + margin, 1 - region.left - region.width + margin
            beside = None if inside is None and region.width == 1 else min(sides)
            return Place(beside, over=min(region.bottom - height, 1 - region.bottom))
        line, _, side = settings.get("line", "").partition(",")
        over = None
        if _PERCENT.fullmatch(line):
            top = _share(line, 0.0) - height * (1 + _SIDES.get(side, -1)) / 2
            over = min(top, 1 - top - height)
        is_first_row = bool(_LINES.fullmatch(line)) and int(line) == 0
        return Place(_along(settings, lines, longest), over, is_first_row)


def layout_of(text: str) -> Layout:
    """The regions of a file, and the size of its letters."""
    head = text.partition("-->")[0]
    regions = {}
    for block in re.split(r"\n[ \t]*\n", head):
        lines = block.strip("\n").split("\n")
        if lines[0].strip() == "REGION":
            made = settings_of(" ".join(lines[1:]))
            regions[made.get("id", "")] = _region(made)
    size = _FONT_SIZE.search(head)
    return Layout(regions, float(size[1]) * _PER_UNIT[size[2]] if size else 1.0)


def settings_of(text: str) -> Settings:
    """The settings that stand in a text, such as `line:10% align:start`; later ones count."""
    parts = (part.partition(":") for part in text.split())
    return {name: value for name, colon, value in parts if colon and value}


def is_beside_middle(text: str) -> bool:
    """Whether settings put a cue to one side, as of two people who speak at once.

    A cue whose box is said to reach over the middle is none of these, wherever its lines begin.

    Args:
        text: `position:16% size:79% align:left`.
    """
    settings = settings_of(text)
    at = _share(settings.get("position", "").partition(",")[0], 0.5)
    if _LEAST_BESIDE <= at <= 1 - _LEAST_BESIDE:
        return False
    side = _SIDES.get(settings.get("align", "center"), 0)
    left = at - _share(settings.get("size", ""), 0.0) * (side + 1) / 2
    return not left < 0.5 < left + _share(settings.get("size", ""), 0.0)


def _region(settings: Settings) -> Region:
    width = _share(settings.get("width", ""), 1.0)
    n_lines = settings.get("lines", "")
    height = _ROW * (int(n_lines) if re.fullmatch(r"\d{1,3}", n_lines) else 3)
    anchor, view = (_pair(settings.get(name, "")) for name in ("regionanchor", "viewportanchor"))
    left = view[0] - anchor[0] * width
    return Region(left, width, bottom=view[1] + (1 - anchor[1]) * height)


def _share(text: str, default: float) -> float:
    """A percentage as a share, of the whole at most."""
    match = _PERCENT.fullmatch(text)
    return min(1.0, float(match[1]) / 100) if match else default


def _pair(text: str) -> tuple[float, float]:
    """An anchor: the lower left corner where a file does not say."""
    first, _, second = text.partition(",")
    return _share(first, 0.0), _share(second, 1.0)


def _along(settings: Settings, lines: tuple[str, ...], length: float) -> float | None:
    """How near text comes to the edges in its own direction, None where nothing places it.

    Args:
        settings: Of the cue.
        lines: Its text.
        length: Of the longest line, as share of the picture.
    """
    if not settings.keys() & {"position", "size", "align"}:
        return None
    align = settings.get("align", "center")
    side = _SIDES.get(align, 0)
    if align in ("start", "end") and _is_from_right("".join(lines)):
        side = -side
    at, _, anchor = settings.get("position", "").partition(",")
    place = _share(at, (side + 1) / 2)
    anchored = _POSITION_SIDES.get(anchor, side)
    room = {-1: 1 - place, 0: 2 * min(place, 1 - place), 1: place}[anchored]
    size = min(room, _share(settings.get("size", ""), 1.0))
    left = place - size * (anchored + 1) / 2
    length = min(length, size)
    begins = left + (size - length) * (side + 1) / 2
    return min(begins, 1 - begins - length)


def _n_letters(text: str) -> int:
    """Letters of usual width that a line is as wide as; those of East Asia are two."""
    return sum(
        2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text if is_visible(char)
    ) + text.strip().count(" ")


def _is_from_right(text: str) -> bool:
    """Whether the first letter with a direction is written from the right."""
    for char in text:
        direction = unicodedata.bidirectional(char)
        if direction in ("L", "R", "AL"):
            return direction != "L"
    return False
