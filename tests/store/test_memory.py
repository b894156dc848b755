from __future__ import annotations

import os
import time

import numpy as np
import pytest

from sentigram.errors import OutputError
from sentigram.store.memory import FolderMemory, home, memory_of, sweep


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


def test_some_stages_may_stay(tmp_path):
    memory = FolderMemory(tmp_path / "run")
    memory.remember("voice", {"scores": np.eye(3)})
    memory.remember_text("words", "x")
    memory.remember_text("read", "y")
    (memory.folder / ".sentigram-x.json").write_text("another process writes this")
    memory.forget(but=("read",))
    assert memory.recall_text("read") == "y"
    assert {path.name for path in memory.folder.iterdir()} == {"read.json", ".sentigram-x.json"}
    FolderMemory(tmp_path / "none").forget(but=("read",))


@pytest.mark.skipif(os.name != "posix", reason="needs modes")
def test_nobody_else_may_read_what_was_said():
    memory = FolderMemory(home() / "run")
    memory.remember_text("words", "said in private")
    memory.remember("voice", {"scores": np.eye(3)})
    modes = [path.stat().st_mode & 0o777 for path in (home(), *sorted(home().rglob("*")))]
    assert modes == [0o700, 0o700, 0o600, 0o600]


def test_the_same_file_with_the_same_settings_finds_it_again(tmp_path, monkeypatch):
    talk, words = tmp_path / "talk.mp4", tmp_path / "talk.srt"
    talk.write_bytes(b"abc")
    first = memory_of(talk, ("en", 1)).folder
    assert memory_of(talk, ("en", 1)).folder == first
    (tmp_path / "link.mp4").symlink_to(talk)
    assert memory_of(tmp_path / "link.mp4", ("en", 1)).folder == first
    assert memory_of(talk, ("de", 1)).folder != first
    absent = memory_of(talk, ("en", 1), files=[words]).folder
    words.write_text("1")
    given = memory_of(talk, ("en", 1), files=[words]).folder
    words.write_text("12")
    edited = memory_of(talk, ("en", 1), files=[words]).folder
    assert len({first, absent, given, edited}) == 4
    with monkeypatch.context() as patch:
        patch.setattr("sentigram.store.memory.__version__", "0.2")
        assert memory_of(talk, ("en", 1)).folder != first
    os.utime(talk, ns=(1, 1))
    assert memory_of(talk, ("en", 1)).folder != first


def _left(name, *, days):
    folder = home() / name
    FolderMemory(folder).remember_text("words", "x")
    then = time.time() - days * 24 * 3600
    os.utime(folder, (then, then))
    return folder


def test_what_nobody_used_for_two_weeks_is_swept_away():
    old, new, used = _left("old", days=15), _left("new", days=13), _left("used", days=15)
    FolderMemory(used).use()
    sweep()
    assert not old.exists()
    assert new.exists()
    assert used.exists()
    FolderMemory(home() / "none").use()
    assert not (home() / "none").exists()


def test_the_latest_twenty_recordings_stay_and_those_of_today():
    days = [_left(f"r{i}", days=2 + i / 10) for i in range(15)]
    today = [_left(f"t{i}", days=i / 100) for i in range(12)]
    sweep()
    assert [folder.exists() for folder in days] == [True] * 8 + [False] * 7
    assert all(folder.exists() for folder in today)
    many = [_left(f"m{i}", days=0.5) for i in range(22)]
    sweep()
    assert all(folder.exists() for folder in many)
    assert not any(folder.exists() for folder in days)


def test_a_cache_that_cannot_be_made_names_the_setting(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="SENTIGRAM_CACHE"):
        FolderMemory(tmp_path / "file" / "x").remember_text("words", "x")
