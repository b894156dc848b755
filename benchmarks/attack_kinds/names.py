"""Names of files that mean something to terminals, shells, file systems and ffmpeg."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from attack_kinds.attack import EITHER, Attack

_SRT = b"1\n00:00:01,000 --> 00:00:02,500\nHello there.\n"
_NAMES = (
    ("newline", "a line break", "a\nb.srt"),
    ("terminal", "codes that colour a terminal", "a\x1b[31m\x07b.srt"),
    ("direction", "an override of direction", "a\u202etrs.exe.srt"),
    ("dash", "a dash at its beginning", "-fix.srt"),
    ("option", "the name of an option", "--help.srt"),
    ("long", "255 bytes", "é" * 125 + "a.srt"),
    ("bytes", "bytes that are no UTF-8", os.fsdecode(b"a\xff\xfe.srt")),
    ("format", "format codes", "%s%n{0}$HOME.srt"),
    ("glob", "wildcards", "[a-z]*?.srt"),
    ("tilde", "a tilde", "~root.srt"),
    ("address", "a protocol of ffmpeg", "concat:a|b.srt"),
    ("quotes", "quotes and a semicolon", "a'\";rm -rf x`id`.srt"),
    ("spaces", "spaces at its ends", "  a  .srt  .srt"),
    ("dots", "dots alone before its suffix", "....srt"),
    ("markup", "markup of rich", "[red]a[bold]b.srt"),
)


def attacks() -> Iterator[Attack]:
    """Each name, of a file that is corrected into a copy."""
    for key, what, name in _NAMES:

        def make(work: Path, _samples: Path, name: str = name) -> None:
            (work / name).write_bytes(_SRT)

        yield Attack(
            id=f"names-{key}",
            what=f"a name with {what}",
            make=make,
            argv=("check", "--fix", "--", name),
            codes=EITHER,
            is_quick=key == "newline",
        )
