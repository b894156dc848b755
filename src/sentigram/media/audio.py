"""Decodes sound to one memory-mapped 16 kHz mono file."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.core.media import SAMPLE_RATE_HZ, Audio, MediaInfo, StreamInfo
from sentigram.core.protocols import Progress, no_progress
from sentigram.core.time import MS_PER_SECOND, format_clock, ms_from_samples
from sentigram.errors import MediaError, OutputError
from sentigram.media.downmix import Downmix
from sentigram.media.probe import no_sound, open_media
from sentigram.media.sound import Faults, SoundBlock, blocks, last_packet
from sentigram.reading import size_text

RAW_NAME = "audio.f32le"

_FULL = (errno.ENOSPC, errno.EDQUOT)
_BYTES_PER_SAMPLE = 4
_BLOCK_SAMPLES = 1 << 20
_RELEASED_SHARE = 0.02
# How far the decoded length may be from the stated one without a word.
_OFF_MS, _OFF_SHARE = 1000, 0.02
_BAD_SHARE = 0.01  # of the packets; a single one is often bad where files were joined
_GAP_MS = 1000  # shorter ones are filled without a word
# Loudest speech below it is made louder: recognizers and voice detectors expect normal levels.
_QUIET = 10 ** (-36 / 20)
_LOUD = 0.5  # what its loudest becomes
_HOPELESS = 10 ** (-72 / 20)  # steps of 16-bit samples are at -90 dB: nothing is left of speech


def _ignore(text: str, /) -> None:
    """Warn nobody."""


def decode(
    info: MediaInfo,
    *,
    workdir: Path,
    warn: Callable[[str], None] = _ignore,
    progress: Progress = no_progress,
) -> Audio:
    """Decode an audio stream.

    Three hours are 691 MB on disk, of which only what is looked at is in memory.

    Args:
        info: From `probe`; its `audio` is decoded.
        workdir: Folder for the raw samples; must outlive the Audio.
        warn: Told when the file is damaged and only a part of it could be decoded, and when the
            sound is not what it seems.
        progress: Told the share that is done.

    Returns:
        The samples from the start of the presentation, at least one.

    Raises:
        MediaError: There is no sound, or nothing in it can be decoded.
        OutputError: The disk is full, or has too little room for so much sound.
    """
    stream = info.audio
    if stream is None:
        raise no_sound(info.path)
    _check_space(info, workdir)
    raw, faults, mixer = workdir / RAW_NAME, Faults(), Downmix()
    with _kept(raw), raw.open("wb") as file:
        written = _write(info, stream, _Track(raw, file), faults, mixer, progress)
    if written.n_samples == 0:
        why = faults.ended or ("its packets are damaged" if faults.n_bad else "")
        message = f"{info.path}: its sound cannot be decoded" + (
            f" ({why})" if why else "; the audio stream is empty"
        )
        raise MediaError(message)
    for warning in _warnings(info, stream, written, faults, mixer):
        warn(warning)
    _make_audible(info, raw, written, warn)
    samples = np.memmap(raw, dtype="<f4", mode="r", shape=(written.n_samples,))
    progress(1.0)
    duration_ms = ms_from_samples(written.n_samples, SAMPLE_RATE_HZ)
    return Audio(samples=samples, speech_start_ms=min(info.audio_start_ms, duration_ms))


def _check_space(info: MediaInfo, workdir: Path) -> None:
    """Find out before the work whether the decoded sound has room.

    Raises:
        OutputError: It has not.
    """
    needed = info.duration_ms * SAMPLE_RATE_HZ // MS_PER_SECOND * _BYTES_PER_SAMPLE
    free = shutil.disk_usage(workdir).free
    if needed > free:
        message = (
            f"{info.path}: {format_clock(info.duration_ms)} of decoded sound take "
            f"{size_text(needed)} in {workdir}, where {size_text(free)} are free; free some space, "
            "or set TMPDIR to a folder with more room"
        )
        raise OutputError(message) from OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@dataclass(slots=True)
class _Track:
    """The raw file as it grows.

    Attributes:
        path: Where it lies.
        file: Opened for writing.
        n_samples: How long it is.
        gaps: Where silence of more than _GAP_MS was filled in: start and length in samples.
        peak: The largest sample.
    """

    path: Path
    file: IO[bytes]
    n_samples: int = 0
    gaps: list[tuple[int, int]] = field(default_factory=list)
    peak: float = 0.0

    def place(self, start: int, samples: Floats32) -> None:
        """Write samples at their time: what lacks before is silence, what overlaps is dropped."""
        if start > self.n_samples:
            length = start - self.n_samples
            if self.n_samples and ms_from_samples(length, SAMPLE_RATE_HZ) >= _GAP_MS:
                self.gaps.append((self.n_samples, length))
            self.file.seek(length * _BYTES_PER_SAMPLE, os.SEEK_CUR)  # reads as zeros
            self.n_samples = start
        self._append(samples[self.n_samples - start :])

    def _append(self, samples: Floats32) -> None:
        if len(samples):
            sane = np.clip(samples, -1, 1)  # float sources may exceed it
            self.peak = max(self.peak, float(np.abs(sane).max()))
            with _kept(self.path):
                self.file.write(sane.astype("<f4", copy=False).tobytes())
            self.n_samples += len(samples)


def _write(
    info: MediaInfo,
    stream: StreamInfo,
    track: _Track,
    faults: Faults,
    mixer: Downmix,
    progress: Progress,
) -> _Track:
    with open_media(info.path) as container:
        for block in blocks(container, stream.index, faults=faults):
            track.place(block.start, _mixed(block, mixer))
            done_ms = ms_from_samples(track.n_samples, SAMPLE_RATE_HZ)
            progress(min(1.0, done_ms / max(1, info.duration_ms)))
    return track


@contextmanager
def _kept(raw: Path) -> Iterator[None]:
    """Errors of writing are those of the disk, not of the media."""
    try:
        yield
    except OSError as error:
        why = "the disk is full" if error.errno in _FULL else error.strerror or str(error)
        message = (
            f"{raw.parent}: the decoded sound cannot be kept: {why}; free some space, "
            "or set TMPDIR to a folder with more room"
        )
        raise OutputError(message) from error


def _mixed(block: SoundBlock, mixer: Downmix) -> Floats32:
    return mixer.mix(block.samples, block.channels)


def _warnings(
    info: MediaInfo, stream: StreamInfo, track: _Track, faults: Faults, mixer: Downmix
) -> list[str]:
    """What is to be said about the sound, a line each."""
    duration_ms = ms_from_samples(track.n_samples, SAMPLE_RATE_HZ)
    found = [_off_length(info, stream, duration_ms, faults)]
    if faults.n_jumps and not info.times_jump:
        found.append(
            f"{info.path}: its times jump, {faults.n_jumps} times; what follows is heard as if it "
            "followed on"
        )
    if track.gaps:
        lost_ms = sum(ms_from_samples(length, SAMPLE_RATE_HZ) for _, length in track.gaps)
        first_ms = ms_from_samples(track.gaps[0][0], SAMPLE_RATE_HZ)
        found.append(
            f"{info.path}: parts of its sound are missing, {lost_ms / MS_PER_SECOND:.1f} s in "
            f"{len(track.gaps)} places, the first at {format_clock(first_ms)}; they are silent, "
            "and what follows keeps its time"
        )
    cancelled_ms = ms_from_samples(mixer.n_cancelled, SAMPLE_RATE_HZ)
    if cancelled_ms:
        found.append(
            f"{info.path}: its channels cancel each other when they are mixed (one is the other "
            f"inverted), for {cancelled_ms / MS_PER_SECOND:.1f} s; there, one channel is heard "
            f"alone: {', '.join(mixer.names)}"
        )
    return [warning for warning in found if warning]


def _off_length(info: MediaInfo, stream: StreamInfo, duration_ms: int, faults: Faults) -> str:
    """A warning where the decoded length is not the stated one, or parts are damaged, else ""."""
    stated_ms = _stated_ms(info, stream, duration_ms)
    damaged = faults.ended or (
        f"{faults.n_bad} of {faults.n_packets} packets cannot be decoded"
        if faults.n_bad > _BAD_SHARE * faults.n_packets
        else ""
    )
    missing_ms = 0 if stated_ms is None else stated_ms - duration_ms
    if faults.ended or (_is_off(missing_ms, stated_ms) and not faults.n_jumps):
        of_all = f" of {format_clock(stated_ms)}" if stated_ms else ""
        why = f" ({damaged})" if damaged else ""
        return (
            f"{info.path}: is damaged; only the first {format_clock(duration_ms)}{of_all} of its "
            f"sound could be decoded{why}"
        )
    if _is_off(-missing_ms, stated_ms):
        return (
            f"{info.path}: states {format_clock(stated_ms or 0)} of sound, but holds "
            f"{format_clock(duration_ms)}; all of it is heard, and times are those of the sound"
        )
    if damaged:
        return f"{info.path}: is damaged; {damaged}; they are silent"
    return ""


def _stated_ms(info: MediaInfo, stream: StreamInfo, duration_ms: int) -> int | None:
    """How long the sound is to be: by its own header, or by the file's if that is cut off."""
    if stream.end_ms is not None or not _is_off(info.duration_ms - duration_ms, info.duration_ms):
        return stream.end_ms
    with open_media(info.path) as container:
        last_ms = round(last_packet(container) * MS_PER_SECOND)
    return info.duration_ms if _is_off(info.duration_ms - last_ms, info.duration_ms) else None


