"""The recipe of the voice model on made-up windows whose parts are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentigram.training.corpora.item import Item
from sentigram.training.shipped.voice import recipe
from sentigram.training.shipped.voice.features import N_KINDS
from sentigram.training.shipped.voice.recipe import LABELS, HeardClips, VoiceCorpus, decompose
from tests.training.shipped.voice.made_up import NEUTRAL, WIDTH, corpus, moves

N = len(LABELS)


def parts(
    seed: int, n_groups: int, label_sets: list[tuple[int, ...]], per_label: int = 2
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Inputs without noise, their labels and groups, and the offsets and means they are made of."""
    rng = np.random.default_rng(seed)
    offsets, means = 10 * rng.normal(size=(n_groups, 4)), rng.normal(size=(N, 4))
    means -= means[NEUTRAL]
    rows, truth, groups = [], [], []
    for group in range(n_groups):
        for label in label_sets[group % len(label_sets)]:
            for _ in range(per_label + group * (label == 0)):  # unequal counts count alike
                rows.append(offsets[group] + means[label])
                truth.append(label)
                groups.append(f"g{group}")
    order = rng.permutation(len(rows))
    inputs = np.array(rows)[order], np.array(truth)[order], np.array(groups)[order]
    return *inputs, offsets, means


@given(st.integers(0, 2**31), st.integers(1, 5))
def test_what_was_added_is_found_again(seed: int, n_groups: int):
    inputs, truth, groups, offsets, means = parts(seed, n_groups, [tuple(range(N))])
    found = decompose(inputs, truth, groups)
    np.testing.assert_allclose(found.offsets, offsets, atol=1e-9)
    np.testing.assert_allclose(found.means, means, atol=1e-9)
    np.testing.assert_allclose(found.noise, 0, atol=1e-18)
    assert found.known.all()


def test_labels_that_do_not_occur_are_not_known():
    heard = tuple(k for k in range(N) if k not in (1, 6))
    inputs, truth, groups, offsets, means = parts(0, 4, [heard])
    found = decompose(inputs, truth, groups)
    np.testing.assert_allclose(found.offsets, offsets, atol=1e-9)
    np.testing.assert_allclose(found.means[list(heard)], means[list(heard)], atol=1e-9)
    assert not found.means[[1, 6]].any()
    assert np.flatnonzero(~found.known).tolist() == [1, 6]


def test_groups_that_show_different_labels_are_told_apart_all_the_same():
    """Ten speakers lack a label each: their means alone would be off by what the label adds."""
    sets = [tuple(j for j in range(N) if j != k) for k in range(N) if k != NEUTRAL]
    inputs, truth, groups, offsets, means = parts(1, 10, sets)
    found = decompose(inputs, truth, groups)
    named = np.unique(groups)
    wanted = offsets[[int(name[1:]) for name in named]]
    np.testing.assert_allclose(found.offsets, wanted, atol=1e-5)
    np.testing.assert_allclose(found.means, means, atol=1e-5)


def test_every_label_of_a_group_counts_alike_in_the_noise():
    """A thousand quiet windows of one label do not drown ten loud ones of another."""
    rng = np.random.default_rng(2)
    loud, quiet = rng.normal(0, 3, (400, 4)), rng.normal(0, 1, (4000, 4))
    truth = np.repeat([0, NEUTRAL], [400, 4000])
    found = decompose(np.concatenate([loud, quiet]), truth, np.full(4400, "g"))
    np.testing.assert_allclose(found.noise, 5 * np.eye(4), atol=0.9)  # (9 + 1) / 2


def one_of(name: str) -> tuple[VoiceCorpus, VoiceCorpus]:
    """All speakers but one, and that one."""
    everything = corpus()
    new = np.char.endswith(everything.speakers, name)
    return everything.take(~new), everything.take(new)


