from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shown_in_words import ALL, as_text, measure, share_shown

from sentigram.core.arrays import Floats64
from sentigram.training.shipped.text.data import LABELS

NEUTRAL, ANGER = LABELS.index("neutral"), LABELS.index("anger")
SHIFT = 2.0


def ratios(n: int, share: float, rng: np.random.Generator) -> Floats64:
    """Exact log ratios of x that is from N(SHIFT, 1) with this share, else from N(0, 1)."""
    x = rng.normal(size=n) + SHIFT * (rng.random(n) < share)
    return np.asarray(SHIFT * x - SHIFT**2 / 2)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 1.0])
def test_the_share_is_recovered(share: float) -> None:
    found = share_shown(ratios(20_000, share, np.random.default_rng(1)))
    assert found == pytest.approx(share, abs=0.02)


@given(st.lists(st.floats(-20, 20), min_size=1, max_size=40))
def test_no_share_is_likelier(log_ratios: list[float]) -> None:
    given_ratios = np.array(log_ratios)

    def likelihood(share: float) -> float:
        with np.errstate(divide="ignore"):
            return float(np.log1p(share * np.expm1(given_ratios)).sum())

    best = likelihood(share_shown(given_ratios))
    assert best >= max(likelihood(s) for s in np.linspace(0, 1, 101)) - 1e-6 * (1 + abs(best))


def test_each_label_is_measured_on_its_own_lines() -> None:
    rng = np.random.default_rng(2)
    truth = np.repeat([NEUTRAL, ANGER], 4000)
    found = np.zeros((8000, len(LABELS)))
    found[:4000, ANGER] = ratios(4000, 0.1, rng)
    found[4000:, ANGER] = ratios(4000, 0.7, rng)
    shares = measure(found + 5.0, truth, [str(i // 40) for i in range(8000)], n_draws=50)
    assert list(shares) == ["anger", ALL]  # the others have no line
    assert shares["anger"]["n"] == 4000
    assert shares["anger"]["low"] < shares["anger"]["value"] < shares["anger"]["high"]
    assert shares["anger"]["value"] == pytest.approx(0.7, abs=0.04)
    assert shares["anger"]["on neutral"] == pytest.approx(0.1, abs=0.04)
    assert shares[ALL]["value"] == pytest.approx(shares["anger"]["value"])
    text = as_text({"play": shares})
    assert f"anger       {shares['anger']['value']:.3f}" in text
    assert f"({shares['anger']['on neutral']:.3f})" in text
