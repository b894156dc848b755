r"""Override tags of ASS: what `{\b1\pos(10,20)}` says of the letters after it, and text without.

libass draws what `escape` writes as the text that it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sentigram.core.text import one_line
from sentigram.formats.colours import ass_alpha, ass_colour
from sentigram.formats.parsing import LONGEST_MS, number_of
from sentigram.formats.track import Lettering, Light

_LONGEST_NAME = 100  # of a font: each run of letters is asked for it
MOST_BLOCKS = 50  # of tags that a part of a divided text repeats
WORD_JOINER = "\u2060"
HARD_SPACE = r"\h"

# Longest first: `\fscx` must not be read as `\fs` and `cx`.
_NAMES = re.compile(
    r"alpha|xbord|ybord|iclip|xshad|yshad|"
    r"blur|bord|clip|fade|fscx|fscy|move|shad|"
    r"fad|fax|fay|frx|fry|frz|fsc|fsp|org|pbo|pos|"
    r"1a|1c|2a|2c|3a|3c|4a|4c|an|be|fe|fn|fr|fs|kf|ko|K|a|b|c|i|k|p|q|r|s|t|u"
)
_PIECES = re.compile(r"\{[^}]*\}|\\[Nnh]|\\[{}]|[^{\\]+|\\")
_PIECES_AFTER = re.compile(r"\\[Nnh]|\\[{}]|[^\\]+|\\")  # behind the last brace that closes
_MOVING = frozenset(
    {"frx", "fry", "frz", "fr", "fax", "fay", "fscx", "fscy", "fs", "fsp", "clip", "iclip"}
)
_NUMBER = re.compile(r"\s*[+-]?\d")
_DRAWING = re.compile(r"\\p(\d+)")
_ESCAPED = {r"\N": "\n", r"\n": "\n", r"\h": "\u00a0", r"\{": "{", r"\}": "}"}
_OLD_ALIGNMENT = {1: 1, 2: 2, 3: 3, 5: 7, 6: 8, 7: 9, 9: 4, 10: 5, 11: 6}

# `{` opens a tag block. libass knows `\{`, other tools do not: look-alikes are safe everywhere.
# A backslash may start `\n \N \h`, or escape the `{` of our own tags: a joiner keeps them apart.
_LOOK_ALIKES = str.maketrans({"{": "\uff5b", "}": "\uff5d", "\\": "\\" + WORD_JOINER})
_OPENERS = dict.fromkeys("\u202a\u202b\u202d\u202e", "\u202c")
_OPENERS |= dict.fromkeys("\u2066\u2067\u2068", "\u2069")
_CLOSERS = frozenset(_OPENERS.values())
_DIRECTION = re.compile(r"[\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Tag:
    """One override tag: its name without backslash, and what follows it."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class AssStyle:
    """A style as `[V4+ Styles]` has it.

    Attributes:
        look: Of its letters.
        alignment: As on a number pad.
        margins_px: Left, right, vertical.
        outline_px: Width of the outline.
        border: 1 outline, 3 box per run, 4 one box.
        line: Colour and transparency of the outline.
        back: Colour and transparency of the shadow, of the box under border 4.
    """

    look: Lettering = field(default_factory=Lettering)
    alignment: int = 2
    margins_px: tuple[float, float, float] = (0.0, 0.0, 0.0)
    outline_px: float = 0.0
    border: int = 1
    line: tuple[str, float] = ("#000000", 0.0)
    back: tuple[str, float] = ("#000000", 0.0)

    def drawn(self) -> Lettering:
        """The look with its outline or box."""
        if self.border == 3:
            return replace(self.look, box=self.line[0], box_alpha=self.line[1])
        if self.border == 4:
            return replace(self.look, box=self.back[0], box_alpha=self.back[1])
        return replace(
            self.look,
            outline=self.line[0],
            outline_alpha=self.line[1],
            outline_px=self.outline_px,
        )


@dataclass(frozen=True, slots=True)
class TagState:
    r"""What holds at one point of an event's text.

    Attributes:
        face: Style with the changes so far.
        base: Style of the event, which `\r` returns to.
        alignment: Of the whole event; the first tag counts.
        place_px: Of `\pos`, or the start of `\move`.
        is_drawing: `\p1`: what follows is no text.
        lights: Time since the event's start, colour, and opacity.
        moves: (start, end) since the event's start.
        fades: The event's `\fad` as four times, see `_fade`.
    """

    face: AssStyle
    base: AssStyle
    alignment: int
    place_px: tuple[float, float] | None = None
    is_drawing: bool = False
    lights: tuple[Light, ...] = ()
    moves: tuple[tuple[int, int], ...] = ()
    fades: tuple[tuple[int, float], ...] = ()


