"""TTML and IMSC text: paragraphs with times, lines, and the styles of their spans."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from sentigram.core.language import language_code
from sentigram.core.text import clean_speaker
from sentigram.core.time import MS_PER_SECOND
from sentigram.errors import TranscriptError
from sentigram.formats.colours import css_colour
from sentigram.formats.markup import BOLD
from sentigram.formats.parsing import broken, shown
from sentigram.formats.track import Caption, Lettering, Run, SubtitleTrack, spoken_in

if TYPE_CHECKING:
    from xml.parsers.expat import XMLParserType

SUFFIXES = (".ttml", ".dfxp", ".xml")
SIGNED = True

_PERCENT = re.compile(r"(\d{1,4}(?:\.\d{1,4})?)%")
_CLOCK = re.compile(r"(\d{2,5}):(\d{2}):(\d{2})(?:\.(\d{1,9})|:(\d{1,4}))?", re.ASCII)
_OFFSET = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)(h|ms|m|s|f|t)", re.ASCII)
_ENCODING = re.compile(r"^(\s*<\?xml[^<>]*?)\sencoding=[\"'][^\"'<>]*[\"']")
_SPACES = re.compile(r"[ \t\n\r]+")
_UNITS_MS = {"h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
_DEEPEST = 200


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
