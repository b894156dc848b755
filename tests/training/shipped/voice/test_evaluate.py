"""Protocols of the voice model: who was heard by whom, and calibration that was put in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sentigram.core.emotion import LabelSet
from sentigram.emotion.voice_model import Head, VoiceModel
from sentigram.training.corpora.item import Item
from sentigram.training.shipped.voice import evaluate, recipe
from sentigram.training.shipped.voice.evaluate import VoiceCalibration
from sentigram.training.shipped.voice.features import N_KINDS
from sentigram.training.shipped.voice.recipe import LABELS, VoiceCorpus
from sentigram.training.shipped.voice.train import fit_commercial
from tests.training.shipped.voice.made_up import corpus

N = len(LABELS)


@pytest.fixture
def corpora() -> dict[str, VoiceCorpus]:
    return {
        "ravdess": corpus(name="ravdess"),
        "nemo": corpus(name="nemo", n_speakers=2, seed=1),
        "emodb": corpus(name="emodb", n_speakers=2, seed=2),
    }


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    """Speakers of each fit, in order; a model may not read or be suited to them.

    `evaluate.calibrate` and `evaluate.read` are checked as well: the last fit's speakers are
    remembered by the model's own arrays.
    """
    fits: list[set[str]] = []
    by_model: dict[int, set[str]] = {}
    real_fit, real_read, real_calibrate = recipe.fit, evaluate.read, evaluate.calibrate

    def fit(train: VoiceCorpus) -> VoiceModel:
        model = real_fit(train)
        fits.append(set(train.speakers))
        by_model[id(model.centre)] = fits[-1]
        return model

    def read(model, tested, recordings):
        rows = np.concatenate([recording.rows for recording in recordings])
        assert not by_model[id(model.centre)] & set(tested.speakers[rows])
        return real_read(model, tested, recordings)

    def calibrate(model, tested, **given):
        assert not by_model[id(model.centre)] & set(tested.speakers)
        return real_calibrate(model, tested, **given)

    monkeypatch.setattr(recipe, "fit", fit)
    monkeypatch.setattr(evaluate, "read", read)
    monkeypatch.setattr(evaluate, "calibrate", calibrate)
    return fits


@pytest.mark.slow
def test_no_model_reads_a_speaker_that_it_heard(corpora, heard):
    unknown = evaluate.left_out(corpora)
    assert len(heard) == 3
    for name, speakers in zip(corpora, heard, strict=True):
        assert speakers == {s for k, c in corpora.items() if k != name for s in c.speakers}
    readings, table = evaluate.held_out(corpora, unknown.calibration)
    assert len(heard) == 3 + 3
    assert "talk, half neutral, noise" in table
    assert readings.log_probs.shape == (len(readings.truth), N)
    assert readings.unweighted_accuracy().value > 0.6
    assert ((readings.levels >= 0) & (readings.levels <= 1)).all()


@pytest.mark.slow
def test_a_corpus_left_out_does_not_calibrate_its_own_model(corpora):
    unknown = evaluate.left_out(corpora)
    suited = {}
    for name in corpora:
        raw = recipe.fit(recipe.concatenate([c for k, c in corpora.items() if k != name]))
        suited[name] = evaluate.calibrate(raw, corpora[name])
    for name, model in unknown.models.items():
        others = [suited[key].absolute for key in corpora if key != name]
        assert model.absolute.temperature == pytest.approx(np.mean(others))
        assert model.absolute.temperature != pytest.approx(suited[name].absolute, abs=1e-6)
    assert unknown.calibration.spread == pytest.approx(
        np.mean([one.spread for one in suited.values()])
    )
    assert set(unknown.table) == set(unknown.readings) == set(corpora)


def test_a_calibration_is_of_the_raw_model():
    raw = recipe.fit(corpus(n_speakers=3))
    made = VoiceCalibration(absolute=6.0, relative=4.0, spread=2.5).of(raw)
    assert (made.absolute.temperature, made.relative.temperature) == (6, 4)
    assert made.spread == pytest.approx(2.5 * raw.spread)
    np.testing.assert_array_equal(made.absolute.weight, raw.absolute.weight)
    assert evaluate.mean_calibration([VoiceCalibration(1, 2, 3), VoiceCalibration(3, 4, 7)]) == (
        2,
        3,
        5,
    )


def drawn(
    temperature: float, *, wider: float = 1.0, known: np.ndarray | None = None
) -> tuple[VoiceModel, VoiceCorpus]:
    """A model whose scores are log odds of its clips' labels, too large by the temperature.

    Windows are the log odds themselves; four speakers have offsets of their own in other columns
    than the absolute head reads. Within a mood scores spread `wider` times as the model expects.
    """
    rng = np.random.default_rng(0)
    n, heard = 6000, np.ones(N, bool) if known is None else known
    columns = np.flatnonzero(heard)
    truth = rng.choice(columns, n)
    means = 1.5 * np.eye(N)
    seen = means[truth] + rng.normal(size=(n, N))
    odds = seen @ means.T  # log likelihoods up to what all labels share
    odds -= odds[:, [LABELS.index("neutral")]]
    odds[:, ~heard] = 0
    offsets = 5 * rng.normal(size=(4, N)) * (np.arange(N) != LABELS.index("neutral"))
    speakers = rng.integers(0, 4, n)
    windows = temperature * np.concatenate([odds, odds + offsets[speakers]], axis=1)
    items = tuple(
        Item(str(i), "x", (LABELS.names[k],), "", "", None, f"s{s}")
        for i, (k, s) in enumerate(zip(truth, speakers, strict=True))
    )
    vectors = np.repeat(windows[:, None], N_KINDS, axis=1).astype(np.float32)
    eye, nothing = np.eye(N), np.zeros((N, N))
    of_means = [odds[truth == k].mean(axis=0) for k in columns]
    within = [windows[truth == k, :N].var(axis=0).sum() for k in columns]
    model = VoiceModel(
        labels=LabelSet(LABELS.names),
        absolute=Head(np.hstack([eye, nothing]), np.zeros(N), 1.0),
        relative=Head(np.hstack([nothing, eye]), np.zeros(N), 1.0),
        centre=temperature * np.mean(of_means, axis=0),
        calm=np.zeros(N),
        spread=float(np.mean(within)) / wider,
        label_vad=np.zeros((N, 3)),
        known=heard,
    )
    return model, VoiceCorpus(items, {"clean": vectors, "noise": vectors})


@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0])
def test_the_temperatures_that_were_put_in_are_found(temperature: float):
    model, voices = drawn(temperature, wider=3.0)
    found = evaluate.calibrate(model, voices)
    assert found.absolute == pytest.approx(temperature, rel=0.08)
    # offsets are taken off with the mean of the speaker's labels, each counted alike
    assert found.relative == pytest.approx(temperature, rel=0.08)
    assert found.spread == pytest.approx(3, rel=0.1)


def test_labels_that_the_model_does_not_know_calibrate_nothing():
    known = np.array([True] * (N - 1) + [False])
    model, voices = drawn(2.0, known=known)
    _, every = drawn(2.0)
    strange = every.take(every.labels == N - 1)
    both = recipe.concatenate([voices, strange])
    assert evaluate.calibrate(model, both).absolute == pytest.approx(
        evaluate.calibrate(model, voices).absolute, rel=1e-3
    )


def test_only_the_conditions_that_are_named_calibrate():
    model, voices = drawn(2.0)
    louder = {**voices.vectors, "noise": 3 * voices.vectors["clean"]}
    mixed = replace(voices, vectors=louder)
    of_noise = evaluate.calibrate(model, mixed, conditions=["noise"])
    assert of_noise.absolute == pytest.approx(6, rel=0.08)
    assert evaluate.calibrate(model, mixed, conditions=["clean"]).absolute == pytest.approx(
        2, rel=0.08
    )


def test_where_no_other_corpus_may_be_used_channels_stand_for_strangers(heard):
    """Models of clean clips, each calibrated on speakers and channels that it does not know."""
    tiny = corpus(n_speakers=5, per_label=3, conditions=("clean", "noise", "telephone"))
    seen: list[tuple[set[str], tuple[str, ...]]] = []
    checked = evaluate.calibrate

    def calibrate(model, tested, *, conditions=()):
        seen.append((set(tested.speakers), tuple(conditions)))
        return checked(model, tested, conditions=conditions)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluate, "calibrate", calibrate)
        found = evaluate.unknown_channels(tiny)
    assert len(heard) == 5
    assert set.union(*(speakers for speakers, _ in seen)) == set(tiny.speakers)
    assert {conditions for _, conditions in seen} == {("noise", "telephone")}
    assert 0.3 <= found.absolute <= 50
    assert 0.3 <= found.relative <= 50
    assert found.spread > 0


def test_the_commercial_model_is_that_of_one_corpus():
    tiny = corpus(n_speakers=5, per_label=3)
    model, calibration = fit_commercial(tiny)
    raw = recipe.fit(tiny)
    np.testing.assert_array_equal(model.relative.weight, raw.relative.weight)
    assert model.spread == pytest.approx(calibration.spread * raw.spread)
    assert model.absolute.temperature == calibration.absolute


@pytest.mark.parametrize("true_temperature", [0.5, 1.0, 3.0])
def test_the_temperature_that_was_put_in_is_found(true_temperature: float):
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (20_000, N))
    probs = np.exp(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))
    truth = (probs.cumsum(axis=1) > rng.random((len(probs), 1))).argmax(axis=1)
    found = evaluate._temperature(logits * true_temperature, truth)
    assert found == pytest.approx(true_temperature, rel=0.06)


def test_recordings_like_a_talk_are_half_neutral_and_of_one_speaker():
    whole = corpus(n_speakers=3)
    scenes = evaluate.talk_scenes(whole, whole.speakers != "x/s1", seed=3)
    assert len(scenes) == 2
    for scene in scenes:
        assert len(set(whole.speakers[scene.rows])) == 1
        assert "x/s1" not in whole.speakers[scene.rows]
        neutral = whole.labels[scene.rows] == LABELS.index("neutral")
        assert neutral.mean() == 0.5


def test_accuracies_are_given_per_kind_of_recording():
    model = recipe.fit(corpus(n_speakers=4))
    table = evaluate.accuracies(model, corpus(n_speakers=2, seed=5, name="y"))
    assert {"all clips of a speaker", "eight clips in one mood", "twenty neutral clips"} <= set(
        table
    )
    assert float(table["all clips of a speaker"]["ua"].split()[0]) > 0.8
