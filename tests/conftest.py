"""Fixtures that every test can use."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings

from sentigram.emotion.encoders.compact import frames
from sentigram.emotion.encoders.compact.inner_layers import open_session
from sentigram.words.moonshine import model as moonshine

# Speed is measured in benchmarks/: a busy machine must not fail a test. Examples are the same in
# every run, so that a change is judged by what it changes; SENTIGRAM_RANDOM=1 looks for new ones.
settings.register_profile(
    "calm",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=not os.environ.get("SENTIGRAM_RANDOM"),
)
settings.load_profile("calm")

_ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real labelled speech and text; tests that need it skip without it."""
    folder = Path(os.environ.get("SENTIGRAM_DATA", _ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no data folder at {folder}; set SENTIGRAM_DATA to run this")
    return folder


@pytest.fixture(scope="session", autouse=True)
def _opened_once() -> Iterator[None]:
    """The shipped networks, which remember nothing, are opened once for all tests.

    A file that a test has put elsewhere, or changed, is opened anew.
    """
    words, voice = cache(_of_file(moonshine._session)), cache(_of_file(open_session))

    def open_words(name: str) -> object:
        return words(name, _state(vars(moonshine)["weights"]() / name))

    def open_voice(path: Path, outputs: tuple[str, ...], *, n_threads: int) -> object:
        return voice(path, tuple(outputs), _state(path), n_threads=n_threads)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(moonshine, "_session", open_words)
        patch.setattr(frames, "open_session", open_voice)
        yield


def _of_file(open_: Callable[..., object]) -> Callable[..., object]:
    """Opens a network; the last of the arguments only tells its files apart."""
    return lambda *arguments, **options: open_(*arguments[:-1], **options)


def _state(path: Path) -> tuple[Path, int, int]:
    found = path.stat()
    return path.resolve(), found.st_size, found.st_mtime_ns


@pytest.fixture(params=["packaged", "system"])
def each_ffmpeg(request, monkeypatch) -> str:
    """The ffmpeg that comes as a package, then the system's; tests skip where there is none."""
    if request.param == "packaged":
        path = pytest.importorskip("imageio_ffmpeg").get_ffmpeg_exe()
    else:
        path = shutil.which("ffmpeg") or pytest.skip("the system has no ffmpeg")
    monkeypatch.setenv("SENTIGRAM_FFMPEG", path)
    return path


@pytest.fixture(autouse=True)
def _own_folders(tmp_path_factory, monkeypatch):
    """Tests neither find nor leave models and unfinished runs in the user's cache."""
    home = tmp_path_factory.getbasetemp() / "home" / uuid4().hex
    monkeypatch.setenv("SENTIGRAM_CACHE", str(home / "cache"))
    monkeypatch.setenv("SENTIGRAM_MODELS", str(home / "models"))
