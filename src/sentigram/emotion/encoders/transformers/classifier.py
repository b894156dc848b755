"""Emotions of words by any text classifier of the hub, read on overlapping windows of words."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files as resources
from typing import Any, Literal

import numpy as np

from sentigram.core.arrays import Floats64
from sentigram.core.document import EnginePart
from sentigram.core.protocols import Progress, no_progress
from sentigram.core.transcript import Utterance, join_words
from sentigram.emotion.encoders.batching import batches
from sentigram.emotion.encoders.compute import Compute
from sentigram.emotion.encoders.transformers import files
from sentigram.emotion.encoders.transformers.word_vectors import padded
from sentigram.errors import InputError

SEVEN = ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
WINDOW_WORDS = 12
STEP_WORDS = 4
_LONGEST = 512  # tokens
_LEAST = 1e-9  # probability, so that its logarithm is finite
_BATCH_TOKENS = {"cpu": 4096}
_BATCH_TOKENS_GPU = 65_536
_UNNAMED = re.compile(r"label_\d+", re.IGNORECASE)


class TextEmotionClassifier:
    """Reads an emotion per word: the mean over the windows that hold it, its own middle ones most.

    Args:
        model: From the store, or a name there, or a folder in the hub's format.
        compute: Where it runs and in which numbers; probabilities are float32 or better.
        classes: `ekman` groups the classifier's labels into the seven emotions of the bundled
            model; `own` leaves them as they are.

    Raises:
        MissingError: The model or transformers is not here.
        InputError: Its files are damaged, or its labels have no names or none that is known.
    """

    def __init__(
        self,
        model: files.Model,
        *,
        compute: Compute,
        classes: Literal["ekman", "own"] = "ekman",
    ) -> None:
        self._model = files.stored(model, "text classifier")
        self._tokenizer = files.load_tokenizer(self._model)
        self._network = files.load_network(
            self._model, compute, auto="AutoModelForSequenceClassification"
        )
        self._compute = compute
        config = self._network.config
        own = tuple(str(config.id2label[i]) for i in range(config.num_labels))
        self._groups = groups(own, self._model.name) if classes == "ekman" else None
        self._labels = own if self._groups is None else tuple(self._groups)
        self._is_multi_label = bool(config.problem_type == "multi_label_classification")
        self._most_tokens = files.longest_input(config, self._tokenizer, at_most=_LONGEST)

    @property
    def labels(self) -> tuple[str, ...]:
        """What its readings are of: those of the seven that it knows, or the classifier's own."""
        return self._labels

    @property
    def is_multi_label(self) -> bool:
        """Whether its own labels do not exclude each other."""
        return self._is_multi_label

    @property
    def languages(self) -> tuple[str, ...]:
        """That it reads (ISO 639-1), as the store's card says; empty when no card says it."""
        return self._model.languages

    @property
    def part(self) -> EnginePart:
        """For the Document's engine list."""
        return files.part(self._model)

    def read(
        self, utterances: Sequence[Utterance], *, progress: Progress = no_progress
    ) -> tuple[Floats64, ...]:
        """Read all utterances of a recording in few batches.

        Returns:
            Log probabilities (n_words, n_labels) of each utterance. They sum to 1 in probability,
            unless they are a multi-label classifier's own.
        """
        places = [(row, *w) for row, u in enumerate(utterances) for w in word_windows(len(u.words))]
        texts = [join_words(utterances[row].words[first:end]) for row, first, end in places]
        probabilities = self._probabilities(texts, progress)
        sums = [np.zeros((len(u.words), len(self._labels))) for u in utterances]
        weights = [np.zeros((len(u.words), 1)) for u in utterances]
        for (row, first, end), own in zip(places, probabilities, strict=True):
            weight = triangle(end - first)[:, None]
            sums[row][first:end] += weight * own
            weights[row][first:end] += weight
        return tuple(
            np.log(np.maximum(total / weight, _LEAST))
            for total, weight in zip(sums, weights, strict=True)
        )

    def _probabilities(self, texts: Sequence[str], progress: Progress) -> Floats64:
        """Of each text, (n_texts, n_labels)."""
        import torch

        out = np.zeros((len(texts), len(self._labels)))
        if not texts:
            return out
        rows = self._tokenizer(
            list(texts), truncation=True, max_length=self._most_tokens, verbose=False
        )["input_ids"]
        budget = _BATCH_TOKENS.get(self._compute.device, _BATCH_TOKENS_GPU)
        n_done = 0
        for batch in batches([len(row) for row in rows], budget=budget):
            feed = padded(
                [rows[i] for i in batch], self._tokenizer.pad_token_id or 0, self._compute.device
            )
            with torch.inference_mode():
                logits = self._network(**feed).logits.float()
                odds = logits.sigmoid() if self._is_multi_label else logits.softmax(-1)
            out[batch] = self._grouped(odds.double().cpu().numpy())
            n_done += len(batch)
            progress(n_done / len(texts))
        return out

    def _grouped(self, own: Floats64) -> Floats64:
        """Probabilities of the classifier's labels to those of `labels`: (n, n_labels).

        Labels that exclude each other are summed. Of others, a group is there if one of them at
        least is: 1 − Π(1 − p), which is how a comment with several labels was grouped in training
        data; then the groups are brought to sum 1.
        """
        if self._groups is None:
            return own
        columns = [own[:, list(members)] for members in self._groups.values()]
        if not self._is_multi_label:
            return np.stack([column.sum(axis=1) for column in columns], axis=1)
        some = np.stack([1 - np.prod(1 - column, axis=1) for column in columns], axis=1)
        some = np.maximum(some, _LEAST)
        return np.asarray(some / some.sum(axis=1, keepdims=True))


