"""Looks of guidelines: own renders have them, and files are not asked for signs of emotion."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sentigram.check.checking import CheckOptions, check_file, check_text
from sentigram.core.document import dumps
from sentigram.core.style import StyledTrack
from sentigram.render.ass.editors import ass_text
from sentigram.render.ass.effects import effects_text
from sentigram.render.plain import vtt_text
from sentigram.render.ttml import ttml_text
from sentigram.style import styling
from sentigram.style.theme.theme import load
from tests.documents import document, talk

_LOOKS = {"look-family", "look-colour", "look-box", "look-motion"}
_TALK = document(("we hate this so much", "anger"), ("and then we all went out", "neutral"))


def _written(track: StyledTrack) -> dict[str, str]:
    return {
        ".ass": ass_text(track, title="talk", motion="full"),
        ".effects.ass": effects_text(track, title="talk", motion="full"),
        ".vtt": vtt_text(track),
        ".ttml": ttml_text(track, title="talk"),
    }


def _broken(text: str, suffix: str, profile: str) -> set[str]:
    options = CheckOptions(profiles=(profile,) if profile else ())
    report = check_text(text, f".{suffix.rsplit('.', maxsplit=1)[-1]}", f"talk{suffix}", options)
    return {finding.rule for finding in report.findings}


@pytest.mark.parametrize("profile", ["netflix", "bbc"])
def test_own_renders_have_the_look_of_their_profile(profile: str) -> None:
    for suffix, text in _written(styling.style(_TALK, load(profiles=(profile,)))).items():
        assert _broken(text, suffix, profile) & (_LOOKS | {"colour-only"}) == set(), suffix


def test_renders_with_emotions_have_not() -> None:
    for suffix, text in _written(styling.style(_TALK, load())).items():
        assert {"look-colour", "look-family"} <= _broken(text, suffix, "netflix"), suffix
        assert not _broken(text, suffix, "") & _LOOKS
    moving = effects_text(styling.style(_TALK, load()), title="talk", motion="full")
    assert "look-motion" in _broken(moving, ".ass", "netflix")


def test_colours_of_speakers_are_no_emphasis_by_colour_alone() -> None:
    text = (
        "WEBVTT\n\nSTYLE\n::cue(.y) { color: #ffff00; background-color: #000000 }\n\n"
        "00:01.000 --> 00:04.000\nWho is there? <c.y>It is me again.</c>\n"
    )
    assert "colour-only" in _broken(text, ".vtt", "")
    assert _broken(text, ".vtt", "bbc") & {"colour-only", "look-colour"} == set()
    assert "look-colour" in _broken(text, ".vtt", "netflix")


def test_colours_of_speakers_beside_emotions_are_no_emphasis_by_colour_alone(tmp_path) -> None:
    theme = tmp_path / "mine.toml"
    theme.write_text('[caption]\nspeakers = ["#ffffff", "#ffff00"]\nsdh = true\n')
    said = document(("we all hate this", "neutral"), ("and then went home", "neutral"))
    utterances = [
        replace(one, speaker=name)
        for one, name in zip(said.transcript.utterances, ("Ann", "Bo"), strict=True)
    ]
    made = replace(said, transcript=replace(said.transcript, utterances=tuple(utterances)))
    for number in (2, 3):
        made = made.with_emotion(number, "anger")
    track = styling.style(made, load(file=theme))
    for suffix, text in _written(track).items():
        assert "colour-only" not in _broken(text, suffix, ""), suffix
    vtt = _written(track)[".vtt"]
    mid = vtt.replace("<c.neutral.neutral-0s2>went</c>", "went")
    assert mid != vtt
    assert "colour-only" in _broken(mid, ".vtt", "")


def test_what_is_less_is_named_as_set_apart() -> None:
    text = (
        "WEBVTT\n\nSTYLE\n::cue(.g) { color: #00ff00; font-style: italic }\n"
        "::cue(.r) { color: #ff0000; font-style: italic }\n\n"
        "00:01.000 --> 00:04.000\n<c.g>It was the worst of</c> <c.r>times.</c>\n\n"
        "00:05.000 --> 00:09.000\nAnd then they all went out again.\n"
    )
    report = check_text(text, ".vtt", "talk.vtt", CheckOptions())
    (found,) = (one for one in report.findings if one.rule == "colour-only")
    assert "times." in found.message


def test_two_strengths_of_one_emotion_are_shades_of_one_colour() -> None:
    text = (
        "WEBVTT\n\nSTYLE\n::cue(.a) { color: #b5d872; font-family: Chelsea Market }\n"
        "::cue(.b) { color: #acd653; font-family: Chelsea Market }\n\n"
        "00:01.000 --> 00:04.000\n<c.a>This is me talking</c> <c.b>really slow</c>\n\n"
        "00:05.000 --> 00:09.000\nAnd then they all went out again.\n"
    )
    assert "colour-only" not in _broken(text, ".vtt", "")
    assert "colour-only" in _broken(text.replace("acd653", "ff2e30"), ".vtt", "")


def test_other_scripts_may_have_their_own_family() -> None:
    mixed = document(("we said こんにちは and then مرحبا to all", "neutral"))
    text = ass_text(styling.style(mixed, load(profiles=("bbc",))), title="talk", motion="none")
    assert text.count(r"\fn") >= 2
    assert "look-family" not in _broken(text, ".ass", "bbc")


def test_what_a_file_does_not_say_is_not_judged() -> None:
    text = "1\n00:00:01,000 --> 00:00:03,000\nPlain words of nobody.\n"
    assert _broken(text, ".srt", "bbc") & _LOOKS == set()
    coloured = text.replace("Plain", '<font color="#ff0000">Plain</font>')
    assert _broken(coloured, ".srt", "bbc") & _LOOKS == {"look-colour"}


def test_a_document_is_told_in_one_line_that_emotions_are_not_drawn(tmp_path: Path) -> None:
    path = tmp_path / "talk.sentigram.json"
    path.write_text(dumps(talk()), encoding="utf-8")
    report = check_file(path, CheckOptions(profiles=("netflix",)))
    assert [line for line in report.remarks if "draws no emotion in type" in line] != []
    assert {finding.rule for finding in report.findings} & _LOOKS == set()
    assert check_file(path, CheckOptions()).remarks == ()


def test_karaoke_is_motion_in_a_guideline_s_look() -> None:
    text = ass_text(styling.style(talk(), load(profiles=("netflix",))), title="talk", motion="full")
    head, first, rest = text.partition("Dialogue: ")
    fields = rest.split("\n", 1)
    event = f"{fields[0].rsplit(',,', 1)[0]},,{{\\k40}}We {{\\k40}}sing\n"
    assert "look-motion" not in _broken(text, ".ass", "netflix")
    assert "look-motion" in _broken(head + first + event, ".ass", "netflix")
