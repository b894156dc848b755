"""Reads plain text: paragraphs and sentences, without times."""

from __future__ import annotations

import re
from fractions import Fraction

from sentigram.errors import TranscriptError
from sentigram.formats.track import SpokenCue, SubtitleTrack

SUFFIXES = (".txt",)
SIGNED = False

_PARAGRAPH = re.compile(r"\n\s*\n")
# After the end of a sentence and what closes it; Chinese and Japanese put no space there.
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”’»)\]]*\s+|(?<=[。！？])(?![」』”’）])")


def recognizes(text: str) -> bool:
    """Whether a text is text."""
    return bool(text.strip())


def read(text: str, name: str, *, fps: Fraction | None = None) -> SubtitleTrack:
    """Read sentences.

    Raises:
        TranscriptError: There is no word in it.
    """
    cues = []
    for paragraph in _PARAGRAPH.split(text):
        start = 0
        for match in _SENTENCE_END.finditer(paragraph):
            cues.append(SpokenCue(0, 0, paragraph[start : match.end()].strip()))
            start = match.end()
        cues.append(SpokenCue(0, 0, paragraph[start:].strip()))
    cues = [cue for cue in cues if cue.text]
    if not cues:
        message = f"{name}: has no words in it"
        raise TranscriptError(message)
    return SubtitleTrack(name, "txt", (), tuple(cues), text=text, has_times=False)
