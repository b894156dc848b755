r"""ASS and SSA: events with their styles, tags, places, motion and fonts, read as libass does.

pysubs2 is not used here: it misreads `\{`, ignores `Format:` lines and gives no line numbers.
The tests compare with it, and with what libass draws.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from sentigram.core.language import language_code
from sentigram.core.text import clean_speaker, is_visible, one_line
from sentigram.core.time import MS_PER_CENTISECOND, Span, format_ass
from sentigram.errors import TranscriptError
from sentigram.formats.ass_speech import EventText, letters_key, named, spoken
from sentigram.formats.ass_tags import (
    MOST_BLOCKS,
    AssStyle,
    TagState,
    after,
    family_of,
    is_block,
    light_of,
    old_alignment,
    pieces,
    plain,
    unescaped,
)
from sentigram.formats.colours import ass_colour
from sentigram.formats.parsing import LONGEST_MS, broken, clock_ms, number_of, shown
from sentigram.formats.track import (
    Anchor,
    Caption,
    DrawnEvent,
    LayerCopy,
    Lettering,
    Lines,
    NewCue,
    Row,
    Run,
    SubtitleTrack,
    lines_of,
    row_of,
)

SUFFIXES = (".ass", ".ssa")
SIGNED = True
LINE_BREAK = r"\N"
is_tag = is_block
EVENT_FORMAT = "Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text"
STYLE_FORMAT = (
    "Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, "
    "Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, "
    "Alignment, MarginL, MarginR, MarginV, Encoding"
)

# Lower case: attached fonts hold brackets too. Up to its first letter: nothing is read twice.
_SECTION = re.compile(r"\[[^\]a-z]*[a-z][^\]]*\]")
_EVENTS, _FONTS = "[events]", "[fonts]"
_TIME = re.compile(r"\s*(-?)(\d{1,5}):(\d{1,2}):(\d{1,2})[.:,](\d{1,9})\s*", re.ASCII)
_LANGUAGE = re.compile(r"\s*([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]+)*\s*")
_DEFAULT_SIZE = (384, 288)  # what libass and VSFilter assume
_MOVING_EFFECTS = ("banner", "scroll up", "scroll down")
_MOST_CHANGES = 200  # over time in one event: each stretch of its text holds those before it
_CHANGE = re.compile(r"\\(?:t|move)")
_BREAK = re.compile(r"\\[Nn]")
_BLOCK = re.compile(r"\{[^{}]*\}")
# What cannot be divided between two events: times inside, places, and shapes.
_WHOLE = re.compile(r"\\(?:t\(|k|K|fad|move|pos|org|i?clip|p\d)")


def _names(format_line: str) -> tuple[str, ...]:
    return tuple(part.strip().lower() for part in format_line.split(","))


_EVENT_FIELDS, _STYLE_FIELDS = _names(EVENT_FORMAT), _names(STYLE_FORMAT)


@dataclass(frozen=True, slots=True)
class _Event:
    """One line of `[Events]`."""

    is_comment: bool
    fields: dict[str, str]
    line_number: int
    start_ms: int
    end_ms: int
    text: str
    plain: str

    @property
    def speaker(self) -> str:
        return clean_speaker(self.fields.get("name", self.fields.get("actor", "")))


@dataclass(slots=True)
class _Script:
    """What is gathered while the file is read."""

    info: dict[str, str] = field(default_factory=dict)
    styles: dict[str, AssStyle] = field(default_factory=dict)
    events: list[_Event] = field(default_factory=list)
    fonts: list[str] = field(default_factory=list)


def recognizes(text: str) -> bool:
    """Whether there is a section that only this format has."""
    return re.search(r"^\[(?:Script Info|V4\+? Styles)\]", text, re.MULTILINE) is not None


def read(text: str, name: str, *, fps: Fraction | None = None) -> SubtitleTrack:
    """Read ASS or SSA.

    Raises:
        TranscriptError: An event that cannot be read, or none at all.
    """
    script = _script(text, name)
    width = int(number_of(script.info.get("playresx", "")))
    height = int(number_of(script.info.get("playresy", "")))
    if not width and not height:
        width, height = _DEFAULT_SIZE
    events = [_Read.of(event, script.styles) for event in script.events]
    dialogue = [one for one in events if not one.event.is_comment]
    captions, is_composed = _captions(events)
    shape = width or round(height * 4 / 3), height or round(width * 3 / 4)
    said, remarks = spoken([one.as_text(shape[1]) for one in events])
    language = _LANGUAGE.fullmatch(script.info.get("language", ""))
    return SubtitleTrack(
        name,
        "ass",
        captions,
        said,
        text=text,
        language=language_code(language[1]) if language else "",
        width_px=shape[0],
        height_px=shape[1],
        tick_ms=MS_PER_CENTISECOND,
        drawn=tuple(drawn for one in dialogue for drawn in one.drawn),
        fonts=tuple(script.fonts),
        is_composed=is_composed,
        remarks=remarks,
    )


def _rows(text: str) -> Iterator[tuple[int, str, str, str, tuple[str, ...]]]:
    """Each line's number and text, its section, the word before its colon, the fields in force."""
    section = ""
    fields = {_EVENTS: _EVENT_FIELDS}
    for n, line in enumerate(text.split("\n"), 1):
        kind = ""
        if _SECTION.match(line):
            section = line.strip().lower()
        else:
            head, colon, rest = line.partition(":")
            kind = head.strip().lower() if colon else ""
            if kind == "format":
                fields[section] = _names(rest)
        yield n, line, section, kind, fields.get(section, _STYLE_FIELDS)


