"""One clip through the steps of an entry: the same bytes for the same clip, steps and seed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from sentigram.core.arrays import Floats32, Floats64
from sentigram.errors import InputError
from sentigram.training.augment import sound
from sentigram.training.augment.config import Chain, Coding, Noise, Pitch, Reverb, Tempo
from sentigram.training.dataset.clips import load

_EXPONENTS = MappingProxyType({"white": 0.0, "pink": 0.5, "brown": 1.0})
_SOUNDS = frozenset({".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".aac", ".aif", ".aiff"})
_SILENCE = 1e-5
_TRIES = 20


def altered(samples: Floats32, steps: Chain, rng: np.random.Generator) -> Floats32:
    """A clip after each step, no louder than full scale.

    What would be louder is scaled as a whole, which leaves ratios of speech to noise as they are.

    Args:
        samples: float32 (n,) at 16 kHz.
        steps: One after another.
        rng: Draws from their ranges.

    Returns:
        float32 (m,).

    Raises:
        InputError: A folder that a step names holds no sound.
    """
    for step in steps:
        samples = _STEPS[type(step)](samples, step, rng)
    peak = float(np.abs(samples).max(initial=0.0))
    return (samples / max(1.0, peak)).astype(np.float32)


@lru_cache(maxsize=256)
def source_digest(steps: Chain) -> str:
    """What the folders of the steps hold: names and sizes of their files, "" without folders.

    Raises:
        InputError: A folder holds no sound.
    """
    folders = [step.folder for step in steps if isinstance(step, Noise | Reverb) and step.folder]
    if not folders:
        return ""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sounds_of(folder):
            name = path.relative_to(folder).as_posix()
            digest.update(f"{name}\0{path.stat().st_size}\n".encode())
    return digest.hexdigest()


@lru_cache(maxsize=8)
def sounds_of(folder: Path) -> tuple[Path, ...]:
    """The recordings of a folder and of those in it, in order of their paths.

    Raises:
        InputError: There are none.
    """
    found = tuple(sorted(p for p in folder.rglob("*") if p.suffix.lower() in _SOUNDS))
    if not found:
        message = f"{folder}: no recordings; augment wants a folder of wav, flac, mp3 or ogg files"
        raise InputError(message)
    return found


def _noise(samples: Floats32, step: Noise, rng: np.random.Generator) -> Floats32:
    if step.folder is not None:
        other = _piece(step.folder, len(samples), rng)
    else:
        other = sound.coloured_noise(len(samples), rng, _EXPONENTS[step.colour])
    return sound.mix(samples, other, rng.uniform(*step.snr_db))


def _reverb(samples: Floats32, step: Reverb, rng: np.random.Generator) -> Floats32:
    if step.folder is None:
        response = sound.room_response(rng.uniform(*step.rt60_s), rng.uniform(*step.direct_db), rng)
    else:
        paths = sounds_of(step.folder)
        response = _loaded(paths[rng.integers(len(paths))]).astype(float)
        # what comes before the direct sound would only move the clip
        response = response[int(np.argmax(np.abs(response))) :]
    wet = sound.convolved(samples, response)
    level = np.sqrt(np.mean(samples**2) / (np.mean(wet**2) + 1e-20))
    return np.asarray(wet * level, np.float32)


def _pitch(samples: Floats32, step: Pitch, rng: np.random.Generator) -> Floats32:
    return sound.pitched(samples, rng.uniform(*step.semitones))


def _tempo(samples: Floats32, step: Tempo, rng: np.random.Generator) -> Floats32:
    return sound.faster(samples, rng.uniform(*step.rate))


def _coding(samples: Floats32, step: Coding, rng: np.random.Generator) -> Floats32:
    codec = step.codecs[rng.integers(len(step.codecs))]
    bit_rate = step.bit_rates[rng.integers(len(step.bit_rates))]
    if codec == "telephone":
        return sound.telephone(samples)
    return sound.coded(samples, codec, bit_rate)


_STEPS: Mapping[type, Callable[[Floats32, Any, np.random.Generator], Floats32]] = MappingProxyType(
    {Noise: _noise, Reverb: _reverb, Pitch: _pitch, Tempo: _tempo, Coding: _coding}
)


def _piece(folder: Path, n: int, rng: np.random.Generator) -> Floats64:
    """A stretch of one of its recordings that is not silent, repeated where it is shorter, (n,)."""
    paths = sounds_of(folder)
    for _ in range(_TRIES):
        whole = _loaded(paths[rng.integers(len(paths))])
        start = int(rng.integers(0, max(1, len(whole) - n)))
        piece = np.resize(whole[start:], n)
        if np.sqrt(np.mean(piece**2)) > _SILENCE:
            return piece.astype(float)
    message = f"{folder}: {_TRIES} stretches drawn from it are all silent; leave silent files out"
    raise InputError(message)


@lru_cache(maxsize=8)
def _loaded(path: Path) -> Floats32:
    return load(path)
