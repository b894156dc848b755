from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sentigram.core.transcript import Utterance
from sentigram.emotion.stretches import _LONGEST_MS, _LONGEST_PAUSE_MS, stretches
from tests.emotion.spoken import talk


@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=12),
    st.integers(0, 3000),
    st.randoms(use_true_random=False),
)
def test_every_utterance_is_in_one_segment_that_holds_its_windows(lengths, pause_ms, random):
    speakers = tuple(random.choice("ab") for _ in lengths)
    said = talk(*lengths, pause_ms=pause_ms, speakers=speakers).utterances
    found = list(stretches(said, said[-1].span.end_ms))
    flat: list[Utterance] = [u for segment in found for u in segment.utterances]
    assert flat == list(said)
    for segment in found:
        assert len({u.speaker for u in segment.utterances}) == 1
        assert segment.n_words == sum(len(u.words) for u in segment.utterances)
        for window in segment.windows:
            assert segment.span.start_ms <= window.start_ms < window.end_ms
            assert window.end_ms <= segment.span.end_ms
        if len(segment.utterances) > 1:
            assert pause_ms <= _LONGEST_PAUSE_MS
            last, first = segment.utterances[-1].span, segment.utterances[0].span
            assert last.end_ms - first.start_ms <= _LONGEST_MS


def test_short_sentences_close_together_are_encoded_at_once():
    assert len(list(stretches(talk(5, 5, 5).utterances, 60_000))) == 1
    assert len(list(stretches(talk(5, 5, 5, pause_ms=2000).utterances, 60_000))) == 3
