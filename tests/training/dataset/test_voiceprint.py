from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sentigram.core.media import SAMPLE_RATE_HZ
from sentigram.errors import InputError
from sentigram.training.corpora import ravdess
from sentigram.training.dataset.clips import load
from sentigram.training.dataset.voiceprint import alike_voices, voiceprint


def hum(seed: int, seconds: float = 1.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    n = int(seconds * SAMPLE_RATE_HZ)
    return (0.3 * np.sin(np.arange(n) * 0.07) + 0.01 * rng.standard_normal(n)).astype(np.float32)


def test_a_print_stays_and_levels_do_not_count():
    clip = hum(0)
    assert voiceprint(clip) == voiceprint(clip)
    pair = {"a": [voiceprint(clip)] * 3, "b": [voiceprint(0.2 * clip)] * 3}
    assert alike_voices(pair, threshold=0.97) == [("a", "b")]


def test_what_is_too_short_or_said_too_rarely_tells_nothing():
    assert voiceprint(hum(0, 0.05)) == ""
    own = voiceprint(hum(0))
    assert alike_voices({"a": [own, own, ""], "b": [own] * 3}) == []
    assert alike_voices({"a": ["", "", ""]}) == []


@pytest.mark.parametrize("wrong", ["x", "AAAA", "A" * 256])
def test_what_is_no_print_is_refused(wrong: str):
    own = voiceprint(hum(0))
    with pytest.raises(InputError, match="make the manifest again"):
        alike_voices({"a": [own] * 3, "b": [wrong] * 3})


def test_real_people(shared_data: Path):
    """Two actors under three names: the calm and the angry clips of one are one voice."""
    items = [item for item in ravdess.read(shared_data / "ravdess") if item.audio is not None]
    said: dict[str, list[str]] = {}
    for who, speaker, labels in (
        ("calm", "actor07", ("calm",)),
        ("angry", "actor07", ("anger",)),
        ("other", "actor12", ("calm",)),
    ):
        own = [i for i in items if i.speaker == speaker and i.labels[0] in labels][:4]
        said[who] = [voiceprint(load(i.audio)) for i in own if i.audio is not None]
    assert alike_voices(said, threshold=0.5)[0] == ("calm", "angry")
