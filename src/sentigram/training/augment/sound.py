"""Changes of sound that training makes, in numpy and ffmpeg's filters and codecs.

All take and give float32 (n,) at 16 kHz, and draw from a generator that the caller seeds.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import cast

import av
import av.container
import av.filter
import numpy as np

from sentigram.core.arrays import Floats32, Floats64
from sentigram.core.media import SAMPLE_RATE_HZ

_LOWEST_HZ = 40.0  # coloured noise is flat below: nobody hears that it is
_DECAY = np.log(1000.0)  # an amplitude that falls to a thousandth, 60 dB
_FIRST_REFLECTION_S = 0.002
_CODECS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {"mp3": ("mp3", "libmp3lame"), "opus": ("ogg", "libopus"), "aac": ("adts", "aac")}
)  # name → container, encoder


def fast_length(n: int) -> int:
    """The next power of two: FFTs of other lengths can take many times longer."""
    return 1 << (n - 1).bit_length()


def coloured_noise(
    n: int, rng: np.random.Generator, exponent: float | tuple[float, float]
) -> Floats64:
    """Noise whose amplitude falls with frequency to the power of an exponent, (n,).

    Args:
        n: Samples.
        rng: Draws it.
        exponent: 0 is white, 0.5 pink (3 dB per octave), 1 brown (6 dB); of two, one between them
            is drawn.
    """
    size = fast_length(n)
    spectrum = np.fft.rfft(rng.standard_normal(size))
    hz = np.maximum(np.fft.rfftfreq(size, 1 / SAMPLE_RATE_HZ), _LOWEST_HZ)
    falls = rng.uniform(*exponent) if isinstance(exponent, tuple) else exponent
    return np.fft.irfft(spectrum / hz**falls, size)[:n]


def mix(speech: Floats32, other: Floats64, snr_db: float) -> Floats32:
    """Add another sound at a ratio of speech to it, float32 (n,)."""
    ratio = 10 ** (snr_db / 20)
    level = np.sqrt(np.mean(speech**2) / (np.mean(other**2) + 1e-12)) / ratio
    return np.asarray(speech + level * other, np.float32)


def convolved(samples: Floats32, response: Floats64) -> Floats32:
    """Heard through an impulse response, and as long as before; float32 (n,).

    Args:
        samples: float32 (n,).
        response: (m,) at 16 kHz.
    """
    size = fast_length(len(samples) + len(response))
    wet = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(response, size), size)
    return wet[: len(samples)].astype(np.float32)


def room_response(rt60_s: float, direct_db: float, rng: np.random.Generator) -> Floats64:
    """The response of a room that is drawn: the direct sound, then noise that dies away, (m,).

    Moorer's model of late reverberation (1979, About this reverberation business).

    Args:
        rt60_s: Until it is 60 dB quieter.
        direct_db: The direct sound's energy to that of all reflections.
        rng: Draws the reflections.
    """
    n = max(2, round(rt60_s * SAMPLE_RATE_HZ))
    first = min(n - 1, round(_FIRST_REFLECTION_S * SAMPLE_RATE_HZ))
    response = rng.standard_normal(n) * np.exp(-_DECAY * np.arange(n) / n)
    response[:first] = 0
    response *= 10 ** (-direct_db / 20) / np.sqrt(np.sum(response**2))
    response[0] = 1
    return np.asarray(response)


def pitched(samples: Floats32, semitones: float) -> Floats32:
    """Higher or lower, and as long as before; float32 (n,).

    It is played faster, which moves formants with the pitch, and stretched back in time.
    """
    higher = 2 ** (semitones / 12)
    moved = filtered(
        samples,
        ("asetrate", f"{round(SAMPLE_RATE_HZ * higher)}"),
        ("aresample", f"{SAMPLE_RATE_HZ}"),
        ("atempo", f"{1 / higher:.6f}"),
    )
    return fitted([moved], len(samples))


def faster(samples: Floats32, rate: float) -> Floats32:
    """Said faster (rate above 1) or slower at the same pitch; float32 (n / rate,), rounded."""
    wanted = max(1, round(len(samples) / rate))
    return fitted([filtered(samples, ("atempo", f"{rate:.6f}"))], wanted)


def filtered(samples: Floats32, *filters: tuple[str, str]) -> Floats32:
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
    return fitted(decoded, len(samples))


def telephone(samples: Floats32) -> Floats32:
    """The sound of a telephone line: 300 to 3,400 Hz, 8,000 samples a second; float32 (n,)."""
    size = fast_length(len(samples))
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
    return fitted([part.to_ndarray()[0] for part in parts], len(samples))


def coded(samples: Floats32, codec_name: str, bit_rate: int) -> Floats32:
    """Encoded and decoded again, float32 (n,).

    Args:
        samples: float32 (n,) at 16 kHz.
        codec_name: mp3, opus or aac.
        bit_rate: Bits per second.

    Raises:
        ValueError: No such codec.
    """
    if codec_name not in _CODECS:
        message = f"codec {codec_name!r}: choose from {', '.join(_CODECS)}"
        raise ValueError(message)
    return _round_trip(samples, *_CODECS[codec_name], bit_rate)


def fitted(parts: list[Floats32], n: int) -> Floats32:
    """Pieces in a row, cut or filled with silence to a length, float32 (n,)."""
    sound = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    return np.pad(sound[:n], (0, max(0, n - len(sound))))
