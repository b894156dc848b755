"""Some of the attacks of `benchmarks/attacks.py`, one or two of each kind, as real processes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from attack_kinds.attack import Attack
from attacks import attacks, tried

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs limits of processes")


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Media that the attacks share."""
    return tmp_path_factory.mktemp("samples")


@pytest.mark.parametrize("attack", list(attacks(quick=True)), ids=lambda attack: attack.id)
def test_the_attack_comes_to_nothing(attack: Attack, samples: Path) -> None:
    outcome = tried(attack, samples)
    if outcome is None:
        pytest.skip("needs root, or to mount")
    assert not outcome.faults, outcome.output[-2000:]


def test_names_are_unique() -> None:
    names = [attack.id for attack in attacks()]
    assert len(names) == len(set(names)) >= 100