def test_an_unknown_speaker_is_read_far_better_than_chance():
    known, new = one_of("s5")
    model = recipe.fit(known)
    scores = model.scores(new.vectors["clean"][:, 0])
    ratios, level = model.read_speaker(scores, 1000.0)
    assert level > 0.95  # all labels are heard: a range
    assert np.mean(ratios.argmax(axis=1) == new.labels) > 0.9


def test_an_unheard_offset_does_not_matter_where_a_range_is_heard():
    known, new = one_of("s5")
    model = recipe.fit(known)
    pooled = new.vectors["clean"][:, 0]
    far, _ = model.read_speaker(model.scores(pooled + 30.0), 1e9)
    near, _ = model.read_speaker(model.scores(pooled), 1e9)
    np.testing.assert_allclose(far, near, atol=1e-2)
    assert np.mean(far.argmax(axis=1) == new.labels) > 0.9


SHOWN = tuple(name for name in LABELS if name != "surprise")


@pytest.mark.parametrize("labels", [LABELS.names, SHOWN])
def test_heads_are_the_discriminant_between_a_label_and_neutral(labels: tuple[str, ...]):
    """Textbook log odds of two Gaussians with the shrunk covariance, for what was decomposed."""
    everything = corpus(n_speakers=4, labels=labels)
    model = recipe.fit(everything)
    rows = np.concatenate(
        [a[:, recipe.KINDS].reshape(-1, WIDTH) for a in everything.vectors.values()]
    ).astype(float)
    truth = np.tile(np.repeat(everything.labels, len(recipe.KINDS)), 2)
    people = np.tile(np.repeat(everything.speakers, len(recipe.KINDS)), 2)
    half = len(truth) // 2
    groups = np.char.add(people, np.repeat([" clean", " noise"], half))
    mean = rows.mean(axis=0)
    deviation = np.sqrt(np.mean([rows[groups == g].var(axis=0) for g in np.unique(groups)], axis=0))
    found = decompose((rows - mean) / deviation, truth, groups)
    covariance = (1 - recipe.SHRINKAGE) * found.noise
    covariance += recipe.SHRINKAGE * np.trace(found.noise) / WIDTH * np.eye(WIDTH)
    inverse = np.linalg.inv(covariance)
    window = np.random.default_rng(0).normal(size=WIDTH) * 3
    normal = (window - mean) / deviation - found.offsets.mean(axis=0)
    for label in range(N):
        away, at_rest = normal - found.means[label], normal
        log_odds = 0.5 * (at_rest @ inverse @ at_rest - away @ inverse @ away)
        score = model.relative(window[None])[0, label]
        assert score == pytest.approx(log_odds, rel=1e-3, abs=1e-2)
    assert model.relative(window[None])[0, NEUTRAL] == 0
    # the score of the mean of neutral speech is minus half the squared distance of the label
    apart = [m @ inverse @ m for m in found.means]
    np.testing.assert_allclose(model.calm, -0.5 * np.array(apart), rtol=1e-3, atol=1e-6)
    # and where every known label is heard alike, their mean score; unknown ones draw nothing
    between = found.means @ inverse @ found.means[found.known].T
    np.testing.assert_allclose(
        model.centre - model.calm, between.mean(axis=1), rtol=1e-3, atol=1e-6
    )


def test_the_absolute_head_is_less_sure_for_offsets_wander():
    model = recipe.fit(corpus())
    absolute, relative = (np.abs(h.weight).sum() for h in (model.absolute, model.relative))
    assert absolute < relative


def test_spread_is_that_of_one_mood():
    """Windows of one label of one voice spread as the model expects, those of all far more."""
    known, new = one_of("s5")
    model = recipe.fit(known)
    kinds = new.vectors["clean"].reshape(-1, WIDTH)
    labels = np.repeat(new.labels, N_KINDS)
    scores = model.relative(kinds)
    within = np.mean([scores[labels == k].var(axis=0).sum() for k in range(N)])
    assert within / model.spread == pytest.approx(1, abs=0.25)
    assert scores.var(axis=0).sum() / model.spread > 2


