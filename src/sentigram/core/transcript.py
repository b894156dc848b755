"""What was said, when, and by whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sentigram.core.prosody import Prosody
from sentigram.core.text import is_sound
from sentigram.core.time import Span

Source = Literal["heard", "given"]
Timing = Literal["aligned", "estimated"]


@dataclass(frozen=True, slots=True)
class Word:
    """One word as it is shown, with its punctuation, without the spaces around it.

    Attributes:
        text: Verbatim, never empty, no line breaks.
        span: When it is said.
        confidence: Of the recognizer, in [0, 1]; 1 for a given transcript.
        source: heard by a recognizer, or given by the user.
        timing: aligned to the sound, or estimated from its length.
        joined: Follows the word before it without a space (Chinese, Japanese, Thai).
        prosody: How it is said; None where that was not measured.
    """

    text: str
    span: Span
    confidence: float = 1.0
    source: Source = "heard"
    timing: Timing = "aligned"
    joined: bool = False
    prosody: Prosody | None = None


@dataclass(frozen=True, slots=True)
class Utterance:
    """A sentence or a stretch of speech between pauses, by one speaker.

    Attributes:
        id: Unique in its transcript: u1, u2, …
        span: From the first word's start to the last word's end.
        words: In order, not empty.
        speaker: Label of the speaker, "" when unknown.
    """

    id: str
    span: Span
    words: tuple[Word, ...]
    speaker: str = ""

    @property
    def text(self) -> str:
        """The words with the spaces between them."""
        return join_words(self.words)

    @property
    def is_sound(self) -> bool:
        """Whether nothing of it is said: it is `[door slams]`, or several such sounds."""
        return all(is_sound(word.text) for word in self.words)


@dataclass(frozen=True, slots=True)
class Transcript:
    """All utterances of a recording, in order of time.

    Attributes:
        language: ISO 639-1 code, "" when unknown.
        utterances: In order; empty when nothing is said.
    """

    language: str
    utterances: tuple[Utterance, ...]

    def words(self) -> Iterator[Word]:
        """All words in order."""
        for utterance in self.utterances:
            yield from utterance.words


def join_words(words: tuple[Word, ...]) -> str:
    """Write words as running text."""
    return "".join(
        word.text if i == 0 or word.joined else f" {word.text}" for i, word in enumerate(words)
    )