def tags(block: str) -> Iterator[Tag]:
    r"""The tags of a block; `\t(…)` keeps its inner tags in its value."""
    at = 0
    while (at := block.find("\\", at)) >= 0:
        at += 1
        match = _NAMES.match(block, at)
        if match is None:
            continue
        name, at = match[0], match.end()
        if block.startswith("(", at):
            end = _closing(block, at)
            yield Tag(name, block[at + 1 : end])
        else:
            end = block.find("\\", at)
            end = len(block) if end < 0 else end
            yield Tag(name, block[at:end].strip())
        at = end


def _closing(block: str, at: int) -> int:
    """Where the bracket that opens at `at` closes; the end of the block where it does not."""
    depth = 0
    for i in range(at, len(block)):
        depth += (block[i] == "(") - (block[i] == ")")
        if depth == 0:
            return i
    return len(block)


def after(
    state: TagState, block: str, styles: Mapping[str, AssStyle], *, length_ms: int
) -> TagState:
    """The state behind a tag block."""
    for tag in tags(block):
        state = _after(state, tag, styles, length_ms)
    return state


def _after(state: TagState, tag: Tag, styles: Mapping[str, AssStyle], length_ms: int) -> TagState:
    name, value = tag.name, tag.value
    match name:
        case "r":
            face = styles.get(value.casefold(), state.base) if value else state.base
            state = replace(state, face=face, lights=(), moves=())
        case "an" | "a":
            number = int(number_of(value, 2.0))
            number = old_alignment(number) if name == "a" else number
            state = replace(state, alignment=number if 1 <= number <= 9 else state.alignment)
        case "p":
            state = replace(state, is_drawing=number_of(value, 0.0) > 0)
        case "pos" | "move":
            state = _placed(state, name, _numbers(value), length_ms)
        case "fad" | "fade":  # only the first counts
            state = replace(state, fades=state.fades or _fade(name, value, length_ms))
        case "t":
            state = _changing(state, value, length_ms)
        case _:
            state = replace(state, face=_changed(state.face, tag))
    return state


def _placed(state: TagState, name: str, numbers: list[float], length_ms: int) -> TagState:
    if len(numbers) < 2:
        return state
    state = replace(state, place_px=(numbers[0], numbers[1]))
    if name == "pos" or len(numbers) < 4 or numbers[:2] == numbers[2:4]:
        return state
    start_ms, end_ms = (numbers[4], numbers[5]) if len(numbers) > 5 else (0, length_ms)
    if not end_ms:
        start_ms, end_ms = 0, length_ms
    return replace(state, moves=(*state.moves, _clipped(start_ms, end_ms, length_ms)))


def _fade(name: str, value: str, length_ms: int) -> tuple[tuple[int, float], ...]:
    """Times since the event's start, and the share of opacity that is reached there."""
    numbers = _numbers(value)
    if name == "fad" and len(numbers) >= 2:
        into_ms, out_ms = (max(0.0, n) for n in numbers[:2])
        points = [(0, 0.0 if into_ms else 1.0), (into_ms, 1.0)]
        points += [(length_ms - out_ms, 1.0), (length_ms, 0.0 if out_ms else 1.0)]
    elif len(numbers) >= 7:
        opaque = [1 - min(255.0, max(0.0, n)) / 255 for n in numbers[:3]]
        points = list(zip(numbers[3:7], (opaque[0], opaque[1], opaque[1], opaque[2]), strict=True))
    else:
        return ()
    return tuple((int(min(length_ms, max(0, at))), share) for at, share in points)


def _changing(state: TagState, value: str, length_ms: int) -> TagState:
    r"""What `\t([t1,t2,][accel,]tags)` does over time."""
    head, backslash, inner = value.partition("\\")
    numbers = _numbers(head)
    start_ms, end_ms = (numbers[0], numbers[1]) if len(numbers) >= 2 else (0.0, float(length_ms))
    start_ms, end_ms = _clipped(start_ms, end_ms or length_ms, length_ms)
    face, moves, lights = state.face, state.moves, state.lights
    before = light_of(face.look)
    for tag in tags(backslash + inner):
        if tag.name in _MOVING:
            moves = (*moves, (start_ms, end_ms))
        face = _changed(face, tag)
    reached = light_of(face.look)
    if reached != before:
        lights = (*lights, (start_ms, *before), (end_ms, *reached))
        # Letters at rest are judged as they end up: a fade-in starts invisible.
        return replace(state, face=face, moves=moves, lights=lights)
    return replace(state, moves=moves)


def light_of(look: Lettering) -> tuple[str, float]:
    """Colour and opacity of letters: what their brightness comes from; black has none."""
    fill = look.fill or "#ffffff"
    return (fill, 1 - look.fill_alpha) if fill != "#000000" else (fill, 0.0)


