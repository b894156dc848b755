"""Theme files: all that is wrong is told at once, with its line; fonts lie beside the file."""

from __future__ import annotations

import re

import pytest

from sentigram.cli.app import main
from sentigram.errors import ThemeError
from sentigram.style.theme.lines import line_of, lines_of
from sentigram.style.theme.theme import load
from tests.style.text.own_font_files import made

_WRONG = """\
contrst = 5
[caption]
size = 9

lines = 2.5
"safe" = true

[emotion.anger]
fill = { value = "#ff0000", evidence = "x", levl = "strong" }
description = '''
[caption]
'''
italic = 1
[emotion."Big"]
[scale]
word = 1
"""


def test_all_that_is_wrong_is_told_with_lines(tmp_path, capfd):
    path = tmp_path / "mine.toml"
    path.write_text(_WRONG)
    with pytest.raises(ThemeError) as caught:
        load(file=path)
    told = str(caught.value).splitlines()
    places = [re.match(rf"theme {re.escape(str(path))}:(\d+): ([^:]+): ", line) for line in told]
    assert [(int(found[1]), found[2]) for found in places if found] == [
        (1, "contrst"),
        (3, "caption.size"),
        (5, "caption.lines"),
        (6, "caption.safe"),
        (9, "emotion.anger.fill.levl"),
        (9, "emotion.anger.fill"),
        (10, "emotion.anger.description"),
        (13, "emotion.anger.italic"),
        (14, "emotion.Big"),
    ]
    assert main(["themes", "validate", "--theme", str(path)]) == 3
    said = capfd.readouterr().err
    assert [word for word in ("contrst", "caption.safe", "emotion.Big") if word not in said] == []


def test_parents_are_looked_at_too(tmp_path):
    (tmp_path / "mine.toml").write_text('extends = "house.toml"\nstrong = 7\n')
    (tmp_path / "house.toml").write_text('extends = "westen"\n[caption]\ncps = 0\n')
    with pytest.raises(ThemeError) as caught:
        load(file=tmp_path / "mine.toml")
    told = str(caught.value).splitlines()
    assert [line.split(": ")[1] for line in told] == ["strong", "caption.cps", "extends"]
    assert told[2].startswith(f"theme {tmp_path}/house.toml:1: ")


def test_lines_of_dotted_keys_and_long_texts():
    lines = lines_of('a.b = 1\n[ "x y" . z ]\nk = """\nq = 2\n"""\nr = 3\n')
    assert (lines["a", "b"], lines["x y", "z", "k"], lines["x y", "z", "r"]) == (1, 3, 6)
    assert ("x y", "z", "q") not in lines
    assert (line_of(("x y", "z", "k", "value"), lines), line_of(("none",), lines)) == (3, 0)


def test_a_cue_cannot_be_shorter_and_longer(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("[caption]\nmin_ms = 3000\nmax_ms = 2000\n")
    with pytest.raises(ThemeError, match=r"caption\.min_ms: 3000 is longer than caption\.max_ms"):
        load(file=path)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('"Mine" = "a.ttf"', "write 1 to 16 files"),
        ('"Mine" = []', "write 1 to 16 files"),
        ('"Poppins" = ["a.ttf"]', "a family of this name ships"),
        ('"x\\\\fs90}" = ["a.ttf"]', "a family has up to 40 letters"),
        ('"Mine" = ["../a.ttf"]', "is outside the folder of the theme"),
        ('"Mine" = ["/etc/passwd"]', "is outside the folder of the theme"),
        ('"Mine" = ["link.ttf"]', "is outside the folder of the theme"),
        ('"Mine" = ["none.ttf"]', "'none.ttf' no such file"),
        ('"Mine" = ["mine.toml"]', "is no TrueType or OpenType font"),
        ('"Mine" = ["a.ttf", "b.ttf"]', "are both of weight 400; leave one out"),
    ],
)
def test_wrong_fonts_are_told(tmp_path, table, said):
    home = tmp_path / "theme"
    home.mkdir()
    made(tmp_path / "a.ttf")
    (home / "link.ttf").symlink_to(tmp_path / "a.ttf")
    made(home / "a.ttf")
    made(home / "b.ttf")
    path = home / "mine.toml"
    path.write_text(f"[fonts]\n{table}\n")
    with pytest.raises(ThemeError, match=re.escape(said)) as caught:
        load(file=path)
    assert f"{path}:2: fonts." in str(caught.value)
