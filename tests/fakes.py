"""Fakes at the seams: a transcriber and an emotion model that know their lines, and a reporter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sentigram import registry
from sentigram.core.document import Document, EnginePart
from sentigram.core.emotion import EmotionTrack, LabelSet
from sentigram.core.media import Audio
from sentigram.core.protocols import (
    NO_MEMORY,
    Memory,
    Note,
    Progress,
    Recognized,
    no_note,
    no_progress,
    not_told,
)
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance, Word
from tests.documents import LABELS, reading

HEARD = ("Hello", "there,", "friend.")
WORD_MS = 200
GAP_MS = 50


class FakeTranscriber:
    """Hears HEARD in whatever is played, with times that need no alignment."""

    calls = 0

    @property
    def part(self) -> EnginePart:
        return EnginePart("transcriber", "fake", "1", "0" * 64)

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
        type(self).calls += 1
        words = tuple(
            Word(text, Span(at, at + WORD_MS))
            for i, text in enumerate(HEARD)
            if (at := 50 + i * (WORD_MS + GAP_MS)) + WORD_MS <= audio.duration_ms
        )
        recognized(words)
        progress(1.0)
        if not words:
            return Transcript("en", ())
        span = Span(words[0].span.start_ms, words[-1].span.end_ms)
        return Transcript(language or "en", (Utterance("u1", span, words),))


class DeafTranscriber(FakeTranscriber):
    """Hears nothing."""

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
        type(self).calls += 1
        return Transcript("en", ())


class FakeModel:
    """Finds every first word happy and the others neutral.

    Args:
        weights: As the bundled model takes them.
    """

    def __init__(self, *, weights: str = "") -> None:
        self.weights = weights

    @property
    def labels(self) -> LabelSet:
        return LABELS

    @property
    def parts(self) -> tuple[EnginePart, ...]:
        return (EnginePart("emotion", "fake", "1", "0" * 64),)

    def advice(self, language: str) -> str:
        return "" if language == "en" else f"knows no {language}"

    def read(
        self,
        transcript: Transcript,
        audio: Audio,
        *,
        progress: Progress = no_progress,
        memory: Memory = NO_MEMORY,
    ) -> EmotionTrack:
        readings = tuple(
            reading("happiness" if i == 0 else "neutral")
            for utterance in transcript.utterances
            for i, _ in enumerate(utterance.words)
        )
        progress(1.0)
        return EmotionTrack(LABELS, readings)


@dataclass
class Recorder:
    """A Reporter that remembers."""

    stages: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    told: list[tuple[str, Document]] = field(default_factory=list)
    recognized_words: list[Word] = field(default_factory=list)

    @contextmanager
    def stage(self, name: str) -> Iterator[Callable[[float], None]]:
        self.stages.append(name)
        yield lambda _share: None

    def note(self, text: str) -> None:
        self.notes.append(text)

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def recognized(self, words: Sequence[Word]) -> None:
        self.recognized_words += words

    def words(self, document: Document) -> None:
        self.told.append(("words", document))

    def readings(self, document: Document) -> None:
        self.told.append(("readings", document))


def use_fakes(
    monkeypatch: pytest.MonkeyPatch,
    transcriber: type[FakeTranscriber] | None = FakeTranscriber,
) -> type[FakeTranscriber]:
    """Put the fakes where the bundled engine is; gives back the transcriber, to count its calls.

    With `transcriber=None` only the emotion model is fake, and the real recognizer hears.
    """
    monkeypatch.setattr(FakeTranscriber, "calls", 0)
    monkeypatch.setattr(DeafTranscriber, "calls", 0)
    made = {"transcriber": transcriber, "model": FakeModel}
    real = registry.factory
    monkeypatch.setattr(registry, "factory", lambda kind, name: made.get(kind) or real(kind, name))
    return transcriber or FakeTranscriber


def listing(folder: Path) -> dict[str, bytes]:
    """All files and folders below a folder, and what is in the files."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b"<folder>"
        for path in sorted(folder.rglob("*"))
    }
