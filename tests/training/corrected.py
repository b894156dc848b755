"""Documents as people would have corrected them, made for tests by a few words of a program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from sentigram.core.document import Document, DocumentMedia, EnginePart, dumps
from sentigram.core.emotion import EmotionTrack, WordEmotion
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.training.judge.corrected_talks import MADE_ROLE


def relabelled(document: Document, labels: Mapping[int, str]) -> Document:
    """Give some words, counted from 0, another label, as an editor of the file would."""
    readings = list(document.track.readings)
    for word, label in labels.items():
        readings[word] = replace(readings[word], label=label)
    return replace(document, track=replace(document.track, readings=tuple(readings)))


def rewritten(document: Document, words: list[Word], readings: list[WordEmotion]) -> Document:
    """The same recording with other words, all in one utterance."""
    span = Span(words[0].span.start_ms, words[-1].span.end_ms)
    return replace(
        document,
        transcript=Transcript("en", (Utterance("u1", span, tuple(words)),)),
        track=EmotionTrack(document.track.labels, tuple(readings)),
    )


def made(document: Document) -> Document:
    """Marked as a program's work."""
    return replace(document, engine=(*document.engine, EnginePart(MADE_ROLE, "test")))


def of(document: Document, name: str, duration_ms: int | None = None) -> Document:
    """The same of another recording."""
    media = DocumentMedia(name, duration_ms or document.media.duration_ms)
    return replace(document, media=media)


def save(folder: Path, **documents: Document) -> list[Path]:
    """Write Documents as NAME.sentigram.json; `__` in a name stands for a point."""
    paths = []
    for name, document in documents.items():
        path = folder / f"{name.replace('__', '.')}.sentigram.json"
        path.write_text(dumps(document), encoding="utf-8")
        paths.append(path)
    return paths
