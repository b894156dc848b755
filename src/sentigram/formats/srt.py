"""SubRip (.srt): read forgivingly where players are, and written.

pysubs2 is not used here: it takes a last line that is a number (`42`) for the next cue's counter,
gives no line numbers, and turns tags into those of ASS; the tests compare with it elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from sentigram.core.text import one_line
from sentigram.core.time import format_srt
from sentigram.errors import TranscriptError
from sentigram.formats.ass_tags import WORD_JOINER, old_alignment
from sentigram.formats.colours import css_colour
from sentigram.formats.marks import SRT_MARK
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
)

SUFFIXES = (".srt",)
SIGNED = False
LINE_BREAK = "\n"

# Space where people put it, but not without end: what is hostile must not make this slow.
_TIME = r"(-?)(?:(\d{1,5}) ?: ?)?(\d{1,2}) ?: ?(\d{1,2}) ?[,.:] ?(\d{1,9})"
_TIMES = re.compile(rf"{_TIME}\s*-->\s*{_TIME}(?:\s.*)?", re.ASCII)
_ATTEMPT = re.compile(r"-?\d[\d\s:.,]*-->.*")
_COUNTER = re.compile(r"\s*\d+\s*", re.ASCII)
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


def recognizes(text: str) -> bool:
    """Whether any line is a line of times."""
    return any(ARROW in line and _TIMES.fullmatch(line.strip()) for line in text.split("\n"))


def read(text: str, name: str, *, fps: Fraction | None = None) -> SubtitleTrack:
    """Read SubRip.

    Raises:
        TranscriptError: A line of times that cannot be read, or no cue at all.
    """
    captions: list[Caption] = []
    for start_ms, end_ms, source, line_number in _cues(text, name):
        lines, alignment = _runs(source)
        captions.append(
            Caption(
                len(captions) + 1,
                start_ms,
                end_ms,
                lines,
                line_number=line_number,
                source=source,
                row=row_of(alignment),
                at=Anchor(alignment),
            )
        )
    return SubtitleTrack(name, "srt", tuple(captions), spoken_in(captions), text=text)


def _cues(text: str, name: str) -> Iterator[tuple[int, int, str, int]]:
    """Start, end, text with tags, and the line of the times."""
    lines = text.split("\n")
    starts = []
    for n, line in enumerate(lines):
        if ARROW not in line:
            continue
        if match := _TIMES.fullmatch(line.strip()):
            starts.append((n, *_times(match)))
        elif _ATTEMPT.fullmatch(line.strip()) and _is_counter(lines, n - 1):
            raise broken(
                name,
                n + 1,
                f"broken SRT: {shown(line.strip())!r} is not 00:00:01,000 --> 00:00:02,500",
            )
    if not starts:
        message = f"{name}: broken SRT: no line like 00:00:01,000 --> 00:00:02,500"
        raise TranscriptError(message)
    for i, (n, start_ms, end_ms) in enumerate(starts):
        last = starts[i + 1][0] if i + 1 < len(starts) else len(lines)
        body = lines[n + 1 : last]
        if i + 1 < len(starts) and body and _ends_with_counter(body, lines, n):
            body = body[:-1]
        yield start_ms, end_ms, "\n".join(body).strip("\n"), n + 1


def _times(match: re.Match[str]) -> tuple[int, int]:
    parts = match.groups()
    start_ms, end_ms = (clock_ms(*parts[k + 1 : k + 5]) * (-1 if parts[k] else 1) for k in (0, 5))
    return start_ms, end_ms


def _is_counter(lines: list[str], n: int) -> bool:
    return n < 0 or bool(_COUNTER.fullmatch(lines[n])) or not lines[n].strip()


def _ends_with_counter(body: list[str], lines: list[str], n: int) -> bool:
    """Whether the last line of a cue is the counter of the next one, not a number that is said."""
    if not _COUNTER.fullmatch(body[-1]):
        return False
    if len(body) == 1 or not body[-2].strip():
        return True
    own = lines[n - 1] if n else ""  # without the blank line: only if it counts on
    return (
        bool(_COUNTER.fullmatch(own))
        and body[-1].strip().isdecimal()
        and (body[-1].strip().lstrip("0") == _counted_on(own))
    )


def _counted_on(counter: str) -> str:
    digits = counter.strip()
    return str(int(digits) + 1) if len(digits) <= 9 else ""


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
    """Two parts of a source text, each with the tags that it needs to stand by itself."""
    one, two = divided_markup(_TAG, first, second)
    return one, "".join(_OVERRIDE.findall(first)) + two


def escape(text: str) -> str:
    """Text of one line without anything that players give a meaning to."""
    return one_line(text).replace(ARROW, "→").translate(_LOOK_ALIKES)


def written(cues: Iterable[tuple[int, int, str]], *, is_own: bool) -> str:
    """A whole file.

    Args:
        cues: Start, end and text of each, safe.
        is_own: Mark it as ours.
    """
    blocks = []
    for number, (start_ms, end_ms, text) in enumerate(cues, start=1):
        mark = SRT_MARK if is_own and number == 1 else ""
        times = f"{format_srt(start_ms)} {ARROW} {format_srt(end_ms)}{mark}"
        blocks.append(f"{number}\n{times}\n{text}\n")
    return "\n".join(blocks)


def rewritten(track: SubtitleTrack, drafts: Sequence[NewCue]) -> str:
    """The file with other cues in it."""
    first = track.captions[0].line_number
    return written(
        ((draft.start_ms, draft.end_ms, draft.source) for draft in drafts),
        is_own=track.text.split("\n")[first - 1].endswith(SRT_MARK),
    )
