"""The voice model made of statistics, and the shares by which it reads a speaker."""

from __future__ import annotations

import numpy as np
import pytest

from sentigram.emotion.voice_model import VoiceModel
from sentigram.training.corpora.item import Item
from sentigram.training.shipped.voice import evaluate, recipe
from sentigram.training.shipped.voice.features import N_KINDS
from sentigram.training.shipped.voice.recipe import LABELS, VoiceCorpus

WIDTH = 12
NEUTRAL = LABELS.index("neutral")


def corpus(*, n_speakers: int = 6, per_label: int = 6) -> VoiceCorpus:
    """Speakers with voices of their own, and labels that move the features alike in all."""
    rng = np.random.default_rng(0)
    moves = rng.normal(0, 2, (len(LABELS), WIDTH))
    items, rows = [], []
    for speaker in range(n_speakers):
        voice = rng.normal(0, 2, WIDTH)
        for label, name in enumerate(LABELS):
            for take in range(per_label):
                who = f"s{speaker}"
                items.append(Item(f"{who}-{name}-{take}", "x", (name,), "", "", None, who))
                rows.append(voice + moves[label] + rng.normal(size=(N_KINDS, WIDTH)))
    vectors = np.array(rows, np.float32)
    return VoiceCorpus(tuple(items), {"clean": vectors, "noise": vectors + 0.1})


@pytest.fixture(scope="module")
def everything() -> VoiceCorpus:
    return corpus()


@pytest.fixture(scope="module")
def model(everything: VoiceCorpus) -> VoiceModel:
    return recipe.fit(everything)


def windows(everything: VoiceCorpus, keep: np.ndarray) -> np.ndarray:
    return everything.vectors["clean"][keep, 0].astype(float)


@pytest.mark.parametrize(("shrinkage", "share"), [(0.4, 0.5), (0.2, 0.0), (0.7, 2.0)])
def test_heads_are_the_textbook_discriminant(
    everything: VoiceCorpus, shrinkage: float, share: float
):
    """Written out for two windows: the log ratio against neutral of normal densities."""
    known = recipe.statistics(everything)
    made = recipe.model_of(known, shrinkage=shrinkage, offsets_count=share)
    parts = known.parts
    middle = parts.offsets.mean(axis=0)
    wander = sum(np.outer(o - middle, o - middle) for o in parts.offsets) / len(parts.offsets)
    ridge = shrinkage * np.trace(parts.noise) / WIDTH * np.eye(WIDTH)
    pooled = windows(everything, np.arange(2))
    for head, extra in ((made.absolute, share * wander), (made.relative, 0 * wander)):
        inverse = np.linalg.inv((1 - shrinkage) * (parts.noise + extra) + ridge)
        for window, scores in zip(pooled, head(pooled), strict=True):
            away = (window - known.mean) / known.deviation - middle
            calm = away @ inverse @ away
            expected = [0.5 * (calm - (away - m) @ inverse @ (away - m)) for m in parts.means]
            np.testing.assert_allclose(scores, expected, rtol=1e-6, atol=1e-8)


def test_a_fit_is_the_model_of_its_statistics(everything: VoiceCorpus, model: VoiceModel):
    other = recipe.model_of(recipe.statistics(everything))
    np.testing.assert_array_equal(model.absolute.weight, other.absolute.weight)
    np.testing.assert_array_equal(model.relative.bias, other.relative.bias)
    assert model.spread == other.spread


def test_a_range_of_moods_is_read_against_the_mean_of_all(
    everything: VoiceCorpus, model: VoiceModel
):
    own = everything.speakers == "x/s0"
    scores = model.scores(windows(everything, own))
    moved, calm = model.shares(scores, n_windows=1e9)
    assert moved == pytest.approx(1, abs=1e-6)
    assert calm == pytest.approx(0, abs=1e-9)


def test_one_mood_is_no_range_and_no_windows_tell_nothing(
    everything: VoiceCorpus, model: VoiceModel
):
    own = (everything.speakers == "x/s0") & (everything.labels == NEUTRAL)
    scores = model.scores(windows(everything, own))
    moved, calm = model.shares(scores, n_windows=1e9)
    assert moved < 0.5
    assert moved + calm <= 1
    assert model.shares(scores, n_windows=0.0) == (0, 0)
    assert model.read_speaker(scores, 1e9)[1] == moved + calm


def test_drawn_scenes_hold_what_their_names_say(everything: VoiceCorpus):
    keep = everything.speakers != "x/s5"
    scenes = evaluate.draw_scenes(everything, keep, 0)
    labels, speakers = everything.labels, everything.speakers
    assert [len(one.rows) for one in scenes["twenty neutral clips"]] == [20] * 10
    assert all((labels[one.rows] == NEUTRAL).all() for one in scenes["twenty neutral clips"])
    assert len(scenes["eight clips in one mood"]) == 5 * len(LABELS)
    assert all(len(set(labels[one.rows])) == 1 for one in scenes["eight clips in one mood"])
    for recordings in scenes.values():
        for one in recordings:
            assert len(set(speakers[one.rows])) == 1
            assert keep[one.rows].all()
