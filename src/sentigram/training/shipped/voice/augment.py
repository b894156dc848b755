"""Makes clean studio clips sound like the recordings that people have: noise, music, codecs.

Every change is drawn from the clip's own id, never from its label: an augmentation that knows the
label tells it.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache
from types import MappingProxyType
from typing import cast

import av
import av.container
import av.filter
import numpy as np

from sentigram.core.arrays import Floats32, Floats64
from sentigram.core.media import SAMPLE_RATE_HZ

N_TRACKS = 24
_SNR_DB = (3.0, 20.0)
_CODECS = (("mp3", "libmp3lame", 24_000), ("ogg", "libopus", 16_000), ("adts", "aac", 24_000))


def clean(samples: Floats32, rng: np.random.Generator) -> Floats32:
    """Leave the clip as it is."""
    del rng
    return samples


def noise(samples: Floats32, rng: np.random.Generator) -> Floats32:
    """Add noise whose spectrum falls by 0 to 12 dB per octave (white to brown), and some room."""
    coloured = coloured_noise(len(samples), rng)
    return mix(_room(samples, rng), coloured, rng.uniform(*_SNR_DB))


def music(samples: Floats32, rng: np.random.Generator) -> Floats32:
    """Add a piece of one of N_TRACKS tracks of decaying chords."""
    track = music_track(int(rng.integers(N_TRACKS)))
    start = int(rng.integers(0, max(1, len(track) - len(samples))))
    piece = np.resize(track[start:], len(samples))
    return mix(samples, piece, rng.uniform(*_SNR_DB))


def codec(samples: Floats32, rng: np.random.Generator) -> Floats32:
    """Encode and decode with MP3, Opus or AAC at a low rate, sometimes cut to telephone band."""
    if rng.random() < 0.3:
        samples = telephone(samples)
    container, name, bit_rate = _CODECS[rng.integers(len(_CODECS))]
    return _round_trip(samples, container, name, bit_rate)


def line(samples: Floats32, rng: np.random.Generator) -> Floats32:
    """Send it over a telephone line."""
    del rng
    return telephone(samples)


def effort(samples: Floats32, rng: np.random.Generator) -> Floats32:
    """Say it with more force: higher by 1 to 5 semitones, louder, with a flatter spectrum.

    People who raise their voice raise its pitch and first formant, and their spectrum falls less
    steeply (Traunmüller and Eriksson 2000); 1.5 to 4 dB per octave are added between 500 Hz and
    4 kHz. Formants all move with the pitch here, more than they do in speech.
    """
    higher = 2 ** (rng.uniform(1.0, 5.0) / 12)
    faster = rng.uniform(0.95, 1.1)
    raised = _filtered(
        samples,
        ("asetrate", f"{int(SAMPLE_RATE_HZ * higher)}"),
        ("aresample", f"{SAMPLE_RATE_HZ}"),
        ("atempo", f"{faster / higher:.4f}"),
    )
    size = _fast_length(len(raised))
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
    sound = np.zeros(n)
    beat = int(rng.uniform(0.25, 0.7) * SAMPLE_RATE_HZ)
    time_s = np.arange(2 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    root, decay_s = rng.uniform(36, 60), rng.uniform(0.2, 0.8)
    for at in range(0, n - len(time_s), beat):
        shift = rng.choice([0, 5, 7])
        for step in rng.choice([0, 3, 4, 7, 10, 12, 16, 19], 3, replace=False):
            hz = 440 * 2 ** ((root + step + shift - 69) / 12)
            note = sum(np.sin(2 * np.pi * hz * k * time_s) / k**1.5 for k in range(1, 6))
            sound[at : at + len(time_s)] += note * np.exp(-time_s / decay_s)
    return sound


def _fast_length(n: int) -> int:
    """The next power of two: FFTs of other lengths can take many times longer."""
    return 1 << (n - 1).bit_length()


def coloured_noise(n: int, rng: np.random.Generator) -> Floats64:
    """Noise whose spectrum falls by 0 to 12 dB per octave, (n,)."""
    size = _fast_length(n)
    spectrum = np.fft.rfft(rng.standard_normal(size))
    hz = np.maximum(np.fft.rfftfreq(size, 1 / SAMPLE_RATE_HZ), 40)
    return np.fft.irfft(spectrum / hz ** rng.uniform(0, 2), size)[:n]


def mix(speech: Floats32, other: Floats64, snr_db: float) -> Floats32:
    """Add another sound at a ratio of speech to it, float32 (n,)."""
    ratio = 10 ** (snr_db / 20)
    level = np.sqrt(np.mean(speech**2) / (np.mean(other**2) + 1e-12)) / ratio
    return np.asarray(speech + level * other, np.float32)


def _room(samples: Floats32, rng: np.random.Generator) -> Floats32:
    """Convolve with an exponentially decaying random tail, 0.1 to 0.5 s long."""
    n = int(rng.uniform(0.1, 0.5) * SAMPLE_RATE_HZ)
    tail = rng.standard_normal(n) * np.exp(-6.9 * np.arange(n) / n) * rng.uniform(0, 0.05)
    tail[0] = 1
    size = _fast_length(len(samples) + n)
    wet = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(tail, size), size)
    return wet[: len(samples)].astype(np.float32)


def _filtered(samples: Floats32, *filters: tuple[str, str]) -> Floats32:
    """Sound through ffmpeg's filters, float32 (n_out,)."""
    graph = av.filter.Graph()
    last = graph.add_abuffer(
        sample_rate=SAMPLE_RATE_HZ,
        format="flt",
        layout="mono",
        time_base=Fraction(1, SAMPLE_RATE_HZ),
    )
    source = last
    form = ("aformat", f"sample_fmts=flt:sample_rates={SAMPLE_RATE_HZ}:channel_layouts=mono")
    for name, arguments in (*filters, form, ("abuffersink", "")):
        following = graph.add(name, arguments) if arguments else graph.add(name)
        last.link_to(following)
        last = following
    graph.configure()
    frame = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(samples[None], np.float32), format="flt", layout="mono"
    )
    frame.sample_rate, frame.pts = SAMPLE_RATE_HZ, 0
    source.push(frame)
    source.push(None)
    parts: list[Floats32] = []
    while True:
        try:
            frame = cast("av.AudioFrame", last.pull())
        except (av.EOFError, av.BlockingIOError):
            return np.concatenate(parts)
        parts.append(np.asarray(frame.to_ndarray().reshape(-1), np.float32))


