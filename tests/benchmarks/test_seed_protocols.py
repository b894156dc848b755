from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from seed_protocols import PROTOCOLS, Outcome

from tests.training.protocols import checked, failed


@cache
def outcome(name: str, seed: int, honest: bool) -> Outcome:
    return PROTOCOLS[name].run(seed, honest)


@pytest.mark.slow
@pytest.mark.parametrize("name", PROTOCOLS)
def test_the_audit_names_what_is_wrong_with_each_seed(name: str):
    protocol = PROTOCOLS[name]
    seeded = outcome(name, 1, honest=False)
    assert failed(checked(seeded.examples, seeded.plan, seeded.record)) == protocol.rules
    honest = outcome(name, 1, honest=True)
    assert failed(checked(honest.examples, honest.plan, honest.record)) == set()


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.slow] if i else []) for i, name in enumerate(PROTOCOLS)],
)
def test_seeds_score_above_chance_without_any_label_to_learn(name: str):
    seeds = range(1, 6) if name == "few-shots-by-test" else (1,)
    seeded = [outcome(name, seed, honest=False) for seed in seeds]
    chance = seeded[0].chance
    mean = np.mean([o.score for o in seeded])
    error = np.sqrt(chance * (1 - chance) / sum(o.n for o in seeded))
    assert mean > chance + 2.5 * error
    if name != "few-shots-by-test":
        assert mean > 2 * chance
    honest = np.mean([outcome(name, seed, honest=True).score for seed in seeds])
    # speakers have one label each in the first protocol: 91 of them decide, not 1,092 clips
    n = 91 if name == "shared-speakers" else sum(o.n for o in seeded)
    assert abs(honest - chance) < 3 * np.sqrt(chance * (1 - chance) / n)


def test_copies_in_training_are_as_many_as_others_measured():
    assert 0.45 < outcome("bootstrap", 1, honest=False).copied < 0.65
    assert 0.78 < outcome("oversampling", 1, honest=False).copied < 0.88
