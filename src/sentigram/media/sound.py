"""The sound of a stream as it is timed, in blocks of one rate, however rate and channels change.

Joined files and broadcasts change both midway, packets get lost, and clocks start anew. ffmpeg's
own command line rebuilds its filters at each change and counts from zero again, so times are kept
here: a run is what follows on without a break, resampled in one go and placed by its own time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from sentigram.core.media import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from av.container import InputContainer

    from sentigram.core.arrays import Floats32

TIMES_JUMP = 0x0200  # AVFMT_TS_DISCONT: times may begin anew within a file

_US_PER_SECOND = 1_000_000
# Written times jitter by some milliseconds; a word may start this much off and still look right.
_BREAK_S = 0.060
# Times that step back further than this are of a clock that starts anew, not of packets twice.
_RESTART_S = 1
# Broadcasts: a longer step is a new clock. ffmpeg and players go by the same figure.
_JUMP_S = 10
LOWEST_HZ = 2000
HIGHEST_HZ = 3_072_000  # the finest of sound studios, decoded, has 2.8 million
# Elsewhere a pause may be long, but not this long: then a time is broken.
_LONGEST_PAUSE_S = 3600
_LATEST_START_S = 24 * 3600


_NAMED = re.compile(r"[A-Z]+[0-9]*(?<!NONE)")
# Streams without times of their own: those that a demuxer makes up are wrong after a change.
UNTIMED = frozenset({"aac", "ac3", "dts", "eac3", "loas", "mp2", "mp3", "truehd"})


@dataclass(frozen=True, slots=True)
class SoundBlock:
    """A second of sound or less.

    Attributes:
        start: Its place in samples of SAMPLE_RATE_HZ from the start of the presentation; may be
            negative, or before the end of the block before, which then counts.
        samples: float32 (n_channels, n_samples), finite.
        channels: Their names, such as ("FL", "FR"); "" where the file does not say.
    """

    start: int
    samples: Floats32 = field(repr=False)
    channels: tuple[str, ...]


@dataclass(slots=True)
class Faults:
    """What was met while decoding.

    Attributes:
        n_packets: How many there were.
        n_bad: Those that could not be decoded.
        ended: Why reading stopped before the end of the file, "" where it did not.
        n_jumps: How many times the clock began anew.
    """

    n_packets: int = 0
    n_bad: int = 0
    ended: str = ""
    n_jumps: int = 0


@dataclass(slots=True)
class _Clock:
    """Turns written times into times of the presentation, in seconds.

    Attributes:
        longest_step: A longer one is a new clock, or a broken time.
        offset: What is added to written times at present.
        now: Where what was read so far ends, None before the first.
        n_jumps: How often it began anew.
    """

    longest_step: int
    offset: float = 0.0
    now: float | None = None
    n_jumps: int = 0

    def time(self, written: float | None) -> float:
        """When a frame or packet begins."""
        if written is None:
            return self.now or 0.0
        if self.now is None:
            return written if abs(written) <= _LATEST_START_S else 0.0
        if self.offset and abs(written - self.now) <= _BREAK_S:
            self.offset = 0.0  # a stray packet: the old clock goes on
            return written
        if -_RESTART_S <= written + self.offset - self.now <= self.longest_step:
            return written + self.offset
        self.offset = self.now - written
        self.n_jumps += 1
        return self.now


def _clock(container: InputContainer) -> _Clock:
    return _Clock(_JUMP_S if container.format.flags & TIMES_JUMP else _LONGEST_PAUSE_S)


def blocks(container: InputContainer, index: int, *, faults: Faults) -> Iterator[SoundBlock]:
    """Decode an audio stream; packets that are damaged are left out, the rest keeps its time.

    Args:
        container: Opened, and not read yet.
        index: The stream's number in the file.
        faults: Is told what was wrong.
    """
    clock = _clock(container)
    begin = (container.start_time or 0) / _US_PER_SECOND
    is_timed = container.format.name not in UNTIMED
    run: SoundRun | None = None
    for frame in frames(container, index, faults=faults):
        if frame.sample_rate < LOWEST_HZ:  # made to fill disks: a second becomes an hour
            faults.ended = f"{frame.sample_rate} samples a second are too few for speech"
            break
        written = None
        if frame.pts is not None and is_timed:
            written = frame.time - begin
        start = clock.time(written)
        faults.n_jumps = clock.n_jumps
        kind = kind_of(frame)
        if run is None or kind != run.kind or abs(start - run.end) > _BREAK_S:
            if run is not None:
                yield from run.flush()
            run = SoundRun(kind, start)
        yield from run.add(frame)
        clock.now = run.end
    if run is not None:
        yield from run.flush()


def last_packet(container: InputContainer) -> float:
    """Where the last packet of picture or sound ends, in seconds from the start.

    Args:
        container: Opened; it is read to the end.
    """
    begin = (container.start_time or 0) / _US_PER_SECOND
    clocks = {s.index: _clock(container) for s in container.streams if s.type in ("audio", "video")}
    last = 0.0
    for packet in packets(container, clocks):
        # Pictures come out of order, but decoding times do not.
        written = packet.pts if packet.dts is None else packet.dts
        if written is None or packet.pts is None or packet.time_base is None:
            continue
        clock, unit = clocks[packet.stream.index], float(packet.time_base)
        start = clock.time(written * unit - begin)
        clock.now = start
        last = max(last, start + (packet.pts - written + (packet.duration or 0)) * unit)
    return last


def frames(container: InputContainer, index: int, *, faults: Faults) -> Iterator[Any]:
    """Decode an audio stream to PyAV's frames, without those that are damaged."""
    import av

    try:
        for packet in packets(container, [index]):
            yield from decoded(packet, faults)
    except (av.FFmpegError, OSError) as error:
        faults.ended = str(getattr(error, "strerror", "") or error)


