"""Broken files of every grammar: read, or refused in words, in time in proportion to their size."""

from __future__ import annotations

import json
import random
import time

import pytest

from sentigram.check.checking import CheckOptions, check_track
from sentigram.check.fix.fixing import correct_file
from sentigram.errors import SentigramError, TranscriptError
from sentigram.formats import read_text
from sentigram.formats.decoding import decode
from sentigram.words.given.word_times import transcript_of
from tests.formats.files import ass, said, srt, vtt

SEEDS = {
    ".srt": srt("Señoras y <i>señores</i>", "{\\an8}two\nlines", "- No.\n- 42").encode(),
    ".vtt": (
        "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n\nNOTE a\n\n"
        "1\n00:01.000 --> 00:02.000 line:0\n<v Ann>Hi <00:01.500><c>you</c>\n\n"
        "WEBVTT\n\n00:01.000 --> 00:03.000\n<ruby>江<rt>a</rt></ruby> &amp;\n"
    ).encode(),
    ".ass": ass(said("{\\k20}Hel{\\k30}lo")).encode(),
    ".ttml": (
        b'<tt xmlns="http://www.w3.org/ns/ttml" xml:lang="en"><body><div>'
        b'<p begin="1s" end="2s">Hi<br/>you</p></div></body></tt>'
    ),
    ".json": json.dumps(
        {"language": "es", "segments": [{"start": 0, "end": 1.5, "text": "Hola, ¿qué?"}]}
    ).encode(),
    ".lrc": b"[ar:x]\n[offset:+5]\n[00:01.00][00:05.00]La <00:01.50>la\n[00:03.00]Ann: lo\n",
    ".txt": "Ann Smith  0:03\nAnd so my fellow.\nBob  0:09\nask not what.\n".encode("utf-16"),
    ".sub": b"{25}{75}Hello|there\n{80}{99}you\n",
}
PIECES = (
    b"-->|->|\n|\n\n|\r\r\n|00:00:01,000|<|>|{|\\|&|\xff|\xc3|\xef\xbb\xbf|\0|[0:01]|WEBVTT\n|\xe6\xb3|"
    b"999999999999999999999999999999"
).split(b"|")


def mutated(data: bytes, dice: random.Random) -> bytes:
    made = bytearray(data)
    for _ in range(dice.randint(1, 6)):
        at = dice.randrange(len(made) + 1)
        end = min(len(made), at + dice.choice((0, 0, 1, 1, 3, 20)))
        match dice.randrange(4):
            case 0:
                made[at:end] = dice.choice(PIECES)
            case 1:
                made[at:end] = bytes(dice.randrange(256) for _ in range(dice.randint(1, 4)))
            case 2:
                del made[at:end]
            case _:
                made[at:at] = made[at:end] * dice.randint(1, 3)
    return bytes(made)


@pytest.mark.parametrize("suffix", SEEDS)
def test_mutations_are_read_or_refused(suffix):
    dice = random.Random(suffix)  # noqa: S311
    for _ in range(150):
        data = mutated(SEEDS[suffix], dice)
        try:
            track = read_text(decode(data, "given").text, suffix, "given")
            transcript_of(track, duration_ms=dice.choice((None, 5000)))
            if track.captions:
                check_track(track, CheckOptions())
        except TranscriptError as error:
            assert str(error).startswith("given: "), data  # noqa: PT017


@pytest.mark.parametrize("suffix", [".srt", ".vtt"])
def test_mutations_are_corrected_without_losing_words(suffix, tmp_path):
    dice = random.Random(suffix)  # noqa: S311
    for n in range(40):
        path = tmp_path / f"{n}{suffix}"
        path.write_bytes(mutated(SEEDS[suffix], dice))
        try:
            made = correct_file(path, CheckOptions())
        except SentigramError:
            continue
        if made.path is not None:
            assert "\ufffd" not in made.path.read_text(encoding="utf-8") or (
                b"\xef\xbf\xbd" in path.read_bytes()
            )


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        (".srt", "1\n" * 50_000 + srt("a")),
        (".srt", srt("a") + "2\n\n" * 30_000),
        (".srt", "00:00:01,000 --> 00:00:02,000 " + "a:" * 60_000),
        (".srt", "00:00:01,000 -->" * 40_000 + srt("a")),
        (".srt", "00:00:01,000 -> 00:00:02,000\na\n" * 20_000),
        (".srt", srt("- - - " * 15_000)),
        (".vtt", "WEBVTT\n\n" * 30_000 + vtt("a")),
        (".vtt", vtt("<rt>" * 20_000, "<ruby>" * 20_000)),
        (".vtt", "WEBVTT\n\n" + "00:01.000 -> 00:02.000\n" * 20_000 + "a"),
        (".txt", "subtitles by " * 20_000),
        (".txt", "Ã±" * 60_000),
    ],
)
def test_hostile_files_take_time_in_proportion(suffix, text):
    started = time.process_time()
    made = decode(text.encode(), "given")
    try:
        transcript_of(read_text(made.text, suffix, "given"))
    except TranscriptError as error:
        assert str(error).startswith("given: ")  # noqa: PT017
    assert time.process_time() - started < 6
