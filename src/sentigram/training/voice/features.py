"""Pooled windows of labelled clips, encoded once and kept on disk by content."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sentigram.core.media import SAMPLE_RATE_HZ
from sentigram.encoders import pooling, sound
from sentigram.encoders.moonshine import CompactAudioEncoder, encoder_sha256
from sentigram.model.reading import WINDOW_MS
from sentigram.training.corpora.item import Item
from sentigram.training.voice import augment

Floats = NDArray[np.float32]

N_WINDOWS = 3  # drawn from each clip, beside the clip itself
_RECIPE = "3"  # raise when what is computed here changes, so that caches are made anew
_FRAMES_PER_WINDOW = WINDOW_MS * SAMPLE_RATE_HZ // 1000 // sound.HOP_SAMPLES
_SHORTEST_FRAMES = 32  # 0.8 s


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Pooled windows of clips under one condition.

    Attributes:
        vectors: (n_items, 1 + N_WINDOWS, POOLED_WIDTH); the first of each item is the whole clip.
        condition: A key of `augment.CONDITIONS`.
    """

    vectors: Floats
    condition: str


def extract(
    items: Sequence[Item],
    condition: str,
    cache: Path,
    *,
    log: Callable[[str], None] = lambda _text: None,
) -> Pool:
    """Pool every item under a condition, or take it from the cache.

    Args:
        items: Clips of one corpus.
        condition: A key of `augment.CONDITIONS`.
        cache: Folder for .npy files, named by what they depend on.
        log: Told about progress.
    """
    digest = hashlib.sha256(f"{_RECIPE} {condition} {encoder_sha256()}".encode())
    for item in items:
        digest.update(f"{item.id} {_path(item).stat().st_size}\n".encode())
    path = cache / f"{items[0].corpus}-{condition}-{digest.hexdigest()[:16]}.npy"
    if path.is_file():
        return Pool(np.load(path), condition)
    encoder = CompactAudioEncoder(n_threads=1)
    vectors = np.empty((len(items), 1 + N_WINDOWS, pooling.POOLED_WIDTH), np.float32)
    for i, item in enumerate(items):
        vectors[i] = _pool(encoder, augment.apply(condition, load(_path(item)), item.id), item.id)
        if i % 500 == 0:
            log(f"{item.corpus} {condition}: {i} of {len(items)} clips")
    cache.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part.npy")
    np.save(part, vectors)
    part.replace(path)
    return Pool(vectors, condition)


def load(path: Path) -> Floats:
    """Decode a clip to 16 kHz mono, float32 (n,)."""
    import av  # noqa: PLC0415

    resampler = av.AudioResampler("flt", "mono", SAMPLE_RATE_HZ)
    with av.open(str(path)) as source:
        parts = [
            part.to_ndarray()[0]
            for frame in [*source.decode(audio=0), None]
            for part in resampler.resample(frame)
        ]
    return np.concatenate(parts).astype(np.float32)


def _pool(encoder: CompactAudioEncoder, samples: Floats, item_id: str) -> Floats:
    """The whole clip, then N_WINDOWS random windows that are mostly speech."""
    frames = encoder.encode(samples)
    rng = np.random.default_rng(zlib.crc32(item_id.encode()))
    energy = frames[:, pooling.HIDDEN_WIDTH + sound.ENERGY]
    spoken = np.flatnonzero(energy >= np.quantile(energy, 0.95) - 4)
    rows = [pooling.pool(frames)]
    for _ in range(N_WINDOWS):
        length = min(int(rng.integers(_SHORTEST_FRAMES, _FRAMES_PER_WINDOW + 1)), len(frames))
        start = int(np.clip(rng.choice(spoken) - length // 2, 0, len(frames) - length))
        rows.append(pooling.pool(frames[start : start + length]))
    return np.stack(rows)  # (1 + N_WINDOWS, POOLED_WIDTH)


def _path(item: Item) -> Path:
    if item.audio is None:
        message = f"{item.corpus} {item.id} has no sound"
        raise ValueError(message)
    return item.audio
