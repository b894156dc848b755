"""What containers hold, tried with the ffmpeg at hand."""

from __future__ import annotations

import pytest

from sentigram.media.ffmpeg import find_ffmpeg
from sentigram.media.holds import holdable, sound_plan
from sentigram.media.muxing import copied
from sentigram.media.probe import probe
from sentigram.media.tracks import meant_audio
from tests import media_samples as samples

pytestmark = pytest.mark.usefixtures("each_ffmpeg")


def test_texts_that_become_others_are_held(tmp_path):
    info = probe(samples.with_subtitles(tmp_path / "a.mp4"))  # mov_text
    held = holdable(find_ffmpeg(), info, copied(info), "matroska", workdir=tmp_path)
    assert [s.codec for s in held] == ["h264", "aac", "mov_text"]
    assert not (tmp_path / "tried").exists()


def test_what_nobody_knows_is_not(tmp_path):
    info = probe(samples.with_unknown_sound(tmp_path / "a.mov", first=True))
    held = holdable(find_ffmpeg(), info, copied(info), "matroska", workdir=tmp_path)
    assert [s.codec for s in held] == ["h264", "aac"]
    sounds = info.streams_of("audio")
    assert [s.is_readable for s in sounds] == [False, True]
    assert meant_audio(sounds) == info.audio == sounds[1]


def test_without_sound_there_is_nothing_to_say(tmp_path):
    info = probe(samples.silent_video(tmp_path / "a.mp4"))
    assert sound_plan(find_ffmpeg(), info, workdir=tmp_path) == ("copied", "")
