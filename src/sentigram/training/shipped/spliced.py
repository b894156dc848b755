"""Long recordings whose emotion changes at known moments, spliced from clips of actors.

An actor's clips are drawn in stretches of one emotion and laid end to end with pauses of unequal
length, some so short that what follows is heard as the same utterance. Words are aligned in the
clean recording; noise and music are then added at a stated ratio. What is spliced from clips of
held-out actors tests how readings follow a change, not how people's emotions change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.core.media import SAMPLE_RATE_HZ, Audio
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.training.augment.sound import coloured_noise, mix
from sentigram.training.corpora.item import Item
from sentigram.training.dataset.clips import load
from sentigram.training.shipped.voice.augment import music_track
from sentigram.words.alignment.forced import align

# What is added at which ratio of speech to sound, in dB; None leaves the recording clean.
CONDITIONS: tuple[tuple[str, float | None], ...] = (
    ("clean", None),
    ("noise", 15.0),
    ("noise", 5.0),
    ("music", 15.0),
    ("music", 5.0),
)
N_CLIPS = 30
_MEAN_STRETCH = 3.0  # clips of one emotion in a row, so it changes every ten seconds or so
_PAUSE_MS = (100, 900)
_NEW_UTTERANCE_MS = 700  # a pause between words that ends an utterance, as recognizers have it
_LONGEST_UTTERANCE_MS = 15_000
_QUIET_DB = 30  # silence at the ends of clips is below their loudest part by this much


@dataclass(frozen=True, slots=True, eq=False)
class Spliced:
    """One recording with its words and the emotion of each.

    Attributes:
        speaker: The actor, or all of them with plus signs.
        audio: 16 kHz.
        transcript: Aligned words, in utterances cut at pauses: not at changes of emotion.
        labels: One per word.
        segments: Stretches of speech with one label: from a clip's first word to its last.
        who: The actor of each word.
    """

    speaker: str
    audio: Audio
    transcript: Transcript
    labels: tuple[str, ...]
    segments: tuple[tuple[Span, str], ...]
    who: tuple[str, ...] = ()


def splice(items: Sequence[Item], *speakers: str, seed: int) -> Spliced:
    """Make a clean recording of actors' clips.

    Args:
        items: The corpus; labels are already those that the model tells apart.
        speakers: Whose clips are drawn; of several, each speaks in one mood at a time.
        seed: Of the draws.
    """
    rng = np.random.default_rng(seed)
    own = [item for item in items if item.speaker in speakers and item.audio is not None]
    clips = _draw(own, rng, N_CLIPS * len(speakers))
    parts: list[Floats32] = []
    words: list[Word] = []
    bounds: list[tuple[int, int]] = []
    at = 0
    for clip in clips:
        silence = np.zeros(int(rng.integers(*_PAUSE_MS)) * SAMPLE_RATE_HZ // 1000, np.float32)
        samples = trimmed(load(_path(clip)))
        parts += [silence, samples]
        start = at + len(silence)
        at = start + len(samples)
        first = len(words)
        words += estimated(f"{clip.text}.", _ms(start), _ms(at))
        bounds.append((first, len(words)))
    audio = Audio(np.concatenate(parts))
    rough = Transcript("en", tuple(cut_at_pauses(words)))
    aligned = tuple(align(rough, audio, language="en").words())
    names = [clip.labels[0] for clip in clips]
    return Spliced(
        "+".join(speakers),
        audio,
        Transcript("en", tuple(cut_at_pauses(aligned))),
        tuple(name for name, (i, j) in zip(names, bounds, strict=True) for _ in range(j - i)),
        tuple(
            (Span(aligned[i].span.start_ms, aligned[j - 1].span.end_ms), name)
            for name, (i, j) in zip(names, bounds, strict=True)
        ),
        tuple(c.speaker for c, (i, j) in zip(clips, bounds, strict=True) for _ in range(j - i)),
    )


def under(recording: Spliced, kind: str, snr_db: float | None, *, seed: int) -> Spliced:
    """The recording with noise or music over it, at a ratio of speech to sound."""
    if snr_db is None:
        return recording
    rng = np.random.default_rng(seed)
    n = len(recording.audio.samples)
    other = (
        coloured_noise(n, rng, (0.0, 2.0))
        if kind == "noise"
        else np.resize(music_track(seed % 24), n)
    )
    mixed = np.clip(mix(recording.audio.samples, other, snr_db), -1, 1).astype(np.float32)
    return replace(recording, audio=Audio(mixed))


def _draw(own: Sequence[Item], rng: np.random.Generator, most: int = N_CLIPS) -> list[Item]:
    """Clips in stretches of one actor's emotion, no clip twice."""

    def mood(item: Item) -> tuple[str, str]:
        return item.speaker, item.labels[0]

    names = sorted(set(map(mood, own)))  # a set's order changes between processes
    left = {name: [item for item in own if mood(item) == name] for name in names}
    for clips in left.values():
        rng.shuffle(clips)
    drawn: list[Item] = []
    previous = ("", "")
    while len(drawn) < most:
        others = [name for name, clips in left.items() if clips and name != previous]
        if not others:
            break
        previous = others[int(rng.choice(len(others)))]
        length = min(int(rng.geometric(1 / _MEAN_STRETCH)), len(left[previous]))
        drawn += [left[previous].pop() for _ in range(length)]
    return drawn[:most]


def trimmed(samples: Floats32) -> Floats32:
    """Without the silence at both ends, but for a tenth of a second."""
    frame = SAMPLE_RATE_HZ // 100
    frames = samples[: len(samples) // frame * frame].reshape(-1, frame)
    level = 10 * np.log10(np.mean(frames**2, axis=1) + 1e-10)
    loud = np.flatnonzero(level > level.max() - _QUIET_DB)
    first, last = max(0, loud[0] - 10), min(len(frames), loud[-1] + 11)
    return samples[first * frame : last * frame]


def estimated(text: str, start_ms: int, end_ms: int) -> list[Word]:
    """The words of a given text, of equal length, for the alignment to begin with."""
    texts = text.split()
    edges = np.linspace(start_ms, end_ms, len(texts) + 1).astype(int)
    return [
        Word(word, Span(int(a), int(b)), source="given", timing="estimated")
        for word, a, b in zip(texts, edges, edges[1:], strict=False)
    ]


def cut_at_pauses(words: Sequence[Word]) -> list[Utterance]:
    """Utterances that end at pauses, or when they are too long: not at sentences."""
    groups: list[list[Word]] = []
    for word in words:
        last = groups[-1] if groups else []
        is_new = (
            not last
            or word.span.start_ms - last[-1].span.end_ms >= _NEW_UTTERANCE_MS
            or word.span.end_ms - last[0].span.start_ms > _LONGEST_UTTERANCE_MS
        )
        if is_new:
            groups.append([])
        groups[-1].append(word)
    return [
        Utterance(f"u{i + 1}", Span(g[0].span.start_ms, g[-1].span.end_ms), tuple(g))
        for i, g in enumerate(groups)
    ]


def _path(item: Item) -> Path:
    if item.audio is None:
        message = f"{item.corpus} {item.id} has no sound"
        raise ValueError(message)
    return item.audio


def _ms(samples: int) -> int:
    return round(samples * 1000 / SAMPLE_RATE_HZ)
