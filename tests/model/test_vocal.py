from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from sentigram.cards import DEFAULT_WEIGHTS, write_card
from sentigram.core.emotion import LabelSet
from sentigram.errors import MissingError
from sentigram.model import reading, vocal
from sentigram.model.vocal import Normalizer, VoiceModel

WIDTH = 5
LABELS = ("anger", "neutral", "sadness")


def model(*, prior_windows: float = 10.0, temperature: float = 2.0) -> VoiceModel:
    rng = np.random.default_rng(0)
    return VoiceModel(
        labels=LabelSet(LABELS),
        weight=rng.normal(size=(3, WIDTH)),
        bias=rng.normal(size=3),
        temperature=temperature,
        log_prior=np.log([0.2, 0.5, 0.3]),
        label_vad=rng.uniform(-1, 1, (3, 3)),
        normalizer=Normalizer(rng.normal(size=WIDTH), rng.uniform(0.5, 2, WIDTH), prior_windows),
    )


def windows(n: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(3, 2, (n, WIDTH))


def test_plenty_of_speech_is_seen_against_itself():
    normal = model().normalizer(windows(400), n_windows=1e9)
    np.testing.assert_allclose(normal.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(normal.std(axis=0), 1, atol=0.01)


def test_no_speech_is_seen_against_training():
    normalizer = model().normalizer
    pooled = windows(4)
    expected = (pooled - normalizer.mean) / normalizer.deviation
    np.testing.assert_allclose(normalizer(pooled, n_windows=0.0), expected, rtol=2e-3)


def test_as_much_speech_as_the_prior_counts_half():
    """The formula, written out: mean and variance are averaged, then used."""
    normalizer = model(prior_windows=8.0).normalizer
    pooled = windows(8)
    for column in range(WIDTH):
        own = [row[column] for row in pooled]
        mean = sum(own) / 8
        variance = sum((v - mean) ** 2 for v in own) / 8
        centre = (mean + normalizer.mean[column]) / 2
        scale = ((variance + normalizer.deviation[column] ** 2) / 2) ** 0.5
        assert normalizer(pooled)[0, column] == pytest.approx((own[0] - centre) / scale, rel=5e-3)


@given(st.floats(0.1, 100), st.floats(0.1, 100))
def test_a_recording_in_one_mood_keeps_more_of_it_the_shorter_it_is(a: float, b: float):
    normalizer = model().normalizer
    spread = windows(6, seed=2)
    spread = (spread - spread.mean(axis=0)) / spread.std(axis=0) * normalizer.deviation
    mood = normalizer.mean + 3 * normalizer.deviation + spread  # of usual spread, far off centre
    short, long = (normalizer(mood, n_windows=n).mean() for n in sorted((a, b)))
    assert 0 < long <= short + 1e-9
    assert short < 3


def test_log_probs_are_normalized_and_calibrated():
    scores = windows(6)
    warm, cold = model(temperature=4.0), model(temperature=0.5)
    for one in (warm, cold):
        np.testing.assert_allclose(np.exp(one.log_probs(scores)).sum(axis=1), 1)
    warm_top, cold_top = (np.exp(m.log_probs(scores)).max(axis=1) for m in (warm, cold))
    assert (warm_top < cold_top).all()


def test_without_evidence_the_prior_remains():
    """Temperature softens the evidence, never the prior."""
    one = model(temperature=7.0)
    blank = VoiceModel(
        one.labels,
        np.zeros_like(one.weight),
        one.log_prior,
        one.temperature,
        one.log_prior,
        one.label_vad,
        one.normalizer,
    )
    np.testing.assert_allclose(np.exp(blank.log_probs(windows(1)))[0], [0.2, 0.5, 0.3])


def test_extreme_scores_stay_finite():
    assert np.isfinite(model(temperature=0.1).log_probs(1e4 * windows(3))).all()


def test_speakers_are_normalized_apart():
    one = model()
    pooled = np.concatenate([windows(5, seed=3), 4 * windows(7, seed=4)])
    order = np.random.default_rng(5).permutation(12)
    speakers = np.array(["a"] * 5 + ["b"] * 7)
    together = one.read(pooled[order], list(speakers[order]), [2.0] * 12)
    for name in "ab":
        own = speakers[order] == name
        alone = one.read(pooled[order][own], [name] * own.sum(), [2.0] * own.sum())
        np.testing.assert_allclose(together[own], alone)


def test_overlapping_windows_count_by_their_seconds():
    """Twenty windows that add a tenth of a second each are one window's worth of speech."""
    one = model()
    pooled = windows(20)
    read = one.read(pooled, [""] * 20, [0.1] * 20)
    np.testing.assert_allclose(read, one.log_probs(one.normalizer(pooled, n_windows=1.0)))


def store(folder: Path, one: VoiceModel, choice: str = DEFAULT_WEIGHTS) -> Path:
    name = f"voice-{choice}"
    arrays = {
        "weight": one.weight,
        "bias": one.bias,
        "log_prior": one.log_prior,
        "label_vad": one.label_vad,
        "mean": one.normalizer.mean,
        "deviation": one.normalizer.deviation,
    }
    save_file({k: v.astype(np.float32) for k, v in arrays.items()}, folder / f"{name}.safetensors")
    card = {
        "labels": list(one.labels),
        "temperature": one.temperature,
        "prior_windows": one.normalizer.prior_windows,
    }
    write_card(folder, name, card, [f"{name}.safetensors"])
    return folder


def test_a_stored_model_reads_the_same(tmp_path: Path):
    one = model()
    again = vocal.load(store(tmp_path, one))
    assert again.labels == one.labels
    pooled = windows(9)
    np.testing.assert_allclose(
        again.read(pooled, [""] * 9, [1.0] * 9), one.read(pooled, [""] * 9, [1.0] * 9), atol=1e-5
    )


def test_damaged_weights_are_refused(tmp_path: Path):
    store(tmp_path, model())
    weights = tmp_path / f"voice-{DEFAULT_WEIGHTS}.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x00\x01")
    with pytest.raises(MissingError, match=r"voice-.*\.safetensors is missing or damaged"):
        vocal.load(tmp_path)


def test_absent_weights_are_named(tmp_path: Path):
    with pytest.raises(MissingError, match="the voice-research model is missing"):
        vocal.load(tmp_path, choice="research")
    store(tmp_path, model(), "research")
    with pytest.raises(MissingError, match=r"voice-commercial\.card\.json is missing.*reinstall"):
        vocal.load(tmp_path, choice="commercial")


def test_each_choice_has_its_own_weights(tmp_path: Path):
    one, other = model(), replace(model(), temperature=7.0)
    store(tmp_path, one, "research")
    store(tmp_path, other, "commercial")
    assert vocal.load(tmp_path, choice="research").temperature == one.temperature != 7
    assert vocal.load(tmp_path, choice="commercial").temperature == 7
    assert vocal.load(tmp_path) is vocal.load(tmp_path)


def test_the_shipped_card_describes_the_shipped_weights():
    from sentigram.assets import weights
    from sentigram.encoders.moonshine import encoder_sha256
    from sentigram.encoders.pooling import POOLED_WIDTH

    path = weights() / f"voice-{DEFAULT_WEIGHTS}.card.json"
    card = json.loads(path.read_text(encoding="utf-8"))
    assert card["encoder"]["sha256"] == encoder_sha256()
    shipped = vocal.load()
    assert shipped.weight.shape == (len(shipped.labels), POOLED_WIDTH)
    assert np.exp(shipped.log_prior).sum() == pytest.approx(1)
    assert np.abs(shipped.label_vad).max() <= 1


def test_reading_in_blocks_equals_normalizing_at_once(monkeypatch):
    from sentigram.model import vocal

    model = vocal.load()
    rng = np.random.default_rng(3)
    width = len(model.normalizer.mean)
    pooled = model.normalizer.mean + model.normalizer.deviation * rng.normal(size=(50, width))
    pooled = pooled.astype(np.float32)
    whole = model.log_probs(model.normalizer(pooled.astype(float), n_windows=12.0))
    monkeypatch.setattr(vocal, "_BLOCK_ROWS", 7)
    seconds = np.full(50, 12.0 * reading.WINDOW_MS / 1000 / 50)
    np.testing.assert_allclose(model.read(pooled, [""] * 50, seconds), whole, atol=1e-4)
