"""Reads a file of any format that can be checked into a Track."""

from __future__ import annotations

import re
from pathlib import Path

from sentigram.core import language as languages
from sentigram.errors import TranscriptError
from sentigram.formats import ttml
from sentigram.formats.subrip import read_srt, read_vtt
from sentigram.formats.substation import read_ass
from sentigram.formats.values import Track
from sentigram.words.given.reader import decode, format_of, read_bytes

FORMATS = (".srt", ".vtt", ".ass", ".ssa", ".ttml", ".dfxp", ".xml")
_NAMED = re.compile(r"\.([a-z]{2})(?:[-_][A-Za-z]{2,8})?$")
_READERS = {".srt": read_srt, ".vtt": read_vtt}


def read_track(path: Path, *, with_fonts: bool = True) -> Track:
    """Read a subtitle file: UTF-8, UTF-16 or Windows-1252.

    What a file holds counts more than its name.

    Args:
        path: SRT, WebVTT, ASS, SSA or TTML.
        with_fonts: Whether to look into the fonts inside.

    Raises:
        TranscriptError: It cannot be read; with the line where it is broken.
    """
    text = decode(read_bytes(path), str(path))
    track = track_of(text, path.suffix.lower(), str(path), with_fonts=with_fonts)
    named = _NAMED.search(path.stem)
    return track if track.language or not named else track.with_language(named[1])


def track_of(text: str, suffix: str, name: str, *, with_fonts: bool = True) -> Track:
    """Read a subtitle file from text.

    Args:
        text: As `decode` gives it.
        suffix: Of the file, with its dot.
        name: How messages call it.
        with_fonts: Whether to look into the fonts inside.

    Raises:
        TranscriptError: See `read_track`.
    """
    if ttml.looks_like(text):
        return ttml.read_ttml(text, name)
    kind = format_of(text, suffix)
    if kind in (".ass", ".ssa"):
        return read_ass(text, name, with_fonts=with_fonts)
    if kind not in _READERS:
        message = (
            f"{name}: cannot be checked; give subtitles ({', '.join(FORMATS[:5])}) "
            "or a Sentigram Document (.sentigram.json)"
        )
        raise TranscriptError(message)
    return _READERS[kind](text, name)


def spoken_language(track: Track) -> str:
    """The language that a file names, or that its text is in; "" where neither tells."""
    if track.language:
        return track.language
    return languages.detect("\n".join(text for c in track.captions for text in c.texts))
