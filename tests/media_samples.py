"""Makes tiny real media files with ffmpeg's own generators, for tests."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import cast

import av
import numpy as np

from sentigram.media.ffmpeg import find_ffmpeg

FPS = 25
TONE_HZ = 440
_PICTURE = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
_SRT = (
    "1\n00:00:00,100 --> 00:00:00,600\nHello there.\n\n"
    "2\n00:00:00,700 --> 00:00:01,000\nGeneral Kenobi.\n\n"
)


def make(out: Path, *arguments: str) -> Path:
    """Run ffmpeg with these arguments and give back the file that it made."""
    subprocess.run(
        [_maker(), "-nostdin", "-v", "error", "-y", *arguments, f"file:{out}"],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return out


@cache
def _maker() -> str:
    """The packaged ffmpeg where it is installed, so that files are the same whatever is tested."""
    try:
        from imageio_ffmpeg import get_ffmpeg_exe

        return str(get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        return find_ffmpeg().path


def _picture(seconds: float, size: str) -> list[str]:
    return ["-f", "lavfi", "-i", f"testsrc2=s={size}:r={FPS}:d={seconds}"]


def _tone(seconds: float, hz: int = TONE_HZ) -> list[str]:
    return ["-f", "lavfi", "-i", f"sine=f={hz}:r=44100:d={seconds}"]


def video_with_tone(out: Path, *, seconds: float = 1.0, size: str = "320x180") -> Path:
    """H.264 and AAC (.mp4, .mkv, .mov by the suffix)."""
    return make(out, *_picture(seconds, size), *_tone(seconds), *_PICTURE, "-c:a", "aac")


def rotated_video(out: Path, *, degrees: int = 90) -> Path:
    """Stored 320x180 with a display matrix, as a phone held upright records."""
    plain = video_with_tone(out.with_name(f"plain-{out.name}"))
    return make(out, "-display_rotation", str(degrees), "-i", f"file:{plain}", "-c", "copy")


def anamorphic_video(out: Path) -> Path:
    """Stored 320x180 with pixels 4:3 as wide as high: shown 427x180."""
    return make(out, *_picture(1, "320x180"), *_tone(1), "-vf", "setsar=4/3", *_PICTURE)


def late_audio(out: Path, *, late_s: float = 0.5, seconds: float = 1.0) -> Path:
    """The sound starts late_s after the picture."""
    tone = ["-itsoffset", str(late_s), *_tone(seconds)]
    return make(out, *_picture(seconds, "320x180"), *tone, *_PICTURE, "-c:a", "aac")


def two_languages(out: Path) -> Path:
    """Two audio streams: 440 Hz, English; 880 Hz, German, "Kommentar", the default one."""
    return make(
        out,
        *(*_picture(1, "320x180"), *_tone(1), *_tone(1, 2 * TONE_HZ)),
        *("-map", "0:v", "-map", "1:a", "-map", "2:a", *_PICTURE, "-c:a", "aac"),
        *("-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=ger"),
        *("-metadata:s:a:1", "title=Kommentar"),
        *("-disposition:a:0", "0", "-disposition:a:1", "default"),
    )


def audio_only(out: Path, *, seconds: float = 1.0) -> Path:
    """A tone without a picture; the codec follows the suffix."""
    return make(out, *_tone(seconds))


def silent_video(out: Path) -> Path:
    """A picture without any audio stream."""
    return make(out, *_picture(1, "320x180"), *_PICTURE)


def truncated_mp4(out: Path) -> Path:
    """An MP4 that was cut off before its index."""
    whole = video_with_tone(out.with_name(f"whole-{out.name}"))
    out.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    return out


def partly_lost_mp4(out: Path, *, seconds: float = 10.0) -> Path:
    """An MP4 with its index in front whose second half is missing."""
    whole = video_with_tone(out.with_name(f"whole-{out.name}"), seconds=seconds)
    fast = make(
        out.with_name(f"fast-{out.name}"),
        *("-i", f"file:{whole}", "-c", "copy", "-movflags", "+faststart"),
    )
    out.write_bytes(fast.read_bytes()[: fast.stat().st_size // 2])
    return out


def text_named_mp4(out: Path) -> Path:
    """Prose under a video's name."""
    out.write_text("This is not a video.\n" * 50, encoding="utf-8")
    return out


def mp3_with_cover(out: Path) -> Path:
    """Music as shops sell it: a tone and a cover picture."""
    cover = make(out.with_suffix(".png"), *_picture(1, "64x64"), "-frames:v", "1")
    return make(
        out,
        *(*_tone(1), "-i", f"file:{cover}", "-map", "0:a", "-map", "1:v", "-c:v", "copy"),
        *("-id3v2_version", "3", "-disposition:v", "attached_pic"),
    )


