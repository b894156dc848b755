"""Whether voices that were told apart are read against levels of their own.

A voice is read against its speaker's own level, which helps where people were told apart rightly.
One person whose moods were taken for two people would lose what tells the moods apart; then each
voice is hardly more like itself than like the other, and all are read against one level.
"""

from __future__ import annotations

from dataclasses import replace

from sentigram.core.document import FoundSpeakers
from sentigram.core.transcript import Transcript

LEAST_CONFIDENCE = 0.25  # of every voice in itself: docs/accuracy.md, "Over time"


def has_own_levels(found: FoundSpeakers) -> bool:
    """Whether the number of people was given, or each voice is surely its own."""
    sure = all(one.confidence >= LEAST_CONFIDENCE for one in found.people)
    return found.is_number_given or sure


def for_voices(transcript: Transcript, found: FoundSpeakers | None) -> Transcript:
    """What the model reads: without names that are not sure enough.

    Args:
        transcript: With the names that were found or given.
        found: How they were found; None where they were given, or nobody was told apart.
    """
    if found is None or has_own_levels(found):
        return transcript
    utterances = tuple(replace(one, speaker="") for one in transcript.utterances)
    return replace(transcript, utterances=utterances)
