"""Settings of what was typed, where all is text, as in a form."""

from __future__ import annotations

from pathlib import Path

import pytest

from sentigram.core.time import Span
from sentigram.errors import UsageError
from sentigram.jobs.asked import as_asked, asked, settings_of, settings_of_texts
from sentigram.jobs.job import Settings


def test_nothing_asked_is_the_defaults() -> None:
    assert settings_of({}) == settings_of_texts({}) == Settings()


def test_texts_become_what_stages_take() -> None:
    settings = settings_of_texts(
        {
            "to": "srt, vtt",
            "preview": "0:01-0:02",
            "no-emotions": "true",
            "no-vad": "off",
            "shots": "1",
            "crf": "30",
            "vad-threshold": "0.25",
            "size": "640x480",
            "language": "English",
            "batch-size": "",
            "theme": "mine.toml",
            "motion": "none",
        }
    )
    assert settings.kinds == ("srt", "vtt")
    assert settings.preview == Span(1000, 2000)
    assert (settings.hear.emotions, settings.hear.shots) == (False, True)
    assert (settings.engine.vad, settings.engine.vad_threshold) == (True, 0.25)
    assert settings.engine.batch_size is None
    assert (settings.video.crf, settings.video.size) == (30, (640, 480))
    assert settings.hear.language == "en"
    assert settings.look.theme == Path("mine.toml")
    assert settings.look.motion == "none"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("crf", "many", "`crf 'many'`: is not a whole number"),
        ("crf", "", "`crf ''`: is not a whole number"),
        ("crf", "99", "crf 99"),
        ("vad-threshold", "x", "is not a number"),
        ("vad-threshold", "nan", "choose from"),
        ("shots", "maybe", "`shots 'maybe'`: choose true or false"),
        ("motion", "wild", "motion"),
        ("preview", "now", "preview"),
        ("colour", "red", "no option is called 'colour'"),
        ("hear", "x", "no option is called 'hear'"),
    ],
)
def test_what_is_wrong_is_said(name: str, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message.replace("(", r"\(")):
        settings_of_texts({name: text})


def test_each_default_as_a_text_is_the_default() -> None:
    texts = {
        name: str(each.typed_default)
        for name, each in asked().items()
        if each.typed_default is not None and name != "out"
    }
    assert settings_of_texts(texts) == Settings()


def test_choices_are_known() -> None:
    assert asked()["motion"].choices == ("none", "subtle", "full")
    assert asked()["crf"].choices == ()


def test_messages_name_options_as_they_are_asked_for() -> None:
    assert as_asked("`clip_width 20`: choose", "{}") == "clip-width 20: choose"
    assert as_asked("with `vad=False`", "--{}") == "with --no-vad"