def _script(text: str, name: str) -> _Script:
    script = _Script()
    for n, line, section, kind, fields in _rows(text):
        rest = line.partition(":")[2]
        if section == _FONTS:
            script.fonts += [line] if not _SECTION.match(line) else []
        elif section == _EVENTS and kind == "format":
            if not {"start", "end", "text"} <= set(fields) or fields[-1] != "text":
                what = "the Format of events needs Start and End, and Text at its end"
                raise broken(name, n, what)
        elif section == _EVENTS and kind in ("dialogue", "comment"):
            event = _event(kind == "comment", fields, rest, name, n)
            script.events += [event] if event else []
        elif section == "[script info]" and kind:
            script.info.setdefault(kind, rest.strip())
        elif section.startswith("[v4") and kind == "style":
            values = dict(zip(fields, (part.strip() for part in rest.split(",")), strict=False))
            style_name = values.get("name", "").lstrip("*").casefold()
            script.styles[style_name] = _style(values, is_old="+" not in section)
    if all(event.is_comment for event in script.events):
        message = f"{name}: no Dialogue line in its [Events]"
        raise TranscriptError(message)
    return script


def _style(values: Mapping[str, str], *, is_old: bool) -> AssStyle:
    def number(key: str, default: str = "0") -> float:
        return number_of(values.get(key, default))

    def is_set(key: str) -> bool:
        return values.get(key, "0") not in ("0", "")

    alignment = int(number("alignment", "2"))
    fill, fill_alpha = ass_colour(values.get("primarycolour", "&H00FFFFFF"))
    weight = int(number("bold"))
    return AssStyle(
        look=Lettering(
            fill=fill,
            fill_alpha=0.0 if is_old else fill_alpha,
            family=family_of(values.get("fontname", "")),
            size_px=number("fontsize", "18"),
            weight={0: 400, 1: 700, -1: 700}.get(weight, weight),
            italic=is_set("italic"),
            underline=is_set("underline") or is_set("strikeout"),
            spacing_px=number("spacing"),
            stretch=number("scalex", "100") / 100,
        ),
        alignment=old_alignment(alignment) if is_old else min(9, max(1, alignment)),
        margins_px=(number("marginl"), number("marginr"), number("marginv")),
        outline_px=number("outline"),
        border=int(number("borderstyle", "1")),
        line=ass_colour(values.get("outlinecolour", values.get("tertiarycolour", ""))),
        back=ass_colour(values.get("backcolour", "")),
    )


