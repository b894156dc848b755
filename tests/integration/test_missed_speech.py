"""Missed speech of real recordings, heard by the recognizer that ships."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sentigram.cli.app import main

TALK = Path(__file__).resolve().parents[2] / "examples" / "talk.mp4"
OPTIONS = ("--to", "json", "--engine", "bundled", "--no-sidecar", "-q", "--json", "--strict")


def render(source: Path, folder: Path, capfd) -> tuple[int, dict, str]:
    code = main(["render", str(source), "--out", str(folder), *OPTIONS])
    out, err = capfd.readouterr()
    return code, json.loads(out), err


@pytest.mark.slow
def test_of_a_clear_talk_nothing_is_missed(tmp_path, capfd):
    code, made, said = render(TALK, tmp_path, capfd)
    assert (code, made["missed"], made["notes"], said) == (0, [], [], "")


def test_of_a_trailer_every_line_is_heard_or_said_to_be_missed(shared_data, tmp_path, capfd):
    trailer = shared_data / "demo" / "sintel_trailer_480x204.mp4"
    if not trailer.exists():
        pytest.skip("the film trailer is not in the data folder")
    code, made, said = render(trailer, tmp_path, capfd)
    document = json.loads((tmp_path / "sintel_trailer_480x204.sentigram.json").read_text())
    words = [word for line in document["utterances"] for word in line["words"]]
    known = [(word["start_ms"], word["end_ms"]) for word in words] + made["missed"]
    for line in ((12_200, 14_900), (18_600, 20_200), (37_000, 39_200), (41_600, 44_000)):
        covered = sum(max(0, min(b, line[1]) - max(a, line[0])) for a, b in known)
        assert covered > 0.5 * (line[1] - line[0])
    assert code == (1 if made["missed"] else 0)
    assert ("speech without words at" in said) == bool(made["missed"])
