"""What every format is read into."""

from __future__ import annotations

from dataclasses import dataclass

from sentigram.errors import TranscriptError

LONGEST_MS = 100 * 3600 * 1000  # times beyond it are mistakes


@dataclass(frozen=True, slots=True)
class TimedText:
    """A word with the time that the transcript gives it.

    Attributes:
        text: Without spaces around it.
        start_ms: None where the transcript does not say.
        end_ms: None where the transcript does not say.
        confidence: In [0, 1].
        joined: No space before it.
    """

    text: str
    start_ms: int | None
    end_ms: int | None
    confidence: float = 1.0
    joined: bool = False


@dataclass(frozen=True, slots=True)
class Cue:
    """A stretch of text as the file has it.

    Attributes:
        start_ms: May lie anywhere; 0 in a file without times.
        end_ms: May lie before the start in a broken file; 0 in a file without times.
        text: Plain: tags of the format are gone; may hold line breaks.
        speaker: "" when unknown.
        line: Where it begins in the file, from 1; 0 where lines mean nothing.
        words: The text with times of its words, where the file has them.
    """

    start_ms: int
    end_ms: int
    text: str
    speaker: str = ""
    line: int = 0
    words: tuple[TimedText, ...] = ()


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file's cues in its own order, and its language where it names one."""

    cues: tuple[Cue, ...]
    language: str = ""
    warnings: tuple[str, ...] = ()


def clock_ms(hours: str | None, minutes: str, seconds: str, fraction: str) -> int:
    """Read the parts of a timestamp; the fraction may have any number of digits."""
    whole_s = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    return min(LONGEST_MS, whole_s * 1000 + int(fraction.ljust(3, "0")[:3]))


def broken(name: str, line: int, what: str) -> TranscriptError:
    """An error that names the line."""
    return TranscriptError(f"{name}: line {line}: {what}")


def shown(text: str) -> str:
    """A stretch of a hostile file, short and without control characters, for messages."""
    short = text if len(text) <= 60 else f"{text[:59]}…"
    return "".join(c if c.isprintable() else "�" for c in short)
