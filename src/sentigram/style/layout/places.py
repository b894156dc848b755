"""Where each word of a cue stands on the picture: pure geometry, in pixels of the canvas.

Every word has a box of its own that it never leaves, as wide as the word becomes while it moves, so
that no neighbour has to give way. The words of a line share a baseline whatever their sizes; the
largest one sets how far lines are apart.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from sentigram.core.emotion import NEUTRAL
from sentigram.core.style import Cue, Side, StyledRun, StyledTrack, StyledWord, StyleKey
from sentigram.style.text import bidi
from sentigram.style.text.measure import GROWTH, Measure

# Height that a line takes above and below its baseline, of its largest word: room for capitals
# with accents and for descenders. Lines of one size are 1.3 em apart.
ASCENT_EM, DESCENT_EM = 1.0, 0.3
BOX_PADDING_EM = 0.12  # between a line's letters and the edge of its box, of the base size
BOX_SIDE_EM = 0.3  # the same beside it; BBC: about half a letter
LABEL = -1  # index of the word that stands for a speaker's label, or for a dash


@dataclass(frozen=True, slots=True)
class PlacedWord:
    """A word and its place.

    Attributes:
        word: It; index LABEL for the speaker's label, or a dash.
        x_px: Left edge of its reserved box.
        baseline_px: From the upper edge of the picture.
        reserved_px: Width of the box: the word at its widest.
        width_px: Width at rest, in the middle of the box.
        em_px: Font size of its largest letters.
        marks: Invisible characters to put before and after it (see `bidi.marks`).
    """

    word: StyledWord
    x_px: float
    baseline_px: float
    reserved_px: float
    width_px: float
    em_px: float
    marks: bidi.Marks = bidi.NO_MARKS

    @property
    def center_px(self) -> float:
        """Middle of the box."""
        return self.x_px + self.reserved_px / 2


@dataclass(frozen=True, slots=True)
class PlacedLine:
    """A line of a cue.

    Attributes:
        words: In the order in which they are read; a word whose letters the direction of text
            parts, in parts.
        left_px: Where the leftmost box begins.
        right_px: Where the rightmost box ends.
        baseline_px: From the upper edge of the picture.
        em_px: Font size of its largest word.
    """

    words: tuple[PlacedWord, ...]
    left_px: float
    right_px: float
    baseline_px: float
    em_px: float

    @property
    def top_px(self) -> float:
        """Upper edge of the line's height."""
        return self.baseline_px - ASCENT_EM * self.em_px

    @property
    def bottom_px(self) -> float:
        """Lower edge of the line's height."""
        return self.baseline_px + DESCENT_EM * self.em_px


@dataclass(frozen=True, slots=True)
class Frame:
    """The part of the picture that captions stay in.

    Attributes:
        side_px: Free on the left and on the right, whole pixels as ASS margins are.
        bottom_px: Free below the lowest line.
        top_px: Free above.
    """

    side_px: int
    bottom_px: int
    top_px: int

    @classmethod
    def of(cls, track: StyledTrack) -> Frame:
        """The safe area; the lowest line also leaves room in it for outlines and boxes."""
        canvas = track.canvas
        rim_em = max(
            BOX_PADDING_EM if style.box else style.outline_em for style in track.styles.values()
        )
        margin_px = (1 - canvas.safe) / 2 * canvas.height_px
        return cls(
            side_px=round((1 - canvas.safe) / 2 * canvas.width_px),
            bottom_px=math.ceil(
                max(canvas.bottom * canvas.height_px, round(margin_px) + rim_em * canvas.base_px)
            ),
            top_px=round(margin_px),
        )


