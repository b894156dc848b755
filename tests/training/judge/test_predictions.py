from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.training.readings import in_dialogues, make_readings


def test_clusters_are_speakers_where_there_are_no_dialogues():
    part = make_readings(n_speakers=12)
    assert part.clustered_by == "speakers"
    for cluster in range(12):
        assert len(set(part.speakers[part.clusters == cluster])) == 1


def test_dialogues_of_one_speaker_each_are_no_clusters_of_their_own():
    part = make_readings(n_speakers=12)
    halves = np.array(
        [f"{s}-{int(i[-1]) % 2}" for s, i in zip(part.speakers, part.ids, strict=True)]
    )
    nested = replace(part, dialogues=halves)
    assert nested.clustered_by == "speakers"
    assert (nested.clusters == part.clusters).all()


def test_dialogues_of_unknown_speakers_are_clusters():
    part = replace(in_dialogues(make_readings()), speakers=np.full(240, ""))
    assert part.clustered_by == "dialogues"
    assert len(set(part.clusters)) == 20


def test_examples_of_which_nothing_is_known_are_their_own():
    part = make_readings()
    half = replace(part, speakers=np.where(part.speakers < "toy/s06", part.speakers, ""))
    assert half.clustered_by == "speakers or examples"
    assert len(set(half.clusters)) == 6 + 120


@pytest.mark.parametrize("n", [1, 20])
def test_speakers_who_meet_make_groups(n):
    part = in_dialogues(make_readings(), n)
    assert len(set(part.clusters)) == 1
    assert part.clustered_by in ("groups connected by speakers and dialogues", "dialogues")
    assert len(set(part.dialogue_clusters)) == n
