"""Some of the attacks of `benchmarks/attacks.py`, one or two of each kind, as real processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import attacks
import pytest


@pytest.mark.skipif(os.name != "posix", reason="needs limits of processes")
def test_the_attacks_come_to_nothing() -> None:
    """In a process of its own, for what starts a process counts as memory of it."""
    command = [sys.executable, str(Path(attacks.__file__)), "--quick"]
    run = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    n_tried = int(run.stdout.splitlines()[-1].split()[0])
    assert n_tried >= 9, run.stdout


def test_names_are_unique() -> None:
    names = [attack.id for attack in attacks.attacks()]
    assert len(names) == len(set(names)) >= 100
