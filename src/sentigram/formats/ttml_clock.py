"""Times of TTML: clock times with or without frames, offsets in five units, ticks.

Source: W3C, "Timed Text Markup Language 2" (2018), §12.3 and §7.2 (frameRate, frameRateMultiplier,
subFrameRate, tickRate, timeBase, dropMode).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from sentigram.core.time import MS_PER_SECOND
from sentigram.formats.parsing import LONGEST_MS

_CLOCK = re.compile(
    r"(\d{1,5}):(\d{2}):(\d{2})(?:[.,](\d{1,9})|:(\d{1,4})(?:\.(\d{1,4}))?)?", re.ASCII
)
_OFFSET = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)(h|ms|m|s|f|t)?", re.ASCII)
_UNITS_MS = {"h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
_FRAME_RATE, _MOST_FRAMES = 30, 1000


@dataclass(frozen=True, slots=True)
class TtmlClock:
    """How a file counts time.

    Attributes:
        frames: A second, as times name them.
        factor: What the real rate is of that.
        sub_frames: Of a frame.
        ticks: A second; 0 for what the frames say.
        has_frames: The file says how many frames a second has.
        is_smpte: Clock times count frames: they drift where the factor is not 1.
        drops: Two numbers of frames a minute are left out, but in each tenth.
    """

    frames: int = _FRAME_RATE
    factor: Fraction = Fraction(1)
    sub_frames: int = 1
    ticks: int = 0
    has_frames: bool = False
    is_smpte: bool = False
    drops: bool = False

    @classmethod
    def of(cls, root: Mapping[str, str]) -> TtmlClock:
        """What the attributes of the first element say, without their prefixes."""
        frames = _number(root.get("frameRate", ""))
        has_frames = 0 < frames <= _MOST_FRAMES
        parts = [_number(part) for part in re.split(r"[\s:]+", root.get("frameRateMultiplier", ""))]
        factor = Fraction(1)
        if has_frames and len(parts) == 2 and all(parts):
            factor = Fraction(parts[0], parts[1])
        return cls(
            frames=frames if has_frames else _FRAME_RATE,
            factor=factor,
            sub_frames=max(1, _number(root.get("subFrameRate", ""))),
            ticks=_number(root.get("tickRate", "")),
            has_frames=has_frames,
            is_smpte=root.get("timeBase") == "smpte",
            drops=root.get("dropMode") == "dropNTSC",
        )

    @property
    def fps(self) -> Fraction:
        """Frames a second, in fact."""
        return self.frames * self.factor

    def ms(self, text: str) -> int | None:
        """A time in milliseconds, None for what is none."""
        text = text.strip()
        if match := _CLOCK.fullmatch(text):
            hours, minutes, seconds, fraction, frames, parts = match.groups()
            whole_s = (int(hours) * 60 + int(minutes)) * 60 + int(seconds)
            part = min(int(parts or 0), self.sub_frames - 1)
            more = int(frames or 0) + Fraction(part, self.sub_frames)
            if self.is_smpte and fraction is None:
                return _possible(self._counted(whole_s, more))
            ms = whole_s * MS_PER_SECOND + int((fraction or "0").ljust(3, "0")[:3])
            return _possible(ms + more * MS_PER_SECOND / self.fps)
        if match := _OFFSET.fullmatch(text):
            value, unit = Fraction(match[1]), match[2] or "s"
            if unit == "f":
                return _possible(value * MS_PER_SECOND / self.fps)
            if unit == "t":
                return _possible(value * MS_PER_SECOND / self._tick_rate)
            return _possible(value * _UNITS_MS[unit])
        return None

    def _counted(self, whole_s: int, frames: Fraction) -> Fraction:
        """A time that counts frames."""
        minutes = whole_s // 60
        dropped = 2 * (minutes - minutes // 10) if self.drops else 0
        return (whole_s * self.frames + frames - dropped) * MS_PER_SECOND / self.fps

    @property
    def _tick_rate(self) -> Fraction:
        if self.ticks:
            return Fraction(self.ticks)
        return self.fps * self.sub_frames if self.has_frames else Fraction(1)


def _number(text: str) -> int:
    text = text.strip()
    return int(text[:12]) if text.isascii() and text.isdecimal() else 0


def _possible(ms: Fraction | int) -> int:
    return min(LONGEST_MS, round(ms))
