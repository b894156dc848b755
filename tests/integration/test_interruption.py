"""Real processes that are stopped: nothing half-written stays, and the next run goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import pytest

from sentigram.cli.app import main
from sentigram.core.document import DocumentMedia, dumps
from tests import media_samples
from tests.documents import document
from tests.fakes import listing

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs process groups")
_PATIENCE_S = 60


_SECONDS = 12


@pytest.fixture(scope="module")
def long_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video that takes a while to encode."""
    out = tmp_path_factory.mktemp("long") / "talk.mp4"
    return media_samples.video_with_tone(out, seconds=_SECONDS, size="640x360")


@pytest.fixture
def long_talk(long_video: Path, tmp_path: Path) -> Path:
    """A Document beside it."""
    (tmp_path / "talk.mp4").hardlink_to(long_video)
    media = DocumentMedia("talk.mp4", _SECONDS * 1000, 640, 360, Fraction(25))
    made = document(("We are so happy.", "happiness"), media=media)
    (tmp_path / "talk.sentigram.json").write_text(dumps(made), encoding="utf-8")
    return tmp_path


def _part(folder: Path) -> Path | None:
    return next((p for p in folder.glob(".sentigram-*") if p.stat().st_size), None)


@pytest.mark.parametrize(
    ("number", "code", "is_group", "kind"),
    [
        (signal.SIGINT, 130, True, "video"),
        (signal.SIGINT, 130, False, "video"),
        (signal.SIGTERM, 143, False, "video"),
        (signal.SIGTERM, 143, False, "gif"),
    ],
)
def test_a_stopped_encode_leaves_nothing(
    long_talk: Path, number: signal.Signals, code: int, is_group: bool, kind: str
) -> None:
    before = listing(long_talk)
    arguments = ["render", "talk.sentigram.json", "--to", kind, "--encoder-preset", "veryslow"]
    process = subprocess.Popen(
        [sys.executable, "-m", "sentigram", *arguments],
        cwd=long_talk,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # a terminal signals the whole group, ffmpeg included
        # A shell's background job ignores SIGINT, and its children would too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    try:
        until = time.monotonic() + _PATIENCE_S
        while _part(long_talk) is None and process.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        assert process.poll() is None, process.communicate()
        (os.killpg if is_group else os.kill)(process.pid, number)
        out, err = process.communicate(timeout=_PATIENCE_S)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == code, err
    assert out == ""
    assert "Traceback" not in err
    assert listing(long_talk) == before
    with pytest.raises(ProcessLookupError):  # no ffmpeg is left in its session
        os.killpg(process.pid, 0)


def test_a_batch_goes_on_after_a_kill(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """SIGKILL cannot be cleaned up after; its remains are no sources and are not in the way."""
    media = media_samples.video_with_tone(tmp_path / "talk.mp4", size="160x90")
    made = document(
        ("We are.", "happiness"), word_ms=100, media=DocumentMedia("talk.mp4", 1000, 160, 90)
    )
    (tmp_path / "talk.sentigram.json").write_text(dumps(made), encoding="utf-8")
    (tmp_path / ".sentigram-abcd.mp4").write_bytes(media.read_bytes()[:500])
    arguments = ["batch", str(tmp_path), "--to", "srt,json", "-q"]
    assert main(arguments) == 0
    assert "1 done, 0 skipped, 0 failed" in capfd.readouterr().out
    assert main(arguments) == 0
    assert "0 done, 1 skipped, 0 failed" in capfd.readouterr().out