def with_subtitles(out: Path, *, text: str = _SRT, language: str = "eng") -> Path:
    """A video with a text subtitle stream inside (.mkv: SubRip, .mp4: mov_text)."""
    srt = out.with_suffix(".source.txt")
    srt.write_text(text, encoding="utf-8")
    codec = "mov_text" if out.suffix == ".mp4" else "srt"
    sound = "aac" if out.suffix == ".mp4" else "flac"  # which begins at 0 for every ffmpeg
    made = make(
        out,
        *(*_picture(1, "320x180"), *_tone(1), "-f", "srt", "-i", f"file:{srt}"),
        *("-map", "0", "-map", "1", "-map", "2", *_PICTURE, "-c:a", sound, "-c:s", codec),
        *("-metadata:s:s:0", f"language={language}"),
    )
    srt.unlink()
    return made


def recorded(
    out: Path, *, fps: Fraction, clock: int = 1000, live: bool = False, seconds: int = 2
) -> Path:
    """A picture as browsers record it: what is written as the frame rate is a time base."""
    codec = "libvpx" if out.suffix == ".webm" else "libx264"
    options = {"live": "1"} if live else {}
    with av.open(f"file:{out}", "w", options=options) as container:
        stream = cast("av.VideoStream", container.add_stream(codec, rate=clock))
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for number in range(int(seconds * fps)):
            grey = np.full((64, 64, 3), 100 + number % 100, np.uint8)
            frame = av.VideoFrame.from_ndarray(grey, format="rgb24")
            frame.pts, frame.time_base = round(number * clock / fps), Fraction(1, clock)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out


def paused_picture(out: Path) -> Path:
    """A picture that stands still for a second of three, in which no frame is written."""
    still = "select='not(between(t,1,1.99))'"
    picture = _picture(3, "320x180")
    options = ["-vf", still, "-fps_mode", "vfr", "-c:v", "libvpx", "-deadline", "realtime"]
    return make(out, *picture, *_tone(3), *options, "-c:a", "libopus")


def short_picture(out: Path) -> Path:
    """A second of picture, and two and a half of sound."""
    return make(out, *_picture(1, "320x180"), *_tone(2.5), *_PICTURE, "-c:a", "aac")


def late_picture(out: Path) -> Path:
    """A second of picture from 0.6 s on, and two of sound."""
    picture = ["-itsoffset", "0.6", *_picture(1, "320x180")]
    return make(out, *_tone(2), *picture, *_PICTURE, "-c:a", "aac")


# Luma in 10 bit of 101.5 cd/m², half of white's light.
HDR_LUMA = {"pq": 510, "hlg": 618}


def hdr_video(out: Path, *, transfer: str = "pq") -> Path:
    """Half a second of grey of 101.5 cd/m² in BT.2020, 10 bit."""
    code, name = HDR_LUMA[transfer], {"pq": "smpte2084", "hlg": "arib-std-b67"}[transfer]
    grey = f"geq=lum={code}:cb=512:cr=512"
    said = [f"transfer={name}", "colorprim=bt2020", "colormatrix=bt2020nc", "log-level=error"]
    if transfer == "pq":
        display = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)"
        said += ["hdr10=1", f"master-display={display}", "max-cll=1000,400"]
    return make(
        out,
        *("-f", "lavfi", "-i", "color=s=320x180:r=25:d=0.5"),
        *("-vf", f"format=yuv420p10le,{grey}", "-c:v", "libx265", "-preset", "ultrafast"),
        *("-crf", "10", "-x265-params", ":".join(said), "-color_range", "tv"),
        *("-colorspace", "bt2020nc", "-color_primaries", "bt2020", "-color_trc", name),
    )


def with_unknown_sound(out: Path, *, first: bool) -> Path:
    """A second sound of a codec that nobody knows, as new phones add it; or the first is that."""
    known, unknown = (1, 0) if first else (0, 1)
    made = make(
        out,
        *(*_picture(1, "320x180"), *_tone(1), *_tone(1)),
        *("-map", "0", "-map", "1", "-map", "2", *_PICTURE),
        *(f"-c:a:{known}", "aac", f"-c:a:{unknown}", "pcm_s16le"),
    )
    made.write_bytes(made.read_bytes().replace(b"sowt", b"xpac"))
    return made


def with_cover_and_timecode(out: Path) -> Path:
    """A camera's file: picture, sound, a time code track and a cover picture."""
    cover = make(out.with_suffix(".png"), *_picture(1, "64x64"), "-frames:v", "1")
    plain = make(
        out.with_stem("plain"),
        *(*_picture(1, "320x180"), *_tone(1), *_PICTURE, "-c:a", "aac"),
        *("-timecode", "01:00:00:00"),
    )
    return make(
        out,
        *("-i", f"file:{plain}", "-i", f"file:{cover}", "-map", "0", "-map", "1:v", "-c", "copy"),
        *("-disposition:v:1", "attached_pic"),
    )
