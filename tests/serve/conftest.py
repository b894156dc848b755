"""A few seconds of real speech, and a folder for jobs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sentigram.media.ffmpeg import find_ffmpeg, run
from sentigram.serve.job_folder import JobFolders
from tests.serve.queues import EXAMPLE

if sys.platform != "linux":
    collect_ignore_glob = ["test_queue*.py", "test_isolation.py"]


@pytest.fixture(scope="session")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first five seconds of the example."""
    out = tmp_path_factory.mktemp("speech") / "speech.mp4"
    run([find_ffmpeg().path, "-i", str(EXAMPLE), "-t", "5", "-c", "copy", str(out)])
    return out


@pytest.fixture
def folders(tmp_path: Path) -> JobFolders:
    return JobFolders(tmp_path / "data")