def _event(
    is_comment: bool,  # noqa: FBT001  (what the line begins with)
    fields: tuple[str, ...],
    rest: str,
    name: str,
    line_number: int,
) -> _Event | None:
    """An event; None for a comment that is none."""
    values = rest.split(",", len(fields) - 1)
    if len(values) < len(fields):
        if is_comment:
            return None
        what = f"{len(fields)} fields are needed, here are {len(values)}"
        raise broken(name, line_number, what)
    event = dict(zip(fields, values, strict=True))
    times = []
    for which in ("start", "end"):
        match = _TIME.fullmatch(event[which])
        if match is None:
            if is_comment:
                return None
            what = f"{shown(event[which])!r} is not a time like 0:00:01.50"
            raise broken(name, line_number, what)
        sign, *parts = match.groups()
        times.append(clock_ms(*parts) * (-1 if sign else 1))
    text = event["text"]
    if sum(1 for _ in _CHANGE.finditer(text)) > _MOST_CHANGES:
        if is_comment:
            return None
        what = f"more than {_MOST_CHANGES} changes over time (\\t, \\move) in one event; divide it"
        raise broken(name, line_number, what)
    return _Event(
        is_comment, event, line_number, times[0], min(times[1], LONGEST_MS), text, plain(text)
    )


@dataclass(frozen=True, slots=True)
class _Read:
    """An event with its text read."""

    event: _Event
    lines: Lines
    row: Row
    anchor: Anchor
    drawn: tuple[DrawnEvent, ...]

    @classmethod
    def of(cls, event: _Event, styles: Mapping[str, AssStyle]) -> _Read:
        base = styles.get(event.fields.get("style", "").strip().lstrip("*").casefold())
        base = base or styles.get("default") or AssStyle()
        length_ms = max(0, event.end_ms - event.start_ms)
        lines, segments, state = _runs(event.text, base, styles, length_ms)
        row: Row = "placed" if state.place_px else row_of(state.alignment)
        own = [number_of(event.fields.get(f"margin{side}", "0")) for side in "lrv"]
        margins = [mine or theirs for mine, theirs in zip(own, base.margins_px, strict=True)]
        x, y = state.place_px or (None, None)
        anchor = Anchor(state.alignment, (margins[0], margins[1], margins[2]), x, y)
        effect = event.fields.get("effect", "").strip().lower()
        drawn = tuple(
            _drawn(event, text, one, state, is_moving=effect.startswith(_MOVING_EFFECTS))
            for text, one in segments
        )
        return cls(event, lines, row, anchor, drawn)

    def as_text(self, height_px: int) -> EventText:
        """What tells whether it is said.

        Args:
            height_px: Of the picture that the file is written for.
        """
        event, at = self.event, self.anchor
        place = None if at.y_px is None else (at.alignment, at.y_px / max(1, height_px))
        return EventText(
            line_number=event.line_number,
            is_comment=event.is_comment,
            start_ms=event.start_ms,
            end_ms=event.end_ms,
            source=event.text,
            plain=event.plain,
            style=event.fields.get("style", "").strip(),
            speaker=event.speaker,
            effect=event.fields.get("effect", "").strip().lower(),
            place=place,
        )


def text_lines(text: str) -> Lines:
    """The lines of a text with tags, in runs, where there are no styles."""
    style = AssStyle()
    return _runs(text, style, {}, 0)[0]


def _runs(
    text: str, base: AssStyle, styles: Mapping[str, AssStyle], length_ms: int
) -> tuple[Lines, list[tuple[str, TagState]], TagState]:
    """Lines of runs, the stretches between tag blocks with the state that they are drawn in."""
    state = TagState(face=base, base=base, alignment=base.alignment)
    made: list[tuple[str, Lettering]] = []
    segments: list[tuple[list[str], TagState]] = []
    look, is_new = base.drawn(), True
    for piece in pieces(text):
        if is_block(piece):
            state = after(state, piece[1:-1], styles, length_ms=length_ms)
            look, is_new = state.face.drawn(), True
            continue
        if state.is_drawing:
            continue
        said = unescaped(piece)
        made.append((said, look))
        if said == "\n":
            continue
        if is_new or not segments:
            segments.append(([], state))
        is_new = False
        segments[-1][0].append(said)
    return lines_of(made), [("".join(said), one) for said, one in segments], state


