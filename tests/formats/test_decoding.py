"""Bytes as clean text."""

from __future__ import annotations

import time
import tomllib
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.check.checking import CheckOptions, check_file
from sentigram.check.fix.fixing import correct_file
from sentigram.core.language import languages
from sentigram.errors import TranscriptError, UsageError
from sentigram.formats.decoding import Decoded, decode
from sentigram.words.given import read_transcript
from tests.formats.files import srt, texts


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_encodings_and_line_ends(encoding):
    data = srt("Ça va – “très” bien").replace("\n", "\r\n").encode(encoding)
    assert texts(decode(data, "given").text, ".srt") == ["Ça va – “très” bien"]


def test_binary_files():
    with pytest.raises(TranscriptError, match="not a text file"):
        decode(bytes(range(256)) * 100, "given")


TALK = tomllib.loads((Path(__file__).parents[1] / "talk.toml").read_text(encoding="utf-8"))
LEGACY = [(tag, e) for tag in TALK for e in languages()[tag[:2]].encodings]


def subtitles(talk, n_chars=150):
    return srt(*(talk[at : at + 40] for at in range(0, n_chars, 40)))


@pytest.mark.parametrize(("tag", "encoding"), LEGACY)
def test_encodings_of_before_utf8(tag, encoding):
    """What can be written in it is read from it, or refused; never other letters."""
    talk = unicodedata.normalize("NFD" if encoding == "cp1258" else "NFC", TALK[tag])
    text = subtitles(talk).encode(encoding, "ignore").decode(encoding)
    data = text.encode(encoding)
    if len(data) < 0.8 * len(subtitles(talk).encode(encoding, "replace")):
        pytest.skip("it has not the letters")
    for language in ("", tag[:2]):
        try:
            read = decode(data, "given", language=language)
        except TranscriptError as error:
            assert "not UTF-8" in str(error)  # noqa: PT017
            continue
        assert read.text.translate(_EITHER) == text.translate(_EITHER)
        assert not read.is_damaged
        assert data.isascii() or read.remarks[0].startswith("read as ")


_EITHER = str.maketrans("şţŞŢ", "șțȘȚ")


def test_the_encoding_that_was_taken_is_said(tmp_path):
    path = tmp_path / "talk.srt"
    path.write_bytes(subtitles(TALK["pl"]).encode("cp1250"))
    assert read_transcript(path).warnings == (
        f"{path}: read as Windows-1250 (Polish); save it as UTF-8 if that is wrong",
    )


def test_what_cannot_be_known_is_refused_with_the_remedy(tmp_path):
    path = tmp_path / "talk.srt"
    path.write_bytes(srt("ok", "\xe6\xb3").encode("latin-1"))
    with pytest.raises(TranscriptError, match=r"line 7: not UTF-8, and too little.*`language pl`"):
        read_transcript(path)


def test_the_language_settles_what_the_bytes_leave_open(tmp_path):
    data = srt("Książę", "źle").encode("cp1250")
    for name, language in (("talk.pl.srt", ""), ("talk.polish.srt", ""), ("talk.srt", "pl")):
        path = tmp_path / name
        path.write_bytes(data)
        read = read_transcript(path, language=language)
        assert [u.text for u in read.transcript.utterances] == ["Książę", "źle"]


def test_utf8_with_bad_bytes_stays_utf8():
    data = srt("Señoras y señores", "¿Qué mañana?").encode().replace("ñana".encode(), b"\x98ana")
    read = decode(data, "given")
    assert texts(read.text, ".srt") == ["Señoras y señores", "¿Qué ma\ufffdana?"]
    assert read.is_damaged
    assert read.remarks == (
        "line 7: not UTF-8 there; 1 letter is lost and shown as \ufffd: write what it should be",
    )


def test_lines_of_two_encodings():
    lines = [TALK["fr"][at : at + 60] for at in range(0, 540, 60)]
    mixed = [line.encode("cp1252" if n in (2, 5) else "utf-8") for n, line in enumerate(lines)]
    read = decode(b"\n".join(mixed), "given")
    assert read.text == "\n".join(lines)
    assert "2 lines are not UTF-8, as the others are" in read.remarks[0]


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "cp1251", "cp1250"])
@pytest.mark.parametrize("tag", ["es", "ru", "pl", "ja"])
def test_letters_that_were_encoded_twice_are_read_as_meant(tag, encoding):
    def twice(text):
        return "".join(_as(byte, encoding) for byte in text.encode())

    text = srt(*(TALK[tag][at : at + 30] for at in range(0, 240, 30)))
    read = decode(twice(text).encode(), "given")
    assert read.text == text
    assert "looks like UTF-8 that was encoded twice; it was read as" in read.remarks[0]


def _as(byte, encoding):
    try:
        return bytes([byte]).decode(encoding)
    except UnicodeDecodeError:
        return bytes([byte]).decode("latin-1")


def test_what_may_be_meant_is_left():
    assert decode("MINHA IRMÃ…".encode(), "given") == Decoded("MINHA IRMÃ…")
    read = decode("Una seÃ±ora".encode(), "given")
    assert read.text == "Una seÃ±ora"
    assert "may be 'ñ'); it was left so" in read.remarks[0]
    for tag, talk in TALK.items():
        assert decode(talk.encode(), tag) == Decoded(talk)


def test_a_corrected_copy_is_never_damaged(tmp_path):
    path = tmp_path / "talk.srt"
    path.write_bytes(subtitles(TALK["pl"]).replace("2\n", "2 \n", 1).encode("cp1250"))
    made = correct_file(path, CheckOptions())
    said = [[u.text for u in read_transcript(p).transcript.utterances] for p in (made.path, path)]
    assert said[0] == said[1]
    path.write_bytes(
        srt("Señoras y señores", "ma\ufffdana").encode().replace(b"\xef\xbf\xbd", b"\x98")
    )
    (finding,) = check_file(path, CheckOptions()).findings
    assert (finding.rule, finding.line_number, finding.measured) == ("lost-letters", 6, "1 letter")
    with pytest.raises(UsageError, match=r"letters of it are lost \(line 7.* correct it first"):
        correct_file(path, CheckOptions())


@pytest.mark.parametrize("end", ["\r\r\n", "\r\n", "\r"])
def test_line_ends_of_wrong_transfers(end):
    text = srt("one\ntwo", "three")
    assert decode(text.replace("\n", end).encode(), "given").text == text
    assert texts(
        decode(srt("one", "two").replace("2\n", "\ufeff2\n", 1).encode(), "x").text, ".srt"
    )


def test_japanese_of_mail():
    read = decode(srt(TALK["ja"][:40]).encode("iso2022_jp"), "given")
    assert (
        texts(read.text, ".srt") == ["".join(TALK["ja"][:40].split())]
        or TALK["ja"][:9] in read.text
    )
    assert read.remarks == ("read as ISO-2022-JP (Japanese)",)


@given(st.binary(max_size=300))
def test_any_bytes_are_text_or_refused(data):
    try:
        decode(data, "given")
    except TranscriptError:
        return


@pytest.mark.parametrize("middle", ["\r", "\r\r\n", "\n\r", "\r \n"])
def test_no_line_ends_make_it_slow(middle: str) -> None:
    data = b"1\n00:00:01,000 --> 00:00:02,000\nHi" + middle.encode() * 300_000 + b"you\n"
    started = time.process_time()
    text = decode(data, "x").text
    assert text.endswith("you\n")
    assert time.process_time() - started < 2
