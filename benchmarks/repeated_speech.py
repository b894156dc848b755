"""Speech of any length for benchmarks: the example talk again and again, with made-up words on it.

The words are not those of the talk: what networks cost depends on how many there are and how long
they are, which is drawn here once and for all from a seeded generator.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.core.media import SAMPLE_RATE_HZ, Audio
from sentigram.core.protocols import (
    Note,
    Progress,
    Recognized,
    Transcriber,
    no_note,
    no_progress,
    not_told,
)
from sentigram.core.time import MS_PER_MINUTE, Span
from sentigram.core.transcript import Transcript, Utterance, Word

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "talk.mp4"
TEXT = (
    "so I told them that the answer was never going to be simple because people who work with "
    "their hands every day know something about time which the rest of us have quietly forgotten "
    "and when my grandmother opened the door that morning she was laughing and crying together "
    "nobody could believe what had happened to the old house by the river after those wonderful "
    "terrible years but we stayed and we listened and in the end it changed everything for good"
)
_WORD_MS = (170, 530)  # from start to start: 0.35 s on average
_SENTENCE_WORDS = (8, 16)  # 12 on average, with the pause 4.8 s: 2.5 words a second
_PAUSE_MS = (200, 1000)
_SPOKEN_SHARE = 0.9  # of the time from one word's start to the next


def talk() -> Floats32:
    """The example talk, float32 (n_samples,) at 16 kHz."""
    from sentigram.media.audio import decode
    from sentigram.media.probe import probe

    with tempfile.TemporaryDirectory(prefix="sentigram-") as work:
        return np.array(decode(probe(EXAMPLE), workdir=Path(work)).samples)


def repeated(samples: Floats32, minutes: float) -> Audio:
    """The same sound again and again until the length is reached."""
    return Audio(np.resize(samples, round(minutes * 60 * SAMPLE_RATE_HZ)))


def transcript(duration_ms: int) -> Transcript:
    """Sentences of about 12 words at about 2.5 words a second, pauses included."""
    return Transcript("en", tuple(_utterances(duration_ms)))


def _utterances(duration_ms: int) -> Iterator[Utterance]:
    drawn = random.Random(0)
    texts = TEXT.split()
    at, n_words, number = 500, 0, 0
    while True:
        words = []
        for _ in range(drawn.randint(*_SENTENCE_WORDS)):
            step = drawn.randint(*_WORD_MS)
            end = at + round(step * _SPOKEN_SHARE)
            words.append(Word(texts[n_words % len(texts)], Span(at, end)))
            at += step
            n_words += 1
        if words[-1].span.end_ms > duration_ms:
            return
        number += 1
        yield Utterance(
            f"u{number}", Span(words[0].span.start_ms, words[-1].span.end_ms), (*words,)
        )
        at += drawn.randint(*_PAUSE_MS)


def write_media(path: Path, minutes: float) -> None:
    """Write the example talk's sound again and again to a file, as it is encoded there."""
    from sentigram.media.ffmpeg import find_ffmpeg, run

    seconds = str(minutes * MS_PER_MINUTE / 1000)
    options = ["-stream_loop", "-1", "-i", str(EXAMPLE), "-t", seconds, "-vn", "-c:a", "copy"]
    run([find_ffmpeg().path, *options, str(path)])


class WordsAsPlanned:
    """Lets a transcriber do its work, and gives the made-up words instead of what it wrote.

    A Whisper with random weights writes any number of words anywhere, or none.

    Args:
        transcriber: Does the work.
    """

    def __init__(self, transcriber: Transcriber) -> None:
        self._transcriber = transcriber
        self.part = transcriber.part

    def transcribe(
        self,
        audio: Audio,
        *,
        language: str | None = None,
        progress: Progress = no_progress,
        note: Note = no_note,
        warn: Note = no_note,
        recognized: Recognized = not_told,
    ) -> Transcript:
        """The words of `transcript`, after the work."""
        del note, warn, recognized  # what random weights wrote and nobody said
        self._transcriber.transcribe(audio, language=language or "en", progress=progress)
        return transcript(audio.duration_ms)
