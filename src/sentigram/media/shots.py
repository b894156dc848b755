"""Where the picture changes from one shot to the next, found with ffmpeg's scene score."""

from __future__ import annotations

import re
from pathlib import Path

from sentigram.core.media import MediaInfo
from sentigram.core.protocols import Progress, no_progress
from sentigram.core.time import ms_from_seconds
from sentigram.media.commands import PROTOCOLS, file_url, lost_start
from sentigram.media.ffmpeg import FFmpeg, find_ffmpeg, run

_SHOTS_NAME = "shots.txt"
# Score (0 … 100) from which on a frame begins a shot. ffmpeg's documentation names 8 to 14 as good
# values; hard cuts score 15 and more, pans and flickering light below 10.
_CUT_SCORE = 10
_WIDTH_PX = 320  # enough to tell pictures apart, and quick
_SHORTEST_MS = 250  # a flash makes two changes within a few frames: it is no shot
_TIME = re.compile(r"^lavfi\.scd\.time=([0-9.]+)\s*$", re.MULTILINE)


def find_shots(
    info: MediaInfo, *, workdir: Path, progress: Progress = no_progress
) -> tuple[int, ...]:
    """Find the changes of shot of a video.

    The whole picture is decoded once. Hard cuts are found to the frame; slow fades are not.

    Args:
        info: From `probe`.
        workdir: A private folder, for what ffmpeg writes.
        progress: Told the share that is done.

    Returns:
        When the first frame of each new shot is shown, in ms, ascending; empty without a picture.

    Raises:
        MediaError: The picture cannot be decoded.
        MissingError: There is no ffmpeg.
        OutputError: The disk is full.
    """
    if not info.has_video:
        return ()
    argv = shots_argv(find_ffmpeg(), info)
    run(argv, cwd=workdir, total_ms=info.duration_ms, progress=progress)
    return _read(workdir / _SHOTS_NAME)


def shots_argv(ffmpeg: FFmpeg, info: MediaInfo) -> list[str]:
    """Write the times of changes to a file of a fixed name in the folder that ffmpeg runs in.

    Args:
        ffmpeg: The program.
        info: A file with a picture.
    """
    picture = info.streams_of("video")[0]
    shift = lost_start(ffmpeg, info, picture)
    filters = (
        f"scale=w={_WIDTH_PX}:h=-2:flags=fast_bilinear",
        f"scdet=threshold={_CUT_SCORE}",
        f"metadata=mode=print:key=lavfi.scd.time:file={_SHOTS_NAME}",
    )
    return [
        *(ffmpeg.path, *(("-itsoffset", shift) if shift else ())),
        *("-protocol_whitelist", PROTOCOLS, "-i", file_url(info.path)),
        *("-map", f"0:{picture.index}", "-vf", ",".join(filters)),
        *("-f", "null", "-"),
    ]


def _read(path: Path) -> tuple[int, ...]:
    """Times that ffmpeg wrote; of two changes within _SHORTEST_MS, the first."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    found: list[int] = []
    for match in _TIME.finditer(text):
        time_ms = ms_from_seconds(float(match[1]))
        if not found or time_ms - found[-1] >= _SHORTEST_MS:
            found.append(time_ms)
    return tuple(found)
