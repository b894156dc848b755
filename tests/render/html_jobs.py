"""Jobs for the page's tests: plausible readings for given words, styled by the real engine."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from sentigram.core.document import Document, DocumentMedia, EnginePart
from sentigram.core.emotion import NEUTRAL, RAISED, EmotionTrack, Evidence, LabelSet, WordEmotion
from sentigram.core.media import MediaInfo
from sentigram.core.protocols import RenderJob
from sentigram.core.style import Motion, Style
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.style import styling
from sentigram.style.theme.theme import load

LABELS = LabelSet(
    ("neutral", "anger", "disgust", "fear", "happiness", "sadness", "surprise", "calm")
)
SENTENCES = (
    ("Anna", "I waited for you all afternoon.", "neutral"),
    ("Anna", "You never even called me!", "anger"),
    ("Ben", "I am so sorry, my mother was ill.", "sadness"),
    ("Anna", "Oh! I had no idea at all.", "surprise"),
    ("Ben", "She is well again, we danced last night!", "happiness"),
    ("Anna", "Then let us go and see her.", "calm"),
)
WORD_MS = 400


def reading(label: str, intensity: float = 0.9, peak: float = 0.9) -> WordEmotion:
    """A sure reading, the rest of the probability spread evenly; or a raised voice."""
    if label == RAISED:
        return _raised(intensity)
    rest = (1 - peak) / (len(LABELS) - 1)
    return WordEmotion(
        label=label,
        probs=tuple(peak if name == label else rest for name in LABELS),
        intensity=0.0 if label == "neutral" else intensity,
        vad=(-0.4, 0.6, 0.2),
        evidence=Evidence(0.3, 0.7),
    )


def _raised(intensity: float) -> WordEmotion:
    """As likely anger as happiness: the label is withheld."""
    likely = {"anger": 0.4, "happiness": 0.36}
    return WordEmotion(
        label=NEUTRAL,
        probs=tuple(likely.get(name, 0.04) for name in LABELS),
        intensity=intensity,
        vad=(0.0, 0.7, 0.4),
        evidence=Evidence(0.1, 0.9),
        withheld=True,
    )


def document(
    sentences: Sequence[tuple[str, str, str]] = SENTENCES,
    *,
    name: str = "talk.webm",
    size: tuple[int, int] = (640, 360),
    word_ms: int = WORD_MS,
    language: str = "en",
) -> Document:
    """One utterance per (speaker, text, label); word `i` is said from `i * word_ms` on."""
    utterances, readings, at_ms = [], [], 0
    for number, (speaker, text, label) in enumerate(sentences, start=1):
        words = []
        for piece in text.split(" "):
            words.append(Word(piece, Span(at_ms, at_ms + word_ms - 50), confidence=0.93))
            readings.append(reading(label))
            at_ms += word_ms
        span = Span(words[0].span.start_ms, words[-1].span.end_ms)
        utterances.append(Utterance(f"u{number}", span, tuple(words), speaker))
    return Document(
        media=DocumentMedia(name, at_ms + 400, *size, Fraction(25 if size[0] else 0)),
        transcript=Transcript(language, tuple(utterances)),
        track=EmotionTrack(LABELS, tuple(readings)),
        engine=(EnginePart("transcriber", "test", "1"),),
    )


def job(
    of: Document,
    *,
    motion: Motion = "full",
    media: Path | None = None,
    slice_: Span | None = None,
    style: Style = "categories",
) -> RenderJob:
    """Style and lay out a Document as the pipeline does."""
    theme = load(culture="western", age="adult", style=style)
    info = media and MediaInfo(
        media, of.media.duration_ms, of.media.width_px, of.media.height_px, of.media.fps, ()
    )
    return RenderJob(
        document=of,
        track=styling.style(of, theme, motion=motion),
        looks=styling.looks(of, style=style),
        motion=motion,
        media=info,
        slice=slice_,
    )
