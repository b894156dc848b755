"""Near-identical sound and near-identical words, found without comparing everything by hand.

A clip's fingerprint is FINGERPRINT_BYTES bytes: signs of the slowest 256 coefficients of the
two-dimensional cosine transform of a log spectrogram, as perceptual hashes of pictures are made
(Zauner 2010), over the part of the clip that holds its energy. Loudness, silence at the ends, and
what lies outside the telephone band do not count.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

from sentigram.core.arrays import Floats32, Floats64
from sentigram.core.media import SAMPLE_RATE_HZ
from sentigram.errors import InputError
from sentigram.training.dataset.manifest import FINGERPRINT_BYTES

THRESHOLD_BITS = 30
"""Clips whose fingerprints differ in at most so many of 256 bits are one recording.

Measured on RAVDESS (1,440 clips; two sentences, each said twice by each actor in each emotion) and
on a third of nEMO. Bits to the nearest other clip: 1 % of them below 39 and 57, median 72 and 84;
within 30 bits there is one pair, RAVDESS 03-01-03-01-02-01-07 and -02-07, the same samples twice.
Bits to an altered copy (160 clips and 50), median and share found:

    gain −20 to 6 dB              0    1.00    0    1.00
    up to 0.1 s cut at each end   1    1.00    2    1.00
    MP3, Opus, AAC; telephone     5    0.98    8    0.98
    noise, SNR 20 to 30 dB        0    1.00    0    1.00
    noise, SNR 10 to 20 dB        1    0.98    1    1.00
    noise, SNR 3 to 20 dB, room  28    0.56   22    0.68
    music, SNR 3 to 20 dB        26    0.54   22    0.60
"""

_WINDOW = 512
_HOP = SAMPLE_RATE_HZ // 100  # 10 ms
_LOW_HZ, _HIGH_HZ = 400.0, 3200.0  # inside the telephone band, whose edges codecs cut
_N_BANDS = 24
_N_CELLS = 64  # in time
_N_SLOW = 12  # coefficients along frequency, from 0
_BITS = 8 * FINGERPRINT_BYTES
_NOISE_SHARE = 0.5  # of the frames of a band are its noise floor at most
_NOISE_FACTOR = 1.5
_TAIL = 0.03  # of the energy is left out at either end
_COMPRESSION = 0.7
_DYNAMIC = 0.03  # below this share of the loudest cell everything counts as silence

_SHINGLE = 3  # characters
_SHORTEST_KEY = 20  # characters; shorter texts must be identical
_N_BANDS_OF_HASHES, _HASHES_PER_BAND = 16, 6
_ODD = np.uint64(0x9E3779B97F4A7C15)
_NOT_WORD = re.compile(r"[\W_]+")
_APOSTROPHE = re.compile(r"['’ʼ]")


def fingerprint(samples: Floats32) -> str:
    """Make the fingerprint of a clip.

    Args:
        samples: float32 (n,) at 16 kHz, with some sound in it.

    Returns:
        FINGERPRINT_BYTES bytes as hex.

    Raises:
        ValueError: Nothing but silence.
    """
    if not len(samples) or not float(np.abs(samples).max()) > 0:
        message = "silence has no fingerprint"
        raise ValueError(message)
    power = _power(samples)
    noise = np.quantile(power, _NOISE_SHARE, axis=0)
    start, end = extent(np.maximum(power - _NOISE_FACTOR * noise, 0))
    speech = np.maximum(power - np.quantile(power, 0.2, axis=0), 0)
    cells = _cells(speech if speech.any() else power, start, end)
    levels = np.log(cells + _DYNAMIC * cells.max())
    # Coefficients along time start at 1: the mean over time is the microphone, not the clip
    n_fast = -(-_BITS // _N_SLOW)
    slow = _cosines(_N_CELLS)[1 : 1 + n_fast] @ levels @ _cosines(_N_BANDS)[:_N_SLOW].T
    bits = slow.ravel()[:_BITS] > 0
    return np.packbits(bits).tobytes().hex()


def near_duplicates(
    fingerprints: Sequence[str], *, threshold: int = THRESHOLD_BITS
) -> list[tuple[int, int]]:
    """Pairs of clips that are the same recording, in any of its versions.

    Args:
        fingerprints: (n,) as `fingerprint` makes them; empty ones pair with nothing.
        threshold: Bits that may differ.

    Returns:
        Positions, the smaller first, in order.

    Raises:
        InputError: One is no fingerprint.
    """
    rows = np.array([i for i, print_ in enumerate(fingerprints) if print_], np.int64)
    try:
        raw = b"".join(bytes.fromhex(fingerprints[i]) for i in rows)
        words = np.frombuffer(raw, np.uint64).reshape(len(rows), FINGERPRINT_BYTES // 8)
    except ValueError as error:
        message = f"a fingerprint is not {FINGERPRINT_BYTES} bytes as hex; make the manifest again"
        raise InputError(message) from error
    pairs: list[tuple[int, int]] = []
    for i in range(len(rows) - 1):
        differ = np.bitwise_count(words[i + 1 :] ^ words[i]).sum(axis=1)  # (n - i - 1,)
        near = i + 1 + np.flatnonzero(differ <= threshold)
        pairs += [(int(rows[i]), int(rows[j])) for j in near]
    return pairs


def distance(first: str, second: str) -> int:
    """Bits in which two fingerprints differ."""
    return (int(first, 16) ^ int(second, 16)).bit_count()


def text_key(text: str) -> str:
    """What of a text counts when texts are compared: its words, in lower case.

    Punctuation, spacing, case, width and the shape of apostrophes do not.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    return _NOT_WORD.sub(" ", _APOSTROPHE.sub("", plain)).strip()