def packets(container: InputContainer, indices: Iterable[int]) -> Iterator[Any]:
    """Read the packets of some streams from where a container stands, to its end.

    A stream that only turns up midway, as in broadcasts, is unknown to PyAV, which stumbles over
    it; reading goes on after its packet.
    """
    streams = [container.streams[index] for index in indices]
    while True:
        try:
            yield from container.demux(streams)
        except IndexError:
            continue
        return


def decoded(packet: Any, faults: Faults) -> list[Any]:
    """The frames of a packet; none where it is damaged."""
    import av

    faults.n_packets += 1
    try:
        return list(packet.decode())
    except (av.FFmpegError, OSError):
        faults.n_bad += 1
        return []


def kind_of(frame: Any) -> tuple[int, str, str]:
    """What a resampler is made for: rate, layout and format."""
    return frame.sample_rate, frame.layout.name, frame.format.name


class SoundRun:
    """Sound without a break, all of one kind, on its way through one resampler."""

    def __init__(self, kind: tuple[int, str, str], start: float) -> None:
        from av.audio.resampler import AudioResampler

        self.kind = kind
        self.start = start
        self._n_in = self._n_out = 0
        rate_hz, layout, _ = kind
        self._rate_hz = rate_hz
        # Interleaved: PyAV cannot take eight planes and more out of a frame.
        self._resampler = AudioResampler("flt", layout, SAMPLE_RATE_HZ, frame_size=SAMPLE_RATE_HZ)

    @property
    def end(self) -> float:
        """Where what was added so far ends."""
        return self.start + self._n_in / self._rate_hz

    def add(self, frame: Any) -> Iterator[SoundBlock]:
        """Take a frame; gives blocks as they become full."""
        self._n_in += frame.samples
        frame.pts = None  # the run counts by itself
        yield from self._blocks(self._resampler.resample(frame))

    def flush(self) -> Iterator[SoundBlock]:
        """The rest."""
        yield from self._blocks(self._resampler.resample(None))

    def _blocks(self, resampled: list[Any]) -> Iterator[SoundBlock]:
        for frame in resampled:
            names = _channels(frame.layout)
            interleaved = np.nan_to_num(frame.to_ndarray(), nan=0.0, posinf=1.0, neginf=-1.0)
            samples = interleaved.reshape(-1, len(names)).T  # (n_channels, n_samples)
            start = round(self.start * SAMPLE_RATE_HZ) + self._n_out
            self._n_out += samples.shape[1]
            yield SoundBlock(start, samples, names)


def _channels(layout: Any) -> tuple[str, ...]:
    """Names of channels; two without a name are sides."""
    names = tuple(channel.name for channel in layout.channels)
    if any(_NAMED.fullmatch(name) for name in names):
        return names
    return ("FL", "FR") if len(names) == 2 else ("",) * len(names)
