"""The bundled text encoder: a fine-tuned MiniLM in ONNX, one vector per word.

Words are tokenised one by one. BERT's pre-tokenizer never joins what a space separates, so this
yields the tokens of the running text, and which token belongs to which word is known exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sentigram import assets
from sentigram.core.arrays import Floats32, Ints64
from sentigram.core.document import EnginePart
from sentigram.core.protocols import Progress, TextFeatures, no_progress
from sentigram.emotion.encoders.batching import TokenWindow, batches, windows
from sentigram.emotion.encoders.tokens import EncoderInfo
from sentigram.store.shipped import read_card
from sentigram.store.threads import thread_limit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tokenizers import Tokenizer

    from sentigram.core.transcript import Utterance

NAME = "text"
CARD = f"{NAME}.card.json"
ENCODER = "text.onnx"
TOKENIZER = "text_tokenizer.json"
HEADS = "text_heads.safetensors"

MAX_TOKENS = 256  # of one window, [CLS] and [SEP] included
_CONTEXT_TOKENS = 64  # neighbouring windows share twice this many
_BATCH_TOKENS = 4096  # padding included; bounds memory, not results


@dataclass(frozen=True, slots=True, eq=False)
class TextHeads:
    """Linear heads over a weighted mean of token (or word) vectors.

    `probs = softmax((W v + b) / temperature)` and `vad = clip(V v + c, -1, 1)`, where `v` is any
    mean of vectors with non-negative weights: of all tokens for a sentence, around a word for
    that word.

    Attributes:
        weight: W, float32 (n_labels, 384).
        bias: b, float32 (n_labels,).
        vad_weight: V, float32 (3, 384).
        vad_bias: c, float32 (3,).
        temperature: Fitted on held-out text, so that the probabilities are calibrated.
        log_prior: float32 (n_labels,), of the labels in training: a Bayes join divides by it.
        vad_mean, vad_std: float32 (3,), of the training ratings: what is usual, and how far
            sentences spread around it.
    """

    weight: Floats32
    bias: Floats32
    vad_weight: Floats32
    vad_bias: Floats32
    temperature: float
    log_prior: Floats32
    vad_mean: Floats32
    vad_std: Floats32

    def logits(self, vectors: Floats32) -> Floats32:
        """Calibrated log-odds (…, n_labels) of vectors (…, 384)."""
        scores: Floats32 = (vectors @ self.weight.T + self.bias) / self.temperature
        return scores.astype(np.float32)

    def probs(self, vectors: Floats32) -> Floats32:
        """Label probabilities (…, n_labels) of vectors (…, 384)."""
        scores = self.logits(vectors)
        odds = np.exp(scores - scores.max(axis=-1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=-1, keepdims=True), np.float32)

    def vad(self, vectors: Floats32) -> Floats32:
        """Valence, arousal, dominance (…, 3) in [-1, 1] of vectors (…, 384)."""
        return np.asarray(np.clip(vectors @ self.vad_weight.T + self.vad_bias, -1, 1), np.float32)


def load_heads(folder: Path | None = None) -> TextHeads:
    """Load the heads that belong to the encoder.

    Args:
        folder: Of the weights; the package's own by default.

    Raises:
        MissingError: A file is absent or damaged.
    """
    from safetensors.numpy import load_file

    folder = folder or assets.weights()
    read_card(NAME, folder=folder)
    tensors = load_file(folder / HEADS)
    return TextHeads(
        weight=tensors["classification.weight"],
        bias=tensors["classification.bias"],
        vad_weight=tensors["vad.weight"],
        vad_bias=tensors["vad.bias"],
        temperature=float(tensors["temperature"][0]),
        log_prior=tensors["log_prior"],
        vad_mean=tensors["vad_mean"],
        vad_std=tensors["vad_std"],
    )


def token_mean(features: TextFeatures) -> Floats32:
    """Restore the mean over all tokens of an utterance from its words: (384,)."""
    weights = features.n_tokens / features.n_tokens.sum()
    return np.asarray(weights @ features.vectors, np.float32)


class MiniLmEncoder:
    """Turns words into contextual vectors; the same words give the same vectors in any batch.

    Args:
        folder: Of the weights; the package's own by default.
        n_threads: Threads of onnxruntime.

    Raises:
        MissingError: A weight file is absent or damaged.
    """

    def __init__(self, folder: Path | None = None, *, n_threads: int = 1) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        folder = folder or assets.weights()
        card = read_card(NAME, folder=folder)
        self._part = EnginePart(
            role="text encoder",
            id=card["name"],
            version=card["version"],
            sha256=card["files"][ENCODER]["sha256"],
        )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = n_threads or thread_limit()
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(folder / ENCODER), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer: Tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        vocabulary = self._tokenizer.get_vocab()
        self._cls, self._sep, self._unk = (vocabulary[name] for name in ("[CLS]", "[SEP]", "[UNK]"))

    @property
    def part(self) -> EnginePart:
        """What goes into the Document's engine list."""
        return self._part

    @property
    def info(self) -> EncoderInfo:
        """What checkpoints that are trained on its vectors remember of it."""
        part, width = self._part, self._session.get_outputs()[0].shape[2]
        return EncoderInfo("minilm", "text", width, f"{part.id} {part.version}", part.sha256)

    def encode(
        self, utterances: Sequence[Utterance], *, progress: Progress = no_progress
    ) -> tuple[TextFeatures, ...]:
        """Encode all utterances of a recording in few batches.

        Returns:
            One entry per utterance, in order: vectors float32 (n_words, 384), n_tokens (n_words,).
        """
        words = [self._word_tokens([word.text for word in u.words]) for u in utterances]
        tokens = [[token for word in utterance for token in word] for utterance in words]
        vectors = self._encode_tokens(tokens, progress)
        return tuple(
            _word_means(v, np.array([len(word) for word in utterance], np.int64))
            for v, utterance in zip(vectors, words, strict=True)
        )

    def _word_tokens(self, words: Sequence[str]) -> list[list[int]]:
        """Token ids of each word; a word of which nothing can be read is one unknown token."""
        encodings = self._tokenizer.encode_batch(list(words), add_special_tokens=False)
        return [encoding.ids or [self._unk] for encoding in encodings]

    def _encode_tokens(self, tokens: Sequence[list[int]], progress: Progress) -> list[Floats32]:
        """Contextual vectors (n_tokens, 384) of each token list, however long."""
        found = [(row, window) for row, ids in enumerate(tokens) for window in _windows(len(ids))]
        width = self._session.get_outputs()[0].shape[2]
        out = [np.zeros((len(ids), width), np.float32) for ids in tokens]
        n_done = 0
        for numbers in batches([len(window) + 2 for _, window in found], budget=_BATCH_TOKENS):
            batch = [found[i] for i in numbers]
            rows = [
                [self._cls, *tokens[row][window.start : window.end], self._sep]
                for row, window in batch
            ]
            hidden = self._run(rows)
            for (row, window), vectors in zip(batch, hidden, strict=True):
                own = vectors[1:]  # after [CLS]
                out[row][window.keep_start : window.keep_end] = own[window.kept]
            n_done += len(batch)
            progress(n_done / len(found))
        return out

    def _run(self, rows: Sequence[list[int]]) -> Floats32:
        """Run padded rows of ids: (batch, tokens, 384)."""
        ids = np.zeros((len(rows), max(map(len, rows))), np.int64)
        mask = np.zeros_like(ids)
        for i, row in enumerate(rows):
            ids[i, : len(row)] = row
            mask[i, : len(row)] = 1
        feed = {"input_ids": ids, "attention_mask": mask}
        hidden: Floats32 = self._session.run(None, feed)[0]
        return hidden


def _windows(n_tokens: int) -> Iterator[TokenWindow]:
    return windows(n_tokens, room=MAX_TOKENS - 2, context=_CONTEXT_TOKENS)


def _word_means(vectors: Floats32, n_tokens: Ints64) -> TextFeatures:
    """Average each word's tokens: (n_tokens, 384) → (n_words, 384)."""
    if not len(n_tokens):
        return TextFeatures(np.zeros((0, vectors.shape[1]), np.float32), n_tokens)
    starts = np.concatenate([[0], np.cumsum(n_tokens)[:-1]])
    sums = np.add.reduceat(vectors, starts, axis=0)
    return TextFeatures(np.asarray(sums / n_tokens[:, None], np.float32), n_tokens)