def _is_off(missing_ms: int, stated_ms: int | None) -> bool:
    return missing_ms > max(_OFF_MS, _OFF_SHARE * (stated_ms or 0))


def _make_audible(info: MediaInfo, raw: Path, track: _Track, warn: Callable[[str], None]) -> None:
    """Make very quiet sound louder in place, and say it; say too when there is none."""
    if track.peak < _HOPELESS:
        is_choice = len(info.streams_of("audio")) > 1
        choose = "; choose another stream with `audio_stream N`" if is_choice else ""
        warn(f"{info.path}: the sound that is heard is silent throughout{choose}")
        return
    if track.peak >= _QUIET:
        return
    gain = _LOUD / track.peak
    with _kept(raw), raw.open("r+b") as file:
        while True:
            start = file.tell()
            block = np.fromfile(file, dtype="<f4", count=_BLOCK_SAMPLES)
            if not len(block):
                break
            file.seek(start)
            file.write((block * np.float32(gain)).tobytes())
            file.seek(start + block.nbytes)
    warn(
        f"{info.path}: its sound is very quiet (at most {20 * np.log10(track.peak):.0f} dB); it is "
        f"heard {20 * np.log10(gain):.0f} dB louder"
    )


def releasing(audio: Audio, progress: Progress) -> Progress:
    """Give memory back while a stage reads through a long recording.

    Pages of a mapped file count as the process's memory until they are given back, and three hours
    are 691 MB of them; whatever is read again comes from the system's file cache. Networks ask for
    arrays of ever other sizes, and the C library keeps what they leave until it is told to trim.

    Args:
        audio: From `decode`.
        progress: Told what the returned callback is told.
    """
    mapped = audio.samples.base
    if not isinstance(mapped, mmap.mmap) or not hasattr(mmap, "MADV_DONTNEED"):
        return progress
    released = 0.0

    trim = _trim()

    def tell(share: float) -> None:
        nonlocal released
        progress(share)
        if share >= 1 or share - released >= _RELEASED_SHARE:
            released = share
            mapped.madvise(mmap.MADV_DONTNEED)
            trim()

    return tell


def _trim() -> Callable[[], object]:
    """Gives freed memory back to the system, where the C library can."""
    try:
        found = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # not glibc
        return lambda: None
    return lambda: found(0)
