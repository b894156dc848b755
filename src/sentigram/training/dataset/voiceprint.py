"""Whose voice a clip is in, as numbers that stay when the words, the mood and the name change.

The numbers are those of the net that tells speakers apart in recordings. Of one clip they say
little; the mean over several clips of a speaker says who it is.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.core.media import SAMPLE_RATE_HZ, Audio
from sentigram.core.time import Span
from sentigram.errors import InputError
from sentigram.words.speakers.voices import LEAST_MS, BandVoices

THRESHOLD = 0.8
"""Speakers whose voices are more alike may be one person; benchmarks/voice_twins.py."""

FEWEST = 3  # clips that a speaker is known by

_WIDTH = 192
_MOST_MS = 4_000  # of a clip


def voiceprint(samples: Floats32) -> str:
    """The voice of a clip.

    Args:
        samples: float32 (n,) at 16 kHz.

    Returns:
        int8 (192,) in base64; "" where the clip is too short to tell.

    Raises:
        MissingError: The net is absent or damaged.
    """
    length_ms = min(_MOST_MS, 1000 * len(samples) // SAMPLE_RATE_HZ)
    if length_ms < LEAST_MS:
        return ""
    (row,) = BandVoices().embed(Audio(samples), [[Span(0, length_ms)]])
    scaled = np.round(row * (127 / max(float(np.abs(row).max()), 1e-9)))
    return base64.b64encode(scaled.astype(np.int8).tobytes()).decode()


def alike_voices(
    prints: Mapping[str, Sequence[str]], *, threshold: float = THRESHOLD
) -> list[tuple[str, str]]:
    """Pairs of speakers who may be one person, the most alike first.

    Args:
        prints: Speaker → voiceprints of their clips; empty ones tell nothing.
        threshold: Cosine of the means of two speakers, from which they count.

    Raises:
        InputError: One is no voiceprint.
    """
    known = {name: [p for p in own if p] for name, own in prints.items()}
    names = [name for name, own in known.items() if len(own) >= FEWEST]
    if len(names) < 2:
        return []
    means = np.stack([_mean(known[name]) for name in names])
    cosines = means @ means.T
    pairs = [(i, j) for i, j in combinations(range(len(names)), 2) if cosines[i, j] > threshold]
    return [(names[i], names[j]) for i, j in sorted(pairs, key=lambda pair: -cosines[pair])]


def _mean(prints: Sequence[str]) -> Floats32:
    """Direction of the mean of clips, each of which counts alike."""
    rows = np.stack([_read(given) for given in prints])
    mean = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).mean(axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), np.float32)


def _read(given: str) -> Floats32:
    try:
        row = np.frombuffer(base64.b64decode(given, validate=True), np.int8).astype(np.float32)
    except (binascii.Error, ValueError) as error:
        raise InputError(_WRONG) from error
    if len(row) != _WIDTH or not row.any():
        raise InputError(_WRONG)
    return row


_WRONG = f"a voiceprint is not {_WIDTH} bytes in base64; make the manifest again"
