"""Windows with an aligner that says what it is told to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sentigram.core.media import Audio
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.words.alignment.windows import align_in_windows


class _Aligner:
    """Puts its words at the end of the sound if there are many, else at the start."""

    def __init__(self, late_from: int = 99) -> None:
        self.asked: list[tuple[tuple[str, ...], int]] = []
        self._late_from = late_from

    def align(self, said: Sequence[str], samples: np.ndarray) -> list[Span] | None:
        duration_ms = len(samples) // 16
        self.asked.append((tuple(said), duration_ms))
        late = len(said) >= self._late_from
        first_ms = duration_ms - 100 * len(said) if late else 0
        return [Span(first_ms + 100 * i, first_ms + 100 * (i + 1)) for i in range(len(said))]


def _noise(duration_ms: int) -> Audio:
    samples = np.random.default_rng(0).normal(0, 0.1, duration_ms * 16)
    return Audio(samples.astype(np.float32))


def _transcript(source: str, *spans_ms: tuple[int, int], text: str = "abcde") -> Transcript:
    words = tuple(
        Word(
            text.split()[i] if " " in text else text[i],
            Span(*span),
            source=source,
            timing="estimated",
        )
        for i, span in enumerate(spans_ms)
    )
    whole = Span(words[0].span.start_ms, words[-1].span.end_ms)
    return Transcript("en", (Utterance("u1", whole, words),))


def _run(transcript: Transcript, audio: Audio, aligner: _Aligner) -> list[Word]:
    said = [(word.text,) for word in transcript.words()]
    return list(align_in_windows(transcript, audio, said, aligner).words())


def test_words_that_were_heard_are_not_looked_for_far_from_where():
    spans = ((5000, 5300), (5300, 5600))
    heard, given = _Aligner(), _Aligner()
    _run(_transcript("heard", *spans), _noise(12_000), heard)
    _run(_transcript("given", *spans), _noise(12_000), given)
    assert heard.asked == [(("a", "b"), 1200)]
    assert given.asked == [(("a", "b"), 4600)]


def test_no_word_crosses_a_pause_that_a_recognizer_heard():
    spans = ((1000, 1300), (1300, 1600), (5000, 5300))
    aligner = _Aligner(late_from=3)  # all three at 5.3 to 5.6 s
    heard = _transcript("heard", *spans, text="a b. c")
    words = _run(heard, _noise(8000), aligner)
    assert [w.span.start_ms for w in words] == [700, 800, 4700]
    assert [said for said, _ in aligner.asked] == [("a", "b.", "c"), ("a", "b."), ("c",)]
    given = _transcript("given", *spans, text="a b. c")
    placed = _run(given, _noise(8000), _Aligner(late_from=3))
    assert placed[0].span.start_ms > 5000


def test_a_pause_in_the_middle_of_a_sentence_is_not_believed():
    """A recognizer likes to put the first word of a sentence behind the sentence before it."""
    spans = ((1000, 1300), (1300, 1600), (5000, 5300))
    aligner = _Aligner(late_from=3)
    words = _run(_transcript("heard", *spans), _noise(8000), aligner)
    assert [w.span.start_ms for w in words] == [5300, 5400, 5500]


def test_windows_begin_on_a_frame():
    aligner = _Aligner()
    words = _run(_transcript("heard", (5003, 5301)), _noise(8000), aligner)
    assert words[0].span.start_ms == 4700


def test_a_sound_before_words_keeps_beside_them():
    transcript = _transcript("given", (8000, 8300), (8300, 8600), text="(shouting) ask")
    said = [(), ("ask",)]
    made = list(align_in_windows(transcript, _noise(12_000), said, _Aligner()).words())
    assert [word.span for word in made] == [Span(5750, 6000), Span(6000, 6100)]


def test_sounds_and_short_songs_keep_their_times_and_nothing_is_looked_for_in_them():
    lines = (
        ("so", 1_000, 1_500),
        ("(applause)", 2_000, 4_300),
        ("♪ la la ♪", 4_400, 5_200),
        ("ask not", 6_500, 7_000),
    )
    utterances = tuple(
        Utterance(
            text,
            Span(low, high),
            tuple(
                Word(word, Span(*span), source="given", timing="estimated")
                for word, span in (
                    [("♪ la", (4_400, 4_800)), ("la ♪", (4_800, 5_200))]
                    if "♪" in text
                    else [("ask", (6_500, 6_700)), ("not", (6_700, 7_000))]
                    if " " in text
                    else [(text, (low, high))]
                )
            ),
        )
        for text, low, high in lines
    )
    transcript = Transcript("en", utterances)
    said = [("so",), (), ("la",), ("la",), ("ask",), ("not",)]
    aligner = _Aligner()
    apart = frozenset({"(applause)", "♪ la la ♪"})
    made = align_in_windows(transcript, _noise(12_000), said, aligner, apart=apart)
    assert [one.span for one in made.utterances[1:3]] == [Span(2_000, 4_300), Span(4_400, 5_200)]
    assert [words for words, _ in aligner.asked] == [("so",), ("ask", "not")]
    first, last = made.utterances[0].span, made.utterances[3].span
    assert first.end_ms < 2_400
    assert last.start_ms >= 5_400  # a second before, for a text may be late


def test_a_short_sound_is_in_a_pause_as_any_other():
    """A text may be half a second late: what it has right behind a sound was said before that."""
    lines = (("So", 1_000, 2_000), ("[door]", 2_000, 2_600), ("ask", 2_600, 3_000))
    utterances = tuple(
        Utterance(text, Span(*at), (Word(text, Span(*at), source="given", timing="estimated"),))
        for text, *at in lines
    )
    aligner = _Aligner()
    said = [("so",), (), ("ask",)]
    align_in_windows(
        Transcript("en", utterances), _noise(6_000), said, aligner, apart=frozenset({"[door]"})
    )
    assert aligner.asked == [(("so", "ask"), 5_000)]