def _drawn(
    event: _Event, text: str, state: TagState, last: TagState, *, is_moving: bool
) -> DrawnEvent:
    look = state.face.drawn()
    length_ms = event.end_ms - event.start_ms
    fill, opacity = light_of(look)
    points = state.lights or ((0, fill, opacity), (length_ms, fill, opacity))
    if last.fades:
        points = tuple((at, fill, opacity * share) for at, share in last.fades)
    moves = [(0, length_ms)] if is_moving else []
    moves += [*state.moves, *last.moves]
    place = last.place_px or row_of(last.alignment)
    return DrawnEvent(
        key=f"{place} {text.strip().casefold()}",
        start_ms=event.start_ms,
        end_ms=event.end_ms,
        runs=(Run(text, look),),
        lights=tuple((event.start_ms + at, fill, opacity) for at, fill, opacity in points),
        moves=tuple(dict.fromkeys((event.start_ms + a, event.start_ms + b) for a, b in moves)),
        line_number=event.line_number,
    )


def _captions(read: Sequence[_Read]) -> tuple[tuple[Caption, ...], bool]:
    """Events as captions; those that draw a commented line word by word count as that line."""
    whole = _composed(read)
    captions: list[Caption] = []
    copies: list[list[LayerCopy]] = []  # of each caption
    seen: dict[tuple[int, int, str], int] = {}
    for one in whole or [one for one in read if not one.event.is_comment]:
        event = one.event
        if not one.drawn and not is_visible(event.plain) and r"\p" in event.text:
            continue  # a drawing
        key = (event.start_ms, event.end_ms, event.plain)
        if event.plain and key in seen:  # a copy on another layer: its outline, or its glow
            copies[seen[key]].append(LayerCopy(event.line_number, event.text, one.lines))
            continue
        seen[key] = len(captions)
        copies.append([])
        captions.append(
            Caption(
                len(captions) + 1,
                event.start_ms,
                event.end_ms,
                one.lines,
                line_number=event.line_number,
                source=event.text,
                row=one.row,
                at=one.anchor,
                speaker=event.speaker,
            )
        )
    made = [
        replace(caption, copies=tuple(own)) if own else caption
        for caption, own in zip(captions, copies, strict=True)
    ]
    return tuple(made), bool(whole)


def _composed(read: Sequence[_Read]) -> list[_Read]:
    """Comments whose words are drawn by placed events, and the events that stand for themselves.

    That is how karaoke scripts and our effects flavour keep the line that an editor edits.
    """
    comments = [one for one in read if one.event.is_comment and any(one.lines)]
    dialogue = [one for one in read if not one.event.is_comment]
    if not comments or not any(one.row == "placed" for one in dialogue):
        return []
    order = sorted(comments, key=lambda one: one.event.start_ms)
    starts = [one.event.start_ms for one in order]
    used: dict[int, _Read] = {}
    own = []
    for one in dialogue:
        parent = _parent(one, order, starts) if one.row == "placed" else None
        if parent is None:
            own.append(one)
        else:
            used[parent.event.line_number] = parent
    if not used:
        return []
    return sorted([*used.values(), *own], key=lambda one: one.event.line_number)


def _parent(one: _Read, order: Sequence[_Read], starts: Sequence[int]) -> _Read | None:
    word = letters_key(one.event.plain)
    last = bisect_right(starts, one.event.start_ms + MS_PER_CENTISECOND)
    for candidate in reversed(order[max(0, last - 8) : last]):
        inside = one.event.end_ms <= candidate.event.end_ms + MS_PER_CENTISECOND
        if inside and word in letters_key(candidate.event.plain):
            return candidate
    return None


def shown_lines(source: str) -> list[str]:
    """The lines of a source text as viewers see them."""
    return plain(source).split("\n")


def source_lines(source: str) -> list[str]:
    """The lines of a source text, with their tags."""
    return _BREAK.split(source)


