"""Transcripts that the user already has: found, read, and cut into words with times."""

from __future__ import annotations

from sentigram.words.given.finding import (
    GivenSource,
    beside,
    find_given,
    read_given,
    read_track,
)
from sentigram.words.given.word_times import GivenTranscript, read_transcript, transcript_of

__all__ = [
    "GivenSource",
    "GivenTranscript",
    "beside",
    "find_given",
    "read_given",
    "read_track",
    "read_transcript",
    "transcript_of",
]
