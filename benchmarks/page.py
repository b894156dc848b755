"""How does the page bear three hours of speech? Prints what a real Chromium measured.

    python benchmarks/page.py [DOCUMENT] [--keep FILE.html]

Repeats a Document (the example's, if none is given) to 30,000 words, writes the page beside a short
video, and measures: size, first paint and the time until the transcript stands, and the tasks that
last over 50 ms while it plays, scrolls, is searched and restyled.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sentigram.core.document import Document, loads
from sentigram.core.emotion import EmotionTrack, WordEmotion
from sentigram.core.protocols import RenderJob
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance
from sentigram.render.html.page import HtmlRenderer
from sentigram.style import styling
from sentigram.style.theme.theme import load

if TYPE_CHECKING:
    from selenium.webdriver.remote.webdriver import WebDriver

_EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "talk.mp4"
_N_WORDS = 30_000
_VIDEO_S = 60
_PLAYING_S = 20
_FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage",
    "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--mute-audio", "--autoplay-policy=no-user-gesture-required",
    "--window-size=1300,900",
)  # fmt: skip
_WATCH = """
window.tasks = [];
new PerformanceObserver((list) => {
  for (const task of list.getEntries()) window.tasks.push([task.startTime, task.duration]);
}).observe({type: "longtask", buffered: true});
const isThere = () => document.querySelector(".u .w") !== null;
const stand = () => (window.stood = performance.now());
const look = () => requestAnimationFrame(isThere() ? stand : look);
look();
"""
_SCROLL = """
const transcript = document.getElementById("transcript");
transcript.dispatchEvent(new WheelEvent("wheel")); // a reader who scrolls is no longer led
const until = performance.now() + arguments[0];
const step = (now) => {
  transcript.scrollTop += 25;  // a quick reader: 1,500 px a second
  if (now < until) requestAnimationFrame(step);
};
requestAnimationFrame(step);
"""


def main() -> None:
    """Make the page, open it, measure, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("document", nargs="?", type=Path)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    long = repeated(_document(options.document), _N_WORDS)
    hours = long.media.duration_ms / 3_600_000
    print(f"{len(long.track.readings):,} words, {hours:.1f} h")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _make_video(folder / long.media.name)
        page = folder / "page.html"
        started = time.perf_counter()
        HtmlRenderer().render(job(long), page)
        print(
            f"written in {time.perf_counter() - started:.1f} s, {page.stat().st_size / 1e6:.1f} MB"
        )
        if options.keep:
            shutil.copy(page, options.keep)
        _measure(page, folder / "profile")


def _document(path: Path | None) -> Document:
    if path is not None:
        return loads(path.read_text(encoding="utf-8"), name=str(path))
    from sentigram.core.protocols import SilentReporter
    from sentigram.jobs.engine import Engine
    from sentigram.jobs.hear import hear
    from sentigram.media.probe import probe
    from sentigram.words.heard_or_given import HearOptions

    return hear(
        probe(_EXAMPLE), Engine("bundled"), HearOptions(use_sidecar=False), SilentReporter()
    )


def repeated(document: Document, n_words: int) -> Document:
    """The Document again and again, each time later, until it has that many words."""
    utterances: list[Utterance] = []
    readings: list[WordEmotion] = []
    shift_ms, number = 0, 0
    per_utterance = iter(document.track.readings)
    blocks = [(u, [next(per_utterance) for _ in u.words]) for u in document.transcript.utterances]
    while len(readings) < n_words:
        for utterance, read in blocks:
            number += 1
            words = tuple(replace(w, span=_later(w.span, shift_ms)) for w in utterance.words)
            span = _later(utterance.span, shift_ms)
            utterances.append(replace(utterance, id=f"u{number}", words=words, span=span))
            readings += read
        shift_ms += document.media.duration_ms
    return replace(
        document,
        media=replace(document.media, name="talk.webm", duration_ms=shift_ms),
        transcript=Transcript(document.transcript.language, tuple(utterances)),
        track=EmotionTrack(document.track.labels, tuple(readings)),
    )


def _later(span: Span, by_ms: int) -> Span:
    return Span(span.start_ms + by_ms, span.end_ms + by_ms)


def job(document: Document) -> RenderJob:
    """The Document with every look that a viewer may switch to."""
    theme = load(culture="western", age="adult")
    return RenderJob(
        document=document,
        track=styling.style(document, theme, motion="subtle"),
        looks=styling.looks(document, alternatives=styling.NEEDS),
        motion="subtle",
        media=None,
    )


def _make_video(path: Path) -> None:
    from imageio_ffmpeg import get_ffmpeg_exe

    picture = ["-f", "lavfi", "-i", f"testsrc2=size=320x180:rate=25:duration={_VIDEO_S}"]
    sound = ["-f", "lavfi", "-i", f"sine=frequency=220:duration={_VIDEO_S}"]
    codec = ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus"]
    command = [get_ffmpeg_exe(), "-v", "error", *picture, *sound, *codec, str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def _measure(page: Path, profile: Path) -> None:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome") or ""
    for flag in (*_FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": _WATCH})
        driver.get(page.as_uri())
        time.sleep(2)
        _print_opening(driver)
        _print_tasks(driver, "playing", "document.getElementById('media').play()", _PLAYING_S)
        _print_tasks(driver, "playing and scrolling", _SCROLL, _PLAYING_S)
        _print_tasks(driver, "a jump to the middle", _set("transcript", "scrollTop", "4e5"), 2)
        _print_tasks(driver, "searching", _type("search", "the"), 2)
        _print_tasks(driver, "another culture", _pick("culture", "eastern"), 2)
        _print_tasks(driver, "a correction", _CORRECT, 2)
    finally:
        driver.quit()


_CORRECT = """
document.querySelector(".transcript .w").click();
document.getElementById("panel-edit").click();
document.getElementById("fix-strength-2").click();
document.getElementById("fix-feeling-fear").click();
"""


def _set(element: str, name: str, value: str) -> str:
    return f"document.getElementById('{element}').{name} = {value}"


def _type(element: str, text: str) -> str:
    return f"{_set(element, 'value', repr(text))}; {_fire(element, 'input')}"


def _pick(element: str, value: str) -> str:
    return f"{_set(element, 'value', repr(value))}; {_fire(element, 'change')}"


def _fire(element: str, event: str) -> str:
    return f"document.getElementById('{element}').dispatchEvent(new Event('{event}'))"


def _print_opening(driver: WebDriver) -> None:
    paints = driver.execute_script(
        "return performance.getEntriesByType('paint').map(p => [p.name, p.startTime])"
    )
    for name, at_ms in paints:
        print(f"{name}: {at_ms:.0f} ms")
    print(f"transcript stands: {driver.execute_script('return window.stood'):.0f} ms")
    print(f"elements: {driver.execute_script('return document.querySelectorAll(`*`).length'):,}")
    print(f"tasks over 50 ms while opening: {_tasks(driver, 0)}")


def _print_tasks(driver: WebDriver, name: str, script: str, seconds: float) -> None:
    since = driver.execute_script("return performance.now()")
    driver.execute_script(script, 1000 * seconds)
    time.sleep(seconds)
    print(f"tasks over 50 ms, {name} ({seconds} s): {_tasks(driver, since)}")


def _tasks(driver: WebDriver, since: float) -> str:
    tasks = driver.execute_script("return window.tasks")
    lengths = sorted((length for at, length in tasks if at >= since), reverse=True)
    longest = ", ".join(f"{length:.0f}" for length in lengths[:8])
    return f"{len(lengths)}, the longest {longest} ms" if lengths else "none"


if __name__ == "__main__":
    main()
