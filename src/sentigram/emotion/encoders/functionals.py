"""Two vectors of 25 numbers for a whole clip: how it is said, and how it sounds.

The numbers are functionals of the frames of `compact.acoustics`, one every 24 ms. docs/training.md
lists each with its unit and formula. What they are of:

- A frame is quiet when it lies 30 dB or more below the loud ones (the 95th percentile of the clip),
  or under −60 dB of full scale. All numbers are of the stretch from the first frame that is not
  quiet to the last one, so that silence around a clip changes nothing; a clip that is quiet
  throughout is one stretch of quiet.
- A quiet run of 5 frames (120 ms) or more is a pause; shorter ones are closures within words.
- A frame that is not quiet is voiced when its periodicity is .5 or more.
- A number of something that is not there is 0: pitch where nothing is voiced, changes of one frame.
  The shares beside them tell.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sentigram.core.arrays import Bools, Floats32, Floats64
from sentigram.emotion.encoders.compact import acoustics
from sentigram.emotion.encoders.tokens import EncoderInfo

WIDTH = 25
FRAME_S = acoustics.HOP_SAMPLES / acoustics.SAMPLE_RATE_HZ  # .024

_QUIET_DB = 30.0  # below the loud frames
_SILENT_DB = -60.0  # of full scale
_PAUSE_FRAMES = 5
_VOICED = 0.5
_PEAK_DB = 3.0  # that loudness rises before a peak and falls after it
_DB_PER_LOG = 10 / np.log(10)
_SEMITONES = 12
_LOWEST_NOTE = np.log2(27.5)  # A0 is semitone 0
_VERSION = "1"

EIGHT = ("mean", "deviation", "p05", "p50", "p95", "range", "slope", "change")

PROSODY = (
    *(f"pitch_{name}" for name in EIGHT),
    *(f"loudness_{name}" for name in EIGHT),
    "voiced_share",
    "voiced_run_mean",
    "voiced_run_deviation",
    "voiced_runs_per_s",
    "pause_share",
    "pause_mean",
    "pauses_per_s",
    "duration",
    "peaks_per_s",
)
SPECTRUM = (
    *(f"mfcc_{n}_mean" for n in range(1, 13)),
    *(f"mfcc_{n}_deviation" for n in range(1, 5)),
    *(f"{what}_{how}" for what in ("centroid", "spread", "tilt", "flux") for how in EIGHT[:2]),
    "periodicity_mean",
)


@dataclass(frozen=True, slots=True, eq=False)
class ClipFrames:
    """The frames of a clip between its first sound and its last.

    Attributes:
        columns: float32 (n ≥ 1, acoustics.N_COLUMNS).
        loudness: (n,) dB of full scale.
        sounding: (n,) frames that are not quiet.
        voiced: (n,) those that are periodic, too.
    """

    columns: Floats32
    loudness: Floats64
    sounding: Bools
    voiced: Bools

    @property
    def duration_s(self) -> float:
        """Of the stretch."""
        return len(self.columns) * FRAME_S


def clip_frames(samples: Floats32) -> ClipFrames:
    """Frames of a clip, without the silence around it.

    Args:
        samples: float32 (n_samples,) at 16 kHz; what is shorter than a frame makes one.
    """
    n_frames = max(1, len(samples) // acoustics.HOP_SAMPLES)
    columns = acoustics.prosody(np.asarray(samples, np.float32), n_frames)
    loudness = columns[:, acoustics.ENERGY].astype(np.float64) * _DB_PER_LOG
    sounding = loudness > max(_SILENT_DB, float(np.percentile(loudness, 95)) - _QUIET_DB)
    if sounding.any():
        (where,) = np.nonzero(sounding)
        kept = slice(int(where[0]), int(where[-1]) + 1)
        columns, loudness, sounding = columns[kept], loudness[kept], sounding[kept]
    voiced = sounding & (columns[:, acoustics.VOICING] >= _VOICED)
    return ClipFrames(columns, loudness, sounding, voiced)


def prosody(frames: ClipFrames) -> Floats32:
    """Pitch, loudness, voicing, pauses and tempo, float32 (WIDTH,), in the order of PROSODY."""
    semitones = _SEMITONES * (frames.columns[:, acoustics.PITCH].astype(np.float64) - _LOWEST_NOTE)
    runs = _runs(frames.voiced)
    pauses = _runs(~frames.sounding, least=_PAUSE_FRAMES)
    seconds = frames.duration_s
    numbers = [
        *_eight(semitones, frames.voiced),
        *_eight(frames.loudness, frames.sounding),
        frames.voiced.mean(),
        _mean(runs),
        _deviation(runs),
        len(runs) / seconds,
        pauses.sum() / seconds,
        _mean(pauses),
        len(pauses) / seconds,
        seconds,
        _n_peaks(_smoothed(frames.loudness)) / seconds if frames.sounding.any() else 0.0,
    ]
    return np.array(numbers, np.float32)


def spectrum(frames: ClipFrames) -> Floats32:
    """Cepstrum and shape of the spectrum, float32 (WIDTH,), in the order of SPECTRUM.

    They are of the frames that are not quiet, and of all frames where there are none.
    """
    chosen = frames.sounding if frames.sounding.any() else np.ones_like(frames.sounding)
    columns = frames.columns.astype(np.float64)
    mfcc = columns[chosen, acoustics.MFCC : acoustics.MFCC + 12]
    flux = _flux(columns[:, : acoustics.N_MELS])[chosen[1:] & chosen[:-1]]
    shapes = [
        *(columns[chosen, at] for at in (acoustics.CENTROID, acoustics.SPREAD, acoustics.TILT)),
        flux,
    ]
    numbers = [
        *mfcc.mean(axis=0),
        *mfcc[:, :4].std(axis=0),
        *(number for shape in shapes for number in (_mean(shape), _deviation(shape))),
        columns[chosen, acoustics.VOICING].mean(),
    ]
    return np.array(numbers, np.float32)


class ProsodyFunctionals:
    """`prosody` of clips, one token each."""

    info = EncoderInfo(
        "prosody-25", "audio", WIDTH, f"25 functionals of pitch, loudness and pauses {_VERSION}"
    )

    def encode_clip(self, samples: Floats32) -> Floats32:
        """One token, float32 (1, WIDTH), of 16 kHz samples, float32 (n,)."""
        return prosody(clip_frames(samples))[None]


class SpectrumFunctionals:
    """`spectrum` of clips, one token each."""

    info = EncoderInfo(
        "spectrum-25", "audio", WIDTH, f"25 functionals of cepstrum and spectral shape {_VERSION}"
    )

    def encode_clip(self, samples: Floats32) -> Floats32:
        """One token, float32 (1, WIDTH), of 16 kHz samples, float32 (n,)."""
        return spectrum(clip_frames(samples))[None]


def _eight(values: Floats64, chosen: Bools) -> tuple[float, ...]:
    """EIGHT of the chosen frames; slope and change per second, change between neighbours."""
    (at,) = np.nonzero(chosen)
    own = values[at]
    if not len(own):
        return (0.0,) * len(EIGHT)
    low, middle, high = (float(p) for p in np.percentile(own, (5, 50, 95)))
    times = at * FRAME_S - (at * FRAME_S).mean()
    slope = float(times @ own / (times @ times)) if len(own) > 1 else 0.0
    steps = np.abs(np.diff(own))[np.diff(at) == 1] / FRAME_S
    return (
        float(own.mean()),
        float(own.std()),
        low,
        middle,
        high,
        high - low,
        slope,
        _mean(steps),
    )


def _runs(chosen: Bools, *, least: int = 1) -> Floats64:
    """Seconds of the runs of True that have the least length, in frames, or more, (n_runs,)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], chosen, [False]]).astype(np.int8)))
    lengths = edges[1::2] - edges[::2]
    return np.asarray(lengths[lengths >= least] * FRAME_S, np.float64)


