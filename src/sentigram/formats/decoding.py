"""The bytes of a subtitle file as clean text: of bounded size, in the encoding that they are in.

UTF-8 with a few broken bytes stays UTF-8; what is older is found from the bytes and the language
(`encodings`), and refused where it cannot be known: a wrong guess would turn letters into others
that nobody may notice, and that a corrected copy would keep for good.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from sentigram.core.language import language_code
from sentigram.core.text import clean, unseen_lines
from sentigram.errors import TranscriptError
from sentigram.formats import encodings
from sentigram.reading import SUBTITLES, read_bytes

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE_BYTES = 4096
_SAMPLE_CHARS = 200_000
_MOST_CONTROLS = 0.01  # of the characters of what may be called text
_NOT_CONTROLS = bytes({*range(0x20, 0x100), *b"\t\n\r\f\v\x1a\x1b\x7f"})
_LOST = "\ufffd"
_GOOD_FOR_EACH_BAD = 4  # so many letters that are right as UTF-8 make it so
_ESCAPED = (b"\x1b$B", b"\x1b$@", b"\x1b(J")  # how Japanese mail marks its letters
# Transfers that take CR LF for two line ends, or add a CR to it, make these of one.
_LINE_END = re.compile(r"(?<!\r)\r+\n")  # from the first of them: from each, many take forever

# What UTF-8 looks like that was taken for another encoding and saved as UTF-8: each letter becomes
# two or three that hardly ever stand together.
_TWICE = re.compile(r"[^\x00-\x7f]{2,}")
_TAKEN_FOR = ("cp1252", "latin-1", "cp1250", "cp1251")
_WESTERN = ("cp1252", "latin-1")
_LEAST_TWICE = 3  # one alone may be meant: "IRMÃ…"
_MOST_OTHER = 0.1  # of the stretches outside ASCII that are not so


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text of a file.

    Attributes:
        text: Clean, with a line feed at line ends.
        remarks: What was guessed or mended, a line each, without the file's name.
        is_damaged: Letters of it are lost; it must not be written back.
        unseen: Lines, from 1, that held marks that nobody sees.
    """

    text: str
    remarks: tuple[str, ...] = ()
    is_damaged: bool = False
    unseen: frozenset[int] = frozenset()


def text_of(path: Path, language: str = "") -> str:
    r"""Read a file as clean text with `\n` at line ends; see `decoded`."""
    return decoded(path, language).text


def decoded(path: Path, language: str = "") -> Decoded:
    """Read a file as clean text.

    Args:
        path: UTF-8, UTF-16, UTF-32, or what its language was saved in before.
        language: ISO 639-1, "" for what the file's name says: `talk.pl.srt`.

    Raises:
        TranscriptError: It is not there, not a file, empty, too large, not text, or in an
            encoding that cannot be known.
    """
    named = language or language_code(path.stem.rpartition(".")[2] if "." in path.stem else "")
    return decode(_bytes_of(path), str(path), language=named)


def decode(data: bytes, name: str, *, language: str = "") -> Decoded:
    """Turn bytes into clean text.

    Args:
        data: Of a whole file.
        name: How messages call it.
        language: ISO 639-1, "" when unknown.

    Raises:
        TranscriptError: They are not text, or in an encoding that cannot be known.
    """
    made = _decoded(data, name, language)
    text = made.text
    controls = sum(c < " " and c not in "\t\n\r\f\v\0" for c in text[:_SAMPLE_BYTES])
    if text.count("\0") > len(text) // 100 + 8 or controls > 8 + _MOST_CONTROLS * len(text):
        raise _not_text(name)
    text = _LINE_END.sub("\n", text)
    return Decoded(clean(text), made.remarks, made.is_damaged, unseen_lines(text))


def _not_text(name: str) -> TranscriptError:
    return TranscriptError(
        f"{name}: is not a text file; give subtitles or a transcript, such as talk.srt"
    )


def _bytes_of(path: Path) -> bytes:
    try:
        data = read_bytes(path, SUBTITLES)
    except FileNotFoundError as error:
        message = f"{path}: no such file"
        raise TranscriptError(message) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        message = f"{path!s:.200}: cannot be read ({reason})"
        raise TranscriptError(message) from error
    if not data.strip():
        message = f"{path}: is empty"
        raise TranscriptError(message)
    return data


def _decoded(data: bytes, name: str, language: str) -> Decoded:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            body = data[len(bom) :]
            if encoding == "utf-8":
                return _utf8(body) or _half_utf8(body)
            return _with_losses(body, encoding)
    sample = data[:_SAMPLE_BYTES]
    for encoding, zeros in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[::2])):
        if len(sample) > 3 and zeros.count(0) > 0.4 * len(zeros) and len(data) % 2 == 0:
            return _with_losses(data, encoding)
    if len(sample.translate(None, _NOT_CONTROLS)) > 8 + _MOST_CONTROLS * len(sample):
        raise _not_text(name)
    return _utf8(data) or _mixed(data, language) or _older(data, name, language)


def _utf8(data: bytes) -> Decoded | None:
    """Text in UTF-8, None where it is none."""
    if any(mark in data for mark in _ESCAPED):
        try:
            return Decoded(data.decode("iso2022_jp_ext"), ("read as ISO-2022-JP (Japanese)",))
        except UnicodeDecodeError:
            pass
    try:
        return _saved_once(data.decode("utf-8"))
    except UnicodeDecodeError:
        return None


