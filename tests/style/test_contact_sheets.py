"""The contact sheets in docs/: every cell there is, committed, and drawn by libass."""

from __future__ import annotations

import importlib.util
import itertools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sentigram.core.style import N_LEVELS
from sentigram.style.colour.vision import MATRICES
from sentigram.style.theme.theme import ages, cultures, load

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture(scope="module")
def made():
    path = DOCS / "make_contact_sheets.py"
    if not path.is_file():
        pytest.skip("docs/ is not in this package")
    spec = importlib.util.spec_from_file_location("make_contact_sheets", path)
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(__import__("sys").modules, "make_contact_sheets", module)
        spec.loader.exec_module(module)
        yield module


def test_every_emotion_at_every_level_of_every_culture_and_age_is_on_a_sheet(made):
    found = {
        (cell.look.culture, cell.look.age, cell.key.emotion, cell.key.level, cell.ground)
        for looks in made.sheets().values()
        for look in looks
        if not look.profiles
        for cell in made.cells(look)
    }
    levels = {"neutral": (0,)}
    assert found == {
        (culture, age, emotion, level, ground)
        for culture, age, ground in itertools.product(cultures(), ages(), ("black", "white"))
        for emotion in load().emotions
        for level in levels.get(emotion, range(1, N_LEVELS + 1))
    }


def test_profiles_that_change_letters_or_colours_are_on_a_sheet(made):
    looks = [look for looks in made.sheets().values() for look in looks if look.profiles]
    assert {(look.culture, look.profiles[0]) for look in looks} == set(
        itertools.product(("western", "eastern"), ("low-vision", "dyslexia", *MATRICES))
    )
    for look in looks:
        is_palette = look.profiles[0] in MATRICES
        assert ("simulated" in {cell.ground for cell in made.cells(look)}) == is_palette


def test_sheets_are_committed_and_small(made):
    folder = DOCS / "contact-sheets"
    assert {path.stem for path in folder.iterdir()} == set(made.sheets())
    for path in folder.iterdir():
        assert path.stat().st_size < 350_000
        with Image.open(path) as picture:
            assert min(picture.size) > 1000


def test_a_block_has_ink_in_every_cell_and_none_is_cut(made):
    """No cell's letters reach its edges: what is looked at is whole."""
    for look in (made.Look("eastern", "child"), made.Look("western", "adult", ("low-vision",))):
        size = made.LARGE_CELL_PX if look.profiles else made.CELL_PX
        for ground in ("black", "white"):
            shown = [cell for cell in made.cells(look) if cell.ground == ground]
            color = 0 if ground == "black" else 255
            for cell, pixels in zip(shown, made._draw(shown, size, ground), strict=True):
                ink = np.abs(pixels.astype(int) - color).max(axis=2) > 60
                assert ink.sum() > 150, cell
                assert not ink[:, [0, -1]].any(), cell
                if "low-vision" not in look.profiles:  # its boxes may reach top and bottom
                    assert not ink[[0, -1], :].any(), cell