def divided(first: str, second: str) -> tuple[str, str] | None:
    """Two parts of a source text, each with the tags that it needs to stand by itself.

    None where tags hold times or a place, whose meaning would change, and where they are more than
    any text has.
    """
    blocks = [block for block in _BLOCK.findall(first) if "\\" in block]
    if _WHOLE.search(first) or _WHOLE.search(second) or len(blocks) > MOST_BLOCKS:
        return None
    return first, "".join(blocks).replace("}{", "") + second


def rewritten(track: SubtitleTrack, drafts: Sequence[NewCue]) -> str:
    """Every line as it was, but for events that changed; copies on other layers change along."""
    captions = {caption.index: caption for caption in track.captions}
    made: dict[int, list[NewCue]] = {}
    for caption in track.captions:
        made |= {n: [] for n in (caption.line_number, *(one.line_number for one in caption.copies))}
    for draft in drafts:
        caption = captions[draft.origin]
        made[caption.line_number].append(draft)
        for copy in caption.copies:
            source = copy.source if draft.keeps_text else draft.source
            made[copy.line_number].append(replace(draft, source=source))
    out: list[str] = []
    for n, line, section, kind, fields in _rows(track.text):
        if n not in made or section != _EVENTS or kind != "dialogue":
            out.append(line)
            continue
        for draft in made[n]:
            caption = captions[draft.origin]
            is_same = (draft.start_ms, draft.end_ms) == (caption.start_ms, caption.end_ms) and (
                draft.keeps_text or draft.source == caption.source
            )
            out.append(line if is_same else _with_draft(line, fields, draft))
    return "\n".join(out)


def _with_draft(line: str, fields: Sequence[str], draft: NewCue) -> str:
    kind, _, rest = line.partition(":")
    values = dict(zip(fields, rest.split(",", len(fields) - 1), strict=True))
    values["start"], values["end"] = format_ass(draft.start_ms), format_ass(draft.end_ms)
    values["text"] = draft.source
    values[fields[0]] = " " + values[fields[0]].strip()
    return f"{kind}:" + ",".join(values[name] for name in fields)


def event_line(
    kind: str,
    span: Span,
    text: str,
    *,
    style: str,
    speakers: Sequence[str] = (),
    layer: int = 0,
    side_px: int = 0,
    effect: str = "",
) -> str:
    """One line of the `[Events]` section.

    Args:
        kind: Dialogue or Comment.
        span: From and to.
        text: With its tags; safe.
        style: Name of a style row.
        speakers: Any texts; two where each says a line.
        layer: Higher ones lie over lower ones.
        side_px: Its margin on the left and on the right; 0 for that of its style.
        effect: What made the line, as editors show it.
    """
    start, end = format_ass(span.start_ms), format_ass(span.end_ms)
    name = named([one_line(speaker).replace(",", ";").strip() for speaker in speakers])
    return f"{kind}: {layer},{start},{end},{style},{name},{side_px},{side_px},0,{effect},{text}"


def style_line(*values: object) -> str:
    """One line of the `[V4+ Styles]` section; the values are those of `STYLE_FORMAT`."""
    return "Style: " + ",".join(map(str, values))


def written(
    info: Iterable[str], styles: Iterable[str], events: Iterable[str], fonts: Sequence[str]
) -> str:
    """A whole file from the lines of its sections; without fonts there is no `[Fonts]`."""
    lines = ["[Script Info]", *info, "", "[V4+ Styles]", f"Format: {STYLE_FORMAT}", *styles]
    lines += ["", "[Events]", f"Format: {EVENT_FORMAT}", *events]
    if fonts:
        lines += ["", "[Fonts]", *fonts]
    return "\n".join(lines) + "\n"


def colour(rgb: str) -> str:
    """`#rrggbb` as tags take it: blue, green, red."""
    return f"&H{rgb[5:7]}{rgb[3:5]}{rgb[1:3]}&".upper()


def number(value: float, digits: int = 2) -> str:
    """A number without needless zeros."""
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".")
    return "0" if text in ("", "-", "-0") else text
