"""Word vectors of any BERT-family model: the tokens of running text, averaged over each word."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sentigram.core.arrays import Floats32, Ints64
from sentigram.core.document import EnginePart
from sentigram.core.protocols import Progress, TextFeatures, no_progress
from sentigram.core.transcript import Utterance, Word
from sentigram.emotion.encoders.batching import batches, windows
from sentigram.emotion.encoders.compute import Compute
from sentigram.emotion.encoders.tokens import EncoderInfo
from sentigram.emotion.encoders.transformers import files
from sentigram.errors import InputError, UsageError

DEFAULT_MODEL = "bert-base-uncased"
PREFIX = "bert"  # of the names of its features
_LONGEST = 512  # tokens of a window; attention cost grows with its square
_CONTEXT_SHARE = 4  # neighbours on each side of a kept token: this part of a window
_BATCH_TOKENS = {"cpu": 4096}  # padding included; bounds memory, not results
_BATCH_TOKENS_GPU = 65_536


@dataclass(frozen=True, slots=True, eq=False)
class WordTokens:
    """The tokens of an utterance, and which of them are of which word.

    Attributes:
        ids: Of the tokens, without those that begin and end every input.
        tokens: int64 (n_pairs,), numbers of tokens.
        words: int64 (n_pairs,), numbers of the words that they are of. A token that covers
            several words (where no spaces are written) is of each; every word has one at least.
    """

    ids: list[int]
    tokens: Ints64
    words: Ints64

    def means(self, vectors: Floats32, n_words: int) -> TextFeatures:
        """Average each word's tokens: (n_tokens, width) to (n_words, width)."""
        counts = np.bincount(self.words, minlength=n_words).astype(np.int64)
        sums = np.zeros((n_words, vectors.shape[1]), np.float32)
        np.add.at(sums, self.words, vectors[self.tokens])
        return TextFeatures(np.asarray(sums / counts[:, None], np.float32), counts)


class TransformerTextEncoder:
    """Turns words into contextual vectors; the same words give the same vectors in any batch.

    Args:
        model: From the store, or a name there, or a folder in the hub's format.
        compute: Where it runs and in which numbers; vectors are float32 either way.
        layer: Whose output is taken: -1 for the last, 0 for what goes into the first block.

    Raises:
        MissingError: The model or transformers is not here.
        InputError: Its files are damaged, or its tokenizer keeps no offsets.
        UsageError: It has no such layer.
    """

    def __init__(
        self, model: files.Model = DEFAULT_MODEL, *, compute: Compute, layer: int = -1
    ) -> None:
        self._model = files.stored(model, "text encoder")
        self._name = model if isinstance(model, str) else model.name
        self._tokenizer = files.load_tokenizer(self._model)
        self._network = files.load_network(self._model, compute)
        self._compute = compute
        self._layer = check_layer(self._network.config, layer, self._model.name)
        self._before, self._after = special_tokens(self._tokenizer)
        room = files.longest_input(self._network.config, self._tokenizer, at_most=_LONGEST)
        self._room = room - len(self._before) - len(self._after)
        if self._room < 1:
            message = f"{self._model.folder}: reads {room} tokens at once, which is too few"
            raise InputError(message)

    @property
    def info(self) -> EncoderInfo:
        """What checkpoints that are trained on its vectors remember of it."""
        return EncoderInfo(
            f"{PREFIX}:{self._name}",
            "text",
            int(self._network.config.hidden_size),
            f"{self._model.name}, {layer_words(self._layer)}, means over words",
            self.part.sha256,
        )

    @property
    def part(self) -> EnginePart:
        """For the Document's engine list."""
        return files.part(self._model)

    def encode(
        self, utterances: Sequence[Utterance], *, progress: Progress = no_progress
    ) -> tuple[TextFeatures, ...]:
        """Encode all utterances of a recording in few batches.

        Returns:
            One entry per utterance, in order: vectors float32 (n_words, width), and how many
            tokens each is the mean of.

        Raises:
            InputError: Nothing of a word can be read, and the model has no unknown token.
        """
        read = self._read(utterances)
        vectors = self._encode_tokens([r.ids for r in read], progress)
        return tuple(
            r.means(v, len(utterance.words))
            for r, v, utterance in zip(read, vectors, utterances, strict=True)
        )

    def _read(self, utterances: Sequence[Utterance]) -> list[WordTokens]:
        if not utterances:
            return []
        encoded = self._tokenizer(
            [utterance.text for utterance in utterances],
            add_special_tokens=False,
            truncation=False,
            return_offsets_mapping=True,
            verbose=False,
        )
        unknown = self._tokenizer.unk_token_id
        return [
            words_of_tokens(ids, offsets, word_places(utterance.words), unknown)
            for utterance, ids, offsets in zip(
                utterances, encoded["input_ids"], encoded["offset_mapping"], strict=True
            )
        ]

    def _encode_tokens(self, tokens: Sequence[list[int]], progress: Progress) -> list[Floats32]:
        """Contextual vectors (n_tokens, width) of each token list, however long."""
        found = [
            (row, window)
            for row, ids in enumerate(tokens)
            for window in windows(
                len(ids), room=self._room, context=(self._room - 1) // _CONTEXT_SHARE
            )
        ]
        width = self._network.config.hidden_size
        out = [np.zeros((len(ids), width), np.float32) for ids in tokens]
        n_special = len(self._before) + len(self._after)
        budget = _BATCH_TOKENS.get(self._compute.device, _BATCH_TOKENS_GPU)
        n_done = 0
        for numbers in batches([len(window) + n_special for _, window in found], budget=budget):
            batch = [found[i] for i in numbers]
            rows = [
                [*self._before, *tokens[row][window.start : window.end], *self._after]
                for row, window in batch
            ]
            hidden = self._run(rows)
            for (row, window), vectors in zip(batch, hidden, strict=True):
                own = vectors[len(self._before) :]
                out[row][window.keep_start : window.keep_end] = own[window.kept]
            n_done += len(batch)
            progress(n_done / len(found))
        return out

    def _run(self, rows: Sequence[list[int]]) -> Floats32:
        """Run padded rows of ids: float32 (batch, tokens, width)."""
        import torch

        feed = padded(rows, self._tokenizer.pad_token_id or 0, self._compute.device)
        with torch.inference_mode():
            out = self._network(**feed, output_hidden_states=self._layer != -1)
            chosen = out.last_hidden_state if self._layer == -1 else out.hidden_states[self._layer]
        hidden: Floats32 = chosen.float().cpu().numpy()
        return hidden


