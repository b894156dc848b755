"""Recordings of half a minute, put together of the clips of one speaker each."""

from __future__ import annotations

import csv
import random
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.core.media import SAMPLE_RATE_HZ, Audio
from sentigram.core.time import MS_PER_SECOND, Span, ms_from_samples
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.media.audio import decode
from sentigram.media.probe import probe
from sentigram.words.alignment.by_recognition import share

LENGTH_MS = 30 * MS_PER_SECOND
PAUSE_MS = 300


def recordings(
    folder: Path, count: int, *, first: int = 0
) -> Iterator[tuple[str, Audio, Transcript]]:
    """Joined clips with their words, by turns of the speakers.

    Args:
        folder: Of a corpus, with its `manifest.csv`.
        count: How many.
        first: The first that is made; those before it are drawn and left out.
    """
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        clips = list(csv.DictReader(file))
    by_speaker = defaultdict(list)
    for clip in clips:
        by_speaker[clip["speaker"]].append(clip)
    draw = random.Random(7)
    speakers = sorted(by_speaker)
    for i in range(first + count):
        speaker = speakers[i % len(speakers)]
        chosen = draw.sample(by_speaker[speaker], k=min(20, len(by_speaker[speaker])))
        if i >= first:
            yield speaker, *joined(folder, chosen)


def joined(folder: Path, clips: Sequence[dict[str, str]]) -> tuple[Audio, Transcript]:
    """Clips one after another, until half a minute is full, their words over them clip by clip."""
    pause = np.zeros(PAUSE_MS * SAMPLE_RATE_HZ // MS_PER_SECOND, dtype=np.float32)
    parts: list[Floats32] = []
    utterances: list[Utterance] = []
    n_samples = 0
    for clip in clips:
        sound = heard(folder / clip["path"])
        at = [ms_from_samples(n, SAMPLE_RATE_HZ) for n in (n_samples, n_samples + len(sound))]
        texts = clip["text"].split()
        times = share([len(text) + 1 for text in texts], Span(*at))
        words = tuple(
            Word(text, span, timing="estimated") for text, span in zip(texts, times, strict=True)
        )
        utterances.append(Utterance(f"u{len(utterances) + 1}", Span(*at), words))
        parts += [sound, pause]
        n_samples += len(sound) + len(pause)
        if ms_from_samples(n_samples, SAMPLE_RATE_HZ) > LENGTH_MS:
            break
    return Audio(np.concatenate(parts)), Transcript("", tuple(utterances))


def heard(path: Path) -> Floats32:
    """The sound of a file, as the product decodes it: float32 (n_samples,), 16 kHz."""
    with tempfile.TemporaryDirectory() as work:
        return np.array(decode(probe(path), workdir=Path(work)).samples)
