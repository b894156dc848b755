"""Any text is checked, without an accident and in time."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram import formats
from sentigram.check.checking import CheckOptions, check_text, limits_for
from sentigram.check.fix.fixing import fix
from sentigram.errors import TranscriptError
from sentigram.formats import read_text
from sentigram.words.given import transcript_of
from tests.formats.files import styled_ass
from tests.timing import grows_at_most


@given(
    st.sampled_from([".srt", ".vtt", ".ass"]),
    st.text(
        st.sampled_from(list("{}<>\\()&;=,:.-_|/\"'#!aANnptc019 \n\t\u200b\u202e字é\ud83d")),
        max_size=120,
    ),
)
def test_any_text_is_checked_without_an_accident(suffix: str, text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    files = {
        ".srt": f"1\n00:00:01,000 --> 00:00:03,000\n{text}\n",
        ".vtt": f"WEBVTT\n\nSTYLE\n::cue(.a) {{ color: {text[:20]} }}\n\n"
        f"00:01.000 --> 00:03.000\n{text}\n",
        ".ass": styled_ass(text.replace("\n", r"\N")),
    }
    try:
        check_text(files[suffix], suffix, "x", CheckOptions(language="en"))
    except TranscriptError:
        assert suffix != ".ass"  # the text may hold lines of times that are broken


def _file(suffix: str, text: str) -> str:
    return {
        ".srt": f"1\n00:00:01,000 --> 00:00:03,000\n{text}\n",
        ".vtt": f"WEBVTT\n\n00:01.000 --> 00:03.000\n{text}\n",
        ".ass": styled_ass(text.replace("\n", r"\N")),
    }[suffix]


def _check(text: str, suffix: str) -> None:
    check_text(text, suffix, "x", CheckOptions(language="en"))


def _fix(text: str, suffix: str) -> None:
    track, options = read_text(text, suffix, "x"), CheckOptions(language="en")
    fix(track, limits_for(track, options, "en"), "en", options.wanted)


def _give(text: str, suffix: str) -> None:
    transcript_of(read_text(text, suffix, "x"), duration_ms=4000)


_EVIL = (
    *("<v ", "<b ", "{ ", "< ", "[ ", "a "),  # repeated from their second letter on
    *("{", "<", r"{\t(", "<a ", r"\q{", r"\N", "&", "字", "- a\n", "<b>a ", "</i><b>", "[a]"),
    *(r"{\t(0,1,\fs1)}a", r"{\1c&H1&}a", "<v a>", "a: ", ">> ", "ANN: hi. "),
)


@pytest.mark.parametrize("evil", _EVIL)
@pytest.mark.parametrize("act", [_check, _fix, _give])
def test_no_text_makes_it_slow(
    evil: str, act: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Linear: eight times the text takes about eight times as long, not sixty-four times."""
    monkeypatch.setattr(formats, "LONGEST_CUE", 10**9)
    head, unit = (evil[0], evil[1:]) if evil[1:] == " " else ("", evil)

    def do(n_chars: int) -> None:
        text = head + unit * (n_chars // len(unit))
        for suffix in (".srt", ".vtt", ".ass"):
            with contextlib.suppress(TranscriptError):
                act(_file(suffix, text), suffix)

    do(200)
    assert grows_at_most(24, do, (500, 4_000), 0.02)


@pytest.mark.parametrize("suffix", [".srt", ".vtt", ".ass"])
def test_a_text_that_no_cue_can_hold_is_refused_with_its_line(suffix: str) -> None:
    assert check_text(_file(suffix, "a " * 40_000), suffix, "x", CheckOptions()).n_cues == 1
    message = r"line \d+: a cue of 1\d\d,\d{3} characters.*divide it"
    with pytest.raises(TranscriptError, match=message):
        check_text(_file(suffix, "a " * 60_000), suffix, "x", CheckOptions())


def test_thousands_of_cues_take_time_in_proportion() -> None:
    """Linear: ten times the cues take about ten times as long."""

    def check(count: int) -> None:
        text = "\n".join(
            f"{n}\n{n * 3 // 3600:02d}:{n * 3 // 60 % 60:02d}:{n * 3 % 60:02d},000 --> "
            f"{n * 3 // 3600:02d}:{n * 3 // 60 % 60:02d}:{n * 3 % 60 + 1:02d},500\n"
            f"Line {n} of\nmany lines.\n"
            for n in range(count)
        )
        assert check_text(text, ".srt", "x", CheckOptions()).n_cues == count

    check(100)
    assert grows_at_most(20, check, (800, 8_000), 0.02)
