"""What a subtitle file holds, as far as rules ask: the same values for every format."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Literal

from sentigram.style.colour.contrast import Ink, ratio, worst_ratio

Kind = Literal["srt", "vtt", "ass", "ttml"]
Row = Literal["bottom", "middle", "top", "placed"]

_HALF_WIDTH_COUNTS = 0.5
_WIDE_LANGUAGES = frozenset({"zh", "ja", "ko"})
_UNCOUNTED = frozenset({"Mn", "Me", "Cf", "Cc"})


@dataclass(frozen=True, slots=True)
class Look:
    """How letters are drawn, as far as the file says.

    Attributes:
        fill: `#rrggbb`, "" when the file does not say.
        fill_alpha: 0 opaque … 1 invisible.
        outline: `#rrggbb`, "" for none.
        outline_alpha: 0 opaque … 1 invisible.
        outline_em: Width of the outline, in em of the letters.
        box: `#rrggbb` behind the letters, "" for none.
        box_alpha: 0 opaque … 1 invisible.
        family: As the file names it, "" when it does not.
        size_px: Font size in the file's own pixels, 0 when unknown.
        weight: 400 regular, 700 bold, or the number that the file gives.
        italic: Slanted.
        underline: Underlined or struck out.
        spacing_px: Extra space between letters.
        stretch: Factor on the letters' width.
    """

    fill: str = ""
    fill_alpha: float = 0.0
    outline: str = ""
    outline_alpha: float = 0.0
    outline_em: float = 0.0
    box: str = ""
    box_alpha: float = 0.0
    family: str = ""
    size_px: float = 0.0
    weight: int = 400
    italic: bool = False
    underline: bool = False
    spacing_px: float = 0.0
    stretch: float = 1.0

    @property
    def shape(self) -> tuple[object, ...]:
        """All that tells these letters from others without any colour."""
        return (
            self.family.casefold(),
            round(self.size_px, 2),
            self.weight,
            self.italic,
            self.underline,
            round(self.spacing_px, 2),
            round(self.stretch, 3),
        )

    @property
    def colours(self) -> tuple[object, ...]:
        """All that tells these letters from others by colour alone."""
        return (
            self.fill,
            self.outline if self.outline_em else "",
            self.box if self.box_alpha < 1 else "",
        )

    @property
    def voice(self) -> tuple[object, ...]:
        """What makes a style to the reader: all but the size, which stress alone may change."""
        return (self.fill, self.family.casefold(), self.weight, self.italic, self.underline)

    def contrast(self) -> float | None:
        """Contrast over the video that suits the letters least; None where nothing is known.

        What is see-through is judged as it is drawn over black and over white, the worse counts.
        """
        if not self.fill or self.fill_alpha >= _INVISIBLE:
            return None
        return _contrast(
            self.fill,
            self.fill_alpha,
            self.outline if self.outline_alpha <= _SEE_THROUGH else "",
            self.outline_em,
            self.box,
            self.box_alpha,
        )


_SEE_THROUGH, _INVISIBLE = 0.25, 0.9
_GROUNDS = ("#000000", "#ffffff")


@cache
def _contrast(
    fill: str, fill_alpha: float, outline: str, outline_em: float, box: str, box_alpha: float
) -> float:
    ratios = []
    for ground in _GROUNDS:
        behind = over(box, box_alpha, ground) if box else ground
        seen = over(fill, fill_alpha, behind)
        if box:
            ratios.append(ratio(seen, behind))
        else:
            ratios.append(worst_ratio(Ink(seen, outline or seen, outline_em if outline else 0)))
    return min(ratios)


def over(colour: str, alpha: float, ground: str) -> str:
    """A see-through colour as it is drawn over another."""
    if alpha <= 0:
        return colour
    mixed = (
        round(int(colour[i : i + 2], 16) * (1 - alpha) + int(ground[i : i + 2], 16) * alpha)
        for i in (1, 3, 5)
    )
    return "#" + "".join(f"{value:02x}" for value in mixed)


@dataclass(frozen=True, slots=True)
class Run:
    """Letters of one line that look alike."""

    text: str
    look: Look


@dataclass(frozen=True, slots=True)
class Drawn:
    """Something drawn while a caption is shown: an event of ASS, or the caption itself.

    Attributes:
        key: What is drawn and where; two that follow each other with one key are the same thing.
        start_ms: When it appears.
        end_ms: When it is gone.
        runs: What it looks like.
        lights: (time in the film, brightness 0 … 1) where brightness is set or reached.
        moves: (start, end) in the film, while something moves.
        place: Line of the file.
    """

    key: str
    start_ms: int
    end_ms: int
    runs: tuple[Run, ...]
    lights: tuple[tuple[int, float], ...] = ()
    moves: tuple[tuple[int, int], ...] = ()
    place: int = 0


@dataclass(frozen=True)
class Caption:
    """One cue.

    Attributes:
        index: Its number in the file, from 1.
        start_ms: May be negative in a broken file.
        end_ms: May lie before the start in a broken file.
        lines: Lines of runs, as drawn.
        place: Line of the file where it begins, 0 where lines mean nothing.
        source: Its text as the file has it.
        row: Where it stands; captions of one row must not overlap. `placed` has its own place.
        at: Where `placed` text is anchored and where margins end, see `Anchor`.
        copies: Events that draw the same text at the same time on another layer: line of the file,
            and text with tags.
    """

    index: int
    start_ms: int
    end_ms: int
    lines: tuple[tuple[Run, ...], ...]
    place: int = 0
    source: str = ""
    row: Row = "bottom"
    at: Anchor | None = None
    copies: tuple[tuple[int, str], ...] = ()

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """Its lines without styles; lines without letters are left out."""
        lines = ("".join(run.text for run in line).strip() for line in self.lines)
        return tuple(line for line in lines if is_visible(line))

    @property
    def duration_ms(self) -> int:
        """Length; negative in a broken file."""
        return self.end_ms - self.start_ms

    @property
    def runs(self) -> tuple[Run, ...]:
        """All runs, line after line."""
        return tuple(run for line in self.lines for run in line)


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where text stands in the picture, in the file's own pixels.

    Attributes:
        alignment: As on a number pad: 2 is bottom centre.
        margins_px: Left, right, vertical.
        x_px: Of a text with a place of its own, else None.
        y_px: Of a text with a place of its own, else None.
    """

    alignment: int = 2
    margins_px: tuple[float, float, float] = (0.0, 0.0, 0.0)
    x_px: float | None = None
    y_px: float | None = None


