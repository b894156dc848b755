"""MicroDVD, MPL2, SAMI and TMP come through pysubs2, and hostile ones end in our errors."""

from __future__ import annotations

import contextlib
import time
from fractions import Fraction

import pysubs2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.check.checking import CheckOptions, check_text, limits_for
from sentigram.check.fix.fixing import fix
from sentigram.core.text import is_visible
from sentigram.errors import TranscriptError, UsageError
from sentigram.formats import kind_of, others, read_text, srt
from sentigram.words.given import word_times

MICRODVD = "{25}{75}{Y:i}Hello there,|everybody.\n{100}{150}Good bye.\n"
MPL2 = "[10][30]/Hello there,|everybody.\n[40][60]Good bye.\n"
SAMI = (
    "<SAMI><HEAD><TITLE>x</TITLE></HEAD><BODY>\n<SYNC Start=1000><P Class=ENCC>Hello <i>there</i>,"
    "<br>everybody.\n<SYNC Start=3000><P>&nbsp;\n<SYNC Start=4000><P>Good &amp; bye.\n"
)
TMP = "0:00:01:Hello there,|everybody.\n00:00:04:Good bye.\n"
_FILES = {".sub": MICRODVD, ".mpl": MPL2, ".smi": SAMI, ".tmp": TMP}


def _read(text, suffix):
    return read_text(text, suffix, f"talk{suffix}", fps=Fraction(25))


@pytest.mark.parametrize(("suffix", "text"), _FILES.items())
def test_each_is_read_with_its_lines(suffix, text):
    track = _read(text, suffix)
    first, second = track.captions
    assert (first.texts, first.start_ms) == (("Hello there,", "everybody."), 1000)
    assert second.start_ms == 4000
    assert "bye." in second.texts[0]
    lines = text.split("\n")
    assert "Hello" in lines[first.line_number - 1]
    assert "bye" in lines[second.line_number - 1]
    assert track.kind == {".sub": "microdvd", ".mpl": "mpl2", ".smi": "sami"}.get(suffix, "tmp")


@pytest.mark.parametrize("text", _FILES.values())
def test_what_they_hold_tells_them_even_in_a_text_file(text):
    assert kind_of(text, ".txt") == "others"
    assert kind_of("Plain words.\n" + text, ".txt") == "txt"


@pytest.mark.parametrize(("suffix", "text"), _FILES.items())
def test_they_are_given_transcripts(suffix, text):
    given_one = word_times.transcript_of(_read(text, suffix))
    words = [word.text for word in given_one.transcript.words()]
    assert words[:3] == ["Hello", "there,", "everybody."]
    assert words[-1] == "bye."
    assert given_one.has_times


@pytest.mark.parametrize(("suffix", "text"), _FILES.items())
def test_they_are_checked_but_not_corrected(suffix, text):
    long = text.replace("everybody.", "everybody who came, and everybody who did not come to us.")
    report = check_text(long, suffix, f"talk{suffix}", CheckOptions(fps=Fraction(25)))
    assert "line-chars" in report.counts()
    assert not report.counts().keys() & {"contrast", "stray-markup"}
    track = _read(text, suffix)
    limits = limits_for(track, CheckOptions(), "en")
    with pytest.raises(UsageError, match="by hand"):
        fix(track, limits, "en", frozenset())


def test_italics_are_kept():
    for suffix in (".sub", ".mpl"):
        assert _read(_FILES[suffix], suffix).captions[0].runs[0].look.italic


def test_captions_of_sami_last_until_the_next_one():
    first, second = _read(SAMI, ".smi").captions
    assert first.end_ms == 3000
    assert second.end_ms > 4000


@pytest.mark.parametrize("format_", ["microdvd", "mpl2", "tmp"])
def test_what_pysubs2_writes_is_read(format_):
    file = pysubs2.SSAFile()
    for n, text in enumerate(["Hello there.", "Two\\Nlines", "Grüße, 世界!"]):
        file.append(pysubs2.SSAEvent(start=n * 2000, end=n * 2000 + 1000, text=text))
    track = _read(file.to_string(format_, fps=25), "")
    assert [caption.start_ms for caption in track.captions] == [0, 2000, 4000]
    assert [" ".join(caption.texts) for caption in track.captions] == [
        "Hello there.", "Two lines", "Grüße, 世界!",
    ]  # fmt: skip


