"""Means of tokens over many windows at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sentigram.core.time import Span
from sentigram.emotion.encoders.tokens import SpanTokens


def window_means(tokens: SpanTokens, spans: Sequence[Span]) -> NDArray[np.float32]:
    """The mean of the tokens whose centres lie in each span.

    Windows of neighbouring words share most of their tokens, so each mean is a difference of two
    running sums: the cost does not depend on how long windows are.

    Args:
        tokens: Of a stretch that the spans lie in.
        spans: Windows; one that holds no centre gets the nearest token.

    Returns:
        float32 (n_spans, width).
    """
    sums = np.zeros((len(tokens.values) + 1, tokens.values.shape[1]))
    np.cumsum(tokens.values, axis=0, dtype=np.float64, out=sums[1:])
    where = [tokens.within(span) for span in spans]
    low = np.array([part.start for part in where], np.int64)
    high = np.array([part.stop for part in where], np.int64)
    return np.asarray((sums[high] - sums[low]) / (high - low)[:, None], np.float32)
