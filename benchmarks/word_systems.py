"""The recognizers that benchmarks/words.py compares: each hears, or finds a given text."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from sentigram.core.media import Audio
from sentigram.core.protocols import Transcriber
from sentigram.core.time import MS_PER_SECOND, Span
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.registry import factory
from sentigram.words.alignment.by_recognition import anchor, share
from sentigram.words.alignment.choosing import choose_aligner
from sentigram.words.repair import repair

Times = list[tuple[str, int]]
"""Words and their starts in ms."""

_SCRIPT = Path(__file__).with_name("stable_ts_words.py")
_ALIGNED_AT_ONCE_MS = 45_000  # longer recordings are heard first, to know where about a word is


@dataclass(frozen=True, slots=True)
class Task:
    """A recording to hear, or to find a text in.

    Attributes:
        audio: The sound.
        text: What is said in it; None to hear it.
        language: Of a given text.
    """

    audio: Audio
    text: str | None = None
    language: str = ""


class System(Protocol):
    """A recognizer."""

    name: str

    def run(self, tasks: Sequence[Task]) -> list[Times | None]:
        """The words of each task; None where the system cannot do it."""
        ...


class Ours:
    """A recognizer of this project, with alignment and repair, as `render` uses it."""

    def __init__(self, name: str, transcriber: Transcriber, languages: Sequence[str] = ()) -> None:
        self.name = name
        self.languages = tuple(languages)
        self._transcriber = transcriber

    def run(self, tasks: Sequence[Task]) -> list[Times | None]:
        """Hear or place one after another."""
        return [self._one(task) for task in tasks]

    def _one(self, task: Task) -> Times:
        if task.text is None:
            transcript = self._transcriber.transcribe(task.audio)
        else:
            transcript = spread(task.text.split(), task.audio, task.language)
            if task.audio.duration_ms > _ALIGNED_AT_ONCE_MS:
                transcript = anchor(transcript, self._transcriber.transcribe(task.audio))
        language = transcript.language or "en"
        aligner, _ = choose_aligner(language)
        if aligner is not None and any(w.timing == "estimated" for w in transcript.words()):
            transcript = aligner.align(transcript, task.audio, language=language)
        words = repair(transcript, task.audio).words()
        return [(word.text, word.span.start_ms) for word in words]


class FasterWhisper:
    """faster-whisper alone, as its README runs it."""

    def __init__(self, folder: Path, compute_type: str) -> None:
        from faster_whisper import WhisperModel

        self.name = "faster-whisper alone"
        self._model: Any = WhisperModel(str(folder), device="cpu", compute_type=compute_type)

    def run(self, tasks: Sequence[Task]) -> list[Times | None]:
        """Hear; a given text it cannot place."""
        return [None if task.text is not None else self._heard(task.audio) for task in tasks]

    def _heard(self, audio: Audio) -> Times:
        segments, _ = self._model.transcribe(np.array(audio.samples), word_timestamps=True)
        words = [word for segment in segments for word in segment.words or ()]
        return [(word.word.strip(), round(MS_PER_SECOND * word.start)) for word in words]


class StableTs:
    """stable-ts on faster-whisper, in an environment of its own."""

    def __init__(self, python: Path, folder: Path, compute_type: str) -> None:
        self.name = "stable-ts"
        self._command = [str(python), str(_SCRIPT), str(folder), compute_type]

    def run(self, tasks: Sequence[Task]) -> list[Times | None]:
        """All tasks in one process, for it loads the model."""
        with tempfile.TemporaryDirectory() as work:
            jobs = []
            for i, task in enumerate(tasks):
                path = Path(work) / f"{i}.npy"
                np.save(path, np.array(task.audio.samples))
                language = task.language or None
                jobs.append({"samples": str(path), "text": task.text, "language": language})
            done = subprocess.run(
                self._command, input=json.dumps(jobs), capture_output=True, text=True, check=True
            )
        return [[(word, start) for word, start in words] for words in json.loads(done.stdout)]


def systems(whisper: Path | None, compute_type: str, stable_ts: Path | None) -> list[System]:
    """Those for which everything is here."""
    found: list[System] = [Ours("bundled", factory("transcriber", "moonshine")(), ["en"])]
    if whisper is not None:
        ours = factory("transcriber", "faster-whisper")(str(whisper), compute_type=compute_type)
        found += [Ours("Whisper", ours), FasterWhisper(whisper, compute_type)]
    if whisper is not None and stable_ts is not None:
        found.append(StableTs(stable_ts, whisper, compute_type))
    return found


def timed(system: System, tasks: Sequence[Task]) -> tuple[list[Times | None], float]:
    """What a system makes of the tasks, and its seconds per second of sound."""
    began = time.perf_counter()
    found = system.run(tasks)
    total_ms = sum(task.audio.duration_ms for task in tasks)
    return found, (time.perf_counter() - began) * MS_PER_SECOND / max(1, total_ms)


def spread(texts: Sequence[str], audio: Audio, language: str) -> Transcript:
    """A given text without times, its words spread over the recording by their length."""
    whole = Span(0, audio.duration_ms)
    spans = share([len(text) + 1 for text in texts], whole)
    words = tuple(
        replace(Word(text, span), source="given", timing="estimated")
        for text, span in zip(texts, spans, strict=True)
    )
    return Transcript(language, (Utterance("u1", whole, words),))
