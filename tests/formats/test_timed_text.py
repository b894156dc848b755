"""Text with times: panels, consoles, services, lyrics; and text that only looks so."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.errors import TranscriptError
from sentigram.formats import kind_of, read_text
from tests.formats.files import transcript_of

ASK = [(0, "", "And so my fellow"), (3000, "", "ask not"), (5000, "", "what your country")]
TALK = [(3000, "Ann Smith", "And so my fellow."), (9000, "Bob", "ask not what.")]


def said(text, suffix=".txt"):
    cues = read_text(text, suffix, "given").spoken
    return [(cue.start_ms, cue.speaker, " ".join(cue.text.split())) for cue in cues]


BEFORE = {
    "panel": "0:0{}\n",
    "panel for listeners": "0:0{0}\n{0} seconds\n",
    "before": "0:0{} ",
    "dash": "00:0{} - ",
    "round": "(0:0{}) ",
    "square": "\n[00:00:0{}] ",
    "arrow": "00:00:0{} --> ",
    "whisper": "[00:0{0}.000 --> 00:0{0}.900]  ",
    "whisper.cpp": "[00:00:0{0}.000 --> 00:00:0{0}.900]   ",
    "faster-whisper": "[{0}.00s -> {0}.90s] ",
    "lyrics": "[00:0{}.00]",
    "glued": "0:0{}",
    "frames": "00:00:0{0}:12 - 00:00:0{0}:20\n",
    "semicolons": "00;00;0{0};12 - 00;00;0{0};20\n",
    "bold": "**[00:0{}]** ",
    "wide": "０：0{} ",
}


@pytest.mark.parametrize(
    "text",
    [
        *(
            "".join(f"{before.format(ms // 1000)}{line}\n" for ms, _, line in ASK)
            for before in BEFORE.values()
        ),
        "[00:00] And so my fellow [00:03] ask not [00:05] what your country\n",
    ],
)
def test_times_are_times(text):
    assert said(text) == ASK
    read = transcript_of(text, ".txt", "given")
    assert read.has_times
    assert read.warnings == ()
    spans = [utterance.span for utterance in read.transcript.utterances]
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(spans))
    assert 200 < spans[-1].duration_ms < 5000


@pytest.mark.parametrize(
    "text",
    [
        "Ann Smith  0:03  \nAnd so my fellow.\n\nBob  0:09\nask not what.\n",
        "Ann Smith (00:03):\nAnd so my fellow.\n\nBob (00:09):\nask not what.\n",
        "Ann Smith [00:00:03]\nAnd so my fellow.\n\nBob [00:00:09]\nask not what.\n",
        "Ann Smith [00:00:03]: And so my fellow.\nBob [00:00:09]: ask not what.\n",
        "[00:00:03] Ann Smith: And so my fellow.\n[00:00:09] Bob: ask not what.\n",
        "00:00:03 Ann Smith: And so my fellow.\n00:00:09 Bob: ask not what.\n",
        "Ann Smith | 00:03\nAnd so my fellow.\nBob | 00:09\nask not what.\n",
        "**Ann Smith** (00:03): And so my fellow.\n**Bob** (00:09): ask not what.\n",
        "[00:00:03] Ann Smith:\nAnd so my fellow.\n[00:00:09] Bob:\nask not what.\n",
    ],
)
def test_speakers_are_speakers(text):
    assert said(text) == TALK


def test_names_alone_beside_the_times():
    text = "".join(
        f"00:00:{3 * n:02d} {'Ann Smith' if n % 2 else 'Bob'}\nline no {n}\n" for n in range(4)
    )
    assert said(text) == [
        (3000 * n, "Ann Smith" if n % 2 else "Bob", f"line no {n}") for n in range(4)
    ]
    assert said("0:05 Speaker 1\nHi there\n0:06 Speaker 1\nyou all\n")[0][1] == "Speaker 1"


def test_names_below_the_times_of_an_editor():
    text = "".join(
        f"00:00:{3 * n:02}:12 - 00:00:{3 * n + 2:02}:20\nSpeaker {n % 2}\nline no {n}\n\n"
        for n in range(4)
    )
    assert said(text) == [(3000 * n, f"Speaker {n % 2}", f"line no {n}") for n in range(4)]


def test_lyrics():
    text = (
        "[ar:Somebody]\n[ti: A song]\n[la:en]\n[offset:+500]\n"
        "[00:01.00][00:10.00]La la la\n[00:03.50]<00:03.50>One <00:04.00>two <00:04.50>\n"
        "[00:06.00]\n"
    )
    track = read_text(text, ".lrc", "given")
    assert track.language == "en"
    assert said(text) == [(500, "", "La la la"), (3000, "", "One two"), (9500, "", "La la la")]
    assert [(w.text, w.start_ms, w.end_ms) for w in track.spoken[1].words] == [
        ("One", 3000, 3500),
        ("two", 3500, 4000),
    ]
    assert track.spoken[1].end_ms <= 5500
    read = transcript_of(text, ".lrc", "given")
    assert [w.timing for w in read.transcript.utterances[1].words] == ["aligned", "aligned"]


def test_words_of_lyrics_without_ends():
    text = "[00:01.00]one <00:02.00>two three <00:02.00>four\n[00:04.00]five"
    (first, _) = read_text(text, ".lrc", "given").spoken
    assert [(w.text, w.start_ms, w.end_ms) for w in first.words] == [
        ("one", None, None),
        ("two", None, None),
        ("three", None, None),
        ("four", 2000, 4000),
    ]
    assert len(transcript_of(text, ".lrc", "given").transcript.utterances) == 2


def test_what_stands_before_the_first_time_is_left_out_and_said():
    text = "Weekly call\nTue, Jan 5\n\nAnn  0:03\nAnd so my fellow.\nBob  0:09\nask not what.\n"
    assert [cue[0] for cue in said(text)] == [3000, 9000]
    assert transcript_of(text, ".txt", "given").warnings == (
        "given: 2 lines before the first time ('Weekly call') left out",
    )


@pytest.mark.parametrize(
    "text",
    [
        "We met at 5:30 in the morning.\nAt 6:00 we left.\nHe said: go. It was 7:15 then.\n",
        "5:30 was the time of the meeting that we had.\nNobody came.\n",
        "9:00 Opening\n10:30 Coffee break\n12:00 Lunch\n",
        "0:00 Intro\n2:30 Theory\n9:10 Practice\n14:00 Questions\n",
        "".join(
            f"3:{n} For God so loved the world, that he gave his only Son\n" for n in range(16, 19)
        ),
        "5:30pm we met in the old house\n6:15 pm we went away again\n6:40 Uhr was it then\n",
        "1:0 it ended\n2:1 too\n",
        "3:0, 2:1",
    ],
)
def test_prose_stays_prose(text):
    assert kind_of(text, ".txt") == "txt"
    assert not transcript_of(text, ".txt", "given").has_times


def test_without_times_or_words():
    with pytest.raises(TranscriptError, match=r"given: no line with a time, such as \[00:12\.50\]"):
        read_text("just words", ".lrc", "given")
    with pytest.raises(TranscriptError, match="has no words in it"):
        read_text("[00:01.00]\n[00:02.00]\n", ".lrc", "given")


PIECES = ["0:01", "[00:02.5]", "(0:03)", "<00:03.10>", "Ann", " ", "\n", ":", "-->", "5s", "x" * 60]


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_any_text_is_read_or_refused(text):
    try:
        track = read_text(text, ".lrc", "given")
    except TranscriptError:
        return
    assert all(cue.start_ms >= 0 for cue in track.spoken)


@pytest.mark.parametrize(
    "text", ["0:01 " * 60_000, "[0:01] " * 60_000, "A " * 300_000, "<00:01.00>a" * 60_000]
)
def test_it_takes_time_in_proportion(text):
    started = time.process_time()
    kind_of(text, ".txt")
    kind_of(text.replace("0:01", "0:01\n"), ".txt")
    assert time.process_time() - started < 5
