"""An engine that waits as for a GPU, for benchmarks/cluster_scaling.py: workers import it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import cached_property

from sentigram.core.document import EnginePart
from sentigram.core.emotion import NEUTRAL, EmotionTrack, LabelSet, WordEmotion
from sentigram.core.media import Audio
from sentigram.core.protocols import (
    NO_MEMORY,
    EmotionModel,
    Memory,
    Note,
    Progress,
    Recognized,
    Transcriber,
    no_note,
    no_progress,
    not_told,
)
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.emotion.bundled import BundledEmotionModel
from sentigram.jobs.engine import Engine


class WaitingTranscriber:
    """Waits as for a GPU, and hears one word.

    Args:
        seconds: How long.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    @property
    def part(self) -> EnginePart:
        """Its name."""
        return EnginePart("transcriber", "waiting", "1")

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
        """Wait."""
        del audio, progress, note, warn, recognized
        time.sleep(self._seconds)
        span = Span(100, 300)
        return Transcript(language or "en", (Utterance("u1", span, (Word("Hello.", span),)),))


class NeutralModel:
    """Reads nothing into anything."""

    labels: LabelSet
    parts = (EnginePart("emotion", "neutral", "1"),)

    def __init__(self) -> None:
        self.labels = BundledEmotionModel().labels

    def advice(self, language: str) -> str:
        """Nothing."""
        del language
        return ""

    def read(
        self,
        transcript: Transcript,
        audio: Audio,
        *,
        progress: Progress = no_progress,
        memory: Memory = NO_MEMORY,
    ) -> EmotionTrack:
        """The same for each word."""
        del audio, progress, memory
        shares = tuple(float(name == NEUTRAL) for name in self.labels.names)
        reading = WordEmotion(NEUTRAL, shares, 0.0)
        return EmotionTrack(self.labels, (reading,) * len(tuple(transcript.words())))


@dataclass(frozen=True)
class WaitingEngine(Engine):
    """An engine of these.

    Attributes:
        seconds: How long a file takes.
    """

    seconds: float = field(default=0.0, repr=False)

    @cached_property
    def transcriber(self) -> Transcriber:
        """Waits."""
        return WaitingTranscriber(self.seconds)

    @cached_property
    def model(self) -> EmotionModel:
        """Reads nothing."""
        return NeutralModel()
