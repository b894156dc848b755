"""Altered copies of a sound: higher or lower in pitch, faster or slower, with noise over it.

The outline of a clip is its log spectrogram over bands of a semitone, over the part that holds its
energy, stretched to one length: tempo falls out of it, and another pitch moves it up or down.
Along time it is kept as the slowest coefficients of the cosine transform without the mean, so the
microphone and steady noise fall out too. Two outlines are alike if they correlate at any shift of
up to four semitones, in steps of half a one.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence

import numpy as np

from sentigram.core.arrays import Floats32, Floats64
from sentigram.core.media import SAMPLE_RATE_HZ
from sentigram.errors import InputError
from sentigram.training.dataset.fingerprint import extent

THRESHOLD = 0.88
"""Clips whose outlines correlate more are one recording, altered; benchmarks/altered_copies.py."""

N_RATES, N_BANDS = 24, 54  # 4.5 octaves

_FRAME = 1024
_HOP = SAMPLE_RATE_HZ // 100  # 10 ms
_LOWEST_HZ = 150.0
_PER_OCTAVE = 12
_N_CELLS = 48  # in time
_NOISE_SHARE, _NOISE_FACTOR = 0.5, 1.5
_FLOOR_SHARE = 0.2
_DYNAMIC = 0.01  # below this share of the loudest cell everything counts as silence
_REACH = 4  # semitones
_N_SLOW = 8  # coefficients that are compared first
_SLOW_THRESHOLD = 0.6  # of copies found at THRESHOLD none was under .70, where one in 100 others is
_BLOCK = 1024


def outline(samples: Floats32) -> str:
    """Make the outline of a clip.

    Args:
        samples: float32 (n,) at 16 kHz, with some sound in it.

    Returns:
        int8 (N_RATES, N_BANDS) in base64.

    Raises:
        ValueError: Nothing but silence.
    """
    if not len(samples) or not float(np.abs(samples).max()) > 0:
        message = "silence has no outline"
        raise ValueError(message)
    power = _power(samples)
    noise = np.quantile(power, _NOISE_SHARE, axis=0)
    start, end = extent(np.maximum(power - _NOISE_FACTOR * noise, 0))
    speech = np.maximum(power - np.quantile(power, _FLOOR_SHARE, axis=0), 0)
    cells = _cells(speech if speech.any() else power, start, end)
    levels = np.log(cells + _DYNAMIC * cells.max())
    slow = _cosines() @ levels  # (N_RATES, N_BANDS)
    largest = np.abs(slow).max()
    scaled = np.round(slow * (127 / largest)) if largest > 0 else np.zeros_like(slow)
    return base64.b64encode(scaled.astype(np.int8).tobytes()).decode()


def altered_copies(
    outlines: Sequence[str], *, threshold: float = THRESHOLD
) -> list[tuple[int, int]]:
    """Pairs of clips that are one recording, whatever was done to its pitch, tempo and noise.

    Outlines are compared coarsely first (8 slow coefficients, bands and shifts of two semitones);
    pairs that correlate by 0.6 then are compared whole.

    Args:
        outlines: (n,) as `outline` makes them; empty ones pair with nothing.
        threshold: Least correlation.

    Returns:
        Positions, the smaller first, in order.

    Raises:
        InputError: One is no outline.
    """
    rows = np.array([i for i, given in enumerate(outlines) if given], np.int64)
    if not len(rows):
        return []
    whole = np.stack([_read(outlines[i]) for i in rows])  # (n, N_RATES, N_BANDS)
    coarse = whole[:, :_N_SLOW, 0::2] + whole[:, :_N_SLOW, 1::2]
    pairs: list[tuple[int, int]] = []
    for first, second in _candidates(coarse):
        found = _likeness(whole[first], whole[second]) > threshold
        pairs += zip(rows[first[found]].tolist(), rows[second[found]].tolist(), strict=True)
    return sorted(pairs)


def likeness(one: str, other: str) -> float:
    """The highest correlation of two outlines over all shifts, −1 to 1."""
    return float(_likeness(_read(one)[None], _read(other)[None])[0])


def _read(given: str) -> Floats32:
    try:
        raw = base64.b64decode(given, validate=True)
        values = np.frombuffer(raw, np.int8).reshape(N_RATES, N_BANDS)
    except (ValueError, binascii.Error) as error:
        message = (
            f"an outline is not {N_RATES} × {N_BANDS} bytes in base64; make the manifest again"
        )
        raise InputError(message) from error
    return values.astype(np.float32)


def _candidates(coarse: Floats32) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows that correlate coarsely, each pair once, block by block."""
    n, n_bands = len(coarse), coarse.shape[2]
    for low in range(0, n, _BLOCK):
        ours, theirs = coarse[low : low + _BLOCK], coarse[low:]
        best = np.full((len(ours), len(theirs)), -1.0, np.float32)
        for shift in range(-(_REACH // 2), _REACH // 2 + 1):
            up, down = max(0, shift), max(0, -shift)
            ends = n_bands - down, n_bands - up
            left = _unit(ours[:, :, up : ends[0]])
            right = _unit(theirs[:, :, down : ends[1]])
            np.maximum(best, left @ right.T, out=best)
        at, to = np.nonzero(np.triu(best > _SLOW_THRESHOLD, k=1))
        for start in range(0, len(at), _BLOCK):  # bounds the memory of comparing them whole
            part = slice(start, start + _BLOCK)
            yield low + at[part], low + to[part]


def _likeness(ours: Floats32, theirs: Floats32) -> Floats32:
    """The highest correlation of each of n pairs, (n,)."""
    between = ours[:, :, 1:] + ours[:, :, :-1]  # half a semitone up
    best = np.full(len(ours), -1.0, np.float32)
    for moved in (ours, between):
        n_moved = moved.shape[2]
        for shift in range(-_REACH, _REACH + 1):
            up, down = max(0, shift), max(0, -shift)
            width = min(n_moved - up, N_BANDS - down)
            left, right = _unit(moved[:, :, up : up + width]), theirs[:, :, down : down + width]
            np.maximum(best, (left * _unit(right)).sum(axis=1), out=best)
    return best


def _unit(values: Floats32) -> Floats32:
    """Flat and of length one, (n, …) → (n, m); nothing but zeros stays zero."""
    flat = values.reshape(len(values), -1)
    norms = np.linalg.norm(flat, axis=1, keepdims=True)
    return np.asarray(flat / np.where(norms > 0, norms, 1), np.float32)


def _power(samples: Floats32) -> Floats64:
    """Power in bands of a semitone, (n_frames, N_BANDS)."""
    padded = np.pad(samples.astype(np.float64), _FRAME // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FRAME)[::_HOP]
    spectrum = np.abs(np.fft.rfft(frames * np.hanning(_FRAME))) ** 2
    edges = _LOWEST_HZ * 2 ** ((np.arange(N_BANDS + 2) - 0.5) / _PER_OCTAVE)
    # low bands are no narrower than what the frame can tell apart
    widths = np.maximum(edges[2:] - edges[:-2], 2 * SAMPLE_RATE_HZ / _FRAME) / 2
    hz = np.fft.rfftfreq(_FRAME, 1 / SAMPLE_RATE_HZ)
    bands = np.maximum(0, 1 - np.abs(hz - edges[1:-1, None]) / widths[:, None])
    bands /= bands.sum(axis=1, keepdims=True)
    return np.asarray(spectrum @ bands.T + np.finfo(np.float64).tiny, np.float64)


def _cells(speech: Floats64, start: float, end: float) -> Floats64:
    """Mean power in cells of equal length between two frames, (_N_CELLS, N_BANDS)."""
    so_far = np.vstack([np.zeros(N_BANDS), np.cumsum(speech, axis=0)])
    times = np.linspace(start, end, _N_CELLS + 1)
    at = np.arange(len(so_far))
    sums = np.stack([np.interp(times, at, band) for band in so_far.T], axis=1)
    return np.asarray(np.diff(sums, axis=0) * (_N_CELLS / (end - start)), np.float64)


def _cosines() -> Floats64:
    """Rows 1 to N_RATES of the cosine transform, (N_RATES, _N_CELLS), of length one."""
    rates, cells = np.arange(1, N_RATES + 1), np.arange(_N_CELLS) + 0.5
    rows = np.cos(np.pi * np.outer(rates, cells) / _N_CELLS)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float64)