_MOST_NEIGHBOURS = 20


def near_identical_texts(texts: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of texts with one key, or, of 20 characters or more, with nearly one key.

    Nearly one: the sets of three-character pieces of the keys have a Jaccard index of at least
    0.9. Candidates come from MinHash in bands (Broder 1997; Leskovec et al. 2014, chapter 3),
    which misses a pair at 0.9 five times in a million, and each is checked; where more than
    _MOST_NEIGHBOURS texts fall together, each is compared with that many of them only.

    Args:
        texts: (n,); those without a word pair with nothing.

    Returns:
        Positions, the smaller first, in order.
    """
    places: defaultdict[str, list[int]] = defaultdict(list)
    for i, text in enumerate(texts):
        if key := text_key(text):
            places[key].append(i)
    pairs = [pair for found in places.values() for pair in combinations(found, 2)]
    for one, other in _alike([key for key in places if len(key) >= _SHORTEST_KEY]):
        pairs += [(min(pair), max(pair)) for pair in product(places[one], places[other])]
    return sorted(pairs)


def _alike(keys: Sequence[str]) -> list[tuple[str, str]]:
    """Which of several distinct long keys have nearly the same pieces."""
    if not keys:
        return []
    bands = _signatures(keys)
    candidates: set[tuple[int, int]] = set()
    for band in bands.T:
        order = np.argsort(band, kind="stable")
        starts = np.flatnonzero(np.diff(band[order])) + 1
        for group in np.split(order, starts):
            # thousands of sentences from one template: each is compared with some, not with all
            for step in range(1, min(len(group), _MOST_NEIGHBOURS + 1)):
                candidates.update(zip(group[:-step].tolist(), group[step:].tolist(), strict=True))
    return [(keys[i], keys[j]) for i, j in sorted(candidates) if _nearly(keys[i], keys[j])]


def _signatures(keys: Sequence[str]) -> NDArray[np.uint64]:
    """Least ranks of each key's pieces under random orders, a band of them in one number.

    Returns:
        (n_keys, _N_BANDS_OF_HASHES); keys whose pieces are alike are equal in some column.
    """
    lengths = np.array([len(key) for key in keys])
    letters = np.array([ord(letter) for letter in "".join(keys)], np.uint64)
    n_pieces = lengths - _SHINGLE + 1
    starts = np.cumsum(n_pieces) - n_pieces
    # Piece k of key i begins at that letter of all letters
    first = np.arange(n_pieces.sum()) + np.repeat(np.cumsum(lengths) - lengths - starts, n_pieces)
    codes = np.zeros(len(first), np.uint64)
    for offset in range(_SHINGLE):
        codes = (codes << np.uint64(21)) | letters[first + offset]  # a code point has 21 bits
    kinds, which = np.unique(codes, return_inverse=True)
    rng = np.random.default_rng(0)
    bands = np.zeros((len(keys), _N_BANDS_OF_HASHES), np.uint64)
    for band in range(_N_BANDS_OF_HASHES):
        for _ in range(_HASHES_PER_BAND):
            ranks = rng.permutation(len(kinds)).astype(np.uint32)
            least = np.minimum.reduceat(ranks[which], starts)
            bands[:, band] = bands[:, band] * _ODD + least  # wraps around: a hash
    return bands


def _nearly(one: str, other: str) -> bool:
    first, second = _pieces(one), _pieces(other)
    return 10 * len(first & second) >= 9 * len(first | second)


def _pieces(key: str) -> frozenset[str]:
    return frozenset(key[i : i + _SHINGLE] for i in range(len(key) - _SHINGLE + 1))


def _power(samples: Floats32) -> Floats64:
    """Power in bands that are even on the mel scale, (n_frames, _N_BANDS)."""
    padded = np.pad(samples.astype(np.float64), _WINDOW // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP]
    spectrum = np.abs(np.fft.rfft(frames * np.hanning(_WINDOW))) ** 2
    mel = np.linspace(_mel(_LOW_HZ), _mel(_HIGH_HZ), _N_BANDS + 2)
    edges = 700 * (10 ** (mel / 2595) - 1)
    hz = np.fft.rfftfreq(_WINDOW, 1 / SAMPLE_RATE_HZ)
    widths = np.diff(edges)[:, None]
    rising = (hz - edges[:-2, None]) / widths[:-1]
    falling = (edges[2:, None] - hz) / widths[1:]
    bands = np.maximum(0, np.minimum(rising, falling))
    # The least power keeps a clip that has no sound in these bands finite
    return np.asarray(spectrum @ bands.T + np.finfo(np.float64).tiny, np.float64)


def _mel(hz: float) -> float:
    return float(2595 * np.log10(1 + hz / 700))


def extent(speech: Floats64) -> tuple[float, float]:
    """First and last frame between which the energy lies; all of them where it is even.

    Args:
        speech: Power above the noise floor, (n_frames, n_bands).
    """
    energy = speech.sum(axis=1) ** _COMPRESSION
    smooth = np.convolve(energy, np.hanning(9), "same")[: len(energy)]
    total = smooth.sum()
    if not total > 0:
        return 0.0, float(len(speech))
    so_far = np.cumsum(smooth) / total
    start, end = np.interp([_TAIL, 1 - _TAIL], so_far, np.arange(1.0, len(so_far) + 1))
    return (float(start), float(end)) if end > start else (0.0, float(len(speech)))


def _cells(speech: Floats64, start: float, end: float) -> Floats64:
    """Mean power in cells of equal length between two frames, (_N_CELLS, _N_BANDS)."""
    so_far = np.vstack([np.zeros(_N_BANDS), np.cumsum(speech, axis=0)])
    times = np.linspace(start, end, _N_CELLS + 1)
    at = np.arange(len(so_far))
    sums = np.stack([np.interp(times, at, band) for band in so_far.T], axis=1)
    return np.asarray(np.diff(sums, axis=0) * (_N_CELLS / (end - start)), np.float64)


def _cosines(n: int) -> Floats64:
    """Rows of the cosine transform, not normalized: only signs are read. (n, n)."""
    return np.asarray(np.cos(np.pi * np.outer(np.arange(n), np.arange(n) + 0.5) / n), np.float64)
