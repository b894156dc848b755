"""What our writers write, our finder of transcripts must recognise as ours."""

from __future__ import annotations

from pathlib import Path

import pysubs2
import pytest

from sentigram.formats.marks import is_own
from sentigram.render.ass.editors import ass_text
from sentigram.render.plain import srt_text, vtt_text
from sentigram.style.styling import style
from sentigram.style.theme.theme import load
from tests.documents import talk


@pytest.mark.parametrize("suffix", [".srt", ".vtt", ".ass"])
def test_our_own_subtitles_are_not_taken_for_a_persons(suffix, tmp_path):
    track = style(talk(), load())
    text = {
        ".srt": lambda: srt_text(track),
        ".vtt": lambda: vtt_text(track),
        ".ass": lambda: ass_text(track, title="talk.mp4", motion="none"),
    }[suffix]()
    path = Path(tmp_path, f"talk{suffix}")
    assert is_own(path, text, stem="talk")
    assert len(pysubs2.SSAFile.from_string(text)) == len(track.cues)
    saved_by_hand = pysubs2.SSAFile.from_string(text).to_string("srt")
    assert not is_own(Path(tmp_path, "talk.srt"), saved_by_hand, stem="talk")