@dataclass(frozen=True, slots=True)
class Track:
    """A subtitle file.

    Attributes:
        name: How messages call it.
        kind: Format.
        captions: In the order of the file.
        text: The whole file, cleaned.
        language: ISO 639-1, "" when unknown.
        width_px: Of the picture that the file is written for, 0 when it does not say.
        height_px: As width_px.
        tick_ms: The smallest step of its times.
        drawn: What is drawn when; the captions themselves where nothing else is known.
        embedded: Characters of each font inside the file, by family in lower case.
        wraps: The player breaks lines that are too long.
        is_composed: Captions are drawn by several events each; they cannot be corrected here.
        notes: What a reader of the report should know.
    """

    name: str
    kind: Kind
    captions: tuple[Caption, ...]
    text: str = ""
    language: str = ""
    width_px: int = 0
    height_px: int = 0
    tick_ms: int = 1
    drawn: tuple[Drawn, ...] = ()
    embedded: dict[str, frozenset[int]] = field(default_factory=dict)
    wraps: bool = True
    is_composed: bool = False
    notes: tuple[str, ...] = ()

    def with_language(self, language: str) -> Track:
        """The same file, in a language."""
        return replace(self, language=language)


def is_visible(text: str) -> bool:
    """Whether there is anything to see: not only spaces, controls and joiners."""
    return any(
        not char.isspace() and unicodedata.category(char) not in ("Cf", "Cc", "Zs", "Zl", "Zp")
        for char in text
    )


def n_chars(text: str, language: str = "") -> float:
    """How many characters a reader sees; in Chinese, Japanese and Korean half-width ones are half.

    Marks above and below letters, joiners and direction marks do not count.
    """
    if text.isascii() and language not in _WIDE_LANGUAGES:
        return len(text)
    total = 0.0
    for char in unicodedata.normalize("NFC", text):
        if unicodedata.category(char) in _UNCOUNTED:
            continue
        is_half = language in _WIDE_LANGUAGES and unicodedata.east_asian_width(char) not in "WFA"
        total += _HALF_WIDTH_COUNTS if is_half else 1
    return total