def test_labels_that_mean_nothing_are_read_at_chance():
    """Nothing in the recipe tells the label."""
    everything = corpus(strength=0.0, n_speakers=8)
    new = np.isin(everything.speakers, ["x/s6", "x/s7"])
    model = recipe.fit(everything.take(~new))
    test = everything.take(new)
    guess = model.scores(test.vectors["clean"][:, 0])[:, 1].argmax(axis=1)
    assert abs(np.mean(guess == test.labels) - 1 / 7) < 0.16


def test_a_label_that_no_speaker_showed_is_not_known():
    model = recipe.fit(corpus(labels=SHOWN))
    assert [n for n, k in zip(LABELS, model.known, strict=True) if not k] == ["surprise"]
    last = LABELS.index("surprise")
    for head in (model.absolute, model.relative):
        assert not head.weight[last].any()
        assert head.bias[last] == 0
    assert recipe.fit(corpus()).known.all()


def test_the_same_corpus_gives_the_same_model():
    one, same, other = (recipe.fit(corpus(seed=seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.relative.weight, same.relative.weight)
    assert np.abs(one.relative.weight - other.relative.weight).max() > 0


@settings(max_examples=10)
@given(st.integers(0, 1000))
def test_the_order_of_clips_does_not_matter(seed: int):
    whole = corpus(n_speakers=3, per_label=2)
    order = np.random.default_rng(seed).permutation(len(whole.items))
    mixed = VoiceCorpus(
        tuple(whole.items[i] for i in order), {c: a[order] for c, a in whole.vectors.items()}
    )
    one, other = recipe.fit(whole), recipe.fit(mixed)
    np.testing.assert_allclose(one.relative.weight, other.relative.weight, atol=1e-6)
    assert one.spread == pytest.approx(other.spread)


def test_windows_that_are_kept_for_tests_teach_nothing():
    """Models learn from the first kinds of windows only."""
    whole = corpus(n_speakers=3, per_label=2)
    louder = {c: a.copy() for c, a in whole.vectors.items()}
    for array in louder.values():
        array[:, len(recipe.KINDS) :] += 100.0
    changed = recipe.fit(replace(whole, vectors=louder))
    np.testing.assert_array_equal(changed.absolute.weight, recipe.fit(whole).absolute.weight)


def test_a_recording_is_the_windows_that_it_names():
    whole = corpus(n_speakers=2, per_label=1)
    made = HeardClips(np.array([3, 0, 3]), np.array([1, 0, 4]), "noise")
    expected = [whole.vectors["noise"][3, 1], whole.vectors["noise"][0, 0]]
    np.testing.assert_array_equal(made.pooled(whole)[:2], np.array(expected, float))
    assert made.pooled(whole).dtype == np.float64


def test_calm_folds_into_neutral():
    item = Item("a", "ravdess", ("calm",), "", "", None, "s")
    one = VoiceCorpus((item,), {"clean": np.zeros((1, N_KINDS, WIDTH), np.float32)})
    assert one.labels.tolist() == [NEUTRAL]


def test_corpora_are_joined_over_the_conditions_that_all_have():
    one, other = corpus(name="x"), corpus(name="y", seed=4, conditions=("clean",))
    both = recipe.concatenate([one, other])
    assert set(both.vectors) == {"clean"}
    assert len(set(both.speakers)) == 12
    np.testing.assert_array_equal(
        both.vectors["clean"], np.concatenate([one.vectors["clean"], other.vectors["clean"]])
    )


def test_what_labels_add_is_what_was_put_in():
    """The recipe's decomposition of a noisy corpus, against what made it."""
    whole = corpus(n_speakers=20, per_label=10, conditions=("clean",))
    found = decompose(whole.vectors["clean"][:, 0].astype(float), whole.labels, whole.speakers)
    np.testing.assert_allclose(found.means, moves(), atol=0.35)  # 200 windows a label, noise 1
    np.testing.assert_allclose(found.noise, np.eye(WIDTH), atol=0.15)
