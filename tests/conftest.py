"""Fixtures that every test can use."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from sentigram import assets
from sentigram.core.protocols import no_progress
from sentigram.emotion.encoders.compact import frames, inner_layers
from sentigram.words import speech_events
from sentigram.words.moonshine import model as moonshine
from sentigram.words.speakers import telling
from sentigram.words.speakers.runs import find_runs
from sentigram.words.speakers.voices import BandVoices

# Speed is measured in benchmarks/: a busy machine must not fail a test. Examples are the same in
# every run, so that a change is judged by what it changes; SENTIGRAM_RANDOM=1 looks for new ones.
_RANDOM = bool(os.environ.get("SENTIGRAM_RANDOM"))
settings.register_profile(
    "calm",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=not _RANDOM,
    max_examples=100 if _RANDOM else 25,
)
settings.load_profile("calm")

_ROOT = Path(__file__).resolve().parents[1]


_REPEATS = _ROOT / "tests" / "repeats.txt"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of `repeats.txt` are slow: what they try is tried by others too, but for a detail."""
    lines = _REPEATS.read_text(encoding="utf-8").splitlines()
    listed = {line for line in lines if line and not line.startswith("#")}
    for item in items:
        if not listed.isdisjoint((item.nodeid, item.nodeid.partition("[")[0])):
            item.add_marker(pytest.mark.slow)


def pytest_collection_finish() -> None:
    """What thousands of tests have loaded stays: collecting garbage need not look at it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


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
    words, voice = cache(_of_file(moonshine._session)), cache(_of_file(inner_layers.open_session))

    def open_words(name: str) -> object:
        home = moonshine.weights()  # type: ignore[attr-defined]  # where a test may have put it
        return words(name, _state(home / name))

    def open_voice(path: Path, outputs: tuple[str, ...], *, n_threads: int) -> object:
        return voice(path, tuple(outputs), _state(path), n_threads=n_threads)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(moonshine, "_session", open_words)
        patch.setattr(frames, "open_session", open_voice)
        yield


@pytest.fixture(scope="session", autouse=True)
def _voices_told_apart_once() -> Iterator[None]:
    """Who speaks in a recording is found once for all tests that hear it with what ships."""
    found: dict[tuple[bytes, Path, int | None], object] = {}
    real, embed = telling.diarize, BandVoices.embed

    def diarize(audio, voices, *, n=None, progress=no_progress):
        as_shipped = isinstance(voices, BandVoices) and voices.net is None
        made_up = vars(telling)["find_runs"] is not find_runs or BandVoices.embed is not embed
        if made_up or not as_shipped:
            return real(audio, voices, n=n, progress=progress)
        sound = sha256(np.ascontiguousarray(audio.samples)).digest()
        key = (sound, assets.weights(), n)  # where a test may have put them
        if key not in found:
            found[key] = real(audio, voices, n=n, progress=progress)
        progress(1.0)
        return found[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(telling, "diarize", diarize)
        yield


@pytest.fixture(scope="session", autouse=True)
def _speech_found_once() -> Iterator[None]:
    """What the event detector hears in a sound is the same for all tests."""
    found: dict[bytes, list[object]] = {}
    real, whole_ms = speech_events._probabilities, speech_events._BLOCK_MS

    def probabilities(audio, progress):
        if whole_ms != speech_events._BLOCK_MS:
            return real(audio, progress)
        sound = sha256(np.ascontiguousarray(audio.samples)).digest()
        if sound not in found:
            found[sound] = list(real(audio, no_progress))
        progress(1.0)
        return iter(found[sound])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(speech_events, "_probabilities", probabilities)
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
