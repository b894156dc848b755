from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sentigram.core.time import Span
from sentigram.emotion.encoders.tokens import SpanTokens
from sentigram.emotion.encoders.windows import window_means

TOKENS = SpanTokens(
    1000.0, 20.0, np.random.default_rng(0).standard_normal((200, 3)).astype(np.float32) + 100
)


@given(st.lists(st.tuples(st.integers(0, 7000), st.integers(0, 4000)), min_size=1, max_size=20))
def test_each_mean_is_that_of_the_tokens_whose_centres_lie_in_the_window(windows):
    spans = [Span(start, start + length) for start, length in windows]
    found = window_means(TOKENS, spans)
    centres = 1000 + 20 * np.arange(200) + 10
    for span, mean in zip(spans, found, strict=True):
        inside = (centres >= span.start_ms) & (centres < span.end_ms)
        if not inside.any():
            middle = (span.start_ms + span.end_ms) / 2
            inside = np.zeros(200, bool)
            inside[np.clip(int((middle - 1000) // 20), 0, 199)] = True
        np.testing.assert_allclose(mean, TOKENS.values[inside].mean(axis=0), rtol=1e-5)
