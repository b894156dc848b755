"""TTML: paragraphs with times, lines, and the styles of their spans, read and written.

What is written keeps to the IMSC 1.1 Text Profile. Sources: W3C, "Timed Text Markup Language 2"
(2018); W3C, "TTML Profiles for Internet Media Subtitles and Captions 1.1" (2018), §8 Text Profile.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import chain, groupby
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from sentigram.core.language import language_code
from sentigram.core.text import clean_speaker, one_line
from sentigram.core.time import format_vtt
from sentigram.errors import TranscriptError
from sentigram.formats.colours import css_colour
from sentigram.formats.markup import BOLD, xml_text
from sentigram.formats.parsing import broken, shown
from sentigram.formats.track import Caption, Lettering, Run, SpokenCue, SubtitleTrack, in_turn
from sentigram.formats.ttml_clock import TtmlClock
from sentigram.formats.word_pieces import WordPiece, timed

if TYPE_CHECKING:
    from xml.parsers.expat import XMLParserType

SUFFIXES = (".ttml", ".dfxp", ".xml")
SIGNED = True
PROFILE = "http://www.w3.org/ns/ttml/profile/imsc1.1/text"

_PERCENT = re.compile(r"(\d{1,4}(?:\.\d{1,4})?)%")
_ENCODING = re.compile(r"^(\s*<\?xml[^<>]*?)\sencoding=[\"'][^\"'<>]*[\"']")
_SPACES = re.compile(r"[ \t\n\r]+")
_DEEPEST = 200
_LONGEST_VALUE = 300  # characters of a name or a style, which many paragraphs may share
_STYLING = frozenset(
    {
        *("color", "backgroundColor", "textOutline", "fontWeight", "fontStyle", "textDecoration"),
        *("fontFamily", "fontSize", "display", "visibility", "ruby"),
    }
)
_CONTENT = frozenset({"body", "div", "p", "span"})
_TIMES = frozenset({"begin", "end", "dur"})
_ENDS = frozenset({"end", "dur"})
_FEWEST_WORDS = 3  # spans of a word each, for them to be times of words
_NOT_SAID = frozenset({"text", "textContainer", "delimiter"})  # of ruby: how the base is read
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


@dataclass(frozen=True, slots=True)
class _Element:
    """An element that is open.

    Attributes:
        start_ms: When it begins in the film.
        end_ms: When it ends; None for no sooner than its parent.
        look: Of its letters.
        agent: Id of who says it.
        is_timed: It has times of its own, or lies in something that has.
        is_bounded: It says itself when it ends.
        is_seq: Its children follow each other.
        is_left_out: It is not shown, or not said.
        keeps_spaces: As the file has them.
        place: Line of the file.
    """

    start_ms: int = 0
    end_ms: int | None = None
    look: Lettering = field(default_factory=Lettering)
    agent: str = ""
    is_timed: bool = False
    is_bounded: bool = False
    is_seq: bool = False
    is_left_out: bool = False
    keeps_spaces: bool = False
    place: int = 0

    @property
    def until_ms(self) -> int:
        """Its end, its start where it has none."""
        return self.start_ms if self.end_ms is None else self.end_ms


@dataclass(slots=True)
class _Said:
    """Text of a paragraph that is shown at one time and said by one person."""

    element: _Element
    lines: list[list[tuple[list[str], Lettering]]]
    before: str = ""  # a space, if one stands before it

    @property
    def text(self) -> str:
        return self.before + "\n".join(
            "".join("".join(text) for text, _ in line) for line in self.lines
        )

    @property
    def times(self) -> tuple[int, int | None]:
        return self.element.start_ms, self.element.end_ms

    @property
    def key(self) -> tuple[int, int | None, str]:
        return (*self.times, self.element.agent)

    @property
    def made(self) -> tuple[tuple[Run, ...], ...]:
        return tuple(tuple(Run("".join(text), look) for text, look in line) for line in self.lines)


@dataclass(slots=True)
class _Reader:
    """Gathers paragraphs while expat walks through the file."""

    name: str
    parser: XMLParserType
    clock: TtmlClock = field(default_factory=TtmlClock)
    language: str = ""
    size: tuple[int, int] = (0, 0)
    styles: dict[str, dict[str, str]] = field(default_factory=dict)
    hidden_regions: set[str] = field(default_factory=set)
    opened: list[_Element] = field(default_factory=lambda: [_Element()])
    ends_ms: list[int] = field(default_factory=lambda: [0])  # of the children of what is open
    paragraph: list[_Said] | None = None
    agents: dict[str, str] = field(default_factory=dict)
    agent: str = ""
    is_name: bool = False
    is_gap: bool = False  # a space stands between two spans with times
    captions: list[Caption] = field(default_factory=list)
    spoken: list[SpokenCue] = field(default_factory=list)

    def begin(self, tag: str, attributes: dict[str, str]) -> None:
        local = tag.rpartition(":")[2]
        if len(self.opened) > _DEEPEST:
            raise broken(self.name, self.parser.CurrentLineNumber, "elements are nested too deeply")
        plain = {key.rpartition(":")[2]: value for key, value in attributes.items()}
        if local == "tt":
            self._head(plain)
        if local == "style" and "id" in plain:
            self.styles[plain["id"]] = {
                key: value[:_LONGEST_VALUE] for key, value in plain.items() if key in _STYLING
            }
        if local == "region" and self._styles(plain).get("display") == "none":
            self.hidden_regions.add(plain.get("id", ""))
        if local == "agent":
            self.agent = plain.get("id", "")
        self.is_name = local == "name"
        if local == "br":
            self._break()
        element = self._element(local, plain)
        self.opened.append(element)
        self.ends_ms.append(element.start_ms)
        if local == "p" and element.is_timed:
            self.paragraph = []

    def end(self, tag: str) -> None:
        element, reached_ms = self.opened.pop(), self.ends_ms.pop()
        is_bounded = element.is_bounded and element.end_ms is not None
        self.ends_ms[-1] = max(self.ends_ms[-1], element.end_ms or 0 if is_bounded else reached_ms)
        self.is_name = False
        if tag.rpartition(":")[2] == "p" and self.paragraph is not None:
            said = self.paragraph or [_Said(element, [[]])]
            self.paragraph, self.is_gap = None, False
            groups = [list(group) for _, group in groupby(said, key=lambda one: one.times)]
            self.captions += map(self._caption, groups)
            self.spoken += self._by_word(element, said) or chain(*map(self._in_turn, groups))

    def said(self, text: str) -> None:
        if self.is_name and self.agent:
            known = self.agents.get(self.agent, "")
            self.agents[self.agent] = (known + text)[:_LONGEST_VALUE]
        element = self.opened[-1]
        if self.paragraph is None or element.is_left_out:
            return
        for n, row in enumerate(text.split("\n") if element.keeps_spaces else (text,)):
            if n:
                self._break()
            self._add(row if element.keeps_spaces else _SPACES.sub(" ", row), element)

    def _add(self, text: str, element: _Element) -> None:
        assert self.paragraph is not None  # noqa: S101  (asked by who calls)
        said = self.paragraph[-1] if self.paragraph else None
        if said is None or said.key != (element.start_ms, element.end_ms, element.agent):
            if not text.strip():
                self.is_gap = True
                return
            is_apart = self.is_gap or text[:1].isspace()
            self.is_gap = False
            said = _Said(element, [[]], " " if is_apart else "")
            self.paragraph.append(said)
        line = said.lines[-1]
        if not element.keeps_spaces and (not line or line[-1][0][-1].endswith(" ")):
            text = text.lstrip(" ")
        if not text:
            return
        if line and line[-1][1] == element.look:
            line[-1][0].append(text)
        else:
            line.append(([text], element.look))

    def _break(self) -> None:
        if self.paragraph and not self.opened[-1].is_left_out:
            self.paragraph[-1].lines.append([])

    def _caption(self, said: Sequence[_Said]) -> Caption:
        """What is shown at one time, whoever says it."""
        element = said[0].element
        lines = list(said[0].made)
        for one in said[1:]:
            lines[-1:] = [lines[-1] + one.made[0], *one.made[1:]]
        speakers = {self._speaker(one) for one in said}
        return Caption(
            len(self.captions) + 1,
            element.start_ms,
            element.until_ms,
            tuple(lines),
            line_number=element.place,
            speaker=speakers.pop() if len(speakers) == 1 else "",
        )

    def _in_turn(self, said: Sequence[_Said]) -> Iterator[SpokenCue]:
        """What is said at one time, by one after the other."""
        element = said[0].element
        parts = [(self._speaker(one), one.text, None) for one in said]
        if len(said) == 1:  # shown even where it says nothing
            yield SpokenCue(
                element.start_ms, element.until_ms, parts[0][1].strip(), parts[0][0], element.place
            )
        else:
            yield from in_turn(element.start_ms, element.until_ms, parts, element.place)

    def _speaker(self, said: _Said) -> str:
        return clean_speaker(self.agents.get(said.element.agent, ""))

    def _by_word(self, paragraph: _Element, said: Sequence[_Said]) -> list[SpokenCue]:
        """One cue of a paragraph in which each word, or part of one, has a time; none of others."""
        texts = [one.text for one in said]
        times = {one.times for one in said}
        is_by_word = all(len(text.split()) == 1 for text in texts) and len(times) > 1
        if len(said) < _FEWEST_WORDS or not is_by_word:
            return []
        pieces = [
            WordPiece(text, one.element.start_ms, one.element.until_ms, 1.0, self._speaker(one))
            for text, one in zip(texts, said, strict=True)
        ]
        text = "".join(texts).strip()
        words = tuple(word for word, _ in timed(text, pieces))
        end_ms = max(one.element.until_ms for one in said)
        start_ms = said[0].element.start_ms
        return [SpokenCue(start_ms, end_ms, text, pieces[0].speaker, paragraph.place, words)]

    def _element(self, local: str, plain: dict[str, str]) -> _Element:
        """What an element is, of what it lies in and of its attributes."""
        parent = self.opened[-1]
        space = plain.get("space", "")
        element = replace(
            parent,
            is_bounded=local in _CONTENT and not _ENDS.isdisjoint(plain),
            is_seq=plain.get("timeContainer") == "seq",
            keeps_spaces=space == "preserve" if space else parent.keeps_spaces,
        )
        if local not in _CONTENT:
            return element
        styles = self._styles(plain)
        is_hidden = (
            styles.get("display") == "none"
            or styles.get("visibility") == "hidden"
            or plain.get("region", "") in self.hidden_regions
            or styles.get("ruby") in _NOT_SAID
        )
        element = replace(
            element,
            look=_styled(parent.look, styles),
            agent=(plain.get("agent", "").split() or [parent.agent])[0],
            is_left_out=parent.is_left_out or is_hidden,
        )
        if parent.is_seq or not _TIMES.isdisjoint(plain):
            element = self._timed(element, plain)
        if local == "p":
            return replace(element, place=self.parser.CurrentLineNumber)
        return element

    def _timed(self, element: _Element, plain: dict[str, str]) -> _Element:
        """An element whose times count from its parent's begin, or from the sibling before it."""
        parent = self.opened[-1]
        origin_ms = self.ends_ms[-1] if parent.is_seq else parent.start_ms
        begin_ms, end_ms, dur_ms = (
            self._time_ms(plain[key]) if key in plain else None for key in ("begin", "end", "dur")
        )
        start_ms = origin_ms + (begin_ms or 0)
        ends = [] if parent.end_ms is None else [parent.end_ms]
        if end_ms is not None:
            ends.append(origin_ms + end_ms)
        if dur_ms is not None:
            ends.append(start_ms + dur_ms)
        return replace(element, start_ms=start_ms, end_ms=min(ends, default=None), is_timed=True)

    def _head(self, plain: dict[str, str]) -> None:
        self.language = language_code(plain.get("lang", ""))
        self.clock = TtmlClock.of(plain)
        extent = re.fullmatch(r"(\d{1,5})px (\d{1,5})px", plain.get("extent", "").strip())
        if extent:
            self.size = int(extent[1]), int(extent[2])

    def _styles(self, plain: dict[str, str]) -> dict[str, str]:
        """Attributes of an element over those of the styles that it names."""
        named: dict[str, str] = {}
        for name in plain.get("style", "").split()[:20]:
            named |= self.styles.get(name, {})
        return named | plain

    def _time_ms(self, text: str) -> int:
        time_ms = self.clock.ms(text)
        if time_ms is None:
            what = f"{shown(text)!r} is not a time like 00:00:01.500 or 1.5s"
            raise broken(self.name, self.parser.CurrentLineNumber, what)
        return time_ms


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
        tuple(reader.spoken),
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
        speakers: One of the whole caption, or one for each line; none when unknown.
        is_right_to_left: Whether any of its letters run so.
        region: Name of the one that it lies in.
    """

    start_ms: int
    end_ms: int
    lines: tuple[tuple[tuple[str, str, str], ...], ...]
    speakers: tuple[str, ...] = ()
    is_right_to_left: bool = False
    region: str = ""


def written(
    paragraphs: Iterable[Paragraph],
    *,
    about: Mapping[str, str],
    language: str,
    grid: tuple[int, int],
    shape: tuple[int, int],
    styles: Mapping[str, Mapping[str, str]],
    regions: Mapping[str, Mapping[str, str]],
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
        regions: Attributes by the name that paragraphs have it by; one stands for all of them.
        letters: Attributes of letters that no style changes.
    """
    paragraphs = list(paragraphs)
    named = (name for one in paragraphs for name in one.speakers)
    names = dict.fromkeys(one_line(name).strip() for name in named)
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
    # What lies in a region must not lie in another one's: with several, paragraphs name theirs.
    areas = {name: f"{_REGION}-{name}" if len(regions) > 1 else _REGION for name in regions}
    for name, attributes in regions.items():
        ET.SubElement(layout, "region", {"xml:id": areas[name], **attributes})
    whole = {"region": _REGION} if len(regions) == 1 else {}
    for element in (metadata, styling, layout):
        element.tail = "\n"
        for child in element:
            child.tail = "\n"
    division = ET.SubElement(ET.SubElement(root, "body", whole), "div", dict(letters))
    for one in paragraphs:
        if one.lines:
            division.text = "\n"
            own = {} if whole else {"region": areas[one.region]}
            division.append(_element(one, speakers, own))
    return xml_text(root)


def _element(one: Paragraph, speakers: Mapping[str, str], region: Mapping[str, str]) -> ET.Element:
    attributes = {
        **region,
        "begin": format_vtt(one.start_ms),
        "end": format_vtt(one.end_ms),
        "xml:space": "preserve",
    }
    agents = [speakers.get(one_line(name).strip(), "") for name in one.speakers]
    if len(agents) == 1 and agents[0]:
        attributes["ttm:agent"] = agents[0]
    if one.is_right_to_left:
        attributes["tts:direction"] = "rtl"
    made = ET.Element("p", attributes)
    made.tail = "\n"
    for number, line in enumerate(one.lines):
        if number:
            ET.SubElement(made, "br")
        agent = agents[number] if len(agents) > 1 else ""
        for text, style, role in line:
            said = {"ttm:agent": agent} if agent else {}
            said |= {"ttm:role": role} if role else {}
            ET.SubElement(made, "span", {"style": style, **said}).text = text
    return made
