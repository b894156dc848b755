"""TTML: paragraphs with times, lines, and the styles of their spans, read and written.

What is written keeps to the IMSC 1.1 Text Profile. Sources: W3C, "Timed Text Markup Language 2"
(2018); W3C, "TTML Profiles for Internet Media Subtitles and Captions 1.1" (2018), §8 Text Profile.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from sentigram.core.language import language_code
from sentigram.core.text import clean_speaker, one_line
from sentigram.core.time import MS_PER_SECOND, format_vtt
from sentigram.errors import TranscriptError
from sentigram.formats.colours import css_colour
from sentigram.formats.markup import BOLD, xml_text
from sentigram.formats.parsing import broken, shown
from sentigram.formats.track import Caption, Lettering, Run, SubtitleTrack, spoken_in

if TYPE_CHECKING:
    from xml.parsers.expat import XMLParserType

SUFFIXES = (".ttml", ".dfxp", ".xml")
SIGNED = True
PROFILE = "http://www.w3.org/ns/ttml/profile/imsc1.1/text"

_PERCENT = re.compile(r"(\d{1,4}(?:\.\d{1,4})?)%")
_CLOCK = re.compile(r"(\d{2,5}):(\d{2}):(\d{2})(?:\.(\d{1,9})|:(\d{1,4}))?", re.ASCII)
_OFFSET = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)(h|ms|m|s|f|t)", re.ASCII)
_ENCODING = re.compile(r"^(\s*<\?xml[^<>]*?)\sencoding=[\"'][^\"'<>]*[\"']")
_SPACES = re.compile(r"[ \t\n\r]+")
_UNITS_MS = {"h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
_DEEPEST = 200
_TTML = "http://www.w3.org/ns/ttml"
_NAMESPACES = {
    "xmlns": _TTML,
    "xmlns:ttp": f"{_TTML}#parameter",
    "xmlns:tts": f"{_TTML}#styling",
    "xmlns:ttm": f"{_TTML}#metadata",
}
_REGION = "captions"
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")


def recognizes(text: str) -> bool:
    """Whether the text is XML whose first element is that of TTML."""
    return (
        re.match(
            r"\s*(?:<\?xml[^<>]{0,200}\?>\s*)?(?:<!--.{0,2000}?-->\s*)?<(?:\w{1,20}:)?tt[\s>]",
            text,
            re.DOTALL,
        )
        is not None
    )


@dataclass(slots=True)
class _Reader:
    """Gathers paragraphs while expat walks through the file."""

    name: str
    parser: XMLParserType
    fps: Fraction = Fraction(30)
    ticks: int = 0
    language: str = ""
    size: tuple[int, int] = (0, 0)
    keeps_spaces: bool = False
    styles: dict[str, dict[str, str]] = field(default_factory=dict)
    looks: list[Lettering] = field(default_factory=lambda: [Lettering()])
    lines: list[list[Run]] | None = None
    current: tuple[int, int, int] = (0, 0, 0)
    agents: dict[str, str] = field(default_factory=dict)
    agent: str = ""
    is_name: bool = False
    captions: list[Caption] = field(default_factory=list)

    def begin(self, tag: str, attributes: dict[str, str]) -> None:
        local = tag.rpartition(":")[2]
        if len(self.looks) > _DEEPEST:
            raise broken(self.name, self.parser.CurrentLineNumber, "elements are nested too deeply")
        plain = {key.rpartition(":")[2]: value for key, value in attributes.items()}
        if local == "tt":
            self._head(plain)
        if local == "style" and "id" in plain:
            self.styles[plain["id"]] = plain
        if local == "agent":
            self.agent = plain.get("id", "")
        self.is_name = local == "name"
        self.looks.append(
            self._look(plain) if local in ("p", "span", "div", "body") else self.looks[-1]
        )
        if local == "p" and "begin" in plain:
            place = self.parser.CurrentLineNumber
            start_ms = self._time_ms(plain["begin"], place)
            if "end" in plain:
                end_ms = self._time_ms(plain["end"], place)
            else:
                end_ms = start_ms + self._time_ms(plain.get("dur", "0s"), place)
            self.current, self.lines = (start_ms, end_ms, place), [[]]
            self.agent = plain.get("agent", "")
        elif local == "br" and self.lines is not None:
            self.lines.append([])

    def end(self, tag: str) -> None:
        self.looks.pop()
        self.is_name = False
        if tag.rpartition(":")[2] == "p" and self.lines is not None:
            start_ms, end_ms, place = self.current
            lines = tuple(tuple(line) for line in self.lines)
            index = len(self.captions) + 1
            speaker = clean_speaker(self.agents.get(self.agent, ""))
            self.captions.append(
                Caption(index, start_ms, end_ms, lines, line_number=place, speaker=speaker)
            )
            self.lines = None

    def said(self, text: str) -> None:
        if self.is_name and self.agent:
            self.agents[self.agent] = self.agents.get(self.agent, "") + text
        if self.lines is None:
            return
        line, look = self.lines[-1], self.looks[-1]
        text = _SPACES.sub(" ", text)
        if not line or line[-1].text.endswith(" "):
            text = text.lstrip(" ")
        if not text:
            return
        if line and line[-1].look == look:
            line[-1] = Run(line[-1].text + text, look)
        else:
            line.append(Run(text, look))

    def _head(self, plain: dict[str, str]) -> None:
        self.language = language_code(plain.get("lang", ""))
        rate = plain.get("frameRate", "")
        if rate.isdecimal() and 0 < int(rate[:6]) <= 1000:
            times = plain.get("frameRateMultiplier", "1 1").split()
            factor = Fraction(1)
            if len(times) == 2 and all(t.isdecimal() and int(t[:6]) > 0 for t in times):
                factor = Fraction(int(times[0][:6]), int(times[1][:6]))
            self.fps = int(rate[:6]) * factor
        if plain.get("tickRate", "").isdecimal():
            self.ticks = int(plain["tickRate"][:12])
        extent = re.fullmatch(r"(\d{1,5})px (\d{1,5})px", plain.get("extent", "").strip())
        if extent:
            self.size = int(extent[1]), int(extent[2])

    def _look(self, plain: dict[str, str]) -> Lettering:
        look = self.looks[-1]
        for name in plain.get("style", "").split()[:20]:
            look = _styled(look, self.styles.get(name, {}))
        return _styled(look, plain)

    def _time_ms(self, text: str, place: int) -> int:
        text = text.strip()
        if match := _CLOCK.fullmatch(text):
            whole = (int(match[1]) * 60 + int(match[2])) * 60 + int(match[3])
            ms = whole * MS_PER_SECOND + int((match[4] or "0").ljust(3, "0")[:3])
            return ms + round(int(match[5] or 0) * MS_PER_SECOND / self.fps)
        if match := _OFFSET.fullmatch(text):
            value, unit = Fraction(match[1]), match[2]
            if unit == "f":
                return round(value * MS_PER_SECOND / self.fps)
            if unit == "t":
                return round(value * MS_PER_SECOND / (self.ticks or self.fps))
            return round(value * _UNITS_MS[unit])
        raise broken(self.name, place, f"{shown(text)!r} is not a time like 00:00:01.500 or 1.5s")


def _styled(look: Lettering, plain: dict[str, str]) -> Lettering:
    if (colour := css_colour(plain.get("color", ""))) is not None:
        look = replace(look, fill=colour[0], fill_alpha=colour[1])
    if (colour := css_colour(plain.get("backgroundColor", ""))) is not None:
        look = replace(look, box=colour[0], box_alpha=colour[1])
    outline = plain.get("textOutline", "").split()
    if outline and (colour := css_colour(outline[0])) is not None:
        width = re.match(r"\d{1,4}(?:\.\d{1,4})?", outline[1]) if len(outline) > 1 else None
        # Percent are of the letters' size; pixels are taken as of letters of 20 px. Around letters
        # that are larger than usual a halo need not be wider: it is counted in usual ones.
        is_share = len(outline) > 1 and outline[1].endswith("%")
        large = _PERCENT.fullmatch(plain.get("fontSize", "")) if is_share else None
        em = float(width[0]) / (100 if is_share else 20) if width else 0.05
        em *= max(1.0, float(large[1]) / 100) if large else 1.0
        look = replace(look, outline=colour[0], outline_alpha=colour[1], outline_em=em)
    if "fontWeight" in plain:
        look = replace(look, weight=BOLD if plain["fontWeight"] == "bold" else 400)
    if "fontStyle" in plain:
        look = replace(look, italic=plain["fontStyle"] in ("italic", "oblique"))
    if "textDecoration" in plain:
        look = replace(look, underline="underline" in plain["textDecoration"].split())
    if "fontFamily" in plain:
        look = replace(look, family=plain["fontFamily"].split(",")[0].strip(" \"'"))
    size = re.match(r"\d{1,5}(?:\.\d{1,4})?", plain.get("fontSize", ""))
    return replace(look, size_px=float(size[0])) if size else look


def read(text: str, name: str, *, fps: Fraction | None = None) -> SubtitleTrack:
    """Read TTML.

    A document type declaration is refused: entities are how XML attacks its readers.

    Raises:
        TranscriptError: Not well-formed, with such a declaration, or without a timed paragraph.
    """
    from xml.parsers import expat

    parser = expat.ParserCreate()
    reader = _Reader(name, parser)

    def refuse(*_: object) -> None:
        raise broken(name, parser.CurrentLineNumber, "a DOCTYPE; remove it: TTML has none")

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = reader.begin
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.said
    parser.buffer_text = True
    text_alone = _ENCODING.sub(r"\1", text)  # it is text by now, whatever it was before
    try:
        parser.Parse(text_alone, True)  # noqa: FBT003  (expat takes no keywords)
    except expat.ExpatError as error:
        raise broken(name, error.lineno, f"not well-formed XML ({error})") from error
    if not reader.captions:
        message = f'{name}: no paragraph with a time in it; expected <p begin="…" end="…">'
        raise TranscriptError(message)
    width, height = reader.size
    return SubtitleTrack(
        name,
        "ttml",
        tuple(reader.captions),
        spoken_in(reader.captions),
        text=text,
        language=reader.language,
        width_px=width,
        height_px=height,
    )


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A caption to write.

    Attributes:
        start_ms: When it appears.
        end_ms: When it is gone.
        lines: Spans of each line: text, id of its style, and its role, "" for none.
        speaker: "" when unknown.
        is_right_to_left: Whether any of its letters run so.
    """

    start_ms: int
    end_ms: int
    lines: tuple[tuple[tuple[str, str, str], ...], ...]
    speaker: str = ""
    is_right_to_left: bool = False