def word_windows(n_words: int) -> Iterator[tuple[int, int]]:
    """Windows of WINDOW_WORDS words every STEP_WORDS, first and end; the last one ends the text."""
    last = max(0, n_words - WINDOW_WORDS)
    for first in range(0, last + STEP_WORDS if n_words else 0, STEP_WORDS):
        yield min(first, last), min(min(first, last) + WINDOW_WORDS, n_words)


def triangle(n_words: int) -> Floats64:
    """Weights of a window's words: 1 at its ends, most in its middle, float64 (n_words,)."""
    up = np.arange(1, n_words + 1, dtype=np.float64)
    return np.minimum(up, up[::-1])


def groups(labels: Sequence[str], name: str = "the classifier") -> Mapping[str, tuple[int, ...]]:
    """Which of a classifier's labels are which of the seven emotions.

    Args:
        labels: In the classifier's order.
        name: Of the classifier, for messages.

    Returns:
        Those of SEVEN that the classifier knows, each with the numbers of its labels.

    Raises:
        InputError: A label has no name, or is none of those in `ekman.toml`.
    """
    unnamed = [label for label in labels if _UNNAMED.fullmatch(label)]
    if unnamed:
        message = (
            f"{name}: its labels have no names ({', '.join(unnamed[:3])}, …); write them into "
            "id2label of its config.json, from the model's page"
        )
        raise InputError(message)
    known = _emotions()
    found: dict[str, list[int]] = {emotion: [] for emotion in SEVEN}
    for i, label in enumerate(labels):
        emotion = known.get(label.strip().lower().replace("_", " "))
        if emotion is None:
            message = (
                f"{name}: {label!r} is none of the emotions that can be grouped; its labels must "
                f"be those of GoEmotions or {', '.join(SEVEN)}"
            )
            raise InputError(message)
        found[emotion].append(i)
    return {emotion: tuple(members) for emotion, members in found.items() if members}


@cache
def _emotions() -> Mapping[str, str]:
    """Each known label → one of the seven."""
    text = (
        resources("sentigram.emotion.encoders.transformers")
        .joinpath("ekman.toml")
        .read_text(encoding="utf-8")
    )
    tables: Mapping[str, Any] = tomllib.loads(text)
    return {
        label: emotion
        for table in tables.values()
        for emotion, names in table.items()
        for label in names
    }