class Placer:
    """Places the words of cues; what it measured for one cue serves the next."""

    __slots__ = ("_measure", "_track", "frame")

    def __init__(self, track: StyledTrack) -> None:
        self._track = track
        self._measure = Measure(track.canvas, track.styles, language=track.language)
        self.frame = Frame.of(track)

    def place(self, cue: Cue) -> tuple[PlacedLine, ...]:
        """Lines from the top down, each on the cue's side, the last on the frame's lower edge."""
        lines = lines_of(cue)
        base = bidi.base_level(text_of(lines), self._track.language)
        bottom_px = float(self._track.canvas.height_px - self.frame.bottom_px)
        placed: list[PlacedLine] = []
        for line in reversed(lines):
            em_px = max(self._em_px(word) for word in line)
            placed.append(self._line(line, em_px, bottom_px - DESCENT_EM * em_px, base, cue.side))
            bottom_px = placed[-1].top_px
        return tuple(reversed(placed))

    def _line(
        self,
        line: tuple[StyledWord, ...],
        em_px: float,
        baseline_px: float,
        base: int,
        side: Side,
    ) -> PlacedLine:
        tokens, widths_px = self._tokens(line)
        cuts = bidi.cuts(tokens, base)[::2]
        if any(cuts):
            parts = (_divided(word, at) for word, at in zip(line, cuts, strict=True))
            line = tuple(part for word in parts for part in word)
            tokens, widths_px = self._tokens(line)
        order = bidi.visual_order(tokens, base)
        marks = bidi.marks(tokens, base)[::2]
        edges_px = list(accumulate((widths_px[i] for i in order), initial=0.0))
        left_px = self._left_px(edges_px[-1], side)
        lefts_px = {i: left_px + at for i, at in zip(order, edges_px[:-1], strict=True)}
        words = tuple(
            PlacedWord(
                word=word,
                x_px=lefts_px[2 * i],
                baseline_px=baseline_px,
                reserved_px=widths_px[2 * i],
                width_px=self._rest_px(word),
                em_px=self._em_px(word),
                marks=around,
            )
            for i, (word, around) in enumerate(zip(line, marks, strict=True))
        )
        return PlacedLine(words, left_px, left_px + edges_px[-1], baseline_px, em_px)

    def _left_px(self, width_px: float, side: Side) -> float:
        """Where a line of some width begins."""
        canvas = self._track.canvas
        edge_px = canvas.column_side * canvas.width_px
        ways = {
            "left": edge_px,
            "middle": (canvas.width_px - width_px) / 2,
            "right": canvas.width_px - edge_px - width_px,
        }
        return ways[side]

    def _tokens(self, line: tuple[StyledWord, ...]) -> tuple[list[str], list[float]]:
        """Word, space, word, … with their widths; words that are joined have an empty space."""
        tokens, widths_px = [shown(line[0])], [self._measure.word_px(line[0])]
        for before, word in pairwise(line):
            gap_px = 0.0
            if not word.joined:
                gap_px = max(self._measure.space_px(before), self._measure.space_px(word))
            tokens += ["" if word.joined else " ", shown(word)]
            widths_px += [gap_px, self._measure.word_px(word)]
        return tokens, widths_px

    def _rest_px(self, word: StyledWord) -> float:
        return sum(
            self._measure.run_px(run.text, run.style)
            / GROWTH[self._track.styles[run.style].animation]
            for run in word.runs
        )

    def _em_px(self, word: StyledWord) -> float:
        return em_px(word, self._track)


def _divided(word: StyledWord, cuts: tuple[int, ...]) -> Iterator[StyledWord]:
    """A word in parts that are drawn apart, though no space is between them."""
    edges = (0, *cuts, len(shown(word)))
    for first, end in pairwise(edges):
        runs, at = [], 0
        for run in word.runs:
            text = run.text[max(0, first - at) : max(0, end - at)]
            runs += [StyledRun(text, run.style)] if text else []
            at += len(run.text)
        yield replace(word, runs=tuple(runs), joined=word.joined or first > 0)


def lines_of(cue: Cue) -> tuple[tuple[StyledWord, ...], ...]:
    """The lines of a cue that hold anything, what opens them as a neutral word before each."""
    lines = tuple(line for line in cue.lines if line)
    if not (cue.label or cue.voices):
        return lines
    return tuple(_opened(line, cue, number) for number, line in enumerate(lines or ((),)))


def _opened(line: tuple[StyledWord, ...], cue: Cue, number: int) -> tuple[StyledWord, ...]:
    """A line with what stands before its words as a word of its own."""
    opening = cue.opening(number)
    if not opening:
        return line
    text = opening.rstrip(" ")
    before = StyledWord(LABEL, cue.span, (StyledRun(text, StyleKey(NEUTRAL, 0)),))
    if text == opening and line:
        line = (replace(line[0], joined=True), *line[1:])
    return (before, *line)


def shown(word: StyledWord) -> str:
    """A word's text as it is drawn."""
    return "".join(run.text for run in word.runs)


def text_of(lines: tuple[tuple[StyledWord, ...], ...]) -> str:
    """The text of lines, from which their direction is taken."""
    return " ".join(shown(word) for line in lines for word in line)


def em_px(word: StyledWord, track: StyledTrack) -> float:
    """Font size of a word's largest letters."""
    return max(track.styles[run.style].size_em for run in word.runs) * track.canvas.base_px
