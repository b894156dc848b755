"""Fitting the zero-shot reading's few numbers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sentigram.emotion.bundled import load_parameters
from sentigram.emotion.encoders.compute import Compute
from sentigram.emotion.join import JoinParameters, States, log_normalize
from sentigram.emotion.zero_shot import (
    Calibration,
    ZeroShotEmotionModel,
    join_parameters,
    read_calibration,
)
from sentigram.errors import InputError
from sentigram.training.dataset.manifest import Manifest
from sentigram.training.shipped import zero_shot
from sentigram.training.shipped.voice import recipe
from sentigram.training.shipped.zero_shot import (
    Read,
    as_json,
    calibrate,
    measure,
    posterior,
    read_clips,
)
from tests.emotion.encoders import tiny_models
from tests.emotion.encoders.emotion2vec_models import save
from tests.training import synthetic

N, LABELS = 4000, 7
STATES = States.of(recipe.LABELS, recipe.LABEL_VALUES)


def drawn(*, voice: float, words: float, seed: int = 0) -> Read:
    """Calibrated independent evidence, each then multiplied by a factor."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, LABELS, N)
    evidence = []
    for _ in range(2):
        # Gaussian evidence around a mean per label has log odds linear in it: calibrated by Bayes
        means = np.eye(LABELS) * 1.5
        seen = means[truth] + rng.standard_normal((N, LABELS))
        evidence.append(log_normalize(seen @ means.T))
    return Read(
        voice=log_normalize(evidence[0] * voice),
        words=log_normalize(evidence[1] * words),
        has_words=np.ones(N, bool),
        truth=truth,
        speakers=np.array([f"s{i % 20}" for i in range(N)]),
        states=STATES,
    )


@pytest.fixture
def witnesses_always_show(monkeypatch: pytest.MonkeyPatch):
    """What `drawn` draws: every voice and every text shows the label, and none is a formula."""

    def parameters(calibration: Calibration) -> JoinParameters:
        return replace(
            join_parameters(calibration),
            text_shown=1.0,
            voice_shown=1.0,
            formulas=np.zeros(LABELS),
        )

    monkeypatch.setattr(zero_shot, "join_parameters", parameters)


@pytest.mark.usefixtures("witnesses_always_show")
def test_what_was_overstated_is_cooled():
    found = calibrate(drawn(voice=3.0, words=1.0), "toys")
    assert found.voice_temperature == pytest.approx(3, rel=0.08)
    assert found.text_temperature == pytest.approx(1, rel=0.08)
    assert found.voice_weight == pytest.approx(1, abs=0.1)
    assert found.text_weight == pytest.approx(1, abs=0.1)
    assert found.calibrated_on == "toys"


def test_words_that_say_nothing_get_no_weight_and_absent_ones_none_of_the_fit():
    read = drawn(voice=1.0, words=1.0)
    rng = np.random.default_rng(1)
    noisy = replace(read, words=rng.permutation(read.words))
    assert calibrate(noisy, "").text_weight < 0.15
    mute = replace(read, words=np.full((N, LABELS), -np.log(LABELS)), has_words=np.zeros(N, bool))
    assert calibrate(mute, "").text_temperature == 1
    assert calibrate(mute, "").text_weight == 1


def test_it_is_measured_on_speakers_that_had_no_part_in_it():
    figures = measure(drawn(voice=4.0, words=4.0))
    assert figures["after"]["nats"] < figures["before"]["nats"]
    assert figures["after"]["ece"] < 0.04 < figures["before"]["ece"]
    assert figures["speakers"] == 20
    assert figures["clips"] == N
    alone = drawn(voice=1.0, words=1.0)
    with pytest.raises(InputError, match="one speaker"):
        measure(replace(alone, speakers=np.full(N, "x")))


@pytest.mark.usefixtures("witnesses_always_show")
def test_the_posterior_is_bayes_rule_for_independent_witnesses():
    read = drawn(voice=1.0, words=1.0)
    probs = posterior(read, Calibration())
    product = np.exp(read.voice) * np.exp(read.words)
    np.testing.assert_allclose(probs, product / product.sum(axis=1, keepdims=True), atol=1e-9)


def test_a_witness_may_keep_silent_and_neutral_speech_has_formulas():
    """The join of the bundled engine, written out for one clip after the other."""
    read = drawn(voice=1.0, words=1.0).of(np.arange(N) < 20)
    probs = posterior(read, Calibration(voice_weight=0.5, text_weight=2.0))
    p, calm = load_parameters(), recipe.LABELS.index("neutral")
    for clip in range(20):
        told = np.exp(2.0 * (read.words[clip] - read.words[clip, calm]))
        heard = np.exp(0.5 * (read.voice[clip] - read.voice[clip, calm]))
        mass = (1 - p.text_shown + p.text_shown * told) * (
            1 - p.voice_shown + p.voice_shown * heard
        )
        mass[calm] = 1 - p.formulas.sum() + sum(p.formulas * told)
        np.testing.assert_allclose(probs[clip], mass / mass.sum(), atol=1e-9)


@pytest.mark.slow
def test_clips_are_read_and_the_file_is_what_the_reader_takes(tmp_path):
    manifest = _with_sound(synthetic.corpus(tmp_path), tmp_path)
    words = tiny_models.write_text_model(
        tmp_path / "words", "roberta", labels=("anger", "joy", "neutral", "sadness")
    )
    model = ZeroShotEmotionModel(
        compute=Compute("cpu", "float32"),
        audio_model=str(save(tmp_path / "voice")),
        text_model=str(words),
    )
    read = read_clips([manifest], model)
    assert read.voice.shape == read.words.shape == (len(read.truth), 7)
    np.testing.assert_allclose(np.exp(read.voice).sum(axis=1), 1)
    np.testing.assert_allclose(np.exp(read.words).sum(axis=1), 1)
    found = calibrate(read, "toys, 60 clips", model.weights)
    path = tmp_path / "calibration.json"
    path.write_text(json.dumps(as_json(found, {"x": 1})))
    assert read_calibration(path) == found
    with pytest.raises(InputError, match="needs 50"):
        read_clips([replace(manifest, examples=manifest.examples[:9])], model)


def _with_sound(manifest: Manifest, folder: Path) -> Manifest:
    rng = np.random.default_rng(0)
    examples = []
    for number, example in enumerate(manifest.examples[:55]):
        name = f"{number}.wav"
        seconds = rng.uniform(0.2, 0.6) if number else 3  # one that is cut into windows
        soundfile.write(folder / name, 0.1 * rng.standard_normal(int(16_000 * seconds)), 16_000)
        examples.append(replace(example, audio=name, text="so it goes" if number % 3 else ""))
    return replace(manifest, root=folder, examples=tuple(examples))
