"""wav2vec 2.0, WavLM and HuBERT against transformers itself, one piece at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sentigram.core.media import Audio
from sentigram.core.time import Span
from sentigram.emotion.encoders.compute import Compute
from sentigram.emotion.encoders.pieces import n_frames
from sentigram.emotion.encoders.tokens import AudioTokens
from sentigram.emotion.encoders.transformers import speech as module
from sentigram.emotion.encoders.transformers.speech import TransformerAudioEncoder
from sentigram.errors import InputError, MissingError, UsageError
from tests.emotion.encoders.tiny_models import AUDIO_KINDS, write_audio_model, write_text_model

CPU = Compute("cpu", "float32")
KINDS = [(kind, norm) for kind in AUDIO_KINDS for norm in ("group", "layer")]


@pytest.fixture(scope="module")
def waves():
    rng = np.random.default_rng(0)
    lengths = (400, 1000, 16_000, 9_999, 16_000, 23_456)
    return [(0.1 * rng.normal(size=n) + 0.05).astype(np.float32) for n in lengths]


@pytest.fixture(scope="module", params=KINDS, ids="-".join)
def folder(request, tmp_path_factory) -> Path:
    kind, norm = request.param
    name = tmp_path_factory.mktemp("models") / f"{kind}-{norm}"
    return write_audio_model(name, kind, norm=norm)


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Path:
    return write_audio_model(tmp_path_factory.mktemp("models") / "base")


def reference(folder: Path, wave, layer: int = -1):
    """Frames of one piece alone, as the model's documentation says."""
    import torch
    import transformers

    extractor = transformers.AutoFeatureExtractor.from_pretrained(folder)
    network = transformers.AutoModel.from_pretrained(folder).eval()
    feed = extractor(wave, sampling_rate=16_000, return_tensors="pt", return_attention_mask=False)
    with torch.inference_mode():
        out = network(**feed, output_hidden_states=True)
    return out.hidden_states[layer][0].numpy() if layer != -1 else out.last_hidden_state[0].numpy()


def test_batched_equals_transformers_one_at_a_time(folder, waves):
    encoder = TransformerAudioEncoder(str(folder), compute=CPU)
    for wave, frames in zip(waves, encoder.encode(waves), strict=True):
        assert frames.dtype == np.float32
        assert len(frames) == n_frames(len(wave))
        np.testing.assert_allclose(frames, reference(folder, wave), atol=1e-4)
    alike = [waves[2], waves[4]]
    for wave, frames in zip(alike, encoder.encode(alike), strict=True):
        np.testing.assert_allclose(frames, reference(folder, wave), atol=1e-4)


@pytest.mark.parametrize("settings", [{"do_normalize": False}, {"conv_pos_batch_norm": True}])
def test_as_its_files_say(tmp_path, waves, settings):
    kind = "hubert" if "conv_pos_batch_norm" in settings else "wav2vec2"
    folder = write_audio_model(tmp_path / "own", kind, **settings)
    encoder = TransformerAudioEncoder(str(folder), compute=CPU)
    for wave, frames in zip(waves[1:4], encoder.encode(waves[1:4]), strict=True):
        np.testing.assert_allclose(frames, reference(folder, wave), atol=1e-4)


@pytest.mark.parametrize("layer", [0, 1])
def test_other_layers(base, waves, layer):
    encoder = TransformerAudioEncoder(str(base), compute=CPU, layer=layer)
    for wave, frames in zip(waves[2:4], encoder.encode(waves[2:4]), strict=True):
        np.testing.assert_allclose(frames, reference(base, wave, layer), atol=1e-4)


def test_mean_of_layers(base, waves):
    encoder = TransformerAudioEncoder(str(base), compute=CPU, layer="mean")
    wanted = (reference(base, waves[2], 1) + reference(base, waves[2], 2)) / 2
    np.testing.assert_allclose(encoder.encode(waves[2:3])[0], wanted, atol=1e-4)
    assert "mean of layers" in encoder.info.id
    with pytest.raises(UsageError, match="layers 0 to 2"):
        TransformerAudioEncoder(str(base), compute=CPU, layer=9)


def test_a_clip_is_encoded_as_upstream_and_averaged_over_100_ms(base, waves):
    encoder: AudioTokens = TransformerAudioEncoder(str(base), compute=CPU)
    audio = Audio(waves[-1])
    (tokens,) = encoder.encode_spans(audio, [Span(0, audio.duration_ms)])
    frames = reference(base, waves[-1])
    wanted = [frames[i : i + 5].mean(0) for i in range(0, len(frames), 5)]
    np.testing.assert_allclose(tokens.values, wanted, atol=1e-4)
    assert (tokens.first_ms, tokens.step_ms) == (2.5, 100)


@pytest.mark.parametrize("budget", [1, 16_000 * 8, 10**8])
def test_the_batch_changes_nothing(base, budget, monkeypatch):
    samples = (0.1 * np.random.default_rng(1).normal(size=16_000 * 30)).astype(np.float32)
    spans = [Span(0, 2000), Span(2000, 14_000), Span(20_000, 20_030), Span(21_000, 29_000)]
    encoder = TransformerAudioEncoder(str(base), compute=CPU)
    monkeypatch.setitem(module._BATCH_SAMPLES, "cpu", budget)
    together = list(encoder.encode_spans(Audio(samples), spans))
    for span, tokens in zip(spans, together, strict=True):
        (alone,) = encoder.encode_spans(Audio(samples), [span])
        assert alone.first_ms == tokens.first_ms
        np.testing.assert_allclose(tokens.values, alone.values, atol=1e-4)


def test_frames_are_those_of_float32_in_any_precision(folder, waves):
    low = TransformerAudioEncoder(str(folder), compute=Compute("cpu", "bfloat16")).encode(waves)
    for frames, wave in zip(low, waves, strict=True):
        np.testing.assert_allclose(frames, reference(folder, wave), atol=1e-4)


def test_says_what_it_is(base):
    encoder = TransformerAudioEncoder(str(base), compute=CPU)
    assert encoder.info.name == f"wav2vec:{base}"
    assert encoder.info.id == "base, last layer, means over 100 ms"
    assert (encoder.info.kind, encoder.info.width) == ("audio", 32)
    assert (encoder.part.role, encoder.part.id) == ("audio encoder", "base")
    assert len(encoder.part.sha256) == 64


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"conv_stride": (5, 2, 2, 2, 2, 2, 1)}, "conv_stride.*a frame every 320 samples"),
        ({"conv_kernel": (10, 3, 3, 3, 3, 2, 4)}, "conv_kernel.*frames of 400 samples"),
        ({"add_adapter": True}, "add_adapter"),
    ],
)
def test_other_grids_are_refused(tmp_path, settings, match):
    folder = write_audio_model(tmp_path / "odd", **settings)
    with pytest.raises(InputError, match=match):
        TransformerAudioEncoder(str(folder), compute=CPU)


def test_other_kinds_are_refused(tmp_path, base):
    text = write_text_model(tmp_path / "bert")
    with pytest.raises(InputError, match=r"preprocessor_config\.json belongs to the model"):
        TransformerAudioEncoder(str(text), compute=CPU)
    (text / "preprocessor_config.json").write_bytes(
        (base / "preprocessor_config.json").read_bytes()
    )
    with pytest.raises(InputError, match="model_type is 'bert', expected one of wav2vec2"):
        TransformerAudioEncoder(str(text), compute=CPU)
    with pytest.raises(MissingError, match="sentigram models pull wavlm-large"):
        TransformerAudioEncoder("wavlm-large", compute=CPU)