def test_frames_need_a_rate():
    with pytest.raises(TranscriptError, match=r"talk.sub: counts in frames.*check `fps 25`"):
        read_text(MICRODVD, ".sub", "talk.sub")
    assert read_text(MICRODVD, ".sub", "x", fps=Fraction(50)).captions[0].start_ms == 500
    own = "{1}{1}50.000\n" + MICRODVD  # its own rate is the one it counts in
    track = read_text(own, ".sub", "x", fps=Fraction(25))
    assert (track.captions[0].start_ms, track.captions[0].line_number) == (500, 2)
    assert track.tick_ms == 20


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("just words", "no caption in it, such as"),
        ("{" + "9" * 1500 + "}{1}x", "broken MicroDVD"),
        ("{1}{2}x\n{3}{4}" + "x" * 3000, "line 2: longer than 2,000 characters"),
        ("<sami><sync start=soon>x", "broken SAMI"),
        ("<sami><sync>x", "broken SAMI"),
        ("<sami><sync start=1>&nbsp;", "no caption in it"),
        ("[1][2]" + "x" * 5_000_000, "longer than 5,000,000 characters"),
    ],
)
def test_hostile_files_are_refused(text, says):
    with pytest.raises(TranscriptError, match=says):
        _read(text, ".sub")


_EVIL = (
    "{1}{2}" * 50_000,
    "<sync start=1>" * 20_000,
    "<!--" * 50_000,
    "<" * 100_000,
    "[1][2]\n" * 50_000,
    "{1}{2}{Y:" * 30_000,
    "<sami>" + "<a " * 50_000,
    "&" * 100_000,
    "{1}{2}" + "{" * 50_000,
    "{1}{2}a" + "{y:" * 50_000,
    "{1}{2}a\n" + ("{y:" * 600 + "\n") * 300,
    "{1}{2}a" + "\n" * 100_000 + "{2}{3}b",
    "{1}{1}25\n{1}{2}a" + "\n " * 100_000 + "{2}{3}b",
)


@pytest.mark.parametrize("evil", _EVIL, ids=lambda evil: evil[:8])
def test_no_text_makes_it_slow(evil):
    started = time.process_time()
    with contextlib.suppress(TranscriptError):
        _read(f"{evil}\n<sync start=1>x", ".sub")
    assert time.process_time() - started < 5


@given(
    st.sampled_from(list(_FILES.items())),
    st.text(st.sampled_from(list("{}[]<>/|:&;19Yy sync=\n")), max_size=60),
    st.integers(0, 200),
)
def test_any_file_is_read_or_refused(file, noise, at):
    suffix, text = file
    try:
        track = _read(text[:at] + noise + text[at:], suffix)
    except TranscriptError:
        return
    assert track.captions


_LINES = st.text(min_size=1, max_size=20).map(srt.escape).filter(is_visible)
_CUES = st.lists(
    st.tuples(st.integers(0, 1000), st.lists(_LINES, min_size=1, max_size=2)), max_size=5
)


@given(_CUES, st.sampled_from(["microdvd", "mpl2"]))
def test_what_is_written_is_read_again(cues, kind):
    """Times are whole frames and tenths; what the format has a meaning for is a look-alike."""
    timed = [(100 * at, 100 * at + 800, "\n".join(lines)) for at, lines in cues]
    text = others.written(kind, timed, fps=Fraction(25))
    if not timed:
        assert "Hello" not in text
        return
    track = read_text(text, ".sub", "talk.sub")
    assert len(track.captions) == len(timed)
    for caption, (start_ms, end_ms, said) in zip(track.captions, timed, strict=True):
        assert abs(caption.start_ms - start_ms) <= 20
        assert abs(caption.end_ms - end_ms) <= 20
        alike = said.translate(str.maketrans("|{}\\", "｜｛｝＼"))
        wanted = [
            " ".join(line.replace("/", "／", line.startswith("/")).split())
            for line in alike.split("\n")
        ]
        found = [" ".join(line.split()) for line in caption.texts]
        assert found == [line for line in wanted if line]


def test_a_file_says_its_own_rate_where_others_look_for_it():
    text = others.written("microdvd", [(1000, 2000, "Hello")], fps=Fraction(24000, 1001))
    assert text.startswith("{1}{1}23.976\n")
    (event,) = pysubs2.SSAFile.from_string(text, format_="microdvd")
    assert (event.text, round(event.start, -2)) == ("Hello", 1000)
