"""Any text is checked, without an accident and in time."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.check.checking import CheckOptions, check_text
from sentigram.errors import TranscriptError
from tests.formats.files import styled_ass


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


_EVIL = (
    *("<v" + " " * 150_000, "<b" + " " * 150_000),
    *("{" * 150_000, "<" * 50_000, r"{\t(" * 50_000, "<a " * 30_000, r"\q{" * 40_000),
    *(r"\N" * 30_000, "&" * 50_000, "a " * 30_000, "字" * 30_000),
)


@pytest.mark.parametrize("evil", _EVIL, ids=lambda evil: evil[:4])
@pytest.mark.parametrize("suffix", [".srt", ".vtt", ".ass"])
def test_no_text_makes_it_slow(evil: str, suffix: str) -> None:
    files = {
        ".srt": f"1\n00:00:01,000 --> 00:00:03,000\n{evil}\n",
        ".vtt": f"WEBVTT\n\n00:01.000 --> 00:03.000\n{evil}\n",
        ".ass": styled_ass(evil),
    }
    started = time.process_time()
    check_text(files[suffix], suffix, "x", CheckOptions(language="en"))
    assert time.process_time() - started < 5


def test_a_hundred_thousand_cues_take_seconds() -> None:
    """Linear: ten times the cues take about ten times as long."""

    def seconds(count: int) -> float:
        text = "\n".join(
            f"{n}\n{n * 3 // 3600:02d}:{n * 3 // 60 % 60:02d}:{n * 3 % 60:02d},000 --> "
            f"{n * 3 // 3600:02d}:{n * 3 // 60 % 60:02d}:{n * 3 % 60 + 1:02d},500\n"
            f"Line {n} of\nmany lines.\n"
            for n in range(count)
        )
        started = time.process_time()
        assert check_text(text, ".srt", "x", CheckOptions()).n_cues == count
        return time.process_time() - started

    seconds(100)
    assert seconds(20_000) < 20 * max(0.05, seconds(2_000))
