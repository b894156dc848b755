"""A Chromium with a microphone that says what a file holds, and a server to look at."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.browser.conftest import Browser, make_video, opened, video
from tests.serve.ui.stand_in import StandIn

__all__ = ["make_video", "video"]  # fixtures of the player's tests
ROOT = Path(__file__).resolve().parents[3]
SAYS_YES = "--use-fake-ui-for-media-stream"  # to whatever a page asks to use
_DEVICES = "--use-fake-device-for-media-stream"


@pytest.fixture(scope="session")
def talk_wav(tmp_path_factory) -> Path:
    """What the microphone hears: the beginning of the example, over and over."""
    from imageio_ffmpeg import get_ffmpeg_exe

    path = tmp_path_factory.mktemp("microphone") / "talk.wav"
    command = [get_ffmpeg_exe(), "-v", "error", "-i", str(ROOT / "examples" / "talk.mp4")]
    command += ["-t", "15", "-ac", "1", "-ar", "48000", "-c:a", "pcm_s16le", str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path


@pytest.fixture(scope="session")
def browser(tmp_path_factory, talk_wav) -> Iterator[Browser]:
    """One Chromium whose user lets pages record."""
    flags = (_DEVICES, SAYS_YES, f"--use-file-for-fake-audio-capture={talk_wav}")
    with opened(tmp_path_factory.mktemp("profile"), *flags) as browser:
        yield browser


@pytest.fixture
def another_browser(tmp_path_factory) -> Iterator[Callable[..., Browser]]:
    """Makes browsers of other people, with flags of their own."""
    with ExitStack() as stack:
        yield lambda *flags: stack.enter_context(
            opened(tmp_path_factory.mktemp("profile"), _DEVICES, *flags)
        )


@pytest.fixture
def server() -> Iterator[StandIn]:
    """The stand-in, on a port of its own, so that nothing of an earlier test is known."""
    with StandIn().running() as server:
        yield server


@pytest.fixture
def start(browser: Browser, server: StandIn) -> Iterator[Browser]:
    """The start page, as it is when it is opened for the first time."""
    yield from visit(browser, server, "/")


def visit(browser: Browser, server: StandIn, path: str) -> Iterator[Browser]:
    """Open a page of the server, and leave it behind."""
    browser.driver.delete_all_cookies()
    browser.emulate()
    browser.resize_back()
    browser.driver.get_log("browser")
    browser.driver.get(server.address + path)
    browser.wait("document.readyState === 'complete'")
    yield browser
    browser.run(
        "window.addEventListener('beforeunload', (e) => e.stopImmediatePropagation(), true)"
    )
    browser.driver.get("about:blank")


def owner(browser: Browser) -> str:
    """The session of a browser, which only the test may see."""
    return browser.driver.get_cookie("owner")["value"]
