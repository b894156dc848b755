"""Makes clean studio clips sound like the recordings that people have: noise, music, codecs.

Every change is drawn from the clip's own id, never from its label: an augmentation that knows the
label tells it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType

import numpy as np

from sentigram.core.arrays import Floats32, Floats64
from sentigram.core.media import SAMPLE_RATE_HZ
from sentigram.training.augment import sound

N_TRACKS = 24
_SNR_DB = (3.0, 20.0)
_CODECS = (("mp3", 24_000), ("opus", 16_000), ("aac", 24_000))


def clean(samples: Floats32, rng: np.random.Generator) -> Floats32:
    """Leave the clip as it is."""
    del rng
    return samples


def noise(samples: Floats32, rng: np.random.Generator) -> Floats32:
    """Add noise whose spectrum falls by 0 to 12 dB per octave (white to brown), and some room."""
    coloured = sound.coloured_noise(len(samples), rng, (0.0, 2.0))
    return sound.mix(_room(samples, rng), coloured, rng.uniform(*_SNR_DB))


def music(samples: Floats32, rng: np.random.Generator) -> Floats32:
    """Add a piece of one of N_TRACKS tracks of decaying chords."""
    track = music_track(int(rng.integers(N_TRACKS)))
    start = int(rng.integers(0, max(1, len(track) - len(samples))))
    piece = np.resize(track[start:], len(samples))
    return sound.mix(samples, piece, rng.uniform(*_SNR_DB))


def codec(samples: Floats32, rng: np.random.Generator) -> Floats32:
    """Encode and decode with MP3, Opus or AAC at a low rate, sometimes cut to telephone band."""
    if rng.random() < 0.3:
        samples = sound.telephone(samples)
    codec_name, bit_rate = _CODECS[rng.integers(len(_CODECS))]
    return sound.coded(samples, codec_name, bit_rate)


def line(samples: Floats32, rng: np.random.Generator) -> Floats32:
    """Send it over a telephone line."""
    del rng
    return sound.telephone(samples)


def effort(samples: Floats32, rng: np.random.Generator) -> Floats32:
    """Say it with more force: higher by 1 to 5 semitones, louder, with a flatter spectrum.

    People who raise their voice raise its pitch and first formant, and their spectrum falls less
    steeply (Traunmüller and Eriksson 2000); 1.5 to 4 dB per octave are added between 500 Hz and
    4 kHz. Formants all move with the pitch here, more than they do in speech.
    """
    higher = 2 ** (rng.uniform(1.0, 5.0) / 12)
    faster = rng.uniform(0.95, 1.1)
    raised = sound.filtered(
        samples,
        ("asetrate", f"{int(SAMPLE_RATE_HZ * higher)}"),
        ("aresample", f"{SAMPLE_RATE_HZ}"),
        ("atempo", f"{faster / higher:.4f}"),
    )
    size = sound.fast_length(len(raised))
    octaves = np.clip(np.log2(np.maximum(np.fft.rfftfreq(size, 1 / SAMPLE_RATE_HZ), 1) / 500), 0, 3)
    gain = 10 ** (rng.uniform(1.5, 4.0) * octaves / 20)
    flatter = np.fft.irfft(np.fft.rfft(raised, size) * gain, size)[: len(raised)]
    level = np.sqrt(np.mean(samples**2) / (np.mean(flatter**2) + 1e-12)) * rng.uniform(1.2, 2.5)
    return np.asarray(np.tanh(1.2 * level * flatter) / 1.2, np.float32)


CONDITIONS: Mapping[str, Callable[[Floats32, np.random.Generator], Floats32]] = MappingProxyType(
    {
        "clean": clean,
        "noise": noise,
        "music": music,
        "codec": codec,
        "telephone": line,
        "effort": effort,
    }
)


def apply(condition: str, samples: Floats32, item_id: str) -> Floats32:
    """Change a clip under a condition, the same way every time.

    Args:
        condition: A key of CONDITIONS.
        samples: float32 (n,) at 16 kHz.
        item_id: Seeds the generator.

    Returns:
        float32 (n,).
    """
    rng = np.random.default_rng(zlib.crc32(f"{condition}/{item_id}".encode()))
    return np.clip(CONDITIONS[condition](samples, rng), -1, 1).astype(np.float32)


@cache
def music_track(number: int) -> Floats64:
    """Half a minute of chords on a steady beat, each note with five harmonics."""
    rng = np.random.default_rng(number)
    n = 30 * SAMPLE_RATE_HZ
    track = np.zeros(n)
    beat = int(rng.uniform(0.25, 0.7) * SAMPLE_RATE_HZ)
    time_s = np.arange(2 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    root, decay_s = rng.uniform(36, 60), rng.uniform(0.2, 0.8)
    for at in range(0, n - len(time_s), beat):
        shift = rng.choice([0, 5, 7])
        for step in rng.choice([0, 3, 4, 7, 10, 12, 16, 19], 3, replace=False):
            hz = 440 * 2 ** ((root + step + shift - 69) / 12)
            note = sum(np.sin(2 * np.pi * hz * k * time_s) / k**1.5 for k in range(1, 6))
            track[at : at + len(time_s)] += note * np.exp(-time_s / decay_s)
    return track


def _room(samples: Floats32, rng: np.random.Generator) -> Floats32:
    """Convolve with an exponentially decaying random tail, 0.1 to 0.5 s long."""
    n = int(rng.uniform(0.1, 0.5) * SAMPLE_RATE_HZ)
    tail = rng.standard_normal(n) * np.exp(-6.9 * np.arange(n) / n) * rng.uniform(0, 0.05)
    tail[0] = 1
    return sound.convolved(samples, tail)
