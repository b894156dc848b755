"""How words look: resolved styles, and cues laid out on a canvas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from sentigram.core.time import Span

Transform = Literal["none", "uppercase", "lowercase"]
Animation = Literal["none", "bounce", "fade", "shake", "pulse", "tremble", "pop", "sway", "glow"]
Motion = Literal["none", "subtle", "full"]
Active = Literal["auto", "on", "off"]
MarkKind = Literal["bar", "colour", "box", "size"]
Side = Literal["left", "middle", "right"]
Style = Literal["categories", "dimensions", "prosody", "plain"]

N_STEPS = 2  # of a dimension, to each side of what is usual
N_LEVELS = 4  # steps of intensity between neutral (0) and a theme's full style (4)


@dataclass(frozen=True, slots=True, order=True)
class StyleKey:
    """Names one resolved style: an emotion at one of the levels 0 … N_LEVELS.

    Attributes:
        emotion: Name in the theme; "neutral" at level 0.
        level: 0 (neutral) to N_LEVELS (the theme's full style).
        is_emphasis: The larger style of the letters that carry the stress (character scale).
        is_doubtful: The style of a word that may have been misheard, where the theme marks those.
        speaker: Which of the theme's colours for speakers it has, from 1; 0 for none of them.
        keyword: Which of the theme's selectors it falls under, from 1; 0 for none of them.
        steps: Where a theme draws dimensions and no emotions: how far the word is from the middle
            of each, -N_STEPS to N_STEPS and not 0, by the dimension's name, in the theme's order.
    """

    emotion: str
    level: int
    is_emphasis: bool = False
    is_doubtful: bool = False
    speaker: int = 0
    keyword: int = 0
    steps: tuple[tuple[str, int], ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether nothing sets it apart from the text around it."""
        return self.level == 0 and not self.is_marked

    @property
    def is_marked(self) -> bool:
        """Whether more than its emotion and level tells how it looks."""
        return bool(
            self.is_emphasis or self.is_doubtful or self.speaker or self.keyword or self.steps
        )

    @property
    def neutral(self) -> StyleKey:
        """The key of the same words where no emotion is drawn; what dimensions draw stays."""
        return replace(self, emotion="neutral", level=0, is_emphasis=False)

    @property
    def stepless(self) -> StyleKey:
        """The key of the same words where no dimension is drawn."""
        return replace(self, steps=())

    @property
    def steps_slug(self) -> str:
        """The end of the slug that names the steps: `_valence2_rate-1`, "" for none."""
        return "".join(f"_{name}{step}" for name, step in self.steps)

    @property
    def slug(self) -> str:
        """A name safe in CSS classes, VTT classes and ASS style names: `anger-3`, `anger-3x`."""
        marks = ("x" if self.is_emphasis else "") + ("d" if self.is_doubtful else "")
        marks += f"s{self.speaker}" if self.speaker else ""
        marks += f"k{self.keyword}" if self.keyword else ""
        return f"{self.emotion}-{self.level}{marks}{self.steps_slug}"


@dataclass(frozen=True, slots=True)
class TextStyle:
    """Everything that a renderer needs to draw a run of text.

    Attributes:
        family: Font family, one of fonts.toml or a name that the system knows.
        weight: 100 … 900.
        italic: Slanted.
        size_em: Relative to the canvas's base size.
        fill: `#rrggbb`.
        outline: `#rrggbb`.
        outline_em: Width of the outline, in em of the base size.
        box: `#rrggbb` of a box behind the text, or "" for none.
        spacing_em: Extra space between letters.
        transform: Case that the text is shown in.
        underline: Underlined.
        animation: Its motion, already reduced to what the motion setting allows.
    """

    family: str
    weight: int
    italic: bool
    size_em: float
    fill: str
    outline: str
    outline_em: float
    box: str
    spacing_em: float
    transform: Transform
    underline: bool
    animation: Animation


@dataclass(frozen=True, slots=True)
class StyledRun:
    """Letters of one word that share a style.

    Attributes:
        text: As they are drawn, in the case of their style.
        style: Names it.
        written: As they are spelled, None where they are drawn so.
    """

    text: str
    style: StyleKey
    written: str | None = None

    @property
    def spelled(self) -> str:
        """The letters as they are spelled."""
        return self.text if self.written is None else self.written


@dataclass(frozen=True, slots=True)
class StyledWord:
    """A word as it is drawn.

    Attributes:
        index: Position among all words of the Document, from 0.
        span: When it is said.
        runs: At least one; together they are the shown text.
        joined: No space before it.
        undrawn: The style of its emotion, where the theme draws none in type; else None.
        is_stressed: It is said with emphasis: what has no type may mark it, where that is wanted.
    """

    index: int
    span: Span
    runs: tuple[StyledRun, ...]
    joined: bool = False
    undrawn: StyleKey | None = None
    is_stressed: bool = False


@dataclass(frozen=True, slots=True)
class LineVoice:
    """Who says one line of a cue in which two people speak.

    Attributes:
        speaker: Who; two voices of one cue differ.
        opening: Text before the first word, in the neutral style, with its space if one follows:
            `-`, `- `, `-[Jane] `, "" for none.
    """

    speaker: str
    opening: str


@dataclass(frozen=True, slots=True)
class Cue:
    """What is on the screen at one time: one or two lines of words.

    Attributes:
        span: When it is shown.
        lines: Words of each line, in the order in which they are read.
        speaker: Who says all of it, "" when unknown, or where two speak.
        label: Text shown before the first word, in the neutral style: `[Jane]`, "" for none.
        voices: Where two people speak, one for each line; empty where one does.
        side: Where its lines stand: from the left or right edge of the canvas's column, or in the
            middle of the picture.
    """

    span: Span
    lines: tuple[tuple[StyledWord, ...], ...]
    speaker: str = ""
    label: str = ""
    voices: tuple[LineVoice, ...] = ()
    side: Side = "middle"

    @property
    def speakers(self) -> tuple[str, ...]:
        """Who speaks in it, in the order of its lines; none where nobody knows."""
        named = [voice.speaker for voice in self.voices] or [self.speaker]
        return tuple(filter(None, named))

    def opening(self, line: int) -> str:
        """Text before the first word of a line, in the neutral style, with the space after it."""
        if self.voices:
            return self.voices[line].opening
        return f"{self.label} " if self.label and line == 0 else ""


@dataclass(frozen=True, slots=True)
class Canvas:
    """The picture that cues are drawn on.

    Attributes:
        width_px: As displayed.
        height_px: As displayed.
        base_px: Font size (em) of a 1.0 size_em word.
        safe: Share of the width and height, in the middle, that text stays inside.
        bottom: Height of the lowest line above the lower edge, as a share of height_px.
        column: Share of the width, in the middle, that the widest line takes: lines that stand on
            a side begin or end at its edge.
    """

    width_px: int
    height_px: int
    base_px: float
    safe: float = 0.90
    bottom: float = 0.07
    column: float = 0.68

    @property
    def column_side(self) -> float:
        """What is free on either side of the column, as a share of the width."""
        return (1 - self.column) / 2


@dataclass(frozen=True, slots=True)
class WordMark:
    """How the word that is being said is marked, where words are drawn one by one.

    Attributes:
        kind: A bar under it in its own colours, letters of another colour, a box behind it, or
            larger letters.
        fill: `#rrggbb` of its letters, where the kind is colour or box.
        outline: `#rrggbb` around them, where the kind is colour.
        ground: `#rrggbb` of the box, where the kind is box.
    """

    kind: MarkKind = "bar"
    fill: str = ""
    outline: str = ""
    ground: str = ""


@dataclass(frozen=True, slots=True)
class StyledTrack:
    """A Document under one theme: the input of every renderer.

    Attributes:
        canvas: What it is drawn on.
        cues: In order of time, not overlapping.
        styles: Every key that the cues use, and neutral.
        language: ISO 639-1 code, "" when unknown.
        theme: Name of the theme with its layers, for the file's header.
        noted: The cues as formats write them that show no type, with strong emotions in words;
            None where those are the cues themselves.
        n_unsaid: Strong emotions that were to be said in words, and found no room, or
            that are in another language than those words.
        n_unnamed: Cues in which another speaker begins, whose name was to be shown, and found none.
        active: Whether the word that is being said is marked, where words are drawn one by one;
            auto where anything may move.
        mark: How it is marked.
        doubtful_below: The confidence below which the theme marks a word; 0 where it marks none.
        capitals: Whether formats that draw no type write words in the case of their style too; else
            as they are spelled.
        plain_by: Name of the layer that wants no emotion drawn in type, "" for none.
        looks: Names of the layers whose times are other than usual, as files say them to those who
            check them: `shorts, pop`, "" for none.
        marks_emphasis: Formats that draw no type write `*word*` where it is said with emphasis.
        n_untold: How many captions of sounds are left out, for there would be too many in a minute.
    """

    canvas: Canvas
    cues: tuple[Cue, ...]
    styles: Mapping[StyleKey, TextStyle]
    language: str
    theme: str
    noted: tuple[Cue, ...] | None = None
    n_unsaid: int = 0
    n_unnamed: int = 0
    active: Active = "auto"
    mark: WordMark = WordMark()
    doubtful_below: float = 0.0
    capitals: bool = False
    plain_by: str = ""
    looks: str = ""
    marks_emphasis: bool = False
    n_untold: int = 0

    @property
    def about(self) -> str:
        """One sentence for the head of a file: who made it, and what it shows."""
        if self.plain_by:
            return f"Made by Sentigram: {self.plain_by} draws no emotion in type."
        return "Made by Sentigram: captions that look the way the words were said."

    @property
    def written(self) -> tuple[Cue, ...]:
        """The cues as formats write them that draw no type."""
        return self.cues if self.noted is None else self.noted

    def plain(self, run: StyledRun) -> str:
        """Letters as formats write them that draw no type."""
        return run.text if self.capitals else run.spelled

    def marks_active(self, motion: Motion) -> bool:
        """Whether the word that is being said is marked when so much may move."""
        return self.active == "on" or (self.active == "auto" and motion != "none")


@dataclass(frozen=True, slots=True)
class StyledLook:
    """A Document under one culture, age and profile, without layout: what a live switch needs.

    Attributes:
        culture: Theme layer.
        age: Theme layer.
        words: Every word of the Document, in order.
        styles: Every key that the words use, and each emotion at every level for the legend;
            animations are those of full motion, as far as the profiles allow it.
        profiles: Theme layers over the age.
        plain_by: Name of the layer that wants no emotion drawn in type, "" for none.
        dimensions: What a theme says of the dimensions that it draws in place of emotions: the
            style at each end, with what it stands for; empty where it draws emotions.
    """

    culture: str
    age: str
    words: tuple[StyledWord, ...]
    styles: Mapping[StyleKey, TextStyle]
    profiles: tuple[str, ...] = ()
    plain_by: str = ""
    dimensions: tuple[tuple[str, StyleKey], ...] = ()

    def drawn(self, key: StyleKey) -> TextStyle:
        """What words of a style look like: neutral ones where no emotion is drawn."""
        return self.styles[key.neutral if self.plain_by or self.dimensions else key]
