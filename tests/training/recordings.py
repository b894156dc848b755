"""Recordings made of hums, and models that read them by rules that a test can follow."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sentigram.core.document import EnginePart
from sentigram.core.emotion import EmotionTrack, LabelSet
from sentigram.core.media import SAMPLE_RATE_HZ, Audio
from sentigram.core.protocols import NO_MEMORY, Memory, Progress, no_progress
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.training.shipped.unacted_speech import Kind, Recording
from tests.documents import LABELS, reading

WORD_MS = 500


def hum(n_words: int, *, hz: float = 300.0, levels: tuple[float, ...] = (0.2,)) -> np.ndarray:
    """Half a second per word, at levels that take turns, float32 (n,)."""
    n = SAMPLE_RATE_HZ * WORD_MS // 1000
    tone = np.sin(2 * np.pi * hz * np.arange(n) / SAMPLE_RATE_HZ)
    words = [levels[i % len(levels)] * tone for i in range(n_words)]
    return np.concatenate(words).astype(np.float32)


def recording(
    name: str = "hum",
    *,
    kind: Kind = "plain",
    speaker: str = "",
    language: str = "en",
    n_words: int = 12,
    in_utterance: int = 4,
    samples: np.ndarray | None = None,
) -> Recording:
    """Words of half a second end to end, four to an utterance, numbered by their texts."""
    words = [Word(f"w{i}", Span(i * WORD_MS, (i + 1) * WORD_MS)) for i in range(n_words)]
    groups = [words[i : i + in_utterance] for i in range(0, n_words, in_utterance)]
    utterances = tuple(
        Utterance(f"u{number}", Span(g[0].span.start_ms, g[-1].span.end_ms), tuple(g))
        for number, g in enumerate(groups, start=1)
    )
    sound = hum(n_words) if samples is None else samples
    return Recording(
        name, kind, "a hum", speaker or name, Transcript(language, utterances), Audio(sound)
    )


class RuleModel:
    """Reads every word by one rule: (word, the sound under it) → label."""

    def __init__(self, rule: Callable[[Word, np.ndarray], str]) -> None:
        self._rule = rule
        self.n_reads = 0

    @property
    def labels(self) -> LabelSet:
        return LABELS

    @property
    def parts(self) -> tuple[EnginePart, ...]:
        return (EnginePart("emotion", "rule", "1", "0" * 64),)

    def advice(self, language: str) -> str:
        return ""

    def read(
        self,
        transcript: Transcript,
        audio: Audio,
        *,
        progress: Progress = no_progress,
        memory: Memory = NO_MEMORY,
    ) -> EmotionTrack:
        self.n_reads += 1
        return EmotionTrack(
            LABELS,
            tuple(reading(self._rule(word, audio.cut(word.span))) for word in transcript.words()),
        )
