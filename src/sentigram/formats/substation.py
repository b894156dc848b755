r"""ASS and SSA: events with their styles, tags, places, motion and fonts.

pysubs2 is not used here: it misreads `\{`, ignores `Format:` lines and gives no line numbers.
The tests compare with it, and with what libass draws.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sentigram.core.time import MS_PER_CENTISECOND
from sentigram.errors import TranscriptError
from sentigram.formats import embedded_fonts
from sentigram.formats.ass import plain
from sentigram.formats.ass_tags import Face, State, after, ass_pieces, brightness
from sentigram.formats.colours import ass_colour
from sentigram.formats.cues import LONGEST_MS, broken, clock_ms, shown
from sentigram.formats.markup import old_alignment
from sentigram.formats.subrip import row_of
from sentigram.formats.values import Anchor, Caption, Drawn, Look, Row, Run, Track, is_visible
from sentigram.style.styling import canvas_for

_SECTION = re.compile(r"\[[^\]]*[a-z][^\]]*\]")  # lower case: attached fonts hold brackets too
_TIME = re.compile(r"\s*(-?)(\d{1,5}):(\d{1,2}):(\d{1,2})[.:,](\d{1,9})\s*", re.ASCII)
_ESCAPED = {r"\h": "\u00a0", r"\{": "{", r"\}": "}"}
_DEFAULT_SIZE = (384, 288)  # what libass and VSFilter assume
_MOVING_EFFECTS = ("banner", "scroll up", "scroll down")


@dataclass(frozen=True, slots=True)
class Event:
    """One line of `[Events]`.

    Attributes:
        kind: dialogue or comment.
        fields: By name in lower case.
        place: Line of the file.
        start_ms: As the file has it.
        end_ms: As the file has it.
    """

    kind: str
    fields: dict[str, str]
    place: int
    start_ms: int
    end_ms: int

    @property
    def text(self) -> str:
        """With its tags."""
        return self.fields["text"]


@dataclass(slots=True)
class _Script:
    """What is gathered while the file is read."""

    info: dict[str, str] = field(default_factory=dict)
    styles: dict[str, Face] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    fonts: list[str] = field(default_factory=list)


def read_ass(text: str, name: str, *, with_fonts: bool = True) -> Track:
    """Read ASS or SSA.

    Args:
        text: The file, cleaned.
        name: How messages call it.
        with_fonts: Whether to look into the fonts inside.

    Raises:
        TranscriptError: An event that cannot be read, or none at all.
    """
    script = _script(text, name)
    width = _int(script.info.get("playresx", ""))
    height = _int(script.info.get("playresy", ""))
    if not width and not height:
        width, height = _DEFAULT_SIZE
    width, height = width or round(height * 4 / 3), height or round(width * 3 / 4)
    wraps = script.info.get("wrapstyle", "0").strip() != "2"
    base_px = canvas_for(width, height).base_px
    styles = {key: replace(face, base_px=base_px) for key, face in script.styles.items()}
    read = [_Read.of(event, styles) for event in script.events]
    captions, is_composed = _captions(read)
    return Track(
        name,
        "ass",
        captions,
        text=text,
        language=script.info.get("language", "")[:2].lower(),
        width_px=width,
        height_px=height,
        tick_ms=MS_PER_CENTISECOND,
        drawn=tuple(drawn for one in read if one.event.kind == "dialogue" for drawn in one.drawn),
        embedded=embedded_fonts.characters(script.fonts) if with_fonts else {},
        wraps=wraps,
        is_composed=is_composed,
    )


def _script(text: str, name: str) -> _Script:
    script = _Script()
    section = ""
    fields: dict[str, tuple[str, ...]] = {}
    for n, line in enumerate(text.split("\n"), 1):
        if _SECTION.match(line):
            section = line.strip().lower()
            continue
        if section == "[fonts]":
            script.fonts.append(line)
            continue
        kind, colon, rest = line.partition(":")
        kind = kind.strip().lower()
        if not colon or kind.startswith(";"):
            continue
        if kind == "format":
            fields[section] = tuple(part.strip().lower() for part in rest.split(","))
        elif section == "[events]" and kind in ("dialogue", "comment"):
            event = _event(kind, fields.get(section, EVENT), rest, name, n)
            script.events += [event] if event else []
        else:
            _declared(script, section, kind, rest, fields.get(section, _STYLE))
    if not any(event.kind == "dialogue" for event in script.events):
        message = f"{name}: no Dialogue line in its [Events]"
        raise TranscriptError(message)
    return script


def _declared(script: _Script, section: str, kind: str, rest: str, fields: Sequence[str]) -> None:
    """A line of the header, or a style."""
    if section == "[script info]":
        script.info.setdefault(kind, rest.strip())
    elif kind == "style" and section.startswith("[v4"):
        values = _zipped(fields, rest)
        name = values.get("name", "").lstrip("*").casefold()
        script.styles[name] = _face(values, is_old="+" not in section)


EVENT = (
    "layer", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text",
)  # fmt: skip
_STYLE = (
    "name", "fontname", "fontsize", "primarycolour", "secondarycolour", "outlinecolour",
    "backcolour", "bold", "italic", "underline", "strikeout", "scalex", "scaley", "spacing",
    "angle", "borderstyle", "outline", "shadow", "alignment", "marginl", "marginr", "marginv",
    "encoding",
)  # fmt: skip


def _zipped(fields: Sequence[str], rest: str) -> dict[str, str]:
    return dict(zip(fields, (part.strip() for part in rest.split(",")), strict=False))


def _face(values: Mapping[str, str], *, is_old: bool) -> Face:
    alignment = _int(values.get("alignment", "2"))
    fill, fill_alpha = ass_colour(values.get("primarycolour", "&H00FFFFFF"))
    look = Look(
        fill=fill,
        fill_alpha=0.0 if is_old else fill_alpha,
        family=values.get("fontname", "").lstrip("@"),
        size_px=_float(values.get("fontsize", "18")),
        weight={"0": 400, "": 400, "1": 700, "-1": 700}.get(
            values.get("bold", "0"), _int(values.get("bold", "0")) or 400
        ),
        italic=values.get("italic", "0") not in ("0", ""),
        underline=values.get("underline", "0") not in ("0", "")
        or values.get("strikeout", "0") not in ("0", ""),
        spacing_px=_float(values.get("spacing", "0")),
        stretch=_float(values.get("scalex", "100")) / 100,
    )
    return Face(
        look=look,
        alignment=old_alignment(alignment) if is_old else min(9, max(1, alignment)),
        margins_px=tuple(_float(values.get(f"margin{side}", "0")) for side in "lrv"),  # type: ignore[arg-type]
        outline_px=_float(values.get("outline", "0")),
        border=_int(values.get("borderstyle", "1")),
        line=ass_colour(values.get("outlinecolour", values.get("tertiarycolour", ""))),
        back=ass_colour(values.get("backcolour", "")),
    )


def _event(kind: str, fields: tuple[str, ...], rest: str, name: str, place: int) -> Event | None:
    if not {"start", "end", "text"} <= set(fields) or fields[-1] != "text":
        raise broken(name, place, "the Format of events needs Start and End, and Text at its end")
    values = rest.split(",", len(fields) - 1)
    if len(values) < len(fields):
        if kind == "comment":
            return None
        raise broken(name, place, f"{len(fields)} fields are needed, here are {len(values)}")
    event = dict(zip(fields, values, strict=True))
    times = []
    for which in ("start", "end"):
        match = _TIME.fullmatch(event[which])
        if match is None:
            if kind == "comment":
                return None
            raise broken(name, place, f"{shown(event[which])!r} is not a time like 0:00:01.50")
        sign, *parts = match.groups()
        times.append(clock_ms(*parts) * (-1 if sign else 1))
    return Event(kind, event, place, times[0], min(times[1], LONGEST_MS))


@dataclass(frozen=True, slots=True)
class _Read:
    """An event with its text read."""

    event: Event
    lines: tuple[tuple[Run, ...], ...]
    row: Row
    anchor: Anchor
    drawn: tuple[Drawn, ...]

    @classmethod
    def of(cls, event: Event, styles: Mapping[str, Face]) -> _Read:
        base = styles.get(event.fields.get("style", "").strip().lstrip("*").casefold())
        base = base or styles.get("default") or Face()
        length_ms = max(0, event.end_ms - event.start_ms)
        lines, segments, state = _runs(event.text, base, styles, length_ms)
        row: Row = "placed" if state.place_px else row_of(state.alignment)
        own = [_float(event.fields.get(f"margin{side}", "0")) for side in "lrv"]
        margins = [mine or theirs for mine, theirs in zip(own, base.margins_px, strict=True)]
        x, y = state.place_px or (None, None)
        anchor = Anchor(state.alignment, (margins[0], margins[1], margins[2]), x, y)
        effect = event.fields.get("effect", "").strip().lower()
        drawn = tuple(
            _drawn(event, text, one, state, is_moving=effect.startswith(_MOVING_EFFECTS))
            for text, one in segments
        )
        return cls(event, lines, row, anchor, drawn)


def _runs(
    text: str, base: Face, styles: Mapping[str, Face], length_ms: int
) -> tuple[tuple[tuple[Run, ...], ...], list[tuple[str, State]], State]:
    """Lines of runs, the stretches between tag blocks with the state that they are drawn in."""
    state = State(face=base, base=base, alignment=base.alignment)
    lines: list[list[tuple[Look, list[str]]]] = [[]]  # joined at the end: lines may be long
    segments: list[tuple[list[str], State]] = []
    look, is_new = base.drawn(), True
    for piece in ass_pieces(text):
        if piece[0] == "{" and piece[-1] == "}":
            state = after(state, piece[1:-1], styles, length_ms=length_ms)
            look, is_new = state.face.drawn(), True
            continue
        if state.is_drawing:
            continue
        if piece in (r"\N", r"\n"):
            lines.append([])
            continue
        said = _ESCAPED.get(piece, piece)
        if is_new or not segments:
            segments.append(([], state))
        is_new = False
        segments[-1][0].append(said)
        line = lines[-1]
        if not line or line[-1][0] != look:
            line.append((look, []))
        line[-1][1].append(said)
    runs = tuple(tuple(Run("".join(said), look) for look, said in line) for line in lines)
    return runs, [("".join(said), one) for said, one in segments], state


def _drawn(event: Event, text: str, state: State, last: State, *, is_moving: bool) -> Drawn:
    look = state.face.drawn()
    bright = brightness(look)
    points = state.lights or ((0, bright), (event.end_ms - event.start_ms, bright))
    if last.fades:
        points = tuple((at, bright * share) for at, share in last.fades)
    moves = [(0, event.end_ms - event.start_ms)] if is_moving else []
    moves += [*state.moves, *last.moves]
    place = last.place_px or row_of(last.alignment)
    return Drawn(
        key=f"{place} {text.strip().casefold()}",
        start_ms=event.start_ms,
        end_ms=event.end_ms,
        runs=(Run(text, look),),
        lights=tuple((event.start_ms + at, level) for at, level in points),
        moves=tuple(dict.fromkeys((event.start_ms + a, event.start_ms + b) for a, b in moves)),
        place=event.place,
    )


def _captions(read: Sequence[_Read]) -> tuple[tuple[Caption, ...], bool]:
    """Events as captions; those that draw a commented line word by word count as that line."""
    whole = _composed(read)
    captions: list[Caption] = []
    seen: dict[tuple[int, int, str], int] = {}
    for one in whole or [one for one in read if one.event.kind == "dialogue"]:
        event = one.event
        if not one.drawn and is_visible(plain(event.text)) is False and r"\p" in event.text:
            continue  # a drawing
        key = (event.start_ms, event.end_ms, plain(event.text))
        caption = Caption(
            len(captions) + 1,
            event.start_ms,
            event.end_ms,
            one.lines,
            place=event.place,
            source=event.text,
            row=one.row,
            at=one.anchor,
        )
        if key[2] and key in seen:  # a copy on another layer: its outline, or its glow
            at = seen[key]
            first = captions[at]
            lines = max(first.lines, one.lines, key=_least)
            copies = (*first.copies, (event.place, event.text))
            captions[at] = replace(first, lines=lines, copies=copies)
            continue
        seen[key] = len(captions)
        captions.append(caption)
    return tuple(captions), bool(whole)


def _least(lines: tuple[tuple[Run, ...], ...]) -> float:
    """The least contrast in it."""
    ratios = [run.look.contrast() for line in lines for run in line if is_visible(run.text)]
    return min((value for value in ratios if value is not None), default=0.0)


def _composed(read: Sequence[_Read]) -> list[_Read]:
    """Comments whose words are drawn by placed events, and the events that stand for themselves.

    That is how karaoke scripts and our effects flavour keep the line that an editor edits.
    """
    comments = [one for one in read if one.event.kind == "comment" and any(one.lines)]
    placed = [one for one in read if one.event.kind == "dialogue" and one.row == "placed"]
    if not comments or not placed:
        return []
    order = sorted(comments, key=lambda one: one.event.start_ms)
    starts = [one.event.start_ms for one in order]
    used: dict[int, _Read] = {}
    own = []
    for one in read:
        if one.event.kind != "dialogue":
            continue
        parent = None
        if one.row == "placed":
            parent = _parent(one, order, starts)
        if parent is None:
            own.append(one)
        else:
            used[parent.event.place] = parent
    if not used:
        return []
    return sorted([*used.values(), *own], key=lambda one: one.event.place)


def _parent(one: _Read, order: Sequence[_Read], starts: Sequence[int]) -> _Read | None:
    word = "".join(plain(one.event.text).split()).casefold()
    last = bisect_right(starts, one.event.start_ms + MS_PER_CENTISECOND)
    for candidate in reversed(order[max(0, last - 8) : last]):
        inside = one.event.end_ms <= candidate.event.end_ms + MS_PER_CENTISECOND
        if inside and word in "".join(plain(candidate.event.text).split()).casefold():
            return candidate
    return None


def event_lines(text: str) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """Every Dialogue line of a file: its number, what it holds, and the fields in force."""
    inside = False
    fields: tuple[str, ...] = EVENT
    for n, line in enumerate(text.split("\n"), 1):
        if _SECTION.match(line):
            inside = line.strip().lower() == "[events]"
        elif inside and line.partition(":")[0].strip().lower() == "format":
            fields = tuple(part.strip().lower() for part in line.partition(":")[2].split(","))
        elif inside and line.partition(":")[0].strip().lower() == "dialogue":
            yield n, line, fields


def _int(text: str) -> int:
    return int(_float(text))


def _float(text: str) -> float:
    match = re.match(r"\s*([+-]?\d{1,9}(?:\.\d{1,9})?)", text)
    return float(match[1]) if match else 0.0
