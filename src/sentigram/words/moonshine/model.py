"""Runs the recognizer: sound to encoder states, states to tokens, each with its log probability.

The decoder file holds two graphs: one for the first step, which computes what every step needs of
the sound, and one for the steps after it. Given tokens go through the first graph all at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import numpy as np

from sentigram.assets import weights
from sentigram.core.arrays import Floats32
from sentigram.core.media import SAMPLE_RATE_HZ
from sentigram.store.shipped import read_card
from sentigram.store.threads import n_threads
from sentigram.words.moonshine.vocabulary import END, START

SHORTEST_SAMPLES = 1_600  # less sound holds no word, and its convolutions need some

_CARD = "words"
_N_LAYERS, _N_HEADS, _HEAD_WIDTH = 6, 8, 36
_HOP_SAMPLES = 384  # of sound in each encoder state
_PARTS = tuple(f"{i}.{side}.{kind}" for i in range(_N_LAYERS) for side in ("decoder", "encoder")
               for kind in ("key", "value"))  # fmt: skip
_TOKENS_PER_SECOND = 6.5  # as the model's authors limit it: nobody speaks faster
_EXTRA_TOKENS = 8
_MOST_AT_ONCE = 8

_In = TypeVar("_In")
_Out = TypeVar("_Out")


@dataclass(frozen=True, slots=True)
class Written:
    """What the decoder wrote, or how it likes a text that was given to it.

    Attributes:
        tokens: Without the start; with the end, where it came to one.
        log_probs: Natural logarithms of the tokens' probabilities, float32 (n_tokens,).
    """

    tokens: tuple[int, ...]
    log_probs: Floats32


class Moonshine:
    """Moonshine tiny English (arXiv:2410.15608).

    Its operators are too small to be shared among cores: each runs on one, and several pieces of
    sound are worked on at once (`at_once`), so that results do not depend on the machine either.
    """

    def __init__(self) -> None:
        card()  # missing or damaged weights are said now
        self._encoder = _session("words_encoder.ort")
        self._decoder = _session("words_decoder.ort")

    def encode(self, samples: Floats32) -> Floats32:
        """Encoder states of 16 kHz sound, float32 (1, n_states, 288).

        Args:
            samples: float32 (n_samples,) in [-1, 1]; seconds rather than minutes.
        """
        if len(samples) < SHORTEST_SAMPLES:
            samples = np.pad(samples, (0, SHORTEST_SAMPLES - len(samples)))
        batch = np.ascontiguousarray(samples, np.float32)[None]
        mask = np.ones(batch.shape, np.int64)
        states: Floats32
        (states,) = self._encoder.run(None, {"input_values": batch, "attention_mask": mask})
        return states

    def write(self, states: Floats32) -> Written:
        """Write down what is said: the likeliest token at each step.

        Args:
            states: From `encode`.
        """
        seconds = states.shape[1] * _HOP_SAMPLES / SAMPLE_RATE_HZ
        most = round(seconds * _TOKENS_PER_SECOND) + _EXTRA_TOKENS
        feed = _first_step(states, np.array([[START]], np.int64))
        tokens: list[int] = []
        log_probs: list[float] = []
        while len(tokens) < most:
            logits, *present = self._decoder.run(None, feed)
            logs = _log_softmax(logits[0, -1])
            token = int(logs.argmax())
            tokens.append(token)
            log_probs.append(float(logs[token]))
            if token == END:
                break
            for part, value in zip(_PARTS, present, strict=True):
                if "decoder" in part or len(tokens) == 1:  # what it knows of the sound stays
                    feed[f"past_key_values.{part}"] = value
            feed["input_ids"] = np.array([[token]], np.int64)
            feed["use_cache_branch"] = np.array([True])
        return Written(tuple(tokens), np.array(log_probs, np.float32))

    def score(self, states: Floats32, tokens: Sequence[int]) -> Written:
        """How likely a text is for the sound, each token given those before it.

        Args:
            states: From `encode`.
            tokens: Of the text; the end is added.
        """
        wanted = (*tokens, END)
        feed = _first_step(states, np.array([[START, *tokens]], np.int64))
        logits = self._decoder.run(["logits"], feed)[0][0]  # (n_tokens + 1, 32768)
        log_probs = _log_softmax(logits)[np.arange(len(wanted)), wanted]
        return Written(wanted, log_probs.astype(np.float32))


@cache
def card() -> dict[str, Any]:
    """What the shipped weights are, and the numbers that were fitted to them.

    Raises:
        MissingError: They are missing or damaged.
    """
    return read_card(_CARD)


def at_once(work: Callable[[_In], _Out], items: Iterable[_In]) -> Iterator[_Out]:
    """Do something with each item, a few at a time; results come in order."""
    with ThreadPoolExecutor(max_workers=min(_MOST_AT_ONCE, n_threads())) as pool:
        yield from pool.map(work, items)


def _session(name: str) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    path = str(weights() / name)
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def _first_step(states: Floats32, input_ids: Any) -> dict[str, Any]:
    n_states = states.shape[1]
    lengths = {"decoder": 0, "encoder": n_states}
    return {
        # One entry for each sample: the graph takes every 384th.
        "encoder_attention_mask": np.ones((1, n_states * _HOP_SAMPLES), np.int64),
        "encoder_hidden_states": states,
        "input_ids": input_ids,
        "use_cache_branch": np.array([False]),
        **{
            f"past_key_values.{part}": np.zeros(
                (1, _N_HEADS, lengths[part.split(".")[1]], _HEAD_WIDTH), np.float32
            )
            for part in _PARTS
        },
    }


def _log_softmax(logits: Floats32) -> Floats32:
    """Over the last axis."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    out: Floats32 = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return out
