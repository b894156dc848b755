from __future__ import annotations

import errno
import os
import time

import numpy as np
import pytest

from sentigram.store.content import content_of
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


def test_a_cache_that_cannot_be_made_names_the_setting_once(tmp_path):
    (tmp_path / "file").write_text("")
    memory = FolderMemory(tmp_path / "file" / "x")
    assert memory.complaint() == ""
    assert not memory.remember_text("words", "x")
    memory.remember("voice", {"scores": np.eye(3)})
    assert "SENTIGRAM_CACHE" in memory.complaint()
    assert memory.complaint() == ""
    assert memory.recall_text("words") is None
    memory.forget()


def test_a_full_disk_stops_nothing(tmp_path, monkeypatch):
    memory = FolderMemory(tmp_path / "run")

    def full(*_arguments: object, **_options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("safetensors.numpy.save_file", full)
    memory.remember("voice", {"scores": np.eye(3)})
    assert "the disk is full" in memory.complaint()
    assert list(memory.folder.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="needs modes")
def test_what_others_could_read_is_made_private(tmp_path):
    folder = home() / "run"
    FolderMemory(folder).remember_text("words", "said in private")
    home().chmod(0o755)
    folder.chmod(0o777)
    (folder / "words.json").chmod(0o644)
    assert FolderMemory(folder).recall_text("words") == "said in private"
    modes = [path.stat().st_mode & 0o777 for path in (home(), *sorted(home().rglob("*")))]
    assert modes == [0o700, 0o700, 0o600]


@pytest.mark.skipif(os.name != "posix", reason="needs owners")
def test_a_folder_of_another_user_is_not_used(tmp_path, monkeypatch):
    folder = tmp_path / "run"
    FolderMemory(folder).remember_text("words", "theirs")
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1)
    memory = FolderMemory(folder)
    assert memory.recall_text("words") is None
    assert not memory.remember_text("read", "ours")
    assert "belongs to another user" in memory.complaint()
    memory.forget()
    assert [path.name for path in folder.iterdir()] == ["words.json"]


def test_inputs_count_by_what_they_hold(tmp_path):
    talk, words = tmp_path / "talk.mp4", tmp_path / "talk.srt"
    model = tmp_path / "model"
    model.mkdir()
    talk.write_bytes(b"abc")
    words.write_text("helo")
    (model / "weights").write_bytes(b"1")

    def key() -> str:
        return memory_of(talk, "en", files=[words, model]).folder.name

    before = key()
    then = words.stat()
    words.write_text("hell")  # as long as before, and as old
    os.utime(words, ns=(then.st_atime_ns, then.st_mtime_ns))
    corrected = key()
    assert corrected != before
    words.write_text("helo")
    assert key() == before
    (model / "weights").write_bytes(b"2")
    assert key() != before
    (model / "weights").write_bytes(b"1")
    assert key() == before
    (model / "more").touch()
    assert key() != before


def test_large_files_count_by_samples(tmp_path):
    large = tmp_path / "weights"
    with large.open("wb") as file:
        file.truncate(100_000_000)
    first, then = content_of(large), large.stat()
    with large.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"x")
    os.utime(large, ns=(then.st_atime_ns, then.st_mtime_ns))
    assert content_of(large) != first
    assert content_of(tmp_path / "none") == "absent"