def _smoothed(loudness: Floats64) -> Floats64:
    """Means of three frames, the ends repeated."""
    padded = np.pad(loudness, 1, mode="edge")
    return np.asarray(np.convolve(padded, np.full(3, 1 / 3), mode="valid"))


def _n_peaks(values: Floats64) -> int:
    """Peaks that are _PEAK_DB above the higher of the valleys beside them; ends are valleys."""
    count, rising = 0, True
    lowest, highest = -np.inf, -np.inf
    for value in (*values, -np.inf):
        if rising:
            highest = max(highest, value)
            if value < highest - _PEAK_DB:
                count, rising, lowest = count + 1, False, value
        else:
            lowest = min(lowest, value)
            if value > lowest + _PEAK_DB:
                rising, highest = True, value
    return count


def _flux(log_mel: Floats64) -> Floats64:
    """Distance between the spectra of neighbours, each scaled to sum 1; (n − 1,), 0 … √2."""
    power = np.exp(log_mel)
    shares = power / power.sum(axis=1, keepdims=True)
    return np.asarray(np.linalg.norm(np.diff(shares, axis=0), axis=1))


def _mean(values: Floats64) -> float:
    return float(values.mean()) if len(values) else 0.0


def _deviation(values: Floats64) -> float:
    return float(values.std()) if len(values) else 0.0
