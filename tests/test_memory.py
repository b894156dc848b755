from __future__ import annotations

import os
import time

import numpy as np
import pytest

from sentigram.errors import OutputError
from sentigram.memory import FolderMemory, home, memory_of, sweep


def test_what_a_stage_made_comes_back(tmp_path):
    memory = FolderMemory(tmp_path / "deep" / "run")
    assert memory.recall("voice") is None
    assert not memory.folder.exists()
    memory.remember("voice", {"scores": np.eye(3), "n": np.array([1, 2])[::-1]})
    memory.remember_text("words", "so wörds")
    again = FolderMemory(memory.folder)
    np.testing.assert_array_equal(again.recall("voice")["scores"], np.eye(3))
    assert again.recall("voice")["n"].tolist() == [2, 1]
    assert again.recall_text("words") == "so wörds"
    again.forget()
    assert not memory.folder.exists()
    assert memory.recall_text("words") is None


@pytest.mark.parametrize("content", [b"", b"junk", b"\x80\x04\x95" * 9, b"\xff" * 64])
def test_what_cannot_be_read_is_not_there(tmp_path, content):
    memory = FolderMemory(tmp_path)
    (tmp_path / "voice.safetensors").write_bytes(content)
    (tmp_path / "words.json").write_bytes(b"\xff\xfe\x00")
    assert memory.recall("voice") is None
    assert memory.recall_text("words") is None


def test_the_same_file_with_the_same_settings_finds_it_again(tmp_path):
    talk = tmp_path / "talk.mp4"
    talk.write_bytes(b"abc")
    first = memory_of(talk, ("en", 1)).folder
    assert memory_of(talk, ("en", 1)).folder == first
    assert memory_of(talk, ("de", 1)).folder != first
    (tmp_path / "talk.sentigram.json").write_text("{}")  # a result of ours changes nothing
    (tmp_path / "other.srt").write_text("1")
    assert memory_of(talk, ("en", 1)).folder == first
    (tmp_path / "talk.en.srt").write_text("1")
    with_words = memory_of(talk, ("en", 1)).folder
    assert with_words != first
    os.utime(talk, ns=(1, 1))
    assert memory_of(talk, ("en", 1)).folder not in (first, with_words)


def test_leavings_of_two_weeks_are_swept_away():
    old, new = home() / "old", home() / "new"
    for folder in (old, new):
        FolderMemory(folder).remember_text("words", "x")
    then = time.time() - 15 * 24 * 3600
    os.utime(old, (then, then))
    sweep()
    assert not old.exists()
    assert new.exists()


def test_a_cache_that_cannot_be_made_names_the_setting(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="SENTIGRAM_CACHE"):
        FolderMemory(tmp_path / "file" / "x").remember_text("words", "x")
