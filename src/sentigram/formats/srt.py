"""SubRip (.srt): read forgivingly where players are, and written.

pysubs2 is not used here: it takes a last line that is a number (`42`) for the next cue's counter,
gives no line numbers, and turns tags into those of ASS; the tests compare with it elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import zip_longest

from sentigram.core.text import is_visible, one_line
from sentigram.core.time import format_srt
from sentigram.errors import TranscriptError
from sentigram.formats.ass_tags import MOST_BLOCKS, WORD_JOINER, old_alignment
from sentigram.formats.colours import css_colour
from sentigram.formats.marks import SRT_MARK, is_own_srt, srt_mark_of
from sentigram.formats.markup import ARROW, BOLD, closed, divided_markup, markup_pieces
from sentigram.formats.parsing import broken, clock_ms, shown
from sentigram.formats.track import (
    Anchor,
    Caption,
    Lettering,
    Lines,
    NewCue,
    SubtitleTrack,
    lines_of,
    row_of,
    spoken_in,
    times_begin_again,
)
from sentigram.formats.written_times import as_ascii, is_attempt, times_line

SUFFIXES = (".srt",)
SIGNED = False
LINE_BREAK = "\n"

# As programs write them; what people make of that is read by `written_times`, and said.
# Space where people put it, but not without end: what is hostile must not make this slow.
_TIME = r"(-?)(?:(\d{1,5}) ?: ?)?(\d{1,2}) ?: ?(\d{1,2}) ?[,.:] ?(\d{1,9})"
_TIMES = re.compile(rf"{_TIME}\s*-->\s*{_TIME}((?:\s.*)?)", re.ASCII)
_COUNTER = re.compile(r"\s*#?(\d+)[.:)]?\s*")
# What players take for the place of a cue, behind its times.
_SETTING = re.compile(r"[A-Za-z]\w{0,20}:|\{\\")
# The tags that players know; anything else in angle brackets is text.
_TAG = re.compile(r"<(/?)(b|i|u|s|em|strong|font)(\s[^<>]*)?>", re.IGNORECASE)
# Players also obey the tags of ASS here: {\an8} is common.
_OVERRIDE = re.compile(r"\{\\[a-zA-Z0-9][^{}\n]*\}")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_FONT_COLOUR = re.compile(r"""color\s*=\s*["']?([^"'<>\s]{1,40})""", re.IGNORECASE)
_ALIGNED = re.compile(r"\\an?(\d{1,2})")
# SubRip has no escapes, and players read `<i>`, `{\an8}`, `\N` and `-->` each in its own way:
# look-alikes mean nothing to any of them.
_LOOK_ALIKES = str.maketrans(
    {"{": "\uff5b", "}": "\uff5d", "<": "\uff1c", ">": "\uff1e", "\\": "\\" + WORD_JOINER}
)


@dataclass(frozen=True, slots=True)
class _Start:
    """Where a cue begins.

    Attributes:
        row: Of its times, from 0.
        said: Words that stand behind the times.
        is_mended: The times are not written as SubRip has them.
    """

    row: int
    start_ms: int
    end_ms: int
    said: str = ""
    is_mended: bool = False


def recognizes(text: str) -> bool:
    """Whether any line is a line of times, with an arrow: what has none may be other text."""
    return any(
        _start(row, line) is not None and ">" in as_ascii(line)
        for row, line in enumerate(text.split("\n"))
    )


def read(text: str, name: str, *, fps: Fraction | None = None) -> SubtitleTrack:
    """Read SubRip.

    Raises:
        TranscriptError: A line of times that cannot be read, or no cue at all.
    """
    rows = text.removesuffix(srt_mark_of(text)).split("\n")
    starts = _starts(rows, name)
    captions: list[Caption] = []
    for start, source in _cues(rows, starts):
        lines, alignment = _runs(source)
        captions.append(
            Caption(
                len(captions) + 1,
                start.start_ms,
                start.end_ms,
                lines,
                line_number=start.row + 1,
                source=source,
                row=row_of(alignment),
                at=Anchor(alignment),
            )
        )
    remarks = (
        *_preamble(rows, starts[0].row),
        *_mended(rows, starts),
        *times_begin_again(captions),
    )
    return SubtitleTrack(
        name, "srt", tuple(captions), spoken_in(captions), text=text, remarks=remarks
    )


def _starts(rows: Sequence[str], name: str) -> list[_Start]:
    starts = []
    for row, line in enumerate(rows):
        if start := _start(row, line):
            starts.append(start)
        elif _may_be_times(rows, row) and is_attempt(line):
            message = f"broken SRT: {shown(line.strip())!r} is not 00:00:01,000 --> 00:00:02,500"
            raise broken(name, row + 1, message)
    if not starts:
        message = f"{name}: broken SRT: no line like 00:00:01,000 --> 00:00:02,500"
        raise TranscriptError(message)
    return starts


def _start(row: int, line: str) -> _Start | None:
    """The beginning of a cue, None where a line has no times."""
    match = _TIMES.fullmatch(line.strip()) if ARROW in line else None
    if match:
        parts = match.groups()
        start_ms, end_ms = (
            clock_ms(*parts[k + 1 : k + 5]) * (-1 if parts[k] else 1) for k in (0, 5)
        )
        rest = parts[-1]
    elif found := times_line(line):
        start_ms, end_ms, rest = found.start_ms, found.end_ms, found.rest
    else:
        return None
    said = "" if all(map(_SETTING.match, rest.split())) else rest.strip()
    return _Start(row, start_ms, end_ms, said, is_mended=match is None or bool(said))


def _may_be_times(rows: Sequence[str], row: int) -> bool:
    """Whether a line stands where times do: below a counter or an empty line, or first."""
    return row == 0 or not rows[row - 1].strip() or bool(_COUNTER.fullmatch(rows[row - 1]))


def _cues(rows: Sequence[str], starts: Sequence[_Start]) -> Iterator[tuple[_Start, str]]:
    """Each cue's beginning and its text with tags."""
    is_spaced = _is_spaced(rows, starts)
    own = _counter_above(rows, starts[0].row)
    for start, following in zip_longest(starts, starts[1:]):
        body = list(rows[start.row + 1 : following.row if following else len(rows)])
        own, counter = "", own
        if following:
            body, own = _without_counter(body, counter, is_spaced=is_spaced)
        if is_spaced:
            body = body[1::2] if len(body) > 1 else body
        if start.said:
            body.insert(0, start.said)
        yield start, "\n".join(body).strip("\n")


def _is_spaced(rows: Sequence[str], starts: Sequence[_Start]) -> bool:
    """Whether an empty line stands behind each line: what a wrong transfer makes of CR LF."""
    last = starts[-1].row + 1
    return (
        last > 2
        and all(not rows[start.row + 1].strip() for start in starts if start.row + 1 < len(rows))
        and all(not row.strip() for row in rows[starts[0].row + 1 : last : 2])
    )


def _counter_above(rows: Sequence[str], row: int) -> str:
    """The number above the first times, "" for none."""
    match = next((_COUNTER.fullmatch(line) for line in reversed(rows[:row]) if line.strip()), None)
    return match[1] if match else ""


def _without_counter(body: list[str], own: str, *, is_spaced: bool) -> tuple[list[str], str]:
    """A cue's lines without the counter of the next one, and that counter.

    Args:
        body: All that stands before the next times.
        own: The cue's own counter, "" for none.
        is_spaced: Whether an empty line stands behind each line of the file.
    """
    kept = _trimmed(body)
    match = _COUNTER.fullmatch(kept[-1]) if kept else None
    if match is None:
        return body, ""
    counter, has_gap = match[1], len(kept) < len(body)
    kept = kept[:-1]
    counts_on = _counts_on(own, counter)
    is_apart = not kept or not kept[-1].strip()
    is_twice = len(kept) > 1 and kept[-1].strip() == counter and not kept[-2].strip()
    # Without an empty line above it, or with one below, a number that does not count on is said.
    if not (counts_on or is_twice or (is_apart and (is_spaced or not has_gap))):
        return body, ""
    return kept[:-1] if is_twice else kept, counter


def _trimmed(body: list[str]) -> list[str]:
    end = len(body)
    while end and not body[end - 1].strip():
        end -= 1
    return body[:end]


def _counts_on(own: str, counter: str) -> bool:
    return 0 < len(own) <= 9 and len(counter) <= 10 and int(counter) == int(own) + 1


def _mended(rows: Sequence[str], starts: Sequence[_Start]) -> Iterator[str]:
    """What to say of times that were not written as SubRip has them."""
    mended = [start for start in starts if start.is_mended]
    if not mended:
        return
    first = mended[0]
    as_read = f"{_told(first.start_ms)} {ARROW} {_told(first.end_ms)}"
    count = "1 line of times is" if len(mended) == 1 else f"{len(mended)} lines of times are"
    yield (
        f"line {first.row + 1}: {shown(rows[first.row].strip())!r} was read as {as_read}; "
        f"{count} not written as SRT has them"
    )


def _told(time_ms: int) -> str:
    return "-" * (time_ms < 0) + format_srt(abs(time_ms))


def _preamble(rows: Sequence[str], first: int) -> Iterator[str]:
    """What to say of words that stand before the first times."""
    for row, line in enumerate(rows[:first]):
        if is_visible(line) and not _COUNTER.fullmatch(line):
            yield f"line {row + 1}: {shown(line.strip())!r} stands before the first times; left out"
            return


def _runs(source: str) -> tuple[Lines, int]:
    r"""Lines of runs, and the alignment on a number pad that `{\an8}` asks for (else 2)."""
    alignment = 2
    made: list[tuple[str, Lettering]] = []
    open_tags: list[tuple[str, Lettering]] = []
    look = Lettering()
    for piece in pieces(source):
        if tag := _TAG.fullmatch(piece):
            name = tag[2].lower()
            if not tag[1]:
                open_tags.append((name, look))
                look = _tagged(look, name, tag[3] or "")
            else:
                look = closed(open_tags, name, look)
        elif _OVERRIDE.fullmatch(piece):
            for number in _ALIGNED.findall(piece):
                value = int(number)
                alignment = value if rf"\an{number}" in piece else old_alignment(value)
            look = _overridden(look, piece)
        else:
            made.append((piece, look))
    return lines_of(made), alignment if 1 <= alignment <= 9 else 2


def _tagged(look: Lettering, name: str, attributes: str) -> Lettering:
    if name in ("b", "strong"):
        return replace(look, weight=BOLD)
    if name in ("i", "em"):
        return replace(look, italic=True)
    if name in ("u", "s"):
        return replace(look, underline=True)
    match = _FONT_COLOUR.search(attributes)
    colour = css_colour(match[1]) if match else None
    return look if colour is None else replace(look, fill=colour[0])


def _overridden(look: Lettering, block: str) -> Lettering:
    if r"\i1" in block or r"\i0" in block:
        look = replace(look, italic=r"\i1" in block)
    if r"\b1" in block or r"\b0" in block:
        look = replace(look, weight=BOLD if r"\b1" in block else 400)
    return look


def pieces(source: str) -> Iterator[str]:
    """Tags, what may be taken for tags, and the text between."""
    return markup_pieces(_BREAK.sub("\n", source))


def is_tag(piece: str) -> bool:
    """Whether players obey a piece."""
    return bool(_TAG.fullmatch(piece) or is_override(piece))


def is_override(piece: str) -> bool:
    r"""Whether a piece is a tag of ASS, such as `{\an8}`."""
    return bool(_OVERRIDE.fullmatch(piece))


def shown_lines(source: str) -> list[str]:
    """The lines of a source text as viewers see them."""
    return "".join(piece for piece in pieces(source) if not is_tag(piece)).split("\n")


def source_lines(source: str) -> list[str]:
    """The lines of a source text, with their tags."""
    return _BREAK.sub("\n", source).split("\n")


def divided(first: str, second: str) -> tuple[str, str] | None:
    """Two parts of a source text, each with the tags that it needs to stand by itself.

    None where these are more than any text has.
    """
    parts = divided_markup(_TAG, first, second)
    overrides = _OVERRIDE.findall(first)
    if parts is None or len(overrides) > MOST_BLOCKS:
        return None
    return parts[0], "".join(overrides) + parts[1]


def escape(text: str) -> str:
    """Text of one line without anything that players give a meaning to."""
    return one_line(text).replace(ARROW, "→").translate(_LOOK_ALIKES)


def written(cues: Iterable[tuple[int, int, str]], *, mark: str) -> str:
    """A whole file.

    Args:
        cues: Start, end and text of each, safe.
        mark: Empty lines at its end that say that it is ours, "" for none.
    """
    blocks = []
    for number, (start_ms, end_ms, text) in enumerate(cues, start=1):
        times = f"{format_srt(start_ms)} {ARROW} {format_srt(end_ms)}"
        blocks.append(f"{number}\n{times}\n{text}\n")
    return "\n".join(blocks) + mark


def rewritten(track: SubtitleTrack, drafts: Sequence[NewCue]) -> str:
    """The file with other cues in it."""
    cues = ((draft.start_ms, draft.end_ms, draft.source) for draft in drafts)
    is_older = is_own_srt(track.text) and not srt_mark_of(track.text)
    return written(cues, mark=SRT_MARK if is_older else srt_mark_of(track.text))
