"""What a subtitle file or a transcript holds: one value for every format, with line numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Literal

from sentigram.core.text import is_visible, letters

Row = Literal["bottom", "middle", "top", "placed"]
Light = tuple[int, str, float]
"""Time in the film, colour as `#rrggbb`, and opacity from 0 to 1."""

LONGEST_CUE = 100_000  # characters: an hour and a half of speech under one time
_BEGINNING_MS, _GOES_BACK_MS = 60_000, 60_000  # signs and songs stand out of order, not so far

_DASH = re.compile("[-‐–—]")
_UNCLEAR_DASH = re.compile(r"\A[-‐–—](?=\d|-\d|[^\s\w\-‐–—\[(])")
_ROWS: dict[int, Row] = {0: "bottom", 1: "middle", 2: "top"}


@dataclass(frozen=True, slots=True)
class Lettering:
    """How letters are drawn, as far as the file says.

    Attributes:
        fill: `#rrggbb`, "" when the file does not say.
        fill_alpha: 0 opaque … 1 invisible.
        outline: `#rrggbb`, "" for none.
        outline_alpha: 0 opaque … 1 invisible.
        outline_em: Width of the outline, in em of usual letters, where the file says it so.
        outline_px: Width of the outline in the file's own pixels, where it says it so.
        box: `#rrggbb` behind the letters, "" for none.
        box_alpha: 0 opaque … 1 invisible.
        family: As the file names it, "" when it does not.
        size_px: Font size in the file's own pixels, 0 when unknown.
        weight: 400 regular, 700 bold, or the number that the file gives.
        underline: Underlined or struck out.
        spacing_px: Extra space between letters.
        stretch: Factor on the letters' width.
    """

    fill: str = ""
    fill_alpha: float = 0.0
    outline: str = ""
    outline_alpha: float = 0.0
    outline_em: float = 0.0
    outline_px: float = 0.0
    box: str = ""
    box_alpha: float = 0.0
    family: str = ""
    size_px: float = 0.0
    weight: int = 400
    italic: bool = False
    underline: bool = False
    spacing_px: float = 0.0
    stretch: float = 1.0


@dataclass(frozen=True, slots=True)
class Run:
    """Letters of one line that look alike."""

    text: str
    look: Lettering


Lines = tuple[tuple[Run, ...], ...]


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
class LayerCopy:
    """The same words at the same time on another layer: an outline, or a glow."""

    line_number: int
    source: str
    lines: Lines


@dataclass(frozen=True)
class Caption:
    """A cue as viewers see it; without slots, since its texts are asked for again and again.

    Attributes:
        index: From 1, in the order of the file.
        start_ms: As the file has it: may be negative, or after the end.
        end_ms: As start_ms.
        lines: As they are shown, in runs.
        line_number: Where it begins in the file, from 1; 0 where lines mean nothing.
        source: Its text with tags, "" where the format cannot be written back.
        row: Where it stands: bottom, middle, top, or at a place of its own.
        at: Where exactly, None when unknown.
        speaker: "" when unknown.
        copies: Of it, on other layers.
    """

    index: int
    start_ms: int
    end_ms: int
    lines: Lines
    line_number: int = 0
    source: str = ""
    row: Row = "bottom"
    at: Anchor | None = None
    speaker: str = ""
    copies: tuple[LayerCopy, ...] = ()

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
class TimedWord:
    """A word with the time that the file gives it.

    Attributes:
        text: Without spaces around it.
        start_ms: None where the file does not say.
        end_ms: None where the file does not say.
        confidence: In [0, 1].
        joined: No space before it.
    """

    text: str
    start_ms: int | None
    end_ms: int | None
    confidence: float = 1.0
    joined: bool = False


@dataclass(frozen=True, slots=True)
class SpokenCue:
    """A stretch of what is said, by one person.

    Attributes:
        start_ms: May lie anywhere; 0 in a file without times.
        end_ms: May lie before the start in a broken file; 0 in a file without times.
        text: Plain: tags of the format are gone; may hold line breaks.
        speaker: "" when unknown.
        line_number: Where it begins in the file, from 1; 0 where lines mean nothing.
        words: The text with times of its words, where the file has them.
    """

    start_ms: int
    end_ms: int
    text: str
    speaker: str = ""
    line_number: int = 0
    words: tuple[TimedWord, ...] = ()


@dataclass(frozen=True, slots=True)
class DrawnEvent:
    """Something drawn while a caption is shown: an event of ASS, or the caption itself.

    Attributes:
        key: What is drawn and where; two that follow each other with one key are the same thing.
        start_ms: When it appears.
        end_ms: When it is gone.
        runs: What it looks like.
        lights: Where colour or opacity is set or reached.
        moves: (start, end) in the film, while something moves.
        line_number: Of the file.
    """

    key: str
    start_ms: int
    end_ms: int
    runs: tuple[Run, ...]
    lights: tuple[Light, ...] = ()
    moves: tuple[tuple[int, int], ...] = ()
    line_number: int = 0


@dataclass(frozen=True, slots=True)
class SubtitleTrack:
    """A subtitle file, or a transcript.

    Attributes:
        name: How messages call it.
        kind: Format: srt, vtt, ass, ttml, json, txt, microdvd, …
        captions: What is shown, in the order of the file; none in a mere transcript.
        spoken: What is said, in the order of the file, without what other layers repeat; what
            rolling captions show again stands in it (`words.given.rolling` takes it out).
        text: The whole file, cleaned.
        language: ISO 639-1 where there is such a code, "" when the file does not say.
        has_times: False for plain text.
        width_px: Of the picture that the file is written for, 0 when it does not say.
        height_px: As width_px.
        tick_ms: The smallest step of its times.
        drawn: What is drawn when; the captions themselves where nothing else is known.
        fonts: Lines of the fonts inside the file.
        is_composed: Captions are drawn by several events each; they cannot be corrected here.
        remarks: What was mended, guessed or left out while reading, a line each, without the
            file's name.
        is_damaged: Letters were lost while reading; it must not be written back.
        unseen: Lines of the file, from 1, that held marks that nobody sees; those of direction
            are still there.
    """

    name: str
    kind: str
    captions: tuple[Caption, ...]
    spoken: tuple[SpokenCue, ...]
    text: str = ""
    language: str = ""
    has_times: bool = True
    width_px: int = 0
    height_px: int = 0
    tick_ms: int = 1
    drawn: tuple[DrawnEvent, ...] = ()
    fonts: tuple[str, ...] = ()
    is_composed: bool = False
    remarks: tuple[str, ...] = ()
    is_damaged: bool = False
    unseen: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class NewCue:
    """A caption as it will be written back.

    Attributes:
        start_ms: On the grid of the file's times.
        end_ms: As start_ms.
        source: Its text with tags.
        origin: Index of the caption that it comes from.
        row: Where it stands.
        keeps_text: The same text stands on another layer with other tags: both must stay alike.
    """

    start_ms: int
    end_ms: int
    source: str
    origin: int
    row: Row = "bottom"
    keeps_text: bool = False

    @property
    def duration_ms(self) -> int:
        """Length."""
        return self.end_ms - self.start_ms


def row_of(alignment: int) -> Row:
    """Which row a number of the number pad belongs to."""
    return _ROWS[(alignment - 1) // 3]


def spoken_in(captions: Iterable[Caption]) -> tuple[SpokenCue, ...]:
    """What captions say, where each is said once."""
    return tuple(
        SpokenCue(
            one.start_ms,
            one.end_ms,
            "\n".join("".join(run.text for run in line) for line in one.lines).strip(),
            one.speaker,
            one.line_number,
        )
        for one in captions
    )


def in_turn(
    start_ms: int, end_ms: int, parts: Iterable[tuple[str, str, int | None]], line_number: int
) -> Iterator[SpokenCue]:
    """What several people say in one caption, each for a share of its time by the letters.

    Args:
        start_ms: Of the caption.
        end_ms: Of the caption.
        parts: Who says what, and when it begins, where the file tells; those without text are
            left out.
        line_number: Of the file.
    """
    given = [(who, text.strip(), begins_ms) for who, text, begins_ms in parts if text.strip()]
    texts = dashes_apart([text for _, text, _ in given])
    said = [(who, text, ms) for (who, _, ms), text in zip(given, texts, strict=True)]
    total = sum(letters(text) + 1 for _, text, _ in said)
    starts_ms: list[int] = []
    done = 0
    for n, (_, text, begins_ms) in enumerate(said):
        share_ms = start_ms + (end_ms - start_ms) * done // total
        least_ms = starts_ms[-1] if starts_ms else start_ms
        is_told = n and begins_ms is not None and least_ms < begins_ms < end_ms
        starts_ms.append(begins_ms if is_told and begins_ms else max(least_ms, share_ms))
        done += letters(text) + 1
    for (who, text, _), begin_ms, stop_ms in zip(
        said, starts_ms, [*starts_ms[1:], end_ms][: len(said)], strict=True
    ):
        yield SpokenCue(begin_ms, stop_ms, text, who, line_number)


def dashes_apart(texts: Sequence[str]) -> list[str]:
    """What several say, with the dash before each set apart where it could be a minus.

    Where one dash stands before each of two, it says who speaks: `-5 minutes` answers `-How many?`.
    In a single text it is a number's own.

    Args:
        texts: Of each speaker, or of each line; without spaces at their beginnings.
    """
    if len(texts) < 2 or not all(_DASH.match(text) for text in texts):
        return list(texts)
    return [_UNCLEAR_DASH.sub(r"\g<0> ", text) for text in texts]


def times_begin_again(captions: Sequence[Caption]) -> Iterator[str]:
    """What to say of a file whose times begin anew: of two that were joined into one."""
    for before, one in pairwise(captions):
        if (
            one.start_ms <= captions[0].start_ms + _BEGINNING_MS
            and before.start_ms - one.start_ms > _GOES_BACK_MS
        ):
            yield (
                f"line {one.line_number}: the times begin again, as where two files were joined; "
                "both parts lie over each other: give each by itself"
            )
            return


def lines_of(pieces: Sequence[tuple[str, Lettering]]) -> Lines:
    """Pieces of text, divided into lines; neighbours that look alike are one run."""
    lines: list[list[tuple[Lettering, list[str]]]] = [[]]  # joined at the end: lines may be long
    for text, look in pieces:
        for at, part in enumerate(text.split("\n")):
            if at:
                lines.append([])
            if not part:
                continue
            line = lines[-1]
            if not line or line[-1][0] != look:
                line.append((look, []))
            line[-1][1].append(part)
    return tuple(tuple(Run("".join(said), look) for look, said in line) for line in lines)
