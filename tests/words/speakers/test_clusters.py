"""Whose runs are whose: made-up voices, and SciPy's average linkage as a second opinion."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from sentigram.words.speakers import clusters
from sentigram.words.speakers.clusters import group


def voices(n_speakers, n_each, *, seed=0, wander=0.75):
    """People whose runs wander about a voice of their own: cosines of .6 within, 0 between."""
    rng = np.random.default_rng(seed)
    own = np.linalg.qr(rng.normal(size=(64, n_speakers)))[0].T
    names = rng.permutation(np.repeat(np.arange(n_speakers), n_each))
    rows = own[names] + wander * rng.normal(size=(len(names), 64)) / 8
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows.astype(np.float32), rng.uniform(0.9, 4, len(names)), names


def is_same(found, true) -> bool:
    return len(set(zip(found.tolist(), true.tolist(), strict=True))) == len(set(true.tolist()))


@pytest.mark.parametrize("n_speakers", [1, 2, 3, 5])
def test_the_number_and_the_people_are_found(n_speakers):
    rows, seconds, names = voices(n_speakers, 12, seed=n_speakers)
    found = group(rows, seconds)
    assert found.n == n_speakers
    assert is_same(found.of, names)
    assert found.sureness > 0.7


def test_a_given_number_is_kept():
    rows, seconds, names = voices(3, 10)
    assert group(rows, seconds, n=2).n == 2
    assert is_same(group(rows, seconds, n=3).of, names)
    one = group(rows, seconds, n=1)
    assert one.n == 1
    assert not one.of.any()


def test_short_runs_go_to_the_likest_and_make_nobody():
    rows, seconds, names = voices(2, 10)
    stranger = np.linalg.qr(np.random.default_rng(9).normal(size=(64, 1)))[0].T.astype(np.float32)
    seconds[3] = 0.3
    found = group(np.concatenate([rows, stranger]), np.append(seconds, 0.4))
    assert found.n == 2
    assert is_same(found.of[:-1], names)


def test_little_or_nothing():
    assert group(np.zeros((0, 8), np.float32), []).n == 0
    rows, seconds, _ = voices(2, 1)
    assert group(rows[:1], seconds[:1]).n == 1
    assert group(rows, seconds, n=5).n == 2


def test_hours_are_joined_block_by_block(monkeypatch):
    rows, seconds, names = voices(3, 40)
    monkeypatch.setattr(clusters, "_AT_ONCE", 30)
    monkeypatch.setattr(clusters, "_BLOCK_GROUPS", 8)
    found = group(rows, seconds)
    assert (found.n, is_same(found.of, names)) == (3, True)


@settings(max_examples=40)
@given(st.integers(2, 24), st.integers(0, 10_000))
def test_merges_are_average_linkage(n, seed):
    rng = np.random.default_rng(seed)
    likeness = rng.uniform(-1, 1, (n, n))
    likeness = (likeness + likeness.T) / 2
    distances = 2 - likeness
    np.fill_diagonal(distances, 0)
    tree = linkage(squareform(distances), "average")
    steps = clusters._merges(likeness, np.ones(n))
    for n_groups in range(1, n + 1):
        of = np.arange(n)
        for kept, gone in steps[: n - n_groups]:
            of[of == gone] = kept
        wanted = fcluster(tree, n_groups, "maxclust")
        assert len(set(zip(of.tolist(), wanted.tolist(), strict=True))) == len(set(of.tolist()))