def _round_trip(samples: Floats32, container: str, name: str, bit_rate: int) -> Floats32:
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        stream = cast("av.AudioStream", output.add_stream(name, rate=SAMPLE_RATE_HZ))
        stream.bit_rate = bit_rate
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(samples[None], format="flt", layout="mono")
        frame.sample_rate = SAMPLE_RATE_HZ
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            output.mux(packet)
    file.seek(0)
    resampler = av.AudioResampler("flt", "mono", SAMPLE_RATE_HZ)
    with cast("av.container.InputContainer", av.open(file)) as source:
        decoded = [
            part.to_ndarray()[0]
            for frame in source.decode(audio=0)
            for part in resampler.resample(frame)
        ]
    return _fitted(decoded, len(samples))


def telephone(samples: Floats32) -> Floats32:
    """The sound of a telephone line: 300 to 3,400 Hz, 8,000 samples a second; float32 (n,)."""
    size = _fast_length(len(samples))
    spectrum = np.fft.rfft(samples, size)
    hz = np.fft.rfftfreq(size, 1 / SAMPLE_RATE_HZ)
    spectrum[(hz < 300) | (hz > 3400)] = 0
    return resampled(np.fft.irfft(spectrum, size)[: len(samples)].astype(np.float32), 8000)


def resampled(samples: Floats32, rate_hz: int) -> Floats32:
    """To another rate and back to 16 kHz, float32 (n,)."""
    there = av.AudioResampler("flt", "mono", rate_hz)
    back = av.AudioResampler("flt", "mono", SAMPLE_RATE_HZ)
    frame = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(samples, np.float32)[None], format="flt", layout="mono"
    )
    frame.sample_rate = SAMPLE_RATE_HZ
    middle = [*there.resample(frame), *there.resample(None)]
    parts = [part for piece in middle for part in back.resample(piece)] + back.resample(None)
    return _fitted([part.to_ndarray()[0] for part in parts], len(samples))


def coded(samples: Floats32, codec_name: str, bit_rate: int) -> Floats32:
    """Encoded and decoded again, float32 (n,).

    Args:
        samples: float32 (n,) at 16 kHz.
        codec_name: mp3, opus or aac.
        bit_rate: Bits per second.

    Raises:
        ValueError: No such codec.
    """
    encoders = {"mp3": ("mp3", "libmp3lame"), "opus": ("ogg", "libopus"), "aac": ("adts", "aac")}
    if codec_name not in encoders:
        message = f"codec {codec_name!r}: choose from {', '.join(encoders)}"
        raise ValueError(message)
    return _round_trip(samples, *encoders[codec_name], bit_rate)


def _fitted(parts: list[Floats32], n: int) -> Floats32:
    """Pieces in a row, cut or filled with silence to a length, float32 (n,)."""
    sound = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    return np.pad(sound[:n], (0, max(0, n - len(sound))))
