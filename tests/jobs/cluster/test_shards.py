"""Parts of an archive: each recording is in exactly one of them, wherever that is asked."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.errors import UsageError
from sentigram.jobs.cluster.shards import Shard, shard_of


@given(st.text(), st.integers(1, 40))
def test_each_recording_is_in_one_part(name: str, total: int) -> None:
    assert sum(Shard(number, total).holds(name) for number in range(1, total + 1)) == 1


def test_parts_are_the_same_everywhere_and_about_even() -> None:
    names = [f"lectures/{i // 10}/talk {i}.mp4" for i in range(4000)]
    sizes = [sum(Shard(n, 8).holds(name) for name in names) for n in range(1, 9)]
    assert sum(sizes) == 4000
    assert 400 < min(sizes) <= max(sizes) < 600
    assert [n for n in range(1, 9) if Shard(n, 8).holds("lectures/0/talk 0.mp4")] == [7]


def test_accents_count_once_however_a_system_writes_them() -> None:
    composed, apart = (unicodedata.normalize(form, "café/é.mp4") for form in ("NFC", "NFD"))
    assert composed != apart
    for number in range(1, 8):
        assert Shard(number, 7).holds(composed) == Shard(number, 7).holds(apart)


def slurm(**said: object) -> dict[str, str]:
    return {f"SLURM_{name}": str(value) for name, value in said.items()}


ALONE = {"ARRAY_TASK_MIN": 5, "ARRAY_TASK_MAX": 5, "ARRAY_TASK_COUNT": 1}
ARRAY = {"ARRAY_TASK_MIN": 0, "ARRAY_TASK_MAX": 6, "ARRAY_TASK_COUNT": 4}


@pytest.mark.parametrize(
    ("text", "variables", "part"),
    [
        ("2/8", {}, "2/8"),
        ("1/1", {}, "1/1"),
        ("auto", slurm(ARRAY_TASK_ID=4, **ARRAY), "3/4"),
        (
            "auto",
            slurm(ARRAY_TASK_ID=5, **ALONE),
            "1/1",
        ),
        ("auto", slurm(PROCID=2, STEP_NUM_TASKS=3), "3/3"),
        ("auto", slurm(ARRAY_TASK_ID=4, PROCID=1, STEP_NUM_TASKS=2, **ARRAY), "6/8"),
        ("auto/8", {"JOB_COMPLETION_INDEX": "7"}, "8/8"),
    ],
)
def test_parts_are_named_or_known_from_the_scheduler(
    text: str, variables: dict[str, str], part: str
) -> None:
    assert str(shard_of(text, variables)) == part


@pytest.mark.parametrize(
    ("text", "variables", "said"),
    [
        ("0/8", {}, "no part 0 of 8; parts go from 1 to 8"),
        ("9/8", {}, "no part 9 of 8"),
        ("two", {}, "is no part; give it as 2/8"),
        ("-1/8", {}, "is no part"),
        ("auto", {}, "neither SLURM_ARRAY_TASK_ID nor SLURM_STEP_NUM_TASKS is set"),
        # a batch script itself, without srun: it has a rank, and is the only one
        ("auto", slurm(PROCID=0, NTASKS=8), "this is no task of Slurm"),
        ("auto", slurm(PROCID="", STEP_NUM_TASKS=3), "SLURM_PROCID is 'not set', not a number"),
        (
            "auto",
            slurm(ARRAY_TASK_ID=2, ARRAY_TASK_MIN=1, ARRAY_TASK_MAX=7, ARRAY_TASK_COUNT=3),
            "not evenly numbered (3 from 1 to 7); use --array=1-3",
        ),
        ("auto/8", {}, "JOB_COMPLETION_INDEX is 'not set'"),
        ("auto/8", {"JOB_COMPLETION_INDEX": "8"}, "no part 9 of 8"),
    ],
)
def test_a_part_that_cannot_be_known_is_never_guessed(
    text: str, variables: dict[str, str], said: str
) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        shard_of(text, variables)
