"""Decodes sound to one memory-mapped 16 kHz mono file."""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Callable
from pathlib import Path

import numpy as np

from sentigram.core.media import SAMPLE_RATE_HZ, Audio, MediaInfo
from sentigram.core.protocols import Progress, no_progress
from sentigram.core.time import MS_PER_MINUTE, format_clock, ms_from_samples
from sentigram.errors import MediaError, OutputError
from sentigram.media.commands import decode_argv
from sentigram.media.ffmpeg import find_ffmpeg, run
from sentigram.media.probe import no_sound

RAW_NAME = "audio.f32le"

_BYTES_PER_SAMPLE = 4
_BLOCK_SAMPLES = 1 << 20
# Lengths in headers are estimates for some formats; far beyond them, a timestamp is broken.
_LONGEST_FACTOR = 3
_LONGEST_EXTRA_MS = 10 * MS_PER_MINUTE
_RELEASED_SHARE = 0.02
_MISSING_SHARE = 0.02
_MISSING_MS = 1000


def _ignore(text: str, /) -> None:
    """Warn nobody."""


def decode(
    info: MediaInfo,
    *,
    workdir: Path,
    warn: Callable[[str], None] = _ignore,
    progress: Progress = no_progress,
) -> Audio:
    """Decode an audio stream with one run of ffmpeg.

    Three hours are 691 MB on disk, of which only what is looked at is in memory.

    Args:
        info: From `probe`; its `audio` is decoded.
        workdir: Folder for the raw samples; must outlive the Audio.
        warn: Told when the file is damaged and only a part of it could be decoded.
        progress: Told the share that is done.

    Returns:
        The samples from the start of the presentation, at least one.

    Raises:
        MediaError: There is no sound, or nothing in it can be decoded.
        OutputError: The disk is full.
        MissingError: There is no ffmpeg.
    """
    stream = info.audio
    if stream is None:
        raise no_sound(info.path)
    raw = workdir / RAW_NAME
    longest_ms = _LONGEST_FACTOR * info.duration_ms + _LONGEST_EXTRA_MS
    argv = decode_argv(find_ffmpeg(), info, stream, raw, longest_ms=longest_ms)
    failed = ""
    try:
        run(argv, total_ms=info.duration_ms, progress=progress)
    except MediaError as error:
        failed = str(error)
    n_samples = raw.stat().st_size // _BYTES_PER_SAMPLE if raw.exists() else 0
    if n_samples == 0:
        message = f"{info.path}: its sound cannot be decoded" + (
            f" ({failed})" if failed else "; the audio stream is empty"
        )
        raise MediaError(message)
    _make_sane(raw)
    duration_ms = ms_from_samples(n_samples, SAMPLE_RATE_HZ)
    stated_ms = stream.end_ms
    missing_ms = 0 if stated_ms is None else stated_ms - duration_ms
    if failed or missing_ms > max(_MISSING_MS, _MISSING_SHARE * (stated_ms or 0)):
        of_all = f" of {format_clock(stated_ms)}" if stated_ms else ""
        warn(
            f"{info.path}: is damaged; only the first {format_clock(duration_ms)}{of_all} of its "
            "sound could be decoded" + (f" ({failed})" if failed else "")
        )
    samples = np.memmap(raw, dtype="<f4", mode="r", shape=(n_samples,))
    return Audio(samples=samples, speech_start_ms=min(info.audio_start_ms, duration_ms))


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


def _make_sane(raw: Path) -> None:
    """Bring the samples into [-1, 1] in place, block by block; what is not a number is silence.

    Float sources may exceed 1, and damaged ones hold anything.
    """
    try:
        with raw.open("r+b") as file:
            while True:
                start = file.tell()
                block = np.fromfile(file, dtype="<f4", count=_BLOCK_SAMPLES)
                if not len(block):
                    return
                with np.errstate(invalid="ignore"):
                    sane = bool(np.abs(block).max() <= 1)  # false for NaN too
                if not sane:
                    np.nan_to_num(block, copy=False, nan=0.0, posinf=1.0, neginf=-1.0)
                    file.seek(start)
                    file.write(np.clip(block, -1, 1, out=block).tobytes())
                    file.seek(start + block.nbytes)
    except OSError as error:
        message = f"{raw.parent}: the decoded sound cannot be kept ({error.strerror})"
        raise OutputError(message) from error
