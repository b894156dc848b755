from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from sentigram.training.splits.grouping import (
    connected,
    joined,
)

NAMES = st.lists(
    st.tuples(st.sampled_from(["", *"abcdef"]), st.sampled_from(["", *"abcdefgh"])), min_size=1
)


def test_speakers_who_meet_and_dialogues_of_one_speaker_hang_together():
    speakers = ["ann", "ben", "ann", "cem", "dee", "", "", "eve"]
    dialogues = ["d1", "d1", "d2", "d3", "d4", "d4", "", ""]
    assert connected(speakers, dialogues).tolist() == [0, 0, 0, 1, 2, 2, 3, 4]


def test_a_speaker_and_a_dialogue_of_one_name_are_two_things():
    assert connected(["a", "b"], ["b", "c"]).tolist() == [0, 1]


def test_nested_dialogues_leave_speakers():
    speakers = np.repeat(["a", "b", "c"], 4)
    dialogues = np.array([f"{s}{i // 2}" for i, s in enumerate(speakers)])
    assert connected(speakers, dialogues).tolist() == np.repeat([0, 1, 2], 4).tolist()


@given(NAMES)
def test_components_are_those_of_scipy(rows):
    n = len(rows)
    links = [
        (i, j)
        for i in range(n)
        for j in range(n)
        if any(a and a == b for a, b in zip(rows[i], rows[j], strict=True))
    ] + [(i, i) for i in range(n)]
    left, right = zip(*links, strict=True)
    graph = coo_matrix((np.ones(len(links)), (left, right)), shape=(n, n))
    _, expected = connected_components(graph, directed=False)
    found = connected(*zip(*rows, strict=True))
    pairs = np.equal.outer(found, found)
    assert (pairs == np.equal.outer(expected, expected)).all()
    assert found[0] == 0
    assert list(dict.fromkeys(found.tolist())) == list(range(found.max() + 1))


def test_rows_that_pairs_join_are_one_component():
    assert joined(6, [(0, 3), (3, 5), (1, 2)]).tolist() == [0, 1, 1, 0, 2, 0]
    assert joined(3, []).tolist() == [0, 1, 2]
