"""Places by speaker: on which side each one's cues stand, in every format that can say so."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from sentigram import formats
from sentigram.check.checking import CheckOptions, check_text
from sentigram.core.style import StyledTrack
from sentigram.errors import ThemeError
from sentigram.jobs.draw import draw
from sentigram.render.ass.editors import ass_text
from sentigram.render.ass.effects import effects_text
from sentigram.render.plain import srt_text, vtt_text
from sentigram.render.srv3 import srv3_text
from sentigram.render.ttml import ttml_text
from sentigram.style.layout.places import Placer
from sentigram.style.look import Look
from sentigram.style.styling import style
from sentigram.style.theme.theme import load
from tests.fakes import Recorder
from tests.style.layout.test_exchanges import ANSWER, QUESTION, dialogue

SCENE = (
    ("Ann", "Well, where have you been all this time?", 500),
    ("Bob", "I went out for a walk by the sea.", 4000),
    ("Cy", "He always does that in the evening.", 8000),
)


@pytest.fixture(scope="module")
def theme(tmp_path_factory):
    path = tmp_path_factory.mktemp("theme") / "mine.toml"
    path.write_text('[caption]\nplaces = ["left", "right"]\n', encoding="utf-8")
    return load(file=path, profiles=("bbc",))


@pytest.fixture(scope="module")
def scene(theme) -> StyledTrack:
    return style(dialogue(*SCENE), theme)


def test_speakers_stand_left_and_right_and_others_in_the_middle(scene, theme):
    assert [one.side for one in scene.cues] == ["left", "right", "middle"]
    canvas = scene.canvas
    edge_px = canvas.column_side * canvas.width_px
    first, second, third = (Placer(scene).place(one) for one in scene.cues)
    assert {round(line.left_px, 3) for line in first} == {round(edge_px, 3)}
    assert all(line.right_px == pytest.approx(canvas.width_px - edge_px) for line in second)
    assert all(line.left_px + line.right_px == pytest.approx(canvas.width_px) for line in third)
    usual = load()
    usual = replace(usual, caption=replace(usual.caption, places=theme.caption.places))
    (both,) = style(dialogue(QUESTION, ANSWER), usual).cues  # each has a dash of their own
    assert (both.side, len(both.voices)) == ("middle", 2)
    alone = style(dialogue(SCENE[0]), theme)
    upright = style(dialogue(*SCENE), theme, width_px=1080, height_px=1920)
    assert {one.side for one in (*alone.cues, *upright.cues)} == {"middle"}


def test_every_format_says_it_and_is_read_back(scene):
    texts = {
        ".ass": ass_text(scene, title="", motion="none", embed_fonts=False),
        ".vtt": vtt_text(scene),
        ".ttml": ttml_text(scene, title=""),
        ".srt": srt_text(scene),
    }
    assert re.findall(r",(\d+),\1,0,,\{\\an(\d)\}", texts[".ass"]) == [("216", "1"), ("216", "3")]
    assert re.findall("position:.*", texts[".vtt"]) == [
        "position:17% size:78% align:left",
        "position:83% size:78% align:right",
        "position:50% size:90% align:center",
    ]
    assert re.findall('<p region="captions-([a-z]+)"', texts[".ttml"]) == [
        "left",
        "right",
        "middle",
    ]
    assert "<body><div" in texts[".ttml"].replace("\n", "")  # it would claim all paragraphs
    assert (
        srt_text(replace(scene, cues=tuple(replace(c, side="left") for c in scene.cues)))
        == (texts[".srt"])
    )
    srv3 = srv3_text(scene)
    assert re.findall(r'wp="(\d)" ws="(\d)"', srv3) == [("2", "2"), ("3", "3"), ("1", "1")]
    assert '<wp id="3" ap="8"' in srv3
    for suffix, text in texts.items():
        read = formats.read_text(text, suffix, f"talk{suffix}")
        assert [one.row for one in read.captions] == ["bottom"] * 3
        said = [(one.speaker, " ".join(one.text.split())) for one in read.spoken]
        if suffix != ".srt":
            assert [speaker for speaker, _ in said] == ["Ann", "Bob", "Cy"]
        assert said[1][1].endswith("I went out for a walk by the sea.")
        report = check_text(text, suffix, f"talk{suffix}", CheckOptions(profiles=("bbc",)))
        assert report.n_violations == 0, report.findings
    effects = effects_text(scene, title="", motion="none", embed_fonts=False, comments=False)
    starts = [float(x) for x in re.findall(r"\\pos\(([\d.]+),", effects)]
    assert min(starts) < 0.3 * scene.canvas.width_px
    assert max(starts) > 0.7 * scene.canvas.width_px


@pytest.mark.parametrize(
    ("lines", "size", "said"),
    [
        (SCENE, (1080, 1920), "in an upright picture lines are as wide as the picture"),
        (SCENE[:1], (1920, 1080), "one speaker is named, and places tell several apart"),
        (SCENE, (1920, 1080), ""),
    ],
)
def test_where_places_are_not_heeded_that_is_said(tmp_path, lines, size, said):
    path = tmp_path / "mine.toml"
    path.write_text('[caption]\nplaces = ["left", "right"]\n', encoding="utf-8")
    made = dialogue(*lines)
    made = replace(made, media=replace(made.media, width_px=size[0], height_px=size[1]))
    recorder = Recorder()
    draw(made, None, {"srt": tmp_path / "a.srt"}, recorder, look=Look(theme=path))
    told = [note for note in recorder.notes if "caption.places" in note]
    assert [note.partition("says: ")[2] for note in told] == [said] * bool(said)


def test_cues_beside_each_other_are_still_told_from_one_that_begins_aside():
    text = "WEBVTT\n\n00:01.000 --> 00:03.000 position:20%{}\nYes\n"
    rows = [
        formats.read_text(text.format(more), ".vtt", "x.vtt").captions[0].row
        for more in ("", " size:40%", " size:79% align:left", " size:20% align:left")
    ]
    assert rows == ["placed", "placed", "bottom", "placed"]


@pytest.mark.parametrize("value", ['["up"]', '["left", "right", "middle", "left"]', "3"])
def test_other_places_are_refused(tmp_path, value):
    path = tmp_path / "mine.toml"
    path.write_text(f"[caption]\nplaces = {value}\n", encoding="utf-8")
    with pytest.raises(ThemeError, match="places"):
        load(file=path)
