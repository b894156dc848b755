"""WebVTT (.vtt): cues, voices, colours of STYLE blocks, joined segments of streams; written.

pysubs2 is not used here: it reads notes and cue ids as speech, and knows no voices.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from sentigram.core.language import language_code
from sentigram.core.text import clean_speaker, is_visible, letters, one_line
from sentigram.core.time import format_vtt
from sentigram.errors import TranscriptError
from sentigram.formats.markup import ARROW, closed, divided_markup, markup_pieces
from sentigram.formats.parsing import broken, clock_ms, shown
from sentigram.formats.track import (
    Caption,
    Lettering,
    Lines,
    NewCue,
    Row,
    SpokenCue,
    SubtitleTrack,
    in_turn,
    lines_of,
    times_begin_again,
)
from sentigram.formats.vtt_place import is_beside_middle
from sentigram.formats.vtt_styles import CueSheet
from sentigram.formats.written_times import is_attempt, times_line

SUFFIXES = (".vtt",)
SIGNED = True
LINE_BREAK = "\n"

_TIME = r"(?:(\d{1,5}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,9})"
_TIMES = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?", re.ASCII)
_BLOCK = re.compile(r"(?:NOTE|STYLE|REGION)(?:\s|$)")
_HEADER = re.compile(r"WEBVTT(?:\s|$)")
_LANGUAGE = re.compile(r"^Language:[ \t]*(\w[\w -]{0,40})", re.IGNORECASE | re.MULTILINE)
_MAP_CLOCK = re.compile(r"LOCAL:(?:(\d{1,5}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,9})", re.ASCII)
_MAP_TICKS = re.compile(r"MPEGTS:(\d{1,18})", re.ASCII)
_TICKS_PER_MS = 90  # of an MPEG transport stream; its clock has 33 bits
_CLOCK_MS = 2**33 // _TICKS_PER_MS
_CUT_MS = 50  # a frame: where a cue is cut in two, its halves meet
_LEAST_ROWS = 6
_MOST_DIGITS = 10
_TAG = re.compile(r"<(/?)(b|i|u|c|v|lang|ruby|rt)((?:\.[^\s<>.]+)*)(?:[ \t\n]([^<>]*))?>")
_STAMP = re.compile(r"<(?:(\d{1,9}):)?(\d\d):(\d\d)\.(\d{3})>", re.ASCII)
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?[ \t]([^<>]*)>")
# How it is read stands beside the word for the eye: nobody says both.
_READING = re.compile(r"<(rt|rp)(?:[.\s][^<>]*)?>.*?(?=</?(?:rt|rp|ruby)\b|$)", re.DOTALL)
_ANY_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|</?>")

_LINE_SETTING = re.compile(r"\bline:(-?\d{1,4})(%?)")
_TOP_ROWS = 5  # of the 16 lines that a picture has in WebVTT, those near its upper edge

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


@dataclass(frozen=True, slots=True)
class _Cue:
    """A cue with its tags; `line_number` is that of its times, `segment` counts headers."""

    start_ms: int
    end_ms: int
    line_number: int
    text: str = ""
    segment: int = 0


@dataclass(frozen=True, slots=True)
class _Cues:
    """What a file holds.

    Attributes:
        cues: In the order of the file.
        lost: Lines, from 1, that begin text without times.
        mended: Line and text of times that are not written as WebVTT has them.
        n_segments: Files that were joined into this one.
        n_joined: Cues of which another segment holds the same, or the first half.
    """

    cues: tuple[_Cue, ...]
    lost: tuple[int, ...] = ()
    mended: tuple[tuple[int, str], ...] = ()
    n_segments: int = 1
    n_joined: int = 0


def recognizes(text: str) -> bool:
    """Whether the text begins as every WebVTT file does."""
    return _HEADER.match(text) is not None


def read(text: str, name: str, *, fps: Fraction | None = None) -> SubtitleTrack:
    """Read WebVTT; colours come from its STYLE blocks.

    Raises:
        TranscriptError: A line of times that cannot be read, or no cue at all.
    """
    rows = text.split("\n")
    if _is_spaced(rows):
        rows = rows[::2]
        text = "\n".join(rows)
    sheet = CueSheet.of(text)
    found = _read_cues(rows, name)
    if not found.cues:
        message = f"{name}: no cue in it; expected 00:00:01.000 --> 00:00:02.500 and text below"
        raise TranscriptError(message)
    captions = []
    for index, cue in enumerate(found.cues, start=1):
        source = cue.text.strip("\n")
        captions.append(
            Caption(
                index,
                cue.start_ms,
                cue.end_ms,
                _runs(source, sheet),
                line_number=cue.line_number,
                source=source,
                row=_row(rows[cue.line_number - 1].partition(ARROW)[2]),
            )
        )
    named = _LANGUAGE.search(text.split("\n\n", 1)[0])
    return SubtitleTrack(
        name,
        "vtt",
        tuple(captions),
        tuple(part for cue in found.cues for part in _voices(cue)),
        text=text,
        language=language_code(named[1].strip()) if named else "",
        remarks=(*_remarks(found, rows), *sheet.remarks(), *times_begin_again(captions)),
    )


def _is_spaced(rows: Sequence[str]) -> bool:
    """Whether an empty line stands behind each line: what a wrong transfer makes of CR LF."""
    return len(rows) > _LEAST_ROWS and not any(row.strip() for row in rows[1::2])


def _remarks(found: _Cues, rows: Sequence[str]) -> Iterator[str]:
    """What to say of what was found."""
    if found.n_segments > 1:
        again = f"; {found.n_joined} cues at their boundaries were read once" * bool(found.n_joined)
        yield f"{found.n_segments} segments of a stream, joined{again}"
    if found.mended:
        at, line = found.mended[0]
        count = len(found.mended)
        lines = "1 line of times is" if count == 1 else f"{count} lines of times are"
        yield (
            f"line {at}: {shown(line.strip())!r} was read as times; {lines} not written as "
            "WebVTT has them"
        )
    if found.lost:
        at, count = found.lost[0], len(found.lost)
        texts = "1 text" if count == 1 else f"{count} texts"
        yield (
            f"line {at}: {shown(rows[at - 1].strip())!r} has no times, or is cut off from its cue "
            f"by an empty line; {texts} left out"
        )


def _read_cues(rows: Sequence[str], name: str) -> _Cues:
    """The cues of all segments, on the clock of the first one."""
    cues: list[_Cue] = []
    lost: list[int] = []
    mended: list[tuple[int, str]] = []
    n_segments = n_joined = 0
    first_ms: int | None = None
    offset_ms = 0
    earlier: dict[str, int] = {}  # text to its last cue
    for block in _blocks(rows):
        if _HEADER.match(block[0][1]):
            n_segments += 1
            mapped_ms = _mapped_ms(block)
            first_ms = mapped_ms if first_ms is None else first_ms
            if mapped_ms is not None and first_ms is not None:
                offset_ms = _on_clock(mapped_ms - first_ms)
        made = list(_cues_of(block, name, mended))
        if not made and cues and not _BLOCK.match(block[0][1]) and is_visible(block[0][1]):
            lost += [block[0][0]] * (not _HEADER.match(block[0][1]))
        for cue in made:
            moved = replace(
                cue,
                start_ms=cue.start_ms + offset_ms,
                end_ms=cue.end_ms + offset_ms,
                segment=n_segments,
            )
            at = earlier.get(moved.text.strip())
            if at is not None and _is_continued(cues[at], moved):
                n_joined += 1
                cues[at] = replace(cues[at], end_ms=max(cues[at].end_ms, moved.end_ms))
                continue
            earlier[moved.text.strip()] = len(cues)
            cues.append(moved)
    return _Cues(tuple(cues), tuple(lost), tuple(mended), max(1, n_segments), n_joined)


def _is_continued(before: _Cue, cue: _Cue) -> bool:
    """Whether a cue of a segment is that of an earlier one, or its second half."""
    return (
        before.segment != cue.segment
        and before.start_ms <= cue.start_ms <= before.end_ms + _CUT_MS
        and cue.end_ms >= before.end_ms
    )


def _mapped_ms(header: Sequence[tuple[int, str]]) -> int | None:
    """Where 0 of a segment's times lies on the stream's clock, None where it does not say."""
    for _, line in header:
        if line.startswith("X-TIMESTAMP-MAP"):
            clock, ticks = _MAP_CLOCK.search(line), _MAP_TICKS.search(line)
            if clock and ticks:
                return int(ticks[1]) // _TICKS_PER_MS % _CLOCK_MS - clock_ms(*clock.groups())
    return None


def _on_clock(difference_ms: int) -> int:
    """A difference on a clock that begins anew every 26.5 hours."""
    return (difference_ms + _CLOCK_MS // 2) % _CLOCK_MS - _CLOCK_MS // 2


def _blocks(rows: Sequence[str]) -> Iterator[list[tuple[int, str]]]:
    """Numbered lines without empty ones between; a header begins a block wherever it stands."""
    block: list[tuple[int, str]] = []
    for n, line in enumerate([*rows, ""], 1):
        # Rolling captions begin with a line that holds a space; only an empty one ends the cue.
        is_first_of_cue = bool(line and block and ARROW in block[-1][1])
        is_header = bool(block and line.startswith("WEBVTT") and _HEADER.match(line))
        if (line.strip() or is_first_of_cue) and not is_header:
            block.append((n, line))
            continue
        if block:
            yield block
        block = [(n, line)] if is_header else []


def _cues_of(
    block: Sequence[tuple[int, str]], name: str, mended: list[tuple[int, str]]
) -> Iterator[_Cue]:
    """The cues of one block; the standard lets a line of times end the text before it."""
    if _BLOCK.match(block[0][1]):
        return
    current: _Cue | None = None
    body: list[str] = []
    own, above = "", ""  # the id of the cue, and the line above the one that is looked at
    for n, line in block:
        times = _times(line)
        if times is None and (match := times_line(line)):
            times = match.start_ms, match.end_ms
            mended.append((n, line))
        if times:
            if current:
                if body and _is_next(own, body[-1]):
                    body.pop()
                yield replace(current, text="\n".join(body))
            current, body, own = _Cue(*times, n), [], above
        elif current is None and (ARROW in line or is_attempt(line)):
            raise broken(name, n, f"{shown(line.strip())!r} is not 00:00:01.000 --> 00:00:02.500")
        elif current is not None:
            body.append(line)
        above = line.strip()
    if current:
        yield replace(current, text="\n".join(body))


def _times(line: str) -> tuple[int, int] | None:
    match = _TIMES.fullmatch(line) if ARROW in line else None
    if match is None:
        return None
    parts = match.groups()
    return clock_ms(*parts[:4]), clock_ms(*parts[4:])


def _is_next(own: str, line: str) -> bool:
    """Whether a line without an empty one above it is the number of the next cue."""
    after = line.strip()
    return (
        own.isdecimal()
        and after.isdecimal()
        and len(own) < _MOST_DIGITS
        and len(after) < _MOST_DIGITS
        and int(after) == int(own) + 1
    )


def _row(settings: str) -> Row:
    """Bottom where the cue does not say: where players put it."""
    match = _LINE_SETTING.search(settings)
    if is_beside_middle(settings):
        return "placed"
    if match is None:
        return "bottom"
    number = int(match[1])
    if match[2]:
        return "top" if number < 33 else "middle" if number < 67 else "bottom"
    return "top" if 0 <= number < _TOP_ROWS else "middle" if 0 <= number < 11 else "bottom"


def _voices(cue: _Cue) -> Iterator[SpokenCue]:
    """One cue per voice, from when its first word is said, or by its share of the letters."""
    parted = _VOICE.split(cue.text)  # text, name, text, name, text, …
    named = [("", parted[0]), *zip(parted[1::2], parted[2::2], strict=True)]
    parts = [
        (clean_speaker(html.unescape(who)), _plain(text), _begins_ms(text)) for who, text in named
    ]
    return in_turn(cue.start_ms, cue.end_ms, parts, cue.line_number)


def _begins_ms(text: str) -> int | None:
    """When the first word of a text is said, None where no time stands before it."""
    stamp = _STAMP.search(text)
    if stamp is None or letters(_plain(text[: stamp.start()])):
        return None
    return clock_ms(*stamp.groups())


def _plain(text: str) -> str:
    """What is said: readings and tags, known or not, are dropped, character references read."""
    return html.unescape(_ANY_TAG.sub("", _STAMP.sub("", _READING.sub("", text))))


def _runs(source: str, sheet: CueSheet) -> Lines:
    """Lines of runs of a cue, under the rules of its STYLE blocks."""
    look = sheet.usual
    made: list[tuple[str, Lettering]] = []
    open_tags: list[tuple[str, Lettering]] = []
    for piece in markup_pieces(source):
        if tag := _TAG.fullmatch(piece):
            name = tag[2]
            if not tag[1]:
                open_tags.append((name, look))
                look = sheet.tagged(look, name, tag[3], (tag[4] or "").strip())
            else:
                look = closed(open_tags, name, look)
        elif not _STAMP.fullmatch(piece):
            made.append((html.unescape(piece), look))
    return lines_of(made)


def pieces(source: str) -> Iterator[str]:
    """Tags, what may be taken for tags, and the text between."""
    return markup_pieces(source)


def is_tag(piece: str) -> bool:
    """Whether players obey a piece."""
    return bool(_TAG.fullmatch(piece) or _STAMP.fullmatch(piece))


def voices(source: str) -> list[str]:
    """Who speaks in a source text, by its voice tags, as they are written there."""
    return [match[1] for match in _VOICE.finditer(source)]


def shown_lines(source: str) -> list[str]:
    """The lines of a source text as viewers see them."""
    kept = (html.unescape(piece) for piece in pieces(source) if not is_tag(piece))
    return "".join(kept).split("\n")


def source_lines(source: str) -> list[str]:
    """The lines of a source text, with their tags."""
    return source.split("\n")


def divided(first: str, second: str) -> tuple[str, str] | None:
    """Two parts of a source text, each with the tags that it needs to stand by itself.

    None where these are more than any text has.
    """
    return divided_markup(_TAG, first, second)


def escape(text: str) -> str:
    """Text of one line without anything that WebVTT gives a meaning to."""
    return one_line(text).translate(_ESCAPES)


def cue_block(start_ms: int, end_ms: int, text: str, settings: str = "") -> str:
    """A cue without id; its settings begin with a space."""
    return f"{format_vtt(start_ms)} {ARROW} {format_vtt(end_ms)}{settings}\n{text}"


def written(head: Iterable[str], cues: Iterable[str]) -> str:
    """A whole file from blocks without blank lines."""
    return "\n\n".join(["WEBVTT", *head, *cues]) + "\n"


def rewritten(track: SubtitleTrack, drafts: Sequence[NewCue]) -> str:
    """The file with other cues in it; its header, ids, settings and notes stay."""
    return "\n".join(_rewritten(track, drafts)) + "\n"


def _rewritten(track: SubtitleTrack, drafts: Sequence[NewCue]) -> Iterator[str]:
    """The header, and each cue with its id, its settings, and the notes before it."""
    rows = track.text.split("\n")
    kept: dict[int, tuple[list[str], str, str]] = {}
    free = 0
    is_joined = sum(_HEADER.match(row) is not None for row in rows) > 1
    for caption in track.captions:
        at = caption.line_number - 1
        has_id = at > free and bool(rows[at - 1].strip())
        before = rows[free : at - 1 if has_id else at]
        if is_joined:
            before = _own_blocks(before, has_header=not free)
        settings = "".join(f" {part}" for part in rows[at].partition(ARROW)[2].split()[1:])
        kept[caption.index] = before, rows[at - 1] if has_id else "", settings
        free = at + 1 + _n_rows(caption, rows, at)
    first = track.captions[0].index
    yield from _trimmed(kept[first][0])
    told = {first}
    for draft in drafts:
        before, name, settings = kept[draft.origin]
        yield ""
        if draft.origin not in told and any(row.strip() for row in before):
            yield from _trimmed(before)
            yield ""
        if name and (draft.origin not in told or draft.origin == first):
            yield name
            kept[draft.origin] = before, "", settings
        told.add(draft.origin)
        yield cue_block(draft.start_ms, draft.end_ms, _stamped(draft), settings)
    rest = _trimmed(_own_blocks(rows[free:], has_header=False) if is_joined else rows[free:])
    if rest:
        yield from ("", *rest)


def _own_blocks(rows: Sequence[str], *, has_header: bool) -> list[str]:
    """What stands before a cue without other segments' headers and cues that stand there too."""
    kept: list[str] = []
    for at, block in enumerate(_blocks(rows)):
        if _BLOCK.match(block[0][1]) or (has_header and at == 0):
            kept += ["", *(line for _, line in block)]
    return kept


def _n_rows(caption: Caption, rows: Sequence[str], at: int) -> int:
    """How many rows of text a cue has."""
    count = 0
    while at + 1 + count < len(rows) and (
        rows[at + 1 + count].strip() or (count == 0 and caption.source)
    ):
        if ARROW in rows[at + 1 + count] and count >= caption.source.count("\n") + 1:
            break
        count += 1
    return count


def _trimmed(rows: Sequence[str]) -> list[str]:
    """Rows without the empty ones at their ends."""
    text = "\n".join(rows).strip("\n")
    return text.split("\n") if text else []


def _stamped(draft: NewCue) -> str:
    """A cue's text without the times of words that lie outside of it."""

    def kept(match: re.Match[str]) -> str:
        return match[0] if draft.start_ms < clock_ms(*match.groups()) < draft.end_ms else ""

    return _STAMP.sub(kept, draft.source)
