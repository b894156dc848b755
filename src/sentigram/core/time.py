"""Time: integer milliseconds everywhere, converted and written here and nowhere else."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from sentigram.errors import UsageError

MS_PER_SECOND = 1000
MS_PER_MINUTE = 60 * MS_PER_SECOND
MS_PER_HOUR = 60 * MS_PER_MINUTE
MS_PER_CENTISECOND = 10

_CLOCK = re.compile(r"(?:(?:(\d{1,3}):)?(\d{1,2}):)?(\d+)(?:[.,](\d{1,9}))?")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open stretch of time, `0 <= start_ms <= end_ms`."""

    start_ms: int
    end_ms: int

    def __post_init__(self) -> None:
        if not 0 <= self.start_ms <= self.end_ms:
            message = f"span {self.start_ms}–{self.end_ms} ms: needs 0 <= start <= end"
            raise ValueError(message)

    @property
    def duration_ms(self) -> int:
        """Length in milliseconds."""
        return self.end_ms - self.start_ms

    def overlap_ms(self, other: Span) -> int:
        """How long both last together; 0 where they do not."""
        return max(0, min(self.end_ms, other.end_ms) - max(self.start_ms, other.start_ms))


def ms_from_seconds(seconds: float) -> int:
    """Round seconds to the nearest millisecond, halves up.

    Raises:
        ValueError: The number is not finite.
    """
    if not math.isfinite(seconds):
        message = f"{seconds} is not a time"
        raise ValueError(message)
    return math.floor(seconds * MS_PER_SECOND + 0.5)


def ms_from_samples(n_samples: int, sample_rate_hz: int) -> int:
    """Milliseconds that n_samples last, halves up, in exact integer arithmetic."""
    return (2 * n_samples * MS_PER_SECOND + sample_rate_hz) // (2 * sample_rate_hz)


def samples_from_ms(time_ms: int, sample_rate_hz: int) -> int:
    """Samples that fit in time_ms, rounded down."""
    return time_ms * sample_rate_hz // MS_PER_SECOND


def _parts(time_ms: int) -> tuple[int, int, int, int]:
    if time_ms < 0:
        message = f"{time_ms} ms: a timestamp cannot be negative"
        raise ValueError(message)
    hours, rest = divmod(time_ms, MS_PER_HOUR)
    minutes, rest = divmod(rest, MS_PER_MINUTE)
    return hours, minutes, *divmod(rest, MS_PER_SECOND)


def format_srt(time_ms: int) -> str:
    """`00:01:02,345` as SubRip writes it."""
    return "{:02d}:{:02d}:{:02d},{:03d}".format(*_parts(time_ms))


def format_vtt(time_ms: int) -> str:
    """`00:01:02.345` as WebVTT writes it."""
    return "{:02d}:{:02d}:{:02d}.{:03d}".format(*_parts(time_ms))


def format_ass(time_ms: int) -> str:
    """`0:01:02.34` as ASS writes it: centiseconds, rounded half up.

    Rounding is monotonic, so events that do not overlap in milliseconds do not in centiseconds.
    """
    rounded_ms = (time_ms + MS_PER_CENTISECOND // 2) // MS_PER_CENTISECOND * MS_PER_CENTISECOND
    hours, minutes, seconds, ms = _parts(rounded_ms)
    return f"{hours}:{minutes:02d}:{seconds:02d}.{ms // MS_PER_CENTISECOND:02d}"


def format_clock(time_ms: int) -> str:
    """`1:02` or `1:01:02`, for people."""
    hours, minutes, seconds, _ = _parts(time_ms)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def format_tenths(time_ms: int) -> str:
    """`1:02.3` or `1:01:02.3`, for people who cut; rounded down, as `format_clock` is."""
    return f"{format_clock(time_ms)}.{time_ms % MS_PER_SECOND // 100}"


def parse_clock(text: str) -> int:
    """Read `75`, `75.5`, `1:15.5` or `0:01:15,500` as milliseconds.

    Raises:
        UsageError: The text is none of these.
    """
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        message = f"time {text!r}: write seconds (75.5), minutes (1:15.5) or hours (0:01:15.5)"
        raise UsageError(message)
    hours, minutes, seconds, fraction = match.groups()
    fraction_ms = int((fraction or "0").ljust(4, "0")[:4]) + 5
    return (
        int(hours or 0) * MS_PER_HOUR
        + int(minutes or 0) * MS_PER_MINUTE
        + int(seconds) * MS_PER_SECOND
        + fraction_ms // 10
    )


def parse_range(text: str) -> Span:
    """Read `START-END`, both as in `parse_clock`.

    Raises:
        UsageError: The text is not a range, or its end is not after its start.
    """
    start, dash, end = text.replace("–", "-").partition("-")
    if not dash:
        message = f"range {text!r}: write START-END, for example 1:00-1:30"
        raise UsageError(message)
    start_ms, end_ms = parse_clock(start), parse_clock(end)
    if end_ms <= start_ms:
        message = f"range {text!r}: the end must come after the start"
        raise UsageError(message)
    return Span(start_ms, end_ms)
