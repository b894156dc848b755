"""Captions that scroll are said once; what people repeat is said again."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.formats.track import SpokenCue, TimedWord
from sentigram.words.given.rolling import unrolled
from tests.formats.files import transcript_of

LINES = ("and so my fellow american", "ask not", "what your country can do", "for you")


def said(*cues):
    kept, remarks = unrolled([SpokenCue(start, end, text) for start, end, text in cues])
    return [(cue.start_ms, cue.text) for cue in kept], remarks


def rolled(lines, *, n_lines=2, has_dummies=False):
    """Roll-up captions of lines that are said a second each."""
    for n in range(len(lines)):
        shown = lines[max(0, n + 1 - n_lines) : n + 1]
        end_ms = 1000 * (n + 1)
        yield 1000 * n, end_ms - 10 * has_dummies, "\n".join(shown)
        if has_dummies:
            yield end_ms - 10, end_ms, "\n".join(shown[1 - n_lines :])


@pytest.mark.parametrize("n_lines", [2, 3, 4])
@pytest.mark.parametrize("has_dummies", [False, True])
def test_rolling_lines_are_said_when_they_appear(n_lines, has_dummies):
    kept, (remark,) = said(*rolled(LINES, n_lines=n_lines, has_dummies=has_dummies))
    assert kept == [(1000 * n, line) for n, line in enumerate(LINES)]
    assert remark.startswith("its captions scroll: ")


def test_lines_that_grow_are_said_word_by_word():
    words = LINES[0].split()
    cues = [(300 * n, 300 * n + 300, " ".join(words[: n + 1])) for n in range(len(words))]
    assert said(*cues)[0] == [(300 * n, word) for n, word in enumerate(words)]
    pop_on = (1500, 3000, LINES[0])
    assert said(*cues, pop_on)[0] == [(300 * n, word) for n, word in enumerate(words)]


def test_a_window_that_slides_over_the_words():
    words = " ".join(LINES).split()
    cues = [(300 * n, 300 * n + 300, " ".join(words[n : n + 5])) for n in range(len(words) - 4)]
    assert " ".join(text for _, text in said(*cues)[0]) == " ".join(words)


@pytest.mark.parametrize(
    "cues",
    [
        [(0, 2000, "We will rock you"), (2000, 4000, "We will rock you")],
        [(0, 2000, "We will"), (2000, 4000, "We will rock you"), (4000, 6000, "Again")],
        [(0, 1000, "No, no, no."), (1000, 2000, "No, no, no."), (3000, 4000, "No, no, no.")],
        [(0, 900, "No."), (900, 1800, "No!"), (1800, 2700, "No?")],
        [(0, 1000, "You know"), (2000, 3000, "You know what"), (4000, 5000, "You know what I")],
        [(0, 1000, "One"), (1000, 2000, "Two"), (0, 1500, "Sign")],
    ],
)
def test_what_people_repeat_is_said_again(cues):
    assert said(*cues) == ([(start, text) for start, _, text in cues], ())


def test_true_repetition_inside_scrolling_captions():
    kept, _ = said(*rolled(("no", "no", "never ever", "no")))
    assert [text for _, text in kept][-2:] == ["never ever", "no"]


def test_copies_that_there_is_no_time_to_say_are_joined():
    assert said((0, 2000, "Good morning."), (2000, 2040, "Good morning."))[0] == [
        (0, "Good morning.")
    ]
    kept, (remark,) = said((0, 2000, "Good morning."), (0, 2000, "Good morning."))
    assert kept == [(0, "Good morning.")]
    assert remark.startswith("1 cue that repeats the one before")


def test_words_keep_their_own_times():
    def cue(start_ms, end_ms, *words):
        timed = tuple(TimedWord(w, start_ms + n, start_ms + n + 1) for n, w in enumerate(words))
        return SpokenCue(start_ms, end_ms, "", words=timed)

    kept, _ = unrolled([cue(0, 500, "a"), cue(500, 1000, "a", "b"), cue(1000, 1500, "a", "b", "c")])
    assert [[(w.text, w.start_ms) for w in cue.words] for cue in kept] == [
        [("a", 0)],
        [("b", 501)],
        [("c", 1002)],
    ]


def test_in_every_format():
    blocks = list(rolled(LINES))
    srt = "".join(
        f"{n}\n00:00:0{a // 1000},000 --> 00:00:0{b // 1000},000\n{text}\n\n"
        for n, (a, b, text) in enumerate(blocks, 1)
    )
    ttml = "".join(
        f'<p begin="{a}ms" end="{b}ms">{text}</p>'.replace("\n", "<br/>") for a, b, text in blocks
    )
    segments = [{"start": a / 1000, "end": b / 1000, "text": text} for a, b, text in blocks]
    for text, suffix in (
        (srt, ".srt"),
        ("WEBVTT\n\n" + srt.replace(",000", ".000"), ".vtt"),
        (f'<tt xmlns="http://www.w3.org/ns/ttml"><body><div>{ttml}</div></body></tt>', ".ttml"),
        (json.dumps({"segments": segments}), ".json"),
    ):
        read = transcript_of(text, suffix, "given")
        assert [u.text for u in read.transcript.utterances] == list(LINES), suffix
        assert "its captions scroll" in read.warnings[0]


CUES = st.lists(
    st.tuples(
        st.integers(0, 3000), st.integers(-50, 2000), st.lists(st.sampled_from("abc\n"), max_size=6)
    ),
    max_size=12,
)


@given(CUES)
def test_nothing_is_lost_and_nothing_comes_in(drawn):
    cues = [SpokenCue(a, a + d, " ".join(words)) for a, d, words in drawn]
    kept, remarks = unrolled(cues)
    ordered = sorted(cues, key=lambda cue: cue.start_ms)
    before = [word for cue in ordered for word in cue.text.split()]
    after = [word for cue in kept for word in cue.text.split()]
    assert set(before) == set(after)
    assert len(after) <= len(before)
    assert remarks or list(kept) == cues


def test_it_takes_time_in_proportion():
    started = time.process_time()
    unrolled([SpokenCue(0, 10**6, "a\n" * 100_000), SpokenCue(5, 10**6, "a\n" * 100_000)])
    unrolled([SpokenCue(n, n + 1, "a " * 100) for n in range(5000)])
    assert time.process_time() - started < 3
