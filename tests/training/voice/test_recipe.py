from __future__ import annotations

import numpy as np
import pytest

from sentigram.training.corpora.item import Item
from sentigram.training.voice import evaluate, recipe
from sentigram.training.voice.features import N_WINDOWS
from sentigram.training.voice.recipe import LABELS, Corpus

WIDTH = 12


def corpus(
    *,
    n_speakers: int = 6,
    per_label: int = 6,
    strength: float = 2.0,
    seed: int = 0,
    name: str = "x",
) -> Corpus:
    """Speakers with voices of their own, and labels that move the features the same way in all."""
    rng = np.random.default_rng(seed)
    moves = np.random.default_rng(99).normal(size=(len(LABELS), WIDTH))
    items, rows = [], []
    for speaker in range(n_speakers):
        voice = rng.normal(0, 4, WIDTH)
        for label, emotion in enumerate(LABELS):
            for take in range(per_label):
                split = f"emobox_test_fold_{speaker % 3 + 1}"
                items.append(
                    Item(
                        f"{speaker}-{emotion}-{take}",
                        name,
                        (emotion,),
                        split,
                        "",
                        None,
                        f"s{speaker}",
                    )
                )
                noise = rng.normal(size=(1 + N_WINDOWS, WIDTH))
                rows.append(voice + strength * moves[label] + noise)
    vectors = np.array(rows, np.float32)
    return Corpus(tuple(items), {"clean": vectors, "noise": vectors + 0.1})


def test_held_out_speakers_are_read_far_better_than_chance():
    everything = corpus()
    new = np.char.endswith(everything.speakers, "s5")
    model = recipe.fit(everything.take(~new))
    pooled = everything.take(new).vectors["clean"][:, 0].astype(float)
    guess = model.log_probs(model.normalizer(pooled)).argmax(axis=1)
    assert np.mean(guess == everything.take(new).labels) > 0.8


def test_labels_that_mean_nothing_are_read_at_chance():
    """Nothing in the recipe tells the label: not the draw, not the normalization."""
    everything = corpus(strength=0.0, n_speakers=8)
    new = np.isin(everything.speakers, ["x/s6", "x/s7"])
    model = recipe.fit(everything.take(~new))
    test = everything.take(new)
    guess = model.log_probs(model.normalizer(test.vectors["clean"][:, 0].astype(float))).argmax(1)
    assert abs(np.mean(guess == test.labels) - 1 / 7) < 0.16


def test_the_same_seed_gives_the_same_model():
    one, same, other = (recipe.fit(corpus(), seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.weight, same.weight)
    assert np.abs(one.weight - other.weight).max() > 0


def test_recordings_hold_one_speaker_and_one_condition():
    everything = corpus()
    recordings = recipe.draw_recordings(everything, np.random.default_rng(0), per_speaker=3)
    assert len(recordings) == 3 * 6
    for recording in recordings:
        assert len(np.unique(everything.speakers[recording.rows])) == 1
        expected = everything.vectors[recording.condition][recording.rows[0], recording.kinds[0]]
        np.testing.assert_allclose(recording.pooled(everything)[0], expected)


def test_discriminant_is_the_textbook_formula():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 300)
    inputs = rng.normal(size=(300, 4)) + truth[:, None]
    weight, bias = recipe.discriminant(inputs, truth, 3)
    means = np.array([inputs[truth == k].mean(axis=0) for k in range(3)])
    within = np.zeros((4, 4))
    for k in range(3):
        own = inputs[truth == k] - means[k]
        within += own.T @ own / len(own) / 3
    pooled = (1 - recipe.SHRINKAGE) * within
    pooled += recipe.SHRINKAGE * np.trace(within) / 4 * np.eye(4)
    expected = np.linalg.solve(pooled, means.T).T
    np.testing.assert_allclose(weight, expected, rtol=1e-6)
    np.testing.assert_allclose(
        bias, -0.5 * np.sum(expected * means, axis=1) + np.log(1 / 3), rtol=1e-6
    )


def test_normalizer_takes_spread_within_speakers_not_between():
    everything = corpus(strength=0.0, per_label=20)
    normalizer = recipe.fit_normalizer(everything)
    np.testing.assert_allclose(normalizer.deviation, 1, atol=0.1)


def test_calm_folds_into_neutral():
    item = Item("a", "ravdess", ("calm",), "", "", None, "s")
    one = Corpus((item,), {"clean": np.zeros((1, 1 + N_WINDOWS, WIDTH), np.float32)})
    assert one.labels.tolist() == [LABELS.index("neutral")]


def test_corpora_are_joined_over_the_conditions_that_all_have():
    one, other = corpus(name="x"), corpus(name="y", seed=4)
    other = Corpus(other.items, {"clean": other.vectors["clean"]})
    both = recipe.concatenate([one, other])
    assert set(both.vectors) == {"clean"}
    assert len(set(both.speakers)) == 12


def test_held_out_readings_never_come_from_a_model_that_heard_the_speaker(monkeypatch):
    heard: list[set[str]] = []
    real_fit, real_read = recipe.fit, evaluate.read

    def fit(train, **options):
        heard.append(set(train.speakers))
        return real_fit(train, **options)

    def read(model, tested, recordings):
        rows = np.concatenate([recording.rows for recording in recordings])
        assert not heard[-1] & set(tested.speakers[rows])
        return real_read(model, tested, recordings)

    monkeypatch.setattr(recipe, "fit", fit)
    monkeypatch.setattr(evaluate, "read", read)
    corpora = {
        name: Corpus(
            c.items, dict.fromkeys(("clean", "noise", "music", "codec"), c.vectors["clean"])
        )
        for name, c in (
            ("ravdess", corpus(name="ravdess")),
            ("nemo", corpus(name="nemo", n_speakers=2, seed=1)),
            ("emodb", corpus(name="emodb", n_speakers=2, seed=2)),
        )
    }
    readings, table = evaluate.held_out(corpora)
    evaluate.cross_corpus(corpora)
    assert len(heard) == 3 + 3
    assert "talk, half neutral, noise" in table
    assert readings.log_probs.shape == (len(readings.truth), len(LABELS))


@pytest.mark.parametrize("true_temperature", [0.5, 1.0, 3.0])
def test_the_temperature_that_was_put_in_is_found(true_temperature: float):
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (20_000, len(LABELS)))
    probs = np.exp(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))
    truth = (probs.cumsum(axis=1) > rng.random((len(probs), 1))).argmax(axis=1)
    readings = evaluate.Readings(
        truth, logits * true_temperature, np.array(["a"] * len(truth)), np.arange(len(truth))
    )
    assert evaluate.fit_temperature(readings) == pytest.approx(true_temperature, rel=0.06)
