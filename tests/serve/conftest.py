"""A few seconds of real speech, a folder for jobs, and servers whose jobs are done at once."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sentigram.media.ffmpeg import find_ffmpeg, run
from sentigram.serve.job_folder import JobFolders
from tests.serve.queues import EXAMPLE
from tests.serve.running import FakeProcess, Running, fake, running

__all__ = ["fake"]

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


@pytest.fixture
def server(tmp_path: Path, fake: type[FakeProcess]) -> Iterator[Running]:
    """A server without a token, on loopback, whose jobs are done at once."""
    with running(tmp_path / "data") as it:
        yield it
