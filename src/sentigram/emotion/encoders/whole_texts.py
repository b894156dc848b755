"""Encoders that read a text as a whole: their tokens are of the sentence, not of its words."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.core.document import EnginePart
from sentigram.core.protocols import Progress, TextFeatures, no_progress
from sentigram.core.transcript import Utterance
from sentigram.emotion.encoders.text_form import TextForm
from sentigram.emotion.encoders.tokens import EncoderInfo


class WholeTexts(ABC):
    """Tokens of whole texts; every word of a sentence is read from all of them.

    Args:
        form: How texts are given to it at work; in training they come in it already.
    """

    def __init__(self, form: TextForm) -> None:
        self.form = form
        self.n_read, self.n_cut = 0, 0

    @property
    @abstractmethod
    def info(self) -> EncoderInfo:
        """What checkpoints that are trained on it remember of it."""

    @property
    @abstractmethod
    def part(self) -> EnginePart:
        """For the Document's engine list."""

    @abstractmethod
    def encode_texts(self, texts: Sequence[str]) -> list[Floats32]:
        """Tokens of each text, float32 (n ≥ 1, width); counts those that are cut."""

    def encode_whole(self, utterances: Sequence[Utterance]) -> list[Floats32]:
        """Tokens of each utterance as training has them, float32 (n ≥ 1, width)."""
        return self.encode_texts([self.form.of(u.text, u.speaker) for u in utterances])

    def encode(
        self, utterances: Sequence[Utterance], *, progress: Progress = no_progress
    ) -> tuple[TextFeatures, ...]:
        """One entry per utterance: the sentence's first vector, given to every word of it."""
        found = []
        for utterance, tokens in zip(utterances, self.encode_whole(utterances), strict=True):
            n = len(utterance.words)
            found.append(TextFeatures(np.repeat(tokens[:1], n, axis=0), np.ones(n, np.int64)))
        progress(1.0)
        return tuple(found)

    @property
    def remark(self) -> str:
        """How many of the texts that were read were longer than is read of them, "" for none."""
        if not self.n_cut:
            return ""
        return (
            f"{self.info.name}: {self.n_cut} of {self.n_read} texts are longer than "
            f"{self.form.longest} word pieces, and their ends were cut off; +longest=N reads more"
        )
