"""Clips of a corpus as samples, decoded alike wherever a network is trained or measured on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.core.media import SAMPLE_RATE_HZ
from sentigram.media.probe import open_media


def load(path: Path) -> Floats32:
    """Decode a clip to 16 kHz mono, float32 (n,)."""
    import av

    resampler = av.AudioResampler("flt", "mono", SAMPLE_RATE_HZ)
    with open_media(path) as source:
        parts = [
            part.to_ndarray()[0]
            for frame in [*source.decode(audio=0), None]
            for part in resampler.resample(frame)
        ]
    return np.concatenate(parts).astype(np.float32)
