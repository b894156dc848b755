"""Windows of labelled clips as the voice model hears them, encoded once and kept by content."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.core.media import SAMPLE_RATE_HZ
from sentigram.emotion.decision import WINDOW_MS
from sentigram.emotion.encoders.compact import acoustics, pooling
from sentigram.emotion.encoders.compact.frames import VoiceEncoder, encoder_sha256
from sentigram.files import whole_file
from sentigram.training.corpora.item import Item
from sentigram.training.dataset.clips import load
from sentigram.training.shipped.voice import augment

WHOLE, MIDDLE = 0, 1  # kinds of windows: the clip, the two seconds in its middle, others
N_DRAWN = 3  # of other lengths, drawn from each clip
N_KINDS = 2 + N_DRAWN
_RECIPE = "4"  # raise when what is computed here changes, so that caches are made anew
_FRAMES_PER_WINDOW = WINDOW_MS * SAMPLE_RATE_HZ // 1000 // acoustics.HOP_SAMPLES
_SHORTEST_FRAMES = 32  # 0.8 s


def extract(
    items: Sequence[Item],
    condition: str,
    cache: Path,
    *,
    log: Callable[[str], None] = lambda _text: None,
) -> Floats32:
    """Pool every item under a condition, or take it from the cache.

    Args:
        items: Clips of one corpus.
        condition: A key of `augment.CONDITIONS`.
        cache: Folder for .npy files, named by what they depend on.
        log: Told about progress.

    Returns:
        (n_items, N_KINDS, VOICE_WIDTH).
    """

    def pooled() -> Floats32:
        encoder = VoiceEncoder(n_threads=1)
        vectors = np.empty((len(items), N_KINDS, pooling.VOICE_WIDTH), np.float32)
        for i, item in enumerate(items):
            samples = augment.apply(condition, load(_path(item)), item.id)
            vectors[i] = _windows(encoder.encode(samples), item.id)
            if i % 500 == 0:
                log(f"{item.corpus} {condition}: {i} of {len(items)} clips")
        return vectors

    return _kept(cache, items, condition, pooled)


def log_mel(items: Sequence[Item], cache: Path) -> Floats32:
    """Mean and deviation of each clip's log-mel spectrum, a baseline, (n_items, 2 · N_MELS)."""

    def described() -> Floats32:
        rows = []
        for item in items:
            samples = load(_path(item))
            mel = acoustics.prosody(samples, max(1, len(samples) // acoustics.HOP_SAMPLES))[
                :, : acoustics.N_MELS
            ]
            rows.append(np.concatenate([mel.mean(axis=0), mel.std(axis=0)]))
        return np.stack(rows)

    return _kept(cache, items, "log-mel", described)


def _kept(cache: Path, items: Sequence[Item], what: str, make: Callable[[], Floats32]) -> Floats32:
    """What was made once of these items, from a file that is named by all that it depends on."""
    digest = hashlib.sha256(f"{_RECIPE} {what} {encoder_sha256()}".encode())
    for item in items:
        digest.update(f"{item.id} {_path(item).stat().st_size}\n".encode())
    path = cache / f"{items[0].corpus}-{what}-{digest.hexdigest()[:16]}.npy"
    if not path.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        with whole_file(path, overwrite=True) as part, part.open("wb") as file:
            np.save(file, make())
    return np.asarray(np.load(path), np.float32)


def _windows(frames: Floats32, item_id: str) -> Floats32:
    """The whole clip, the middle of what is spoken, and windows drawn from it that are speech."""
    rng = np.random.default_rng(zlib.crc32(item_id.encode()))
    energy = frames[:, pooling.VOICE_WIDTH]
    spoken = np.flatnonzero(energy >= np.quantile(energy, 0.95) - 4)
    middle = (spoken[0] + spoken[-1]) // 2
    low = max(0, middle - _FRAMES_PER_WINDOW // 2)
    rows = [pooling.voice_mean(frames), pooling.voice_mean(frames[low:][:_FRAMES_PER_WINDOW])]
    for _ in range(N_DRAWN):
        length = min(int(rng.integers(_SHORTEST_FRAMES, _FRAMES_PER_WINDOW + 1)), len(frames))
        start = int(np.clip(rng.choice(spoken) - length // 2, 0, len(frames) - length))
        rows.append(pooling.voice_mean(frames[start : start + length]))
    return np.stack(rows)  # (N_KINDS, VOICE_WIDTH)


def _path(item: Item) -> Path:
    if item.audio is None:
        message = f"{item.corpus} {item.id} has no sound"
        raise ValueError(message)
    return item.audio
