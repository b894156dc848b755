"""Looks of guidelines: one family, no emotion in type, and the colours of the BBC's speakers."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace

import pytest
from fontTools.ttLib import TTFont

from sentigram.core.style import StyledTrack, StyleKey
from sentigram.render.ass.editors import ass_text
from sentigram.render.ass.effects import effects_text
from sentigram.render.html.css import looks_css
from sentigram.render.html.page import html_text
from sentigram.render.plain import srt_text, vtt_text
from sentigram.render.ttml import ttml_text
from sentigram.style import styling
from sentigram.style.colour.contrast import Ink, worst_ratio
from sentigram.style.theme.advice import undrawn, warnings_of
from sentigram.style.theme.theme import ages, cultures, load
from tests.documents import document
from tests.render import html_jobs

_TALK = (
    ("I hate that sooooo much!", "anger"),
    ("nobody ever came back", "sadness"),
    ("listen to me", "raised-voice"),
    ("and then we went out", "neutral"),
    ("a fifth one says this", "happiness"),
)
_COLOURS = ("#ffffff", "#ffff00", "#00ffff", "#00ff00")


def _document(*speakers: str):
    made = document(*_TALK)
    names = speakers or ("Ann",)
    utterances = tuple(
        replace(one, speaker=names[i % len(names)])
        for i, one in enumerate(made.transcript.utterances)
    )
    return replace(made, transcript=replace(made.transcript, utterances=utterances))


def _track(*speakers: str, **layers) -> StyledTrack:
    return styling.style(_document(*speakers), load(**layers))


@pytest.mark.parametrize("profile", ["netflix", "bbc"])
@pytest.mark.parametrize("age", ages())
@pytest.mark.parametrize("culture", cultures())
def test_all_words_look_alike_and_nothing_moves(culture, age, profile):
    track = _track(culture=culture, age=age, profiles=(profile,))
    (style,) = track.styles.values()
    assert (style.family, style.fill, style.transform) == ("Noto Sans", "#ffffff", "none")
    assert (style.italic, style.underline, style.animation) == (False, False, "none")
    assert style.box == ("#000000" if profile == "bbc" else "")
    text = effects_text(track, title="talk", motion="full", embed_fonts=False, comments=False)
    assert not re.search(r"\\t\(|\\fad|\\org|\\k", text)
    n_lines = sum(len(cue.lines) for cue in track.cues)
    assert text.count(",Shapes,") == (n_lines if style.box else 0)  # boxes, and no bar


def test_the_emotions_words_and_case_are_gone_from_every_file_of_captions():
    track = _track(profiles=("netflix",))
    for text in (
        ass_text(track, title="talk", motion="full", embed_fonts=False),
        ttml_text(track, title="talk"),
        vtt_text(track),
        srt_text(track),
    ):
        assert "I hate that sooooo much!" in re.sub(r"<[^>]*>", "", text)
        assert "anger" not in text
        assert "look the way the words were said" not in text
    assert "netflix draws no emotion in type" in vtt_text(track)


def test_what_is_not_drawn_may_still_be_said_in_words():
    track = _track(profiles=("netflix", "sdh"))
    for text in (
        srt_text(track),
        ass_text(track, title="talk", motion="none", embed_fonts=False),
        effects_text(track, title="talk", motion="none", embed_fonts=False, comments=False),
        ttml_text(track, title="talk"),
    ):
        assert text.count("[angry]") == text.count("[raised voice]") == 1
    assert "[angry] I hate" in srt_text(track)
    assert "[angry]" not in ass_text(
        _track(profiles=("sdh",)), title="talk", motion="none", embed_fonts=False
    )  # type shows it there


def test_each_named_speaker_has_a_colour_and_a_name():
    track = _track("Ann", "Ben", "Cy", "Di", "Eve", profiles=("bbc",))
    fills = [track.styles[cue.lines[0][0].runs[0].style].fill for cue in track.cues]
    assert fills == [*_COLOURS, "#ffffff"]  # the fifth has the first one's again
    assert [cue.label for cue in track.cues] == ["[Ann]", "[Ben]", "[Cy]", "[Di]", "[Eve]"]
    assert "<c.neutral.neutral-0s2>" in vtt_text(track)
    assert 'tts:color="#00ffff"' in ttml_text(track, title="talk")
    assert r"[Ben]{\rneutral-0s2} nobody" in ass_text(
        track, title="talk", motion="none", embed_fonts=False
    )


def test_one_speaker_and_nobody_have_no_colour():
    for speakers in (("Ann",), ("",)):
        track = _track(*speakers, profiles=("bbc",))
        assert set(track.styles) == {StyleKey("neutral", 0)}
        assert {cue.label for cue in track.cues} == {""}
    mixed = _track("Ann", "", "Ben", profiles=("bbc",))
    assert [cue.lines[0][0].runs[0].style.speaker for cue in mixed.cues][:3] == [1, 0, 2]


@pytest.mark.parametrize("profiles", [("bbc",), ("bbc", "low-vision")])
def test_colours_of_speakers_can_be_read(tmp_path, profiles):
    path = tmp_path / "mine.toml"
    path.write_text('[caption]\nspeakers = ["#303030", "#000080"]\n')
    for file in (None, path):
        theme = load(profiles=profiles if file is None else (), file=file, age="senior")
        for style in styling.style(_document("Ann", "Ben"), theme).styles.values():
            ink = Ink(style.fill, style.outline, style.outline_em, style.box)
            assert worst_ratio(ink) >= theme.contrast


def test_words_of_an_emotion_keep_its_colour_beside_those_of_speakers(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('[caption]\nspeakers = ["#ffffff", "#ffff00"]\n')
    track = _track("Ann", "Ben", file=path)
    assert track.styles[StyleKey("neutral", 0, speaker=2)].fill == "#ffff00"
    assert track.styles[StyleKey("anger", 3)] == _track().styles[StyleKey("anger", 3)]


def test_the_page_draws_captions_plain_and_keeps_what_was_read():
    made = _document("Ann", "Ben")
    (look,) = styling.looks(made, profiles=("bbc",))[:1]
    assert look.plain_by == "bbc"
    assert {run.style.emotion for word in look.words for run in word.runs} >= {"anger", "sadness"}
    angry = look.words[0].runs[0].style
    assert look.drawn(angry).fill == "#ffffff"
    assert look.drawn(StyleKey("anger", 3, speaker=2)).fill == "#ffff00"
    css = looks_css((look,), styling.canvas_for())
    (rule,) = (line for line in css.splitlines() if "Bebas" in line or "Noto" in line)
    assert "Bebas" not in rule


def test_one_line_says_that_no_emotion_is_drawn():
    for profile in ("netflix", "bbc"):
        theme = load(profiles=(profile,))
        assert theme.plain_by == profile
        assert undrawn(profile).startswith(f"{profile}: draws no emotion in type")
        assert warnings_of(theme, ("awe",)) == ()
    assert load(profiles=("low-vision",)).plain_by == ""


def test_a_profile_tells_what_it_changes_of_a_file(tmp_path):
    path = tmp_path / "mine.toml"
    caption = "size = 1.1\nmin_ms = 833\noutline_em = 0.08"
    path.write_text(f"[caption]\n{caption}\n[emotion.neutral]\nfill = '#eeeeee'\n")
    (told,) = warnings_of(load(file=path, profiles=("netflix",)))
    assert told == (
        "theme mine over western, adult, netflix: profile netflix wins over "
        "emotion.neutral.fill of mine.toml; leave the profile out to keep them"
    )
    for layers in ({"age": "senior"}, {"automatic": ("shorts",)}):
        theme = load(file=path, **layers)
        assert (theme.caption.size, theme.caption.min_ms, warnings_of(theme)) == (1.1, 833, ())


def test_pages_hold_the_letters_of_names_in_the_family_of_plain_words():
    made = _document("Ann", "Ben")
    looks = styling.looks(made, profiles=("bbc",))[:1]
    job = replace(html_jobs.job(made), looks=looks, track=_track("Ann", "Ben", profiles=("bbc",)))
    faces = re.findall(r'"Noto\\20 Sans";font-weight:500.*?base64,([^"]+)"', html_text(job))
    drawn = TTFont(io.BytesIO(base64.b64decode(faces[0]))).getBestCmap()
    assert set(map(ord, "[Ann]")) <= set(drawn)
