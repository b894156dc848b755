"""Whole texts for models of the BERT family: numbers of word pieces, and vectors of them.

All begin with the model's class token and end with its last special token; a text that is longer
than is read keeps its beginning, as transformers cuts it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.core.document import EnginePart
from sentigram.emotion.encoders.batching import batches
from sentigram.emotion.encoders.compute import Compute
from sentigram.emotion.encoders.text_form import PLAIN, TextForm
from sentigram.emotion.encoders.tokens import EncoderInfo
from sentigram.emotion.encoders.transformers import files
from sentigram.emotion.encoders.transformers.word_vectors import padded, special_tokens
from sentigram.emotion.encoders.whole_texts import WholeTexts
from sentigram.errors import InputError
from sentigram.store.installed import StoredModel, find

_BATCH_TOKENS = {"cpu": 4096}  # padding included; bounds memory, not results
_BATCH_TOKENS_GPU = 65_536


class WordPieces(WholeTexts):
    """Numbers of a text's word pieces, float32 (n ≥ 2, 1), special ones included.

    Only the tokenizer is read: a model that is fine-tuned on them comes with its own weights.

    Args:
        model: A name in the store, or a folder in the hub's format.
        compute: Not used: nothing is computed.
        form: Of the texts, and how much of each is read.

    Raises:
        MissingError: The model or transformers is not here.
        InputError: Its tokenizer is damaged, or begins texts with nothing.
    """

    def __init__(self, model: str, *, compute: Compute, form: TextForm = PLAIN) -> None:
        del compute
        super().__init__(form)
        self._name, self._model = model, find(model, "text encoder")
        self._rows = _Rows(self._model, form.longest)

    @property
    def info(self) -> EncoderInfo:
        """The tokenizer's name, size and digest."""
        what = f"{self._model.name}, numbers of {self._rows.n_pieces} word pieces"
        name = f"wordpieces{self.form.suffix}:{self._name}"
        return EncoderInfo(
            name, "text", 1, f"{what}, at most {self.form.longest}", self.part.sha256, numbers="ids"
        )

    @property
    def part(self) -> EnginePart:
        """For the Document's engine list."""
        model = self._model
        return EnginePart("tokenizer", model.name, model.revision, self._rows.sha256)

    def encode_texts(self, texts: Sequence[str]) -> list[Floats32]:
        """Numbers of each text's pieces."""
        rows, n_cut = self._rows.of(texts)
        self.n_read, self.n_cut = self.n_read + len(texts), self.n_cut + n_cut
        return [np.asarray(row, np.float32)[:, None] for row in rows]


class PieceVectors(WholeTexts):
    """What a model makes of each word piece of a text, float32 (n ≥ 2, width).

    Args:
        model: A name in the store, or a folder in the hub's format.
        compute: Where it runs and in which numbers; vectors are float32 either way.
        form: Of the texts, and how much of each is read.

    Raises:
        MissingError: The model or transformers is not here.
        InputError: Its files are damaged, or it reads fewer tokens at once.
    """

    prefix = "bert-pieces"
    what = "every piece"
    kept = slice(None)
    """Which of a text's vectors are kept."""

    def __init__(self, model: str, *, compute: Compute, form: TextForm = PLAIN) -> None:
        super().__init__(form)
        self._name, self._model = model, files.stored(model, "text encoder")
        self._rows = _Rows(self._model, form.longest)
        self._network = files.load_network(self._model, compute)
        self._compute = compute
        room = files.longest_input(self._network.config, self._rows.tokenizer, at_most=10**6)
        if room < form.longest:
            message = (
                f"{self._model.folder}: reads {room} tokens at once; write "
                f"{self.prefix}{replace(form, longest=room).suffix}:{model}"
            )
            raise InputError(message)

    @property
    def info(self) -> EncoderInfo:
        """The model's name and digest."""
        return EncoderInfo(
            f"{self.prefix}{self.form.suffix}:{self._name}",
            "text",
            int(self._network.config.hidden_size),
            f"{self._model.name}, last layer, {self.what} of at most {self.form.longest}",
            self.part.sha256,
        )

    @property
    def part(self) -> EnginePart:
        """For the Document's engine list."""
        return files.part(self._model)

    def encode_texts(self, texts: Sequence[str]) -> list[Floats32]:
        """The vectors of each text that are kept."""
        import torch

        rows, n_cut = self._rows.of(texts)
        self.n_read, self.n_cut = self.n_read + len(texts), self.n_cut + n_cut
        vectors: list[Floats32] = [np.empty((0, 0), np.float32)] * len(rows)
        budget = _BATCH_TOKENS.get(self._compute.device, _BATCH_TOKENS_GPU)
        pad = self._rows.tokenizer.pad_token_id or 0
        for numbers in batches([len(row) for row in rows], budget=budget):
            feed = padded([rows[i] for i in numbers], pad, self._compute.device)
            with torch.inference_mode():
                found = self._network(**feed).last_hidden_state[:, self.kept].float().cpu().numpy()
            for i, own in zip(numbers, found, strict=True):
                vectors[i] = own[: len(rows[i])]  # without what is padded
        return vectors


class ClassVectors(PieceVectors):
    """What a model makes of each text at its class token, float32 (1, width)."""

    prefix = "bert-cls"
    what = "first piece"
    kept = slice(1)


class _Rows:
    """Texts as numbers of word pieces."""

    def __init__(self, model: StoredModel, longest: int) -> None:
        self.tokenizer = files.load_tokenizer(model)
        self._before, self._after = special_tokens(self.tokenizer)
        self._longest = longest
        if not self._before:
            message = (
                f"{model.folder}: its tokenizer puts no class token before a text; choose another"
            )
            raise InputError(message)

    @property
    def n_pieces(self) -> int:
        """Of the vocabulary."""
        return len(self.tokenizer)

    @property
    def sha256(self) -> str:
        """Digest of all that decides which numbers a text has."""
        own: dict[str, Any] = json.loads(self.tokenizer.backend_tokenizer.to_str())
        # how texts are cut and padded is decided here
        told = {key: own[key] for key in own if key not in ("truncation", "padding", "version")}
        return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()

    def of(self, texts: Sequence[str]) -> tuple[list[list[int]], int]:
        """Each text's pieces between the special ones, and how many texts were cut."""
        if not texts:
            return [], 0
        own = self.tokenizer(
            list(texts), add_special_tokens=False, truncation=False, verbose=False
        )["input_ids"]
        room = self._longest - len(self._before) - len(self._after)
        rows = [[*self._before, *ids[:room], *self._after] for ids in own]
        return rows, sum(len(ids) > room for ids in own)
