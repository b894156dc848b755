"""docs/looks.md and the script that draws its pictures."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest
from PIL import Image

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture(scope="module")
def made():
    path = DOCS / "make_looks.py"
    if not path.is_file():
        pytest.skip("docs/ is not in this package")
    spec = importlib.util.spec_from_file_location("make_looks", path)
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "make_looks", module)
        patch.syspath_prepend(DOCS)  # it takes the simulation of the other script
        spec.loader.exec_module(module)
        yield module


def test_the_page_shows_each_guideline(made):
    text = (DOCS / "looks.md").read_text(encoding="utf-8")
    for name, shown in made.LOOKS.items():
        if shown.profiles:
            assert f"looks/{name}.jpg" in text


def test_pictures_are_small_and_the_same_each_time(made, tmp_path):
    for out in (tmp_path / "one.jpg", tmp_path / "two.jpg"):
        made.draw(made.LOOKS["bbc"], out)
        assert out.stat().st_size < made.MOST_BYTES
        with Image.open(out) as picture:
            assert picture.size == made.LOOKS["bbc"].size_px
            assert max(high for _, high in picture.getextrema()) > 200  # something is written
    assert (tmp_path / "one.jpg").read_bytes() == (tmp_path / "two.jpg").read_bytes()
