"""What can be heard besides words: music, singing, laughter, applause."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from sentigram.core.text import BRACKETS, NOTES, is_sound, is_visible, one_line
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript

MUSIC, SINGING = "music", "singing"
SPEECH = "speech"
"""What a tagger calls a voice: evidence of words, and no sound that is told."""

LONGEST_LABEL = 100

SoundSource = Literal["heard", "given"]


@dataclass(frozen=True, slots=True)
class Sound:
    """A stretch in which one kind of sound is heard; those of several kinds may overlap.

    Attributes:
        label: What it is, in a word or a few, without brackets: music, laughter, door.
        span: When.
        confidence: Of whatever heard it, in [0, 1]; 1 where a transcript names it.
        source: heard by a detector, or given by a transcript, where it is one of the words too.
    """

    label: str
    span: Span
    confidence: float = 1.0
    source: SoundSource = "heard"


def given_sounds(transcript: Transcript) -> tuple[Sound, ...]:
    """The sounds that a transcript names: `[applause]` is one of its words."""
    named = ((_inner(word.text), word.span) for word in transcript.words() if is_sound(word.text))
    return tuple(Sound(label, span, source="given") for label, span in named)


def in_order(sounds: Iterable[Sound]) -> tuple[Sound, ...]:
    """By their starts, then by their labels."""
    return tuple(sorted(sounds, key=lambda sound: (sound.span, sound.label)))


def not_given(heard: Iterable[Sound], given: Sequence[Sound], *, near_ms: int) -> list[Sound]:
    """Heard sounds without those that a transcript names at about the same time, in any words."""
    return [
        sound
        for sound in heard
        if not any(
            sound.span.start_ms - near_ms < other.span.end_ms
            and other.span.start_ms - near_ms < sound.span.end_ms
            for other in given
        )
    ]


def _inner(text: str) -> str:
    """`[door slams]` without its brackets; a note by itself is music."""
    inner = text.strip("".join(NOTES) + "#* ").rstrip(".,;:!?…")
    inner = one_line(inner.strip("".join(BRACKETS) + "".join(BRACKETS.values()))).strip()
    label = inner[:LONGEST_LABEL]
    return label if is_visible(label) else MUSIC
