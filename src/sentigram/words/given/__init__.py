"""Transcripts that the user already has: found, read, and cut into words.

One module per format turns text into cues (`cues`), `words` cuts cues into words, `placing` gives
every word a time, `reading` puts them together, `finding` looks beside and inside a video.
"""

from __future__ import annotations

from sentigram.words.given.finding import GivenSource, find_given, read_given
from sentigram.words.given.reader import GivenTranscript, read_transcript

__all__ = [
    "GivenSource",
    "GivenTranscript",
    "find_given",
    "read_given",
    "read_transcript",
]
