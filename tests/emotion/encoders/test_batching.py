"""Windows of long inputs, and batches of windows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sentigram.emotion.encoders.batching import batches, windows


@given(st.integers(0, 500), st.integers(0, 20), st.integers(1, 40))
def test_every_token_is_kept_once_with_its_neighbours(n_tokens, context, extra):
    room = 2 * context + extra
    found = list(windows(n_tokens, room=room, context=context))
    kept = [t for w in found for t in range(w.keep_start, w.keep_end)]
    assert kept == list(range(n_tokens))
    for window in found:
        assert 0 < len(window) <= room
        assert list(range(window.start, window.end))[window.kept] == list(
            range(window.keep_start, window.keep_end)
        )
        for token in range(window.keep_start, window.keep_end):
            assert window.start <= max(0, token - context)
            assert window.end > min(n_tokens - 1, token + context - 1)


@given(st.lists(st.integers(1, 1000), max_size=60), st.integers(1, 4000))
def test_batches_hold_each_once_within_the_budget(sizes, budget):
    found = list(batches(sizes, budget=budget))
    assert sorted(i for batch in found for i in batch) == list(range(len(sizes)))
    for batch in found:
        padded = len(batch) * max(sizes[i] for i in batch)
        assert padded <= budget or len(batch) == 1
    longest = [max(sizes[i] for i in batch) for batch in found]
    assert longest == sorted(longest)
