"""The word that is marked is the word that is said, to within two frames."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from sentigram.core.document import Document
from sentigram.core.time import Span
from sentigram.core.transcript import Word
from tests.browser.pages import write
from tests.render import html_jobs

pytestmark = pytest.mark.browser

FPS = 25
HOLD_MS = 250  # a word stays marked this long into a pause, as in media.js
# Asked in the same frame, after the page had its turn: frame callbacks run before those of the
# screen, whatever order they were asked for in.
WATCH = """
const media = document.getElementById("media");
const transcript = document.getElementById("transcript");
window.seen = [];
const watch = (now, frame) => {
  requestAnimationFrame(() => {
    const on = document.querySelector(".captions .w.on");
    const row = transcript.querySelector(".on");
    window.seen.push([frame.mediaTime * 1000, Number(on?.dataset.word ?? -1),
      Number(row?.dataset.word ?? -1)]);
  });
  media.requestVideoFrameCallback(watch);
};
media.requestVideoFrameCallback(watch);
media.muted = true;
media.play();
"""


def quick_speech(seconds: int) -> Document:
    """Words of 80 to 600 ms without pauses, as long as the video."""
    chance = random.Random(7)  # noqa: S311
    n_sentences = max(1, seconds // 2)
    made = html_jobs.document([("", "one two three four five six", "anger")] * n_sentences)
    at_ms, utterances = 0, []
    for utterance in made.transcript.utterances:
        words = []
        for one in utterance.words:
            length_ms = chance.randrange(80, 600)
            words.append(replace(one, span=Span(at_ms, at_ms + length_ms)))
            at_ms += length_ms
        span = Span(words[0].span.start_ms, at_ms)
        utterances.append(replace(utterance, words=tuple(words), span=span))
    return replace(
        made,
        media=replace(made.media, duration_ms=max(at_ms, 1000 * seconds)),
        transcript=replace(made.transcript, utterances=tuple(utterances)),
    )


def error_frames(words: list[Word], at_ms: float, marked: int) -> float:
    """How far the time lies outside the word that is marked, in frames."""
    if marked < 0:  # nobody has spoken for a while
        return 0 if at_ms >= words[-1].span.end_ms + HOLD_MS else 99
    start = words[marked].span.start_ms
    end = words[marked + 1].span.start_ms if marked + 1 < len(words) else 1e9
    return max(0.0, start - at_ms, at_ms - end) * FPS / 1000


def measure(browser, make_video, folder, seconds: int) -> list[float]:
    make_video(folder / "talk.webm", seconds=seconds)
    document = quick_speech(seconds)
    browser.open(write(folder / "page.html", document))
    browser.driver.set_script_timeout(seconds + 30)
    browser.run(WATCH)
    browser.driver.execute_async_script(
        "const done = arguments[0];"
        "document.getElementById('media').addEventListener('ended', () => done())"
    )
    seen = browser.run("return window.seen")
    assert len(seen) > 0.5 * FPS * seconds  # the machine kept up with half of the frames at least
    cues = html_jobs.job(document).track.cues
    home = {w.index: cue.span for cue in cues for line in cue.lines for w in line}
    words = list(document.transcript.words())
    errors = []
    for at_ms, in_captions, in_transcript in seen:
        errors.append(error_frames(words, at_ms, in_transcript))
        if in_captions >= 0:
            errors.append(error_frames(words, at_ms, in_captions))
        elif in_transcript >= 0:  # between two cues, or one stands that the word is not part of
            shown = home[in_transcript]
            assert not shown.start_ms <= at_ms < shown.end_ms
    return errors


def test_the_marked_word_is_in_time(browser, make_video, tmp_path):
    errors = measure(browser, make_video, tmp_path, 4)
    assert max(errors) <= 2


@pytest.mark.slow
def test_the_marked_word_is_in_time_over_a_minute(browser, make_video, tmp_path):
    errors = measure(browser, make_video, tmp_path, 60)
    assert max(errors) <= 2