def _mixed(data: bytes, language: str) -> Decoded | None:
    """UTF-8 with some bytes or lines that are none, None where it is something older."""
    text = data.decode("utf-8", "replace")
    n_bad = text.count(_LOST) - data.count(_LOST.encode())
    n_good = sum(map(len, re.findall(r"[^\x00-\x7f\ufffd]+", text)))
    if n_good < n_bad:
        return None
    made = _half_utf8(data, language)
    if not made.is_damaged or n_good >= _GOOD_FOR_EACH_BAD * n_bad:
        return made
    return None if encodings.guess(data, language).encoding else made


def _half_utf8(data: bytes, language: str = "") -> Decoded:
    """UTF-8 in which some lines are of an older encoding, or some bytes mean nothing."""
    lines = data.split(b"\n")
    other = [at for at, line in enumerate(lines) if _is_older(line)]
    if len(other) > 1:
        found = encodings.guess(b"\n".join(lines[at] for at in other), language)
        if found.encoding:
            older = frozenset(other)
            text = "\n".join(
                line.decode(found.encoding if at in older else "utf-8", "replace")
                for at, line in enumerate(lines)
            )
            remark = (
                f"line {other[0] + 1}: {len(other)} lines are not UTF-8, as the others are; they "
                f"were read as {found.told}"
            )
            return Decoded(text, (remark,), _LOST in text)
    return _with_losses(data, "utf-8")


def _is_older(line: bytes) -> bool:
    """Whether a line is not UTF-8, and has not one letter of it."""
    if line.isascii():
        return False
    text = line.decode("utf-8", "replace")
    return _LOST in text and not any(c > "\x7f" and c != _LOST for c in text)


def _with_losses(data: bytes, encoding: str) -> Decoded:
    """Text with a mark for each letter that is lost."""
    text = data.decode(encoding, "replace")
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].decode(encoding, "replace").count("\n") + 1
        count = text.count(_LOST) - data.count(_LOST.encode(encoding))
        letters = "1 letter is" if count == 1 else f"{count} letters are"
        remark = (
            f"line {line}: not {encoding.upper()} there; {letters} lost and shown as {_LOST}: "
            "write what it should be"
        )
        return Decoded(text, (remark,), is_damaged=True)
    return Decoded(text)


def _older(data: bytes, name: str, language: str) -> Decoded:
    """Text in an encoding of before UTF-8.

    Raises:
        TranscriptError: It cannot be known which.
    """
    found = encodings.guess(data, language)
    if not found.encoding:
        line = data[: _first_beyond_ascii(data)].count(b"\n") + 1
        rivals = " or ".join(map(encodings.title, found.rivals))
        message = (
            f"{name}: line {line}: not UTF-8, and too little of it to tell what it is"
            + (f" ({rivals}?)" if rivals else "")
            + "; name its language (`language pl`, or talk.pl.srt), or save it as UTF-8"
        )
        raise TranscriptError(message)
    text = data.decode(found.encoding, "replace")
    remarks = [f"read as {found.told}; save it as UTF-8 if that is wrong"]
    n_lost = text.count(_LOST)
    if n_lost:
        at = text.count("\n", 0, text.index(_LOST)) + 1
        remarks.append(f"line {at}: {n_lost} of its bytes mean nothing there, shown as {_LOST}")
    return Decoded(text, tuple(remarks), is_damaged=bool(n_lost))


def _first_beyond_ascii(data: bytes) -> int:
    match = re.search(rb"[\x80-\xff]", data)
    return match.start() if match else 0


def _saved_once(text: str) -> Decoded:
    """A text, with the letters that were encoded twice as they were meant."""
    stretches = _TWICE.findall(text[:_SAMPLE_CHARS])
    if not stretches:
        return Decoded(text)
    best = max(_TAKEN_FOR, key=lambda encoding: sum(bool(_once(s, encoding)) for s in stretches))
    twice = [stretch for stretch in stretches if _once(stretch, best)]
    if not twice:
        return Decoded(text)
    at = text.count("\n", 0, text.index(twice[0])) + 1
    what = f"line {at}: {twice[0][:12]!r} looks like UTF-8 that was encoded twice"
    if len(twice) >= _LEAST_TWICE and len(stretches) - len(twice) <= _MOST_OTHER * len(stretches):
        mended = _TWICE.sub(lambda match: _once(match[0], best) or match[0], text)
        return Decoded(mended, (f"{what}; it was read as {_once(twice[0], best)[:12]!r}",))
    if best not in _WESTERN or all(map(_is_usual, twice)):
        return Decoded(text)
    return Decoded(text, (f"{what} (it may be {_once(twice[0], best)[:12]!r}); it was left so",))


def _once(stretch: str, encoding: str) -> str:
    """What a stretch was before it was encoded twice, "" where it was not."""
    try:
        if not 0xC2 <= _byte(stretch[0], encoding)[0] <= 0xF4:  # what a letter in UTF-8 begins with
            return ""
        raw = b"".join(_byte(c, encoding) for c in stretch)
        made = raw.decode("utf-8")
    except UnicodeError:
        return ""
    return made if made.isprintable() or made.isspace() else ""


def _byte(c: str, encoding: str) -> bytes:
    try:
        return c.encode(encoding)
    except UnicodeEncodeError:
        return c.encode("latin-1")  # the bytes that Windows' encodings leave open


def _is_usual(stretch: str) -> bool:
    """Whether a stretch may be meant: a capital and a punctuation mark, as in "IRMÃ…"."""
    return len(stretch) == 2 and stretch[1] in "…“”‘’–—•™›‹«»\u00a0"
