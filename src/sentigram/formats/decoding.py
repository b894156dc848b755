"""The bytes of a subtitle file as clean text: of bounded size, in any encoding that is met."""

from __future__ import annotations

import codecs
from pathlib import Path

from sentigram.core.text import clean
from sentigram.errors import TranscriptError

LARGEST_BYTES = 50_000_000  # a day of speech is 3 MB

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE_BYTES = 4096
_MOST_CONTROLS = 0.01  # of the characters of what may be called text


def text_of(path: Path) -> str:
    r"""Read a file as clean text with `\n` at line ends: UTF-8, UTF-16, UTF-32 or Windows-1252.

    Raises:
        TranscriptError: It is not there, not a file, empty, too large, or not text.
    """
    return decode(_bytes_of(path), str(path))


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


def _bytes_of(path: Path) -> bytes:
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
