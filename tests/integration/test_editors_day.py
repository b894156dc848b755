"""A day of an editor, with real processes: a folder, corrections, another look, a kill, delivery.

docs/day.md tells it for people.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sentigram.core.document import read_document
from sentigram.media.ffmpeg import find_ffmpeg
from tests.fakes import listing

pytestmark = pytest.mark.skipif(os.name != "posix", reason="kills processes")
_TALK = Path(__file__).parents[2] / "examples" / "talk.mp4"
_PARTS = ((0, 3), (5, 3), (8, 3), (16, 3), (24, 3))
_CORRECTED = ("01", "04", "05")
_PATIENCE_S = 120
_KINDS = "ass,vtt,srt,json"


@pytest.fixture(scope="module")
def lectures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Five recordings, and a place of their own for temporary files and for what was heard."""
    home = tmp_path_factory.mktemp("day")
    folder = home / "lectures"
    folder.mkdir()
    for number, (start_s, seconds) in enumerate(_PARTS, start=1):
        cut = ["-ss", str(start_s), "-t", str(seconds), "-i", str(_TALK)]
        out = ["-c:v", "libx264", "-preset", "ultrafast", "-vf", "scale=320:-2", "-c:a", "aac"]
        argv = [find_ffmpeg().path, "-v", "error", *cut, *out, str(folder / f"{number:02}.mp4")]
        subprocess.run(argv, check=True, stdin=subprocess.DEVNULL)
    (home / "tmp").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SENTIGRAM_CACHE", str(home / "cache"))
        patch.setenv("TMPDIR", str(home / "tmp"))
        patch.setattr(tempfile, "tempdir", None)
        yield folder
    tempfile.tempdir = None


def _sentigram(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "sentigram", *arguments],
        cwd=folder.parent,
        env={**os.environ, "SENTIGRAM_CACHE": str(folder.parent / "cache")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _done(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=_PATIENCE_S)
    assert process.returncode == 0, err
    return out


def _batch(folder: Path, *arguments: str) -> dict[str, dict[str, str]]:
    out = _done(_sentigram(folder, "batch", "lectures", "--to", _KINDS, "--json", *arguments))
    return {Path(one["source"]).stem: one for one in json.loads(out)}


def _wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + _PATIENCE_S
    while not path.exists() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
    assert path.exists()
    assert process.poll() is None


@pytest.mark.slow
def test_nothing_is_lost(lectures: Path) -> None:
    sources = {path.stem: path.read_bytes() for path in lectures.glob("*.mp4")}

    # The morning: a batch is killed in the middle, and two go on with it side by side.
    killed = _sentigram(lectures, "batch", "lectures", "--to", _KINDS)
    _wait_for(lectures / "02.sentigram.json", killed)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    pair = [_sentigram(lectures, "batch", "lectures", "--to", _KINDS, "--json") for _ in range(2)]
    reports = [json.loads(_done(process)) for process in pair]
    made = [[one["status"] for one in report] for report in reports]
    assert all(status in ("done", "skipped") for report in made for status in report)
    twice = [all(one == "done" for one in both) for both in zip(*made, strict=True)]
    assert not any(twice)
    assert all(set(report) == {"done", "skipped"} for report in made[:1])
    _check_whole(lectures, sources)

    # Noon: three corrections by hand, of words and of a feeling.
    for name in _CORRECTED:
        path = lectures / f"{name}.sentigram.json"
        document = read_document(path).with_text(0, f"Corrected{name}")
        document.with_emotion(1, "surprise").save(path, overwrite=True)
    corrected = {name: (lectures / f"{name}.sentigram.json").read_bytes() for name in _CORRECTED}
    again = _batch(lectures)
    assert {name for name, one in again.items() if one["status"] == "done"} == set(_CORRECTED)
    _check_corrected(lectures, corrected)

    # The afternoon: the client wants another look; one file was finished in a subtitle editor.
    edited = lectures / "02.ass"
    edited.write_text(edited.read_text(encoding="utf-8") + "; by hand\n", encoding="utf-8")
    western = (lectures / "03.ass").read_bytes()
    look = _sentigram(
        lectures, "batch", "lectures", "--to", _KINDS, "--json", "--culture", "eastern"
    )
    out, _ = look.communicate(timeout=_PATIENCE_S)
    assert look.returncode == 1  # one was left alone
    status = {Path(one["source"]).stem: one["status"] for one in json.loads(out)}
    assert status == {name: "kept" if name == "02" else "done" for name in sources}
    assert edited.read_text(encoding="utf-8").endswith("; by hand\n")
    assert (lectures / "03.ass").read_bytes() != western
    _check_corrected(lectures, corrected)

    # The evening: all again, whatever is there; the corrected Documents are what is drawn.
    assert {one["status"] for one in _batch(lectures, "--overwrite").values()} == {"done"}
    _check_corrected(lectures, corrected)
    states = json.loads(_done(_sentigram(lectures, "batch", "status", "lectures", "--json")))
    assert {one["status"] for one in states} == {"done"}
    _check_whole(lectures, sources)


def _check_corrected(folder: Path, corrected: dict[str, bytes]) -> None:
    for name, document in corrected.items():
        assert (folder / f"{name}.sentigram.json").read_bytes() == document
        for kind in ("ass", "vtt", "srt"):
            assert f"corrected{name}" in (folder / f"{name}.{kind}").read_text().casefold()


def _check_whole(folder: Path, sources: dict[str, bytes]) -> None:
    """Every result is there, nothing else is, and nothing was done to the recordings."""
    there = listing(folder)
    kinds = ("ass", "mp4", "sentigram.json", "srt", "vtt")
    assert [name for name in there if not name.startswith(".sentigram")] == [
        f"{stem}.{kind}" for stem in sorted(sources) for kind in kinds
    ]
    assert {stem: there[f"{stem}.mp4"] for stem in sources} == sources
    records = [f".sentigram/{stem}.record.json" for stem in sorted(sources)]
    assert [name for name in there if name.startswith(".sentigram/")] == records
    assert list((folder.parent / "tmp").iterdir()) == []
    assert list((folder.parent / "cache").rglob("*.safetensors")) == []
