"""The list of tests that repeat others names tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

_HERE = Path(__file__).parent


def test_every_line_names_a_test() -> None:
    lines = (_HERE / "repeats.txt").read_text(encoding="utf-8").splitlines()
    named = [line for line in lines if line and not line.startswith("#")]
    assert named == sorted(set(named))
    for line in named:
        path, *_, test = line.partition("[")[0].split("::")
        text = (_HERE.parent / path).read_text(encoding="utf-8")
        assert re.search(rf"^ *def {test}\(", text, re.MULTILINE), line
