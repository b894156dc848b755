"""Reads a transcript file of any of the formats into a Transcript."""

from __future__ import annotations

import codecs
import json
from dataclasses import dataclass
from pathlib import Path

from sentigram.core.text import clean
from sentigram.core.transcript import Transcript
from sentigram.errors import TranscriptError
from sentigram.formats import ass, srt, txt, vtt, whisper_json
from sentigram.formats.cues import Parsed
from sentigram.words.given.word_times import place, spread

LARGEST_BYTES = 50_000_000  # a day of speech is 3 MB

_PARSERS = {
    ".srt": srt.parse,
    ".vtt": vtt.parse,
    ".ass": ass.parse,
    ".ssa": ass.parse,
    ".txt": txt.parse,
    ".json": whisper_json.parse,
}
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE_BYTES = 4096
_MOST_CONTROLS = 0.01  # of the characters of what may be called text


@dataclass(frozen=True, slots=True)
class GivenTranscript:
    """A transcript of the user's.

    Attributes:
        transcript: One utterance per cue or sentence; all words are `given`. Their times are
            `estimated` from their length, or `aligned` where the file has times for words.
        has_times: False for plain text: its words are only spread evenly over the media.
        origin: Where it is from, for messages.
        warnings: What did not fit, one line each.
    """

    transcript: Transcript
    has_times: bool
    origin: str
    warnings: tuple[str, ...] = ()


def read_transcript(
    path: Path, *, duration_ms: int | None = None, language: str = ""
) -> GivenTranscript:
    """Read SRT, WebVTT, ASS, SSA, plain text, or the JSON of a Whisper program.

    What a file holds counts more than its name.

    Args:
        path: The file; UTF-8, UTF-16 or Windows-1252.
        duration_ms: Length of the media: no word ends after it.
        language: ISO 639-1 code for a file that does not name one, "" for unknown.

    Raises:
        TranscriptError: It cannot be read; with the line where it is broken.
    """
    text = decode(read_bytes(path), str(path))
    return transcript_of(
        text, path.suffix.lower(), str(path), duration_ms=duration_ms, language=language
    )


def transcript_of(
    text: str, suffix: str, name: str, *, duration_ms: int | None = None, language: str = ""
) -> GivenTranscript:
    """Read a transcript from text.

    Args:
        text: As `decode` gives it.
        suffix: Of the file, with its dot.
        name: How messages call it.
        duration_ms: See `read_transcript`.
        language: See `read_transcript`.

    Raises:
        TranscriptError: See `read_transcript`.
    """
    kind = format_of(text, suffix)
    if kind not in _PARSERS:
        message = f"{name}: not a transcript; give one of {', '.join(_PARSERS)}"
        raise TranscriptError(message)
    parsed: Parsed = _PARSERS[kind](text, name)
    has_times = kind != ".txt"
    warnings: tuple[str, ...] = ()
    if has_times:
        utterances, warnings = place(parsed.cues, name, duration_ms=duration_ms)
    else:
        utterances = spread(parsed.cues, name, duration_ms=duration_ms)
    return GivenTranscript(
        Transcript(parsed.language or language, utterances),
        has_times,
        name,
        (*parsed.warnings, *warnings),
    )


def format_of(text: str, suffix: str) -> str:
    """The suffix that fits what a file holds: people rename files, and tools misname them."""
    if vtt.looks_like(text):
        return ".vtt"
    if ass.looks_like(text):
        return ".ass"
    if suffix in _PARSERS and suffix != ".txt":
        return suffix
    if srt.looks_like(text):
        return ".srt"
    if text.lstrip()[:1] in ("{", "["):
        try:
            if whisper_json.is_whisper(json.loads(text)):
                return ".json"
        except (ValueError, RecursionError):
            pass
    return suffix or ".txt"


def read_bytes(path: Path) -> bytes:
    """The bytes of a file of reasonable size.

    Raises:
        TranscriptError: It is not there, not a file, empty, or too large.
    """
    try:
        if path.is_dir():
            message = f"{path}: is a folder, not a transcript"
            raise TranscriptError(message)
        if not path.exists():
            message = f"{path}: no such file"
            raise TranscriptError(message)
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        message = f"{path!s:.200}: cannot be read ({reason})"
        raise TranscriptError(message) from error
    if len(data) > LARGEST_BYTES:
        message = f"{path}: larger than {LARGEST_BYTES // 1_000_000} MB; not a transcript"
        raise TranscriptError(message)
    if not data.strip():
        message = f"{path}: is empty"
        raise TranscriptError(message)
    return data


def decode(data: bytes, name: str) -> str:
    r"""Turn bytes into clean text with `\n` at line ends.

    Raises:
        TranscriptError: They are not text.
    """
    text = _decoded(data)
    controls = sum(c < " " and c not in "\t\n\r\f\v\0" for c in text[:_SAMPLE_BYTES])
    if text.count("\0") > len(text) // 100 + 8 or controls > 8 + _MOST_CONTROLS * len(text):
        message = f"{name}: is not a text file; give subtitles or a transcript, such as talk.srt"
        raise TranscriptError(message)
    return clean(text)


def _decoded(data: bytes) -> str:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data[len(bom) :].decode(encoding, "replace")
    sample = data[:_SAMPLE_BYTES]
    for encoding, zeros in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[::2])):
        if len(sample) > 3 and zeros.count(0) > 0.4 * len(zeros) and len(data) % 2 == 0:
            return data.decode(encoding, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        # Five bytes mean nothing in Windows-1252; they show as what they are: unknown.
        return data.decode("cp1252", "replace")
