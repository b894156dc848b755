"""What runs sound like: the net that ships, and others that read the same bands."""

from __future__ import annotations

import numpy as np
import pytest

from sentigram.core.media import SAMPLE_RATE_HZ, Audio
from sentigram.core.time import Span
from sentigram.errors import MissingError
from sentigram.training.shipped.graphs import GraphBuilder
from sentigram.words.speakers.bands import log_bands
from sentigram.words.speakers.voices import BandVoices


@pytest.fixture(scope="module")
def hum() -> Audio:
    t = np.arange(2 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    tone = sum(np.sin(2 * np.pi * 140 * k * t) / k for k in range(1, 12))
    return Audio((0.05 * tone).astype(np.float32))


def test_they_are_of_length_one_and_alike_for_alike_sound(hum):
    found = BandVoices().embed(hum, [(Span(0, 1_000),), (Span(1_000, 1_400), Span(1_400, 2_000))])
    assert found.shape == (2, 192)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert found[0] @ found[1] > 0.8
    assert BandVoices().embed(hum, []).shape[0] == 0


def test_too_short_sound_is_refused(hum):
    with pytest.raises(ValueError, match="20 ms: too short for a voice"):
        BandVoices().embed(hum, [(Span(0, 20),)])


def net(path, n_bands=80):
    builder = GraphBuilder()
    pooled = builder.node("ReduceMax", "feats", builder.integers([1]), keepdims=0)
    made = builder.model(
        inputs={"feats": ("batch", "n_frames", n_bands)},
        outputs={"embs": (pooled, ("batch", n_bands))},
        name="highest",
    )
    path.write_bytes(made.SerializeToString())
    return path


def test_another_net_serves(hum, tmp_path):
    voices = BandVoices(net(tmp_path / "other.onnx"))
    found = voices.embed(hum, [(Span(0, 1_000),)])[0]
    bands = log_bands(hum.samples[:SAMPLE_RATE_HZ])
    wanted = (bands - bands.mean(axis=0)).max(axis=0)
    np.testing.assert_allclose(found, wanted / np.linalg.norm(wanted), atol=1e-5)
    assert voices.part.id == "other.onnx"
    assert len(voices.part.sha256) == 64


def test_a_net_that_takes_something_else_is_refused(hum, tmp_path):
    with pytest.raises(MissingError, match=r"wide\.onnx: takes .*, not \(batch, frames, 80\)"):
        BandVoices(net(tmp_path / "wide.onnx", 64)).embed(hum, [(Span(0, 1_000),)])