def _changed(face: AssStyle, tag: Tag) -> AssStyle:
    name, value, look = tag.name, tag.value, face.look
    if name in ("c", "1c"):
        return replace(face, look=replace(look, fill=ass_colour(value)[0]))
    if name == "3c":
        return replace(face, line=(ass_colour(value)[0], face.line[1]))
    if name == "4c":
        return replace(face, back=(ass_colour(value)[0], face.back[1]))
    if name in ("alpha", "1a", "3a", "4a"):
        return _faded(face, name, ass_alpha(value))
    if name in ("bord", "xbord", "ybord"):
        return replace(face, outline_px=max(0.0, number_of(value, face.outline_px)))
    return replace(face, look=_letters(look, name, value))


def _faded(face: AssStyle, name: str, alpha: float) -> AssStyle:
    look = replace(face.look, fill_alpha=alpha) if name in ("alpha", "1a") else face.look
    line = (face.line[0], alpha) if name in ("alpha", "3a") else face.line
    back = (face.back[0], alpha) if name in ("alpha", "4a") else face.back
    return replace(face, look=look, line=line, back=back)


def _letters(look: Lettering, name: str, value: str) -> Lettering:
    number = number_of(value, 0.0)
    match name:
        case "b":
            look = replace(look, weight={0: 400, 1: 700, -1: 700}.get(int(number), int(number)))
        case "i":
            look = replace(look, italic=number != 0)
        case "u" | "s":
            look = replace(look, underline=number != 0)
        case "fn":
            look = replace(look, family=family_of(value) or look.family)
        case "fs":
            look = replace(look, size_px=max(0.0, number_of(value, look.size_px)))
        case "fscx":
            look = replace(look, stretch=max(0.0, number_of(value, 100.0)) / 100)
        case "fsp":
            look = replace(look, spacing_px=number)
    return look


def family_of(value: str) -> str:
    """The name of a font, of a length that names have; `@` only turns its letters."""
    return value.lstrip("@")[:_LONGEST_NAME]


def _clipped(start_ms: float, end_ms: float, length_ms: int) -> tuple[int, int]:
    start = int(min(max(0.0, start_ms), LONGEST_MS))
    return start, int(min(max(start, end_ms), max(start, length_ms)))


def _numbers(text: str) -> list[float]:
    return [number_of(part) for part in text.split(",")[:16] if _NUMBER.match(part)]


def old_alignment(number: int) -> int:
    r"""Alignment of SSA and `\a` as a number pad has it."""
    return _OLD_ALIGNMENT.get(number, 2)


def pieces(text: str) -> Iterator[str]:
    r"""Tag blocks, `\N \n \h`, escaped braces and the text between them, in linear time."""
    end = text.rfind("}") + 1
    for pattern, start, stop in ((_PIECES, 0, end), (_PIECES_AFTER, end, len(text))):
        yield from (match[0] for match in pattern.finditer(text, start, stop))


def is_block(piece: str) -> bool:
    """Whether a piece is a block of tags, or a comment."""
    return piece[0] == "{" and piece[-1] == "}"


def unescaped(piece: str) -> str:
    r"""What a piece that is no block is drawn as; `\N` and `\n` are line breaks."""
    return _ESCAPED.get(piece, piece)


def plain(text: str) -> str:
    """The text that libass draws, without drawings."""
    out: list[str] = []
    is_drawing = False
    for piece in pieces(text):
        if is_block(piece):
            for mode in _DRAWING.findall(piece):
                is_drawing = bool(mode.strip("0"))
        elif not is_drawing:
            out.append(unescaped(piece))
    return "".join(out).strip()


def escape(text: str) -> str:
    """Text of one line without anything that ASS gives a meaning to."""
    return one_line(text).translate(_LOOK_ALIKES)


def balance(parts: Sequence[str]) -> tuple[str, ...]:
    """The parts of one line with their bidi embeddings and isolates closed where the line ends.

    Closers without an opener are dropped: nothing can reach out of the line.
    """
    expected: list[str] = []
    balanced = []
    for part in parts:
        if _DIRECTION.search(part) is None:
            balanced.append(part)
            continue
        kept = []
        for char in part:
            if char in _OPENERS:
                expected.append(_OPENERS[char])
            elif char in _CLOSERS:
                if not expected or expected[-1] != char:
                    continue
                expected.pop()
            kept.append(char)
        balanced.append("".join(kept))
    if expected and balanced:
        balanced[-1] += "".join(reversed(expected))
    return tuple(balanced)


def keep_edges(line: str) -> str:
    """Hard spaces in place of the ones at the ends of a line, which libass would trim.

    Args:
        line: Escaped text that may hold tag blocks in the middle, not at its ends.
    """
    body = line.strip(" ")
    if not body:
        return HARD_SPACE * len(line)
    before = len(line) - len(line.lstrip(" "))
    after = len(line) - len(line.rstrip(" "))
    return HARD_SPACE * before + body + HARD_SPACE * after
