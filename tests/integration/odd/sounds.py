"""Odd recordings of one talk: what transfers, browsers, phones and broadcasts make of sound."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

from tests.media_samples import make, recorded

_ROOT = Path(__file__).resolve().parents[3]
_TALK = _ROOT / "examples" / "talk.mp4"
DATA = Path(os.environ.get("SENTIGRAM_DATA", _ROOT.parent / "shared" / "data"))
"""Real labelled speech; what needs it is not tried without it."""
_SECONDS = "12"
PAUSE_AT_MS, PAUSE_MS = 4_700, 20_000
PICTURE_S = 4
FPS, BROWSER_FPS = 25, 12.5


def talk(out: Path) -> Path:
    """The first 12 s of the talk, in whatever the name says."""
    return make(out, *_talk())


def mixed(out: Path) -> Path:
    """Rate and channels change after five seconds, as in files that were joined."""
    plain = ["-write_xing", "0", "-id3v2_version", "0"] if out.suffix == ".mp3" else []
    first = make(
        out.with_suffix(f".1{out.suffix}"), *_talk("5"), "-ar", "44100", "-ac", "1", *plain
    )
    rest = ["-ss", "5", *_talk("7"), "-ar", "48000", "-ac", "2", *plain]
    second = make(out.with_suffix(f".2{out.suffix}"), *rest)
    out.write_bytes(first.read_bytes() + second.read_bytes())
    first.unlink()
    second.unlink()
    return out


def inverted(out: Path) -> Path:
    """One channel is the other upside down."""
    return make(out, *_talk(), "-af", "pan=stereo|c0=c0|c1=-1*c0")


def second_track(out: Path) -> Path:
    """A silent first track, and the talk in the second."""
    silence = ["-f", "lavfi", "-t", _SECONDS, "-i", "anullsrc=r=48000:cl=mono"]
    return make(out, *silence, *_talk(), "-map", "0:a", "-map", "1:a", "-c:a", "aac")


def backwards(out: Path) -> Path:
    """No language at all, though it sounds like one."""
    return make(out, *_talk(), "-af", "areverse")


def long_silence(out: Path) -> Path:
    """Twenty seconds of silence after the first seven words."""
    at_s, pause_s = PAUSE_AT_MS / 1000, PAUSE_MS / 1000
    parts = (
        f"[0:a]asplit[a][b];[a]atrim=0:{at_s},apad=pad_dur={pause_s}[x];"
        f"[b]atrim={at_s},asetpts=PTS-STARTPTS[y];[x][y]concat=n=2:v=0:a=1"
    )
    return make(out, *_talk(), "-filter_complex", parts)


def short_picture(out: Path) -> Path:
    """Four seconds of picture."""
    picture = ["-f", "lavfi", "-i", f"testsrc2=s=160x90:r={FPS}:d={PICTURE_S}"]
    return make(out, *picture, *_talk(), "-map", "0:v", "-map", "1:a", *_X264, "-c:a", "aac")


def unknown_track(out: Path) -> Path:
    """A second sound whose codec ffmpeg does not know, as new phones record it."""
    maps = ["-map", "0:v", "-map", "1:a", "-map", "2:a", *_X264]
    made = make(
        *(out, *_picture(), *_talk(), *_talk()),
        *(*maps, "-c:a:0", "aac", "-c:a:1", "pcm_s16le", "-shortest"),
    )
    made.write_bytes(made.read_bytes().replace(b"sowt", b"xpac"))
    return made


def browser(out: Path) -> Path:
    """No duration, and a time base of a millisecond in place of a rate."""
    picture = recorded(
        out.with_name("picture.webm"), fps=Fraction(BROWSER_FPS), seconds=12, live=True
    )
    maps = ["-i", f"file:{picture}", *_talk(), "-map", "0:v", "-map", "1:a"]
    made = make(out, *maps, "-c:v", "copy", "-c:a", "libopus", "-live", "1")
    picture.unlink()
    return made


def hdr(out: Path) -> Path:
    """Ten bit, PQ, BT.2020."""
    x265 = "transfer=smpte2084:colorprim=bt2020:colormatrix=bt2020nc:hdr10=1:log-level=error"
    return make(
        *(out, *_picture(), *_talk(), "-map", "0:v", "-map", "1:a", "-pix_fmt", "yuv420p10le"),
        *("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", x265, "-c:a", "aac"),
        *("-colorspace", "bt2020nc", "-color_primaries", "bt2020", "-color_trc", "smpte2084"),
    )


def german(out: Path) -> Path:
    """Eight sentences of one speaker of EmoDB."""
    return _joined(out, sorted((DATA / "emodb" / "flac16k").glob("03*.flac"))[:8])


def polish(out: Path) -> Path:
    """Eight sentences of one speaker of nEMO."""
    return _joined(out, sorted((DATA / "nemo" / "opus").glob("EB0_neutral_*.opus"))[:8])


def _joined(out: Path, clips: list[Path]) -> Path:
    inputs = [part for clip in clips for part in ("-i", f"file:{clip}")]
    joined = "".join(f"[{n}:a]" for n in range(len(clips))) + f"concat=n={len(clips)}:v=0:a=1"
    return make(out, *inputs, "-filter_complex", joined, "-ar", "16000")


_X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")


def _talk(seconds: str = _SECONDS) -> list[str]:
    return ["-t", seconds, "-vn", "-i", f"file:{_TALK}"]


def _picture() -> list[str]:
    return ["-f", "lavfi", "-i", f"testsrc2=s=160x90:r={FPS}:d={_SECONDS}"]
