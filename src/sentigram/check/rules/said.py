"""What of a line is said, and not shown to tell by whom or how."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sentigram.formats.track import Run

# Round brackets may hold an aside of the speaker.
_UNSAID = re.compile(r"^[\s\u200e\u200f]*[-‐–—]|\[[^\[\]]*\]|［[^［］]*］|【[^【】]*】")


def said(line: Sequence[Run]) -> Iterator[Run]:
    """A line without dashes, names and notes in brackets: nobody says those in a style."""
    text = "".join(run.text for run in line)
    unsaid = {at for match in _UNSAID.finditer(text) for at in range(*match.span())}
    begin = 0
    for run in line:
        rest = "".join(c for at, c in enumerate(run.text, begin) if at not in unsaid)
        begin += len(run.text)
        yield replace(run, text=rest)
