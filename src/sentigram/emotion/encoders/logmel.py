"""Log-mel spectrograms: 64 bands every 10 ms, as networks that learn from sound itself take them.

Two kinds: `logmel` covers 0 to 8 kHz in natural logarithms of power; `logmel-vggish` is made as
VGGish (Hershey et al. 2017) was given it: 125 to 7,500 Hz, magnitudes, log(x + 0.01), so that its
published weights read it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from sentigram.core.arrays import Floats32, Floats64
from sentigram.core.document import EnginePart
from sentigram.core.media import SAMPLE_RATE_HZ, Audio
from sentigram.core.time import MS_PER_SECOND, Span
from sentigram.emotion.encoders.tokens import EncoderInfo, SpanTokens

N_BANDS = 64
WINDOW_SAMPLES = 400  # 25 ms
HOP_SAMPLES = 160  # 10 ms
HOP_MS = HOP_SAMPLES * MS_PER_SECOND // SAMPLE_RATE_HZ
_N_FFT = 512
_AT_ONCE = 6000  # frames whose spectra are in memory together
_VERSION = "1"


@dataclass(frozen=True, slots=True)
class Scale:
    """How a spectrum becomes bands.

    Attributes:
        name: Of the features.
        lowest_hz: Where the first band begins.
        highest_hz: Where the last one ends.
        power: Exponent of the magnitudes before they are summed.
        offset: Added before the logarithm.
    """

    name: str
    lowest_hz: float
    highest_hz: float
    power: int
    offset: float


PLAIN = Scale("logmel", 0.0, 8000.0, 2, 1e-6)
VGGISH = Scale("logmel-vggish", 125.0, 7500.0, 1, 0.01)
SCALES = {scale.name: scale for scale in (PLAIN, VGGISH)}


def log_mel(samples: Floats32, scale: Scale = PLAIN) -> Floats32:
    """The spectrogram of 16 kHz sound; sound shorter than a frame is padded to one.

    Args:
        samples: float32 (n_samples,).
        scale: Which.

    Returns:
        float32 (n_frames, N_BANDS), n_frames = 1 + ⌊(n_samples − 400) / 160⌋, at least 1.
    """
    if len(samples) < WINDOW_SAMPLES:
        samples = np.pad(samples, (0, WINDOW_SAMPLES - len(samples)))
    frames = sliding_window_view(np.asarray(samples, np.float32), WINDOW_SAMPLES)[::HOP_SAMPLES]
    bank = _bank(scale)
    parts = []
    for at in range(0, len(frames), _AT_ONCE):
        magnitudes = np.abs(np.fft.rfft(frames[at : at + _AT_ONCE] * _window(), _N_FFT))
        bands = magnitudes**scale.power @ bank  # (n, N_BANDS)
        parts.append(np.log(bands + scale.offset).astype(np.float32))
    return np.concatenate(parts)


class LogMelTokens:
    """Frames of a spectrogram as tokens, float32 (n, N_BANDS).

    Args:
        scale: Which spectrogram.
        n_threads: Not used: one thread makes an hour in seconds.
    """

    scale = PLAIN

    def __init__(self, *, n_threads: int = 0) -> None:
        del n_threads

    @property
    def info(self) -> EncoderInfo:
        """What checkpoints that are trained on it remember of it."""
        scale = self.scale
        what = (
            f"{N_BANDS} mel bands {scale.lowest_hz:g}-{scale.highest_hz:g} Hz, 25 ms every 10 ms, "
            f"magnitude^{scale.power}, log(x + {scale.offset:g})"
        )
        return EncoderInfo(scale.name, "audio", N_BANDS, what, stored="float16")

    @property
    def part(self) -> EnginePart:
        """For the Document's engine list."""
        return EnginePart("audio encoder", self.scale.name, _VERSION)

    def encode_clip(self, samples: Floats32) -> Floats32:
        """Tokens of a clip, float32 (n, N_BANDS)."""
        return log_mel(samples, self.scale)

    def encode_spans(self, audio: Audio, spans: Sequence[Span]) -> Iterator[SpanTokens]:
        """Tokens of each stretch, in order, holding one at a time in memory.

        Args:
            audio: 16 kHz.
            spans: In any order.
        """
        for span in spans:
            values = self.encode_clip(np.asarray(audio.cut(span), np.float32))
            yield SpanTokens(span.start_ms, HOP_MS, values)


class VggishMelTokens(LogMelTokens):
    """The spectrogram that VGGish was trained on."""

    scale = VGGISH


@cache
def _window() -> Floats64:
    """A periodic Hann window, as short-time Fourier transforms use it."""
    return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW_SAMPLES) / WINDOW_SAMPLES))


@cache
def _bank(scale: Scale) -> Floats64:
    """Triangles evenly spaced in HTK's mel, 1127 ln(1 + f / 700), (n_bins, N_BANDS).

    They are drawn in mel and not in hertz, so that the lowest ones hold a bin even where bands are
    narrower than bins; the constant is left out, as in VGGish.
    """
    bins = _mel(np.linspace(0, SAMPLE_RATE_HZ / 2, _N_FFT // 2 + 1))
    edges = np.linspace(_mel(scale.lowest_hz), _mel(scale.highest_hz), N_BANDS + 2)
    lower, centre, upper = edges[:-2], edges[1:-1], edges[2:]
    rising = (bins[:, None] - lower) / (centre - lower)
    falling = (upper - bins[:, None]) / (upper - centre)
    bank = np.maximum(0.0, np.minimum(rising, falling))
    bank[0] = 0.0
    return np.asarray(bank)


def _mel(hz: float | Floats64) -> Floats64:
    return np.asarray(1127.0 * np.log1p(np.asarray(hz) / 700.0))
