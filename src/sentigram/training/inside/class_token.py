"""Where the class token of a fine-tuned model of the BERT family looks, block after block.

Its kernels never hold the weights. The same model reads the same pieces once more by transformers'
plain attention, which tells them; what the network says is not touched.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sentigram.emotion.encoders.named import family
from sentigram.emotion.encoders.transformers import files
from sentigram.emotion.networks.inputs import Inputs, Sequences
from sentigram.emotion.networks.language.pieces import LanguageModel
from sentigram.errors import SentigramError
from sentigram.store.installed import find
from sentigram.training.inside.heatmaps import Axis, Heatmap

if TYPE_CHECKING:
    from torch import Tensor, nn

    from sentigram.emotion.networks.network import Network

_TOLD = "eager"  # transformers' name of the attention that tells its weights
_SHOWN = 5e-3  # of the weight: less is not told of


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """What the class tokens of a batch asked.

    Attributes:
        weights: (batch, blocks, heads, n): of the class token that answers; 0 where nothing is
            read, each row sums to 1.
        ids: (batch, n): the pieces.
        recomputed: (batch, width): the class token's vector by plain attention.
        said: The same, by the model itself; equal but for rounding.
    """

    weights: Tensor
    ids: Tensor
    recomputed: Tensor
    said: Tensor


def language_of(network: nn.Module) -> LanguageModel | None:
    """The model of the BERT family that learnt with a network, None where there is none."""
    return next((part for part in network.modules() if isinstance(part, LanguageModel)), None)


def class_tokens(language: LanguageModel, given: Sequences) -> Looked:
    """What the class tokens of texts ask of their pieces.

    Args:
        language: In evaluation mode.
        given: Texts in word pieces.
    """
    import torch

    ids, read, place = language.pieces(given)
    rows = torch.arange(len(ids), device=ids.device)
    feed = {"input_ids": ids, "attention_mask": read.long()}
    with torch.no_grad():
        said = language.model(**feed).last_hidden_state[rows, place]
        with _plain_attention(language.model):
            found = language.model(**feed, output_attentions=True)
    weights = torch.stack([block[rows, :, place] for block in found.attentions], dim=1)
    return Looked(weights, ids, found.last_hidden_state[rows, place], said)


def class_token_heatmap(network: Network, inputs: Inputs, features: str) -> Heatmap | None:
    """A row for each block, a column for each word piece; the mean over heads.

    What was said before in the dialogue is not drawn; its share of the weight is told.

    Args:
        network: In evaluation mode.
        inputs: Of one example.
        features: Name of the features of words, which says whose pieces they are.

    Returns:
        None where no such model is in the network, or the example has no words.
    """
    language = language_of(network)
    given = inputs.get("text")
    if language is None or given is None or not given.mask.any():
        return None
    looked = class_tokens(language, given)
    weights = looked.weights[0].double().mean(dim=1).numpy()  # (blocks, n)
    own = given.marked & given.mask
    # the last pieces are read where there are more than the model has places
    n = min(int(given.mask.sum()), weights.shape[1])
    shown = np.flatnonzero(own[0, : int(given.mask.sum())].numpy()[-n:])
    drawn = weights[:, shown]
    elsewhere = float(1 - drawn.sum(axis=1).mean())
    labels, title = _names(looked.ids[0].tolist(), shown.tolist(), features)
    blocks = tuple(f"block {number + 1}" for number in range(len(drawn)))
    return Heatmap(
        layer="every block",
        title="class token asking word pieces",
        weights=drawn,
        rows=Axis("block, from the first", blocks, np.eye(len(drawn)), is_time=False),
        columns=Axis(title, labels, np.eye(len(shown)), is_time=False),
        elsewhere=elsewhere if elsewhere > _SHOWN else 0.0,
    )


def _names(ids: list[int], shown: list[int], features: str) -> tuple[tuple[str, ...], str]:
    """Pieces as they are written, where their model is on this machine; else by their numbers."""
    found = family(features)
    try:
        if found is not None:
            tokenizer = files.load_tokenizer(find(found[1], "text encoder"))
            pieces = tokenizer.convert_ids_to_tokens([ids[i] for i in shown])
            return tuple(map(str, pieces)), "word pieces"
    except SentigramError:
        pass  # the checkpoint reads without it; only the names are missing
    numbers = tuple(f"piece {ids[i]}" for i in shown)
    return numbers, "word pieces by number; their model is not on this machine"


@contextmanager
def _plain_attention(model: Any) -> Iterator[None]:
    before = model.config._attn_implementation  # noqa: SLF001  (transformers has no other name)
    model.set_attn_implementation(_TOLD)
    try:
        yield
    finally:
        model.set_attn_implementation(before)
