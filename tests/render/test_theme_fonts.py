"""Fonts that a theme brings: measured, inside pages and ASS, and drawn as a font that ships is."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sentigram.core.style import StyledTrack
from sentigram.render.ass.attached_fonts import font_files
from sentigram.render.ass.editors import ass_text
from sentigram.render.html.page import html_text
from sentigram.style import styling
from sentigram.style.text import fonts
from sentigram.style.text.measure import advance_em
from sentigram.style.theme.advice import warnings_of
from sentigram.style.theme.sheet import preview_html
from sentigram.style.theme.theme import Theme, load
from tests.documents import document
from tests.render import frames, html_jobs
from tests.style.text.own_font_files import made

_SHIPPED = "Chelsea Market"
_TALK = document(("what will become of us", "neutral"))
_INSTALLABLE, _RESTRICTED = 0, 2


def _theme(folder: Path, *, fs_type: int = _INSTALLABLE, family: str = "My Font") -> Theme:
    made(folder / "{\\b1},;.ttf", family=_SHIPPED, fs_type=fs_type)
    text = f'[fonts]\n"My Font" = ["{{\\\\b1}},;.ttf"]\n[emotion.neutral]\nfamily = "{family}"\n'
    (folder / "mine.toml").write_text(f"{text}weight = 400\n")
    return load(file=folder / "mine.toml")


def _track(theme: Theme) -> StyledTrack:
    return styling.style(_TALK, theme, width_px=640, height_px=360)


def test_it_is_measured_as_the_same_font_that_ships(tmp_path):
    _theme(tmp_path)
    assert fonts.face("My Font", 700, italic=False).path.parent == tmp_path
    text = "what will become of us"
    assert advance_em(text, "My Font", 400, False) == advance_em(text, _SHIPPED, 400, False)
    assert warnings_of(load(file=tmp_path / "mine.toml")) == ()


def test_another_font_under_the_same_name_takes_its_place(tmp_path):
    widths = []
    for family in (_SHIPPED, "Unbounded"):
        folder = tmp_path / family
        folder.mkdir()
        made(folder / "a.ttf", family=family)
        (folder / "mine.toml").write_text('[fonts]\n"My Font" = ["a.ttf"]\n')
        load(file=folder / "mine.toml")
        widths.append(advance_em("what", "My Font", 400, False))
        assert widths[-1] == advance_em("what", family, 400, False)
    assert widths[0] != widths[1]


def test_ass_and_pages_hold_its_letters(tmp_path):
    track = _track(_theme(tmp_path))
    text = ass_text(track, title="talk", motion="none")
    assert "Style: Default,My Font Captions," in text
    assert "fontname: theme-font-1.ttf" in text
    (look,) = styling.looks(_TALK, file=tmp_path / "mine.toml")[:1]
    page = html_text(replace(html_jobs.job(_TALK), looks=(look,), track=track))
    assert re.search(r'@font-face\{font-family:"My\\20 Font";', page)
    assert '@font-face{font-family:"My Font"' in preview_html(load(file=tmp_path / "mine.toml"))


@pytest.mark.parametrize("flavour", ["effects", "editable"])
@pytest.mark.parametrize("fs_type", [_INSTALLABLE, _RESTRICTED])
def test_videos_show_it_whatever_its_licence_says_of_embedding(tmp_path, fs_type, flavour):
    own = _track(_theme(tmp_path, fs_type=fs_type))
    shipped = _track(_theme(tmp_path, family=_SHIPPED))
    time_ms = own.cues[0].span.start_ms + 100
    pixels, said = frames.draw(own, time_ms, tmp_path, flavour=flavour)
    expected, _ = frames.draw(shipped, time_ms, tmp_path, flavour=flavour)
    name = "My Font" if fs_type else "My Font Captions"
    assert any(line.startswith(f"fontselect: ({name}") for line in said)
    if fs_type and flavour == "editable":  # its own heights: the same letters, a little higher
        rows = [np.flatnonzero(frames.ink(one).any(axis=1)) for one in (pixels, expected)]
        assert len(rows[0]) == pytest.approx(len(rows[1]), abs=2)
    else:
        assert np.abs(pixels - expected).mean() < 0.05


def test_what_may_not_be_embedded_is_named_and_told(tmp_path):
    theme = _theme(tmp_path, fs_type=_RESTRICTED)
    track = _track(theme)
    text = ass_text(track, title="talk", motion="none")
    assert "Style: Default,My Font," in text
    assert "fontname:" not in text
    assert (font_files(track), len(font_files(track, is_private=True))) == ((), 1)
    (look,) = styling.looks(_TALK, file=tmp_path / "mine.toml")[:1]
    page = html_text(replace(html_jobs.job(_TALK), looks=(look,), track=track))
    assert '@font-face{font-family:"My' not in page
    assert 'font-family:"My\\20 Font"' in page
    (told,) = warnings_of(theme)
    assert "does not permit embedding" in told
