"""What ffmpeg is told to put subtitles beside the picture and sound of a file, as tracks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sentigram.core.media import MediaInfo, StreamInfo
from sentigram.media.commands import PROTOCOLS, file_url, lost_start
from sentigram.media.ffmpeg import FFmpeg

# Subtitle codecs that Matroska holds as they are; other text becomes SubRip, other pictures go.
HELD = frozenset(
    {"ass", "ssa", "subrip", "srt", "webvtt", "hdmv_pgs_subtitle", "dvd_subtitle", "dvb_subtitle"}
)
# Matroska's language field holds three letters (ISO 639-2/B); transcripts have two.
_LANGUAGES: dict[str, str] = dict(
    re.findall(
        r"(\w+)=(\w+)",
        "af=afr ar=ara az=aze be=bel bg=bul bn=ben bs=bos ca=cat cs=cze cy=wel da=dan de=ger "
        "el=gre en=eng es=spa et=est eu=baq fa=per fi=fin fr=fre gl=glg gu=guj he=heb hi=hin "
        "hr=hrv hu=hun hy=arm id=ind is=ice it=ita ja=jpn ka=geo kk=kaz km=khm kn=kan ko=kor "
        "lo=lao lt=lit lv=lav mk=mac ml=mal mn=mon mr=mar ms=may my=bur ne=nep nl=dut no=nor "
        "pa=pan pl=pol pt=por ro=rum ru=rus si=sin sk=slo sl=slv sq=alb sr=srp sv=swe sw=swa "
        "ta=tam te=tel th=tha tl=tgl tr=tur uk=ukr ur=urd vi=vie zh=chi",
    )
)
_FONT_TYPE = "application/x-truetype-font"  # what libass-based players look for


@dataclass(frozen=True, slots=True)
class TextTrack:
    """A subtitle file in ffmpeg's working folder.

    Attributes:
        name: Its fixed name, `captions.ass`.
        title: Shown in the menu of players.
    """

    name: str
    title: str


def copied(info: MediaInfo) -> tuple[StreamInfo, ...]:
    """The streams of a file that go into Matroska, in the order that they have there."""
    texts = (s for s in info.streams_of("subtitle") if s.is_text or s.codec in HELD)
    return (*info.streams_of("video"), *info.streams_of("audio"), *texts)


def mkv_argv(
    ffmpeg: FFmpeg,
    info: MediaInfo,
    out: Path,
    *,
    tracks: Sequence[TextTrack],
    fonts: Sequence[str],
    language: str = "",
) -> list[str]:
    """Copy picture, sound, subtitles and chapters, and add text tracks with their fonts.

    The first new track is the default one. Run it in the folder of the tracks and fonts.

    Args:
        ffmpeg: The program.
        info: The media file.
        out: The .mkv to write.
        tracks: Subtitle files.
        fonts: Names of TrueType files, relative to the folder.
        language: ISO 639 code of the new tracks, "" when unknown.
    """
    shift = lost_start(ffmpeg, info, *info.streams_of("video"), *info.streams_of("audio"))
    argv = [ffmpeg.path, *(("-itsoffset", shift) if shift else ())]
    argv += ["-protocol_whitelist", PROTOCOLS, "-i", file_url(info.path)]
    for track in tracks:
        argv += ["-i", f"file:{track.name}"]
    kept = [stream for stream in copied(info) if stream.kind == "subtitle"]
    for stream in copied(info):
        argv += ["-map", f"0:{stream.index}"]
    for number in range(1, len(tracks) + 1):
        argv += ["-map", f"{number}:0"]
    argv += ["-map", "0:t?", "-c", "copy"]
    for number, stream in enumerate(kept):
        if stream.codec not in HELD:
            argv += [f"-c:s:{number}", "srt"]
        argv += [f"-disposition:s:{number}", "-default"]  # the rest of its marks stay
    for number, track in enumerate(tracks, start=len(kept)):
        argv += [f"-metadata:s:s:{number}", f"title={track.title}"]
        if language:
            argv += [f"-metadata:s:s:{number}", f"language={_LANGUAGES.get(language, language)}"]
        argv += [f"-disposition:s:{number}", "0" if number > len(kept) else "default"]
    for number, font in enumerate(fonts, start=info.n_attachments):
        argv += ["-attach", font, f"-metadata:s:t:{number}", f"mimetype={_FONT_TYPE}"]
        argv += [f"-metadata:s:t:{number}", f"filename={Path(font).name}"]
    # As when burning: a camera's place and owner are not for passing on unasked.
    return [*argv, "-map_metadata:g", "-1", "-map_chapters", "0", "-f", "matroska", file_url(out)]
