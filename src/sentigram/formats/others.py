"""MicroDVD, MPL2, SAMI and TMP, as pysubs2 reads them; it writes the first two for us.

It has no writer of SAMI, and TMP cannot say when a caption ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from sentigram.core.text import is_visible
from sentigram.core.time import MS_PER_SECOND
from sentigram.errors import TranscriptError
from sentigram.formats.ass import text_lines
from sentigram.formats.ass_tags import plain
from sentigram.formats.parsing import LONGEST_MS, shown
from sentigram.formats.track import Caption, SubtitleTrack, spoken_in

if TYPE_CHECKING:
    from pysubs2 import SSAFile

SUFFIXES = (".sub", ".smi", ".sami", ".mpl", ".mpl2", ".tmp")
SIGNED = False

_LARGEST_CHARS = 5_000_000  # a day of speech is 3 MB; pysubs2 takes seconds for more

# Of a caption of MicroDVD, whose tags pysubs2 looks for from each "{" to the end of the line.
_LONGEST_LINE_CHARS = 2_000

# What would break lines, or slant them, or mean something to pysubs2, as look-alikes.
_MARKS = str.maketrans({"|": "｜", "{": "｛", "}": "｝", "\\": "＼"})
_LEADING = re.compile(r"^/")

# How MicroDVD says its frame rate, where it does: in place of a first caption.
_RATE = re.compile(r"\s*\{[01]\}\{[01]\}(\d{1,3}(?:[.,]\d{1,6})?)[ \t]*(?=\n|$)")


@dataclass(frozen=True, slots=True)
class _Format:
    """A format of pysubs2.

    Attributes:
        kind: What pysubs2 calls it.
        title: What people call it.
        caption: Where a caption begins.
        tick_ms: The smallest step of its times, 1 where it is a frame.
    """

    kind: str
    title: str
    caption: re.Pattern[str]
    tick_ms: int


_FORMATS = (
    _Format("microdvd", "MicroDVD", re.compile(r"^ *\{ *\d+ *\} *\{ *\d+ *\}.", re.MULTILINE), 1),
    _Format("mpl2", "MPL2", re.compile(r"^\[-?\d+\]\[-?\d+\]", re.MULTILINE), 100),
    _Format("sami", "SAMI", re.compile(r"<sync\b", re.IGNORECASE), 1),
    _Format("tmp", "TMP", re.compile(r"^\d{1,2}:\d\d:\d\d:.", re.MULTILINE), 1000),
)


def recognizes(text: str) -> bool:
    """Whether the text begins as SAMI does, or each of its lines as a caption of one format."""
    lines = [line for line in text.split("\n") if line.strip()]
    return text.lstrip()[:5].casefold() == "<sami" or any(
        bool(lines) and all(one.caption.match(line) for line in lines) for one in _FORMATS
    )


def read(text: str, name: str, *, fps: Fraction | None = None) -> SubtitleTrack:
    """Read MicroDVD, MPL2, SAMI or TMP: the one that most of its captions are of.

    Captions of SAMI last until the next one; TMP does not say how long, so they last as long as
    their letters take to read.

    Raises:
        TranscriptError: None of them, too long, broken, or in frames of an unknown length.
    """
    if len(text) > _LARGEST_CHARS:
        message = f"{name}: longer than {_LARGEST_CHARS:,} characters; refused"
        raise TranscriptError(message)
    places = {one: [m.start() for m in one.caption.finditer(text)] for one in _FORMATS}
    chosen = max(_FORMATS, key=lambda one: len(places[one]))
    if not places[chosen]:
        message = (
            f"{name}: no caption in it, such as {{25}}{{75}}Hello (MicroDVD), [10][30]Hello "
            "(MPL2), <SYNC Start=1000>Hello (SAMI) or 0:00:01:Hello (TMP)"
        )
        raise TranscriptError(message)
    told = rate = None
    if chosen.kind == "microdvd":
        _refuse_long_lines(text, name)
        told = _RATE.match(text)
        rate = _rate(told, name, fps)
    file = _parsed(text[told.end() :] if told else text, chosen, name, rate)
    if chosen.kind == "sami":
        for one, following in pairwise(file.events):
            one.end = following.start
    numbers = [0] * len(file.events)
    if len(places[chosen]) >= len(numbers):  # MicroDVD may tell its frame rate first
        numbers = _line_numbers(text, places[chosen])[-len(numbers) :] if numbers else []
    captions: list[Caption] = []
    for event, line_number in zip(file.events, numbers, strict=True):
        if chosen.kind == "sami" and not is_visible(plain(event.text)):
            continue  # it ends the one before it
        start_ms, end_ms = (
            max(-LONGEST_MS, min(LONGEST_MS, at)) for at in (event.start, event.end)
        )
        index, lines = len(captions) + 1, text_lines(event.text)
        captions.append(Caption(index, start_ms, end_ms, lines, line_number=line_number))
    if not captions:
        message = f"{name}: no caption in it"
        raise TranscriptError(message)
    return SubtitleTrack(
        name,
        chosen.kind,
        tuple(captions),
        spoken_in(captions),
        text=text,
        tick_ms=max(1, round(MS_PER_SECOND / rate)) if rate else chosen.tick_ms,
    )


def written(
    kind: Literal["microdvd", "mpl2"],
    cues: Iterable[tuple[int, int, str]],
    *,
    fps: Fraction | None = None,
) -> str:
    """A whole file of plain words.

    Args:
        kind: Of the two that can be written.
        cues: Start, end and text of each, as SubRip has them; lines may break.
        fps: Frames a second, for MicroDVD, whose first line says it.
    """
    from pysubs2 import SSAEvent, SSAFile

    file = SSAFile()
    for start_ms, end_ms, text in cues:
        lines = (_LEADING.sub("／", line).translate(_MARKS) for line in text.split("\n"))
        file.append(SSAEvent(start_ms, end_ms, r"\N".join(lines)))
    if kind == "mpl2":
        return file.to_string(kind)
    rate = float(fps or 0)
    text = file.to_string(kind, fps=rate, write_fps_declaration=False)
    return f"{{1}}{{1}}{rate:.3f}\n{text}"  # frame 1, where pysubs2 itself looks for it


def _refuse_long_lines(text: str, name: str) -> None:
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > _LONGEST_LINE_CHARS:
            message = (
                f"{name}: line {number}: longer than {_LONGEST_LINE_CHARS:,} characters; no caption"
            )
            raise TranscriptError(message)


def _rate(told: re.Match[str] | None, name: str, fps: Fraction | None) -> float:
    """Frames a second; what MicroDVD says itself counts more than the video.

    Raises:
        TranscriptError: Nobody says.
    """
    rate = float(told[1].replace(",", ".")) if told else float(fps or 0)
    if not rate:
        message = (
            f"{name}: counts in frames, and nothing says how many there are in a second; give a "
            "frame rate (check `fps 25`), a video, or {1}{1}25 as the first line of the file"
        )
        raise TranscriptError(message)
    return rate


def _parsed(text: str, chosen: _Format, name: str, fps: float | None) -> SSAFile:
    from pysubs2 import SSAFile

    if chosen.kind == "sami":
        text += "\n</sami>"  # pysubs2 drops a last caption that nothing ends
    try:
        return SSAFile.from_string(text, format_=chosen.kind, fps=fps)
    except Exception as error:
        message = f"{name}: broken {chosen.title} ({shown(str(error))})"
        raise TranscriptError(message) from error


def _line_numbers(text: str, places: list[int]) -> list[int]:
    numbers, number, at = [], 1, 0
    for place in places:
        number += text.count("\n", at, place)
        numbers.append(number)
        at = place
    return numbers
