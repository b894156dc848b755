"""The mean of Whisper's encoder, by the real weights of Whisper base and transformers' spectrum."""

from __future__ import annotations

import ctranslate2
import numpy as np
import pytest
from transformers import WhisperFeatureExtractor

from sentigram.errors import MissingError, UsageError
from sentigram.training.dataset.extractors import encoder
from sentigram.training.dataset.whisper_mean import WhisperMeanFeatures
from tests.whisper_base import real_whisper
from tests.words.clips import two_cities

RATE = 16_000


@pytest.fixture(scope="module")
def features() -> WhisperMeanFeatures:
    made = encoder(f"whisper-mean:{real_whisper()}")
    assert isinstance(made, WhisperMeanFeatures)
    return made


@pytest.mark.slow
def test_it_says_what_it_is(features):
    assert features.info.name == f"whisper-mean:{real_whisper()}"
    assert (features.info.kind, features.info.width) == ("audio", 512)
    assert features.info.sha256


def test_only_frames_of_the_clip_count(features):
    """The same network, on transformers' spectrum, averaged by hand."""
    samples = two_cities().samples[: RATE * 4 + 100]
    mel = WhisperFeatureExtractor()(samples, sampling_rate=RATE, return_tensors="np").input_features
    network = ctranslate2.models.Whisper(str(real_whisper()), compute_type="float32")
    frames = np.array(network.encode(ctranslate2.StorageView.from_array(mel.astype(np.float32))))
    assert frames.shape == (1, 1500, 512)
    found = features.encode_clip(samples)
    assert found.shape == (1, 512)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[0], frames[0, :201].mean(axis=0), atol=2e-3)  # 200.3 frames
    assert np.abs(found[0] - frames[0].mean(axis=0)).max() > 0.1  # the filling would count


@pytest.mark.slow
def test_long_clips_are_windows_of_30_s(features):
    samples = np.tile(two_cities().samples[: RATE * 15], 3)[: RATE * 40]
    first, second = (features.encode_clip(part)[0] for part in np.split(samples, [RATE * 30]))
    np.testing.assert_allclose(
        features.encode_clip(samples)[0], 0.75 * first + 0.25 * second, atol=1e-4
    )


@pytest.mark.parametrize("n", [0, 1, 319])
def test_the_shortest_clips_have_one_frame(features, n):
    found = features.encode_clip(np.zeros(n, np.float32))
    assert found.shape == (1, 512)
    assert np.isfinite(found).all()


def test_models_that_are_not_here_are_named():
    with pytest.raises(MissingError, match="whisper-small"):
        _ = encoder("whisper-mean:small").info
    with pytest.raises(UsageError, match="whisper-mean:MODEL"):
        encoder("whisper-mean:")
