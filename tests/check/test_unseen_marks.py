"""Marks that nobody sees: found among times, gone after `--fix`, and never written."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from sentigram.check.checking import CheckOptions, check_file
from sentigram.check.fix.fixing import correct_file
from sentigram.render.plain import srt_text, vtt_text
from sentigram.style.styling import style
from sentigram.style.theme.theme import load
from tests.documents import talk

_RULE = CheckOptions(language="en", wanted=frozenset({"unseen-mark"}))
_CUES = ("00:00:01,000 --> 00:00:03,000", "00:00:04,000 --> 00:00:06,000")


def _file(folder: Path, first: str, *, said: str = "Good evening.") -> Path:
    path = folder / "a.srt"
    path.write_text(f"1\n{first}\n{said}\n\n2\n{_CUES[1]}\nGood bye.\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("mark", ["\ufeff", "\u200e", "\u200f", "\u200b", "\u202a", "\u2060"])
@pytest.mark.parametrize("where", ["{}" + _CUES[0], _CUES[0].replace(" -->", "{} -->")])
def test_a_mark_among_the_times_is_found_and_mended(mark: str, where: str, tmp_path: Path) -> None:
    path = _file(tmp_path, where.format(mark))
    assert [(one.rule, one.cue) for one in check_file(path, _RULE).findings] == [("unseen-mark", 1)]
    made = correct_file(path, _RULE)
    assert made.report.findings == ()
    assert made.path is not None
    assert mark not in made.path.read_text(encoding="utf-8")


def test_the_mark_of_the_encoding_and_marks_in_what_is_said_are_none(tmp_path: Path) -> None:
    path = _file(tmp_path, _CUES[0], said="Good \u200eevening.\u200f")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert check_file(path, _RULE).findings == ()


def test_what_we_write_has_none_outside_of_what_is_said() -> None:
    track = style(talk(), load())
    for text in (srt_text(track), vtt_text(track)):
        lines = [line for line in text.split("\n") if "-->" in line or line.isdecimal()]
        assert lines
        assert not text.startswith("\ufeff")
        for line in lines:
            assert line == line.strip()
            assert not any(unicodedata.category(c) in ("Cf", "Cc") for c in line)
