"""Speech of no one: transcripts, sound, and token encoders that need no weights."""

from __future__ import annotations

import hashlib

import numpy as np

from sentigram.core.document import EnginePart
from sentigram.core.media import Audio
from sentigram.core.protocols import TextFeatures, no_progress
from sentigram.core.time import Span, samples_from_ms
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.emotion.encoders.tokens import EncoderInfo, SpanTokens

STEP_MS = 100
D_TEXT, D_AUDIO = 12, 10


def talk(*lengths: int, pause_ms: int = 400, word_ms: int = 300, speakers=()) -> Transcript:
    """Sentences of so many words each."""
    utterances, at = [], 500
    for number, n in enumerate(lengths):
        words = tuple(
            Word(f"w{number}x{i}", Span(at + i * word_ms, at + (i + 1) * word_ms)) for i in range(n)
        )
        span = Span(words[0].span.start_ms, words[-1].span.end_ms)
        speaker = speakers[number] if speakers else ""
        utterances.append(Utterance(f"u{number}", span, words, speaker))
        at = span.end_ms + pause_ms
    return Transcript("en", tuple(utterances))


def noise(duration_ms: int, seed: int = 0) -> Audio:
    rng = np.random.default_rng(seed)
    return Audio(
        (rng.standard_normal(samples_from_ms(duration_ms, 16_000)) * 0.1).astype(np.float32)
    )


class ToyText:
    """A vector per word, from its letters alone."""

    def __init__(self) -> None:
        self.calls = 0
        self.info = EncoderInfo("toy-text", "text", D_TEXT, "toy text 1", "ab")
        self.part = EnginePart("text encoder", "toy text")

    def encode(self, utterances, *, progress=no_progress):
        self.calls += 1
        return tuple(
            TextFeatures(
                np.stack([_drawn(word.text) for word in utterance.words]),
                np.ones(len(utterance.words), np.int64),
            )
            for utterance in utterances
        )


class ToyAudio:
    """A token per 100 ms on a grid of the recording, from its samples alone."""

    def __init__(self) -> None:
        self.calls = 0
        self.info = EncoderInfo("toy-audio", "audio", D_AUDIO, "toy audio 1", "cd")
        self.part = EnginePart("audio encoder", "toy audio")

    def encode_spans(self, audio, spans):
        self.calls += 1
        per_token = samples_from_ms(STEP_MS, 16_000)
        for span in spans:
            first, end = span.start_ms // STEP_MS, -(-span.end_ms // STEP_MS)
            cut = audio.samples[first * per_token : end * per_token]
            cut = np.pad(cut, (0, (end - first) * per_token - len(cut)))
            values = cut.reshape(end - first, D_AUDIO, -1).mean(axis=2) * 50
            yield SpanTokens(float(first * STEP_MS), float(STEP_MS), values.astype(np.float32))


def _drawn(text: str) -> np.ndarray:
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
    return np.random.default_rng(seed).standard_normal(D_TEXT).astype(np.float32)
