"""What a container can hold, as the ffmpeg at hand sees it: it is tried with the first packets."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sentigram.core.media import MediaInfo, StreamInfo
from sentigram.errors import MediaError
from sentigram.media.commands import PROTOCOLS, SoundPlan, file_url
from sentigram.media.ffmpeg import FFmpeg, run
from sentigram.media.muxing import HELD
from sentigram.media.probe import open_media
from sentigram.media.sound import TIMES_JUMP, UNTIMED, Faults, frames

_TRIED_NAME = "tried"
_TRIED_S = "0.5"
# What players take in an .mp4, of what its muxer allows.
_PLAYED = frozenset({"aac", "ac3", "alac", "eac3", "flac", "mp3", "opus"})


def holdable(
    ffmpeg: FFmpeg, info: MediaInfo, streams: Iterable[StreamInfo], kind: str, *, workdir: Path
) -> tuple[StreamInfo, ...]:
    """Those of some streams that can go into a container, as `mkv_argv` and `burn_argv` put them.

    Args:
        ffmpeg: The program.
        info: The file.
        streams: Of it.
        kind: ffmpeg's name of the container, `mp4` or `matroska`.
        workdir: A private folder.
    """
    return tuple(s for s in streams if _is_held(ffmpeg, info, s, kind, workdir))


def _is_held(ffmpeg: FFmpeg, info: MediaInfo, stream: StreamInfo, kind: str, workdir: Path) -> bool:
    out = workdir / _TRIED_NAME
    argv = [ffmpeg.path, "-protocol_whitelist", PROTOCOLS, "-i", file_url(info.path)]
    codec = "srt" if stream.is_text and stream.codec not in HELD else "copy"
    argv += ["-map", f"0:{stream.index}", "-c", codec, "-t", _TRIED_S, "-f", kind, file_url(out)]
    try:
        run(argv)
    except MediaError:
        return False
    finally:
        out.unlink(missing_ok=True)
    return True


def sound_plan(ffmpeg: FFmpeg, info: MediaInfo, *, workdir: Path) -> tuple[SoundPlan, str]:
    """How the sound of a file comes into an .mp4, and a line about it where it is not copied.

    Args:
        ffmpeg: The program.
        info: A file with or without sound.
        workdir: A private folder.
    """
    sound = info.audio
    if sound is None:
        return "copied", ""
    if not _is_even(info, sound):
        return "evened", (
            f"{info.path}: its sound changes its rate or channels midway; it is encoded as AAC, "
            "with one rate for all"
        )
    if sound.codec in _PLAYED and holdable(ffmpeg, info, [sound], "mp4", workdir=workdir):
        return "copied", ""
    return "encoded", (
        f"{info.path}: its sound ({sound.codec}) is encoded as AAC: an .mp4 that players take "
        "cannot hold it as it is, with this ffmpeg"
    )


def _is_even(info: MediaInfo, sound: StreamInfo) -> bool:
    """Whether rate and channels stay the same, where a format lets them change."""
    with open_media(info.path) as container:
        changes = container.format.name in UNTIMED or container.format.flags & TIMES_JUMP
        if not changes and sound.codec != "mp3":
            return True
        kinds: set[tuple[int, int]] = set()
        for frame in frames(container, sound.index, faults=Faults()):
            kinds.add((frame.sample_rate, frame.layout.nb_channels))
            if len(kinds) > 1:
                return False
    return True
