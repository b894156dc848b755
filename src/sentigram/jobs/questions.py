"""Questions of taste: a stretch of one's own talk in two looks, drawn as videos are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from sentigram.core.document import Document
from sentigram.core.media import MediaInfo, VideoOptions
from sentigram.core.protocols import SilentReporter
from sentigram.core.time import Span
from sentigram.errors import InputError
from sentigram.files import work_folder, write_text
from sentigram.jobs.draw import draw
from sentigram.style.look import Look
from sentigram.style.taste import (
    Agreement,
    Choice,
    agreement_of,
    in_words,
    layer_of,
    next_pair,
    taste_of,
)
from sentigram.style.taste import Look as Point
from sentigram.style.theme.theme import load

LONGEST_MS: Final = 5000
_N_STRETCHES = 4
_ENOUGH_WORDS = 6  # fewer show little of a look
_WIDTH_PX = 640
_NAME = "mine"


class Questions:
    """What one person is asked, and what the answers came to.

    Args:
        document: The talk.
        media: Its video or sound.
        look: What the looks are made of, and what the taste will lie over.
        seed: Of the questions.

    Raises:
        InputError: The talk has no words.
        UsageError: There is no such culture, age or profile.
    """

    def __init__(self, document: Document, media: MediaInfo, look: Look, *, seed: int = 0) -> None:
        self._document, self._media, self._look = document, media, look
        self._base = load(culture=look.culture, age=look.age, profiles=look.worn)
        self._rng = np.random.default_rng(seed)
        self._stretches = stretches_of(document)
        self.choices: list[Choice] = []
        self.n_asked = 0
        self.pair: tuple[Point, Point] = next_pair((), self._rng)

    @property
    def stretch(self) -> Span:
        """Of the talk, that both looks of the present question show."""
        return self._stretches[self.n_asked % len(self._stretches)]

    @property
    def said(self) -> str:
        """The words of that stretch."""
        words = self._document.transcript.words()
        return " ".join(word.text for word in words if word.span.overlap_ms(self.stretch))

    @property
    def agreement(self) -> Agreement:
        """How far the model foretells answers that it did not see."""
        return agreement_of(self.choices)

    def answer(self, chosen: int | None) -> None:
        """Take an answer, and ask the next question.

        Args:
            chosen: 0 for the first look, 1 for the second, None where neither is better: nothing is
                learnt from that.
        """
        if chosen is not None:
            self.choices.append(Choice(self.pair[chosen], self.pair[1 - chosen]))
        self.n_asked += 1
        self.pair = next_pair(self.choices, self._rng)

    def draw(self, side: int, out: Path) -> None:
        """Draw one look of the present question as an animated WebP, without sound.

        Raises:
            MissingError: This ffmpeg cannot.
            MediaError: It could not read the media.
        """
        with work_folder() as work:
            theme = work / f"{_NAME}.toml"
            text = layer_of(self.pair[side], self._base, name=_NAME)
            theme.write_text(text, encoding="utf-8")
            draw(
                self._document,
                self._media,
                {"webp": out},
                SilentReporter(),
                look=replace(self._look, theme=theme),
                video=VideoOptions(clip_width=_WIDTH_PX),
                preview=self.stretch,
            )

    def told(self) -> tuple[str, ...]:
        """What the answers came to, in words: what changes, and how much that is worth."""
        changes = ", ".join(in_words(taste_of(self.choices)))
        return (changes or "nothing differs from the base", self.agreement.told)

    def write(self, path: Path, *, overwrite: bool) -> None:
        """Write the taste as a theme file.

        Raises:
            OutputError: It is there already and may not be replaced, or cannot be written.
        """
        about = (
            f"The taste of one person, from {len(self.choices)} choices between two looks.",
            *self.told(),
            f"It lies over: {self._base.name}",
        )
        text = layer_of(taste_of(self.choices), self._base, name=path.stem[:40], about=about)
        write_text(path, text, overwrite=overwrite)


def stretches_of(document: Document) -> tuple[Span, ...]:
    """The stretches to look at: sentences, or their beginnings, that show the most feeling.

    Raises:
        InputError: The talk has no words.
    """
    labels = document.track.labels
    readings = iter(document.track.readings)
    found: list[tuple[float, Span]] = []
    for utterance in document.transcript.utterances:
        strengths = [next(readings).shown_intensity(labels) for _ in utterance.words]
        if not strengths:
            continue
        first = utterance.words[0].span.start_ms
        words = [word for word in utterance.words if word.span.end_ms - first <= LONGEST_MS]
        end_ms = words[-1].span.end_ms if words else utterance.words[0].span.end_ms
        feeling = sum(strengths) / len(strengths) * min(1.0, len(words) / _ENOUGH_WORDS)
        found.append((feeling, Span(first, end_ms)))
    if not found:
        message = f"{document.media.name}: has no words: there is nothing to look at"
        raise InputError(message)
    found.sort(key=lambda one: (-one[0], one[1].start_ms))
    return tuple(span for _, span in found[:_N_STRETCHES])
