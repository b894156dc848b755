"""How a picture is timed: where it begins and ends beside the sound, and how it pauses."""

from __future__ import annotations

import contextlib
import math
from fractions import Fraction
from itertools import pairwise

from sentigram.core.media import MediaInfo, PictureTiming
from sentigram.core.time import MS_PER_SECOND, Span
from sentigram.media.probe import open_media
from sentigram.media.rates import measured_fps
from sentigram.media.sound import packets

_MARGIN_MS = 1000  # packets come a little out of order
_US_PER_MS = 1000


def timing_of(info: MediaInfo, span: Span | None = None) -> PictureTiming | None:
    """Read the times of a file's pictures, without decoding any; None without a picture.

    Args:
        info: From `probe`.
        span: Only what is needed to know them there.
    """
    import av

    if not info.has_video:
        return None
    picture = info.streams_of("video")[0].index
    used = [picture] if info.audio is None else [picture, info.audio.index]
    times: list[int] = []
    ends = dict.fromkeys(used, 0)
    with open_media(info.path) as container:
        begin_ms = Fraction(container.start_time or 0, _US_PER_MS)
        units_ms = {i: MS_PER_SECOND * Fraction(container.streams[i].time_base or 1) for i in used}
        until = {i: None if span is None else _ticks(span, begin_ms, units_ms[i]) for i in used}
        is_sought = span is not None and span.start_ms > _MARGIN_MS
        if span is not None and is_sought:
            try:
                container.seek(round((span.start_ms + begin_ms) * _US_PER_MS), backward=True)
            except av.FFmpegError:  # not every format can: then from the start
                is_sought = False
        with contextlib.suppress(av.FFmpegError):  # cut off: what there is is known
            for packet in packets(container, used):
                at, time = packet.stream.index, packet.pts
                if time is None:
                    continue
                last = until[at]
                if last is not None and time > last:
                    break
                ends[at] = max(ends[at], time + (packet.duration or 0))
                if at == picture:
                    times.append(time)
    times.sort()
    unit_ms = units_ms[picture]
    sound_end_ms = 0 if info.audio is None else _ms(ends[used[-1]], units_ms[used[-1]], begin_ms)
    if not times:
        return PictureTiming(0, 0, 0, sound_end_ms)
    pauses = (later - sooner for sooner, later in pairwise(times))
    return PictureTiming(
        start_ms=0 if is_sought else max(0, _ms(times[0], unit_ms, begin_ms)),
        end_ms=_ms(max(ends[picture], times[-1]), unit_ms, begin_ms),
        longest_ms=round(max(pauses, default=0) * unit_ms),
        sound_end_ms=sound_end_ms,
        fps=measured_fps(times, unit_ms / MS_PER_SECOND),
    )


def _ms(time: int, unit_ms: Fraction, begin_ms: Fraction) -> int:
    return round(time * unit_ms - begin_ms)


def _ticks(span: Span, begin_ms: Fraction, unit_ms: Fraction) -> int:
    """A time after a span, as packets count it."""
    return math.ceil((span.end_ms + _MARGIN_MS + begin_ms) / unit_ms)
