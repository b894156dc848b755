"""Which of several audio streams is heard: the one that is meant, unless it holds no sound.

Screen recorders write a track each for desktop and microphone, and the first is often empty.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from sentigram.core.arrays import Floats32, Floats64
from sentigram.core.media import SAMPLE_RATE_HZ, MediaInfo, StreamInfo
from sentigram.core.protocols import Reporter
from sentigram.core.time import MS_PER_SECOND
from sentigram.media.loudness import SHORTEST_MS, WINDOW_MS, levels_db, sounding
from sentigram.media.sound import LOWEST_HZ, Faults, SoundRun, decoded, kind_of, packets

if TYPE_CHECKING:
    from av.container import InputContainer

_WINDOW = SAMPLE_RATE_HZ * WINDOW_MS // MS_PER_SECOND
_HEARD_BLOCKS = 60  # seconds that noise is measured on
_LONGER_S = 20  # how far the others are looked at when the one that is meant is known to sound
_SHARE = 0.1  # of the sound of the fullest: less is a beep between, not a talk


def silent_streams(container: InputContainer, indices: Iterable[int], meant: int) -> frozenset[int]:
    """The audio streams without sound, as far as that matters.

    Reads until the meant one sounds and a little further; to the end, where it does not.

    Args:
        container: Opened, and not read yet.
        indices: Of audio streams that can be decoded.
        meant: The one that is heard if it sounds.

    Returns:
        Those that are known to be silent.
    """
    found = {index: _Track() for index in indices}
    since = None
    for packet in packets(container, found):
        found[packet.stream.index].take(packet)
        if packet.pts is None or not found[meant].sounds:
            continue
        now = float(packet.pts * packet.time_base)
        since = now if since is None else since
        if now - since > _LONGER_S or all(track.sounds for track in found.values()):
            return frozenset()
    most_ms = max(track.total_ms for track in found.values())
    return frozenset(
        index
        for index, track in found.items()
        if not track.sounds or (index != meant and track.total_ms < _SHARE * most_ms)
    )


def meant_audio(sounds: Sequence[StreamInfo]) -> StreamInfo:
    """The stream that a file means to be heard: the default one that can be, else the first."""
    readable = [s for s in sounds if s.is_readable] or sounds
    return next((s for s in readable if s.is_default), readable[0])


def heard_audio(sounds: Sequence[StreamInfo]) -> StreamInfo:
    """The stream that is heard: the one that is meant, or the first that sounds if it does not."""
    meant = meant_audio(sounds)
    if not meant.is_silent:
        return meant
    return next((s for s in sounds if s.is_readable and not s.is_silent), meant)


def tell_tracks(info: MediaInfo, reporter: Reporter) -> None:
    """Say which of several audio streams is heard, and how to choose another one."""
    sounds = info.streams_of("audio")
    if len(sounds) < 2 or info.audio is None or info.is_audio_asked:
        return
    others = "; ".join(_named(n, s) for n, s in enumerate(sounds) if s != info.audio)
    line = (
        f"{info.path}: hears audio stream {_named(sounds.index(info.audio), info.audio)}; "
        f"there is also {others}; choose with `audio_stream N`"
    )
    if info.audio == next((s for s in sounds if s.is_default), sounds[0]):
        reporter.note(line)
    else:
        reporter.warn(line)


def _named(number: int, stream: StreamInfo) -> str:
    state = "silent" if stream.is_silent else "" if stream.is_readable else "cannot be decoded"
    told = ", ".join(filter(None, (stream.codec, stream.language, stream.title, state)))
    return f"{number} ({told})"


@dataclass(slots=True)
class _Track:
    """What was heard of a stream so far.

    Attributes:
        total_ms: How long it sounded.
        sounds: Whether it sounds for long enough to be more than a click.
    """

    total_ms: int = 0
    sounds: bool = False
    _recent: deque[Floats64] = field(default_factory=lambda: deque(maxlen=_HEARD_BLOCKS))
    _run: SoundRun | None = None

    def take(self, packet: Any) -> None:
        """Decode a packet and measure what has become whole."""
        frames = decoded(packet, Faults())
        for frame in frames:
            if frame.sample_rate < LOWEST_HZ:
                continue
            if self._run is None or self._run.kind != kind_of(frame):
                self._flush()
                self._run = SoundRun(kind_of(frame), 0.0)
            for block in self._run.add(frame):
                self._measure(block.samples)
        if packet.dts is None and packet.pts is None:  # the last one
            self._flush()

    def _flush(self) -> None:
        if self._run is not None:
            for block in self._run.flush():
                self._measure(block.samples)
            self._run = None

    def _measure(self, samples: Floats32) -> None:
        levels = np.max([levels_db(channel, _WINDOW) for channel in samples], axis=0)
        self._recent.append(levels)
        heard = sounding(np.concatenate(self._recent))
        self.sounds = self.sounds or heard.sum() * WINDOW_MS >= SHORTEST_MS
        self.total_ms += int(heard[-len(levels) :].sum()) * WINDOW_MS