def word_places(words: Sequence[Word]) -> list[tuple[int, int]]:
    """Where in an utterance's text each word begins and ends, in characters."""
    places = []
    at = 0
    for i, word in enumerate(words):
        at += 0 if i == 0 or word.joined else 1  # the space before it
        places.append((at, at + len(word.text)))
        at += len(word.text)
    return places


def words_of_tokens(
    ids: Sequence[int],
    offsets: Sequence[tuple[int, int]],
    places: Sequence[tuple[int, int]],
    unknown: int | None,
) -> WordTokens:
    """Give each token to the words that it covers, and an unknown token to words without any.

    Args:
        ids: Of the tokens of the text.
        offsets: Where in the text each begins and ends, in characters; both alike for a token
            that stands for a space, which is of the word after it.
        places: Where each word begins and ends, in order.
        unknown: Id of the unknown token, None where the model has none.

    Raises:
        InputError: A word has no token, and there is no unknown token.
    """
    starts = [start for start, _ in places]
    own: list[list[int]] = [[] for _ in places]
    for token, (start, end) in enumerate(offsets):
        word = max(0, bisect_right(starts, start) - 1)
        while word < len(places) and places[word][0] < max(end, start + 1):
            if start < places[word][1]:
                own[word].append(token)
            word += 1
    out = list(ids)
    n_added = 0
    next_token = [*(min(tokens, default=None) for tokens in own), len(ids)]
    for word in range(len(places) - 1, -1, -1):  # from the end, where it is before what follows
        if next_token[word] is None:
            next_token[word] = next_token[word + 1]
    tokens_of, words_of = [], []
    for word, tokens in enumerate(own):
        if tokens:
            tokens_of += [token + n_added for token in tokens]
            words_of += [word] * len(tokens)
            continue
        if unknown is None:
            message = f"word {word + 1} of a sentence: the model reads nothing of it"
            raise InputError(message)
        place = int(next_token[word] or 0) + n_added
        out.insert(place, unknown)
        tokens_of.append(place)
        words_of.append(word)
        n_added += 1
    return WordTokens(out, np.array(tokens_of, np.int64), np.array(words_of, np.int64))


def special_tokens(tokenizer: Any) -> tuple[list[int], list[int]]:
    """What a tokenizer puts before and after every text.

    Raises:
        InputError: It changes the text's own tokens besides.
    """
    text = "a"
    whole = tokenizer(text, add_special_tokens=True, verbose=False)["input_ids"]
    own = tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
    for at in range(len(whole) - len(own) + 1):
        if whole[at : at + len(own)] == own:
            return whole[:at], whole[at + len(own) :]
    message = (
        "the model's tokenizer does not put its special tokens around the text; choose another"
    )
    raise InputError(message)


def padded(rows: Sequence[list[int]], pad: int, device: str) -> dict[str, Any]:
    """Rows of ids as tensors (batch, tokens), with the mask of what is no padding."""
    import torch

    ids = np.full((len(rows), max(map(len, rows))), pad, np.int64)
    mask = np.zeros_like(ids)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = row
        mask[i, : len(row)] = 1
    return {
        "input_ids": torch.from_numpy(ids).to(device),
        "attention_mask": torch.from_numpy(mask).to(device),
    }


def check_layer(config: Any, layer: int, name: str) -> int:
    """Make sure that a network has a layer.

    Raises:
        UsageError: It does not.
    """
    n = int(config.num_hidden_layers)
    if not -n - 1 <= layer <= n:
        message = f"layer {layer}: {name} has layers 0 to {n}, or -1 for the last"
        raise UsageError(message)
    return -1 if layer == n else layer if layer in (-1, 0) or layer > 0 else n + 1 + layer


def layer_words(layer: int) -> str:
    """A layer's name in an encoder's id."""
    return "last layer" if layer == -1 else f"layer {layer}"