def written(
    paragraphs: Iterable[Paragraph],
    *,
    about: Mapping[str, str],
    language: str,
    grid: tuple[int, int],
    shape: tuple[int, int],
    styles: Mapping[str, Mapping[str, str]],
    region: Mapping[str, str],
    letters: Mapping[str, str],
) -> str:
    """A whole file.

    Args:
        paragraphs: In order of time.
        about: Its title and description, as `ttm:` names them.
        language: Any text; "" where it is no code.
        grid: Columns and rows of cells.
        shape: Width and height of the picture, as the least whole numbers.
        styles: Attributes by id.
        region: Attributes of the one region.
        letters: Attributes of letters that no style changes.
    """
    paragraphs = list(paragraphs)
    names = dict.fromkeys(one_line(one.speaker).strip() for one in paragraphs)
    speakers = {name: f"speaker{number}" for number, name in enumerate(filter(None, names), 1)}
    root = ET.Element(
        "tt",
        {
            **_NAMESPACES,
            "xml:lang": language if _LANGUAGE.fullmatch(language) else "",
            "xml:space": "default",
            "ttp:timeBase": "media",
            "ttp:contentProfiles": PROFILE,
            "ttp:cellResolution": f"{grid[0]} {grid[1]}",
            "ttp:displayAspectRatio": f"{shape[0]} {shape[1]}",
        },
    )
    head = ET.SubElement(root, "head")
    head.text = "\n"
    metadata = ET.SubElement(head, "metadata")
    for name, said in about.items():
        ET.SubElement(metadata, name).text = said
    for name, identity in speakers.items():
        agent = ET.SubElement(metadata, "ttm:agent", {"xml:id": identity, "type": "person"})
        ET.SubElement(agent, "ttm:name", {"type": "full"}).text = name
    styling = ET.SubElement(head, "styling")
    for identity, attributes in styles.items():
        ET.SubElement(styling, "style", {"xml:id": identity, **attributes})
    layout = ET.SubElement(head, "layout")
    ET.SubElement(layout, "region", {"xml:id": _REGION, **region})
    for element in (metadata, styling, layout):
        element.tail = "\n"
        for child in element:
            child.tail = "\n"
    division = ET.SubElement(ET.SubElement(root, "body", {"region": _REGION}), "div", dict(letters))
    for one in paragraphs:
        if one.lines:
            division.text = "\n"
            division.append(_element(one, speakers))
    return xml_text(root)


def _element(one: Paragraph, speakers: Mapping[str, str]) -> ET.Element:
    attributes = {
        "begin": format_vtt(one.start_ms),
        "end": format_vtt(one.end_ms),
        "xml:space": "preserve",
    }
    speaker = one_line(one.speaker).strip()
    if speaker:
        attributes["ttm:agent"] = speakers[speaker]
    if one.is_right_to_left:
        attributes["tts:direction"] = "rtl"
    made = ET.Element("p", attributes)
    made.tail = "\n"
    for number, line in enumerate(one.lines):
        if number:
            ET.SubElement(made, "br")
        for text, style, role in line:
            roles = {"ttm:role": role} if role else {}
            ET.SubElement(made, "span", {"style": style, **roles}).text = text
    return made
