"""Drops the word pieces that English speech does not need from a WordPiece tokenizer."""

from __future__ import annotations

import copy
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from sentigram.data_files import read_json
from sentigram.reading import MODEL_PART

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# The vocabulary lists its whole words by falling frequency: the first ones are general English.
N_FRONT = 14_000


def pruned(
    source: Path, texts: Iterable[str], *, n_front: int = N_FRONT
) -> tuple[dict[str, Any], list[int]]:
    """Build a smaller tokenizer that reads any text, with fewer whole words.

    Kept are the special tokens, every single character (so that a dropped word falls apart
    into pieces and not into [UNK]), the first `n_front` entries, and whatever `texts` use.

    Args:
        source: A tokenizers JSON file with a WordPiece model.
        texts: Training texts; their pieces are kept.
        n_front: How many entries are kept from the front of the vocabulary.

    Returns:
        The new tokenizer as a JSON value, and the old id of each new id.
    """
    from tokenizers import Tokenizer

    spec: dict[str, Any] = read_json(source, MODEL_PART)
    spec["truncation"] = spec["padding"] = None
    tokenizer = Tokenizer.from_str(json.dumps(spec))
    used: Counter[int] = Counter()
    for encoding in tokenizer.encode_batch(list(texts), add_special_tokens=False):
        used.update(encoding.ids)
    special = {token["content"] for token in spec["added_tokens"]}
    by_id = sorted(spec["model"]["vocab"].items(), key=lambda entry: entry[1])
    kept = [
        (piece, old)
        for piece, old in by_id
        if piece in special
        or len(piece.removeprefix("##")) == 1
        or old in used
        or (old < n_front and not piece.startswith("[unused"))
    ]
    return _renumbered(spec, {piece: new for new, (piece, _) in enumerate(kept)}), [
        old for _, old in kept
    ]


def _renumbered(spec: dict[str, Any], new_ids: dict[str, int]) -> dict[str, Any]:
    spec = copy.deepcopy(spec)
    spec["model"]["vocab"] = new_ids
    for token in spec["added_tokens"]:
        token["id"] = new_ids[token["content"]]
    for name, token in spec["post_processor"]["special_tokens"].items():
        token["ids"] = [new_ids[name]]
    return spec
