from __future__ import annotations

import json

import numpy as np
from tokenizers import Tokenizer

from sentigram.training.shipped.text import batches
from sentigram.training.shipped.text.data import TextExample, soft_target
from tests.emotion.encoders.text_weights import tokenizer_spec


def example(text: str, weight: float = 1.0) -> TextExample:
    return TextExample(
        text, soft_target(("fear",)), weight, vad=np.array([0.1, 0.2, 0.3], np.float32)
    )


def test_pooling_leaves_out_padding_and_special_tokens() -> None:
    rng = np.random.default_rng(0)
    ids = [[2, 9, 9, 9, 9, 9, 3], [2, 8, 3], [2, 3]]
    for _ in range(50):
        batch = batches.collate([example("")] * 3, ids, rng)
        assert batch.whole.tolist() == [[0, 1, 1, 1, 1, 1, 0], [0, 1] + [0] * 5, [1, 1] + [0] * 5]
        part = batch.part.numpy()
        assert (part <= batch.whole.numpy()).all()
        assert part[0].sum() in {4, 5}
        assert np.diff(np.flatnonzero(part[0])).tolist() == [1] * (int(part[0].sum()) - 1)
        assert batch.mask.sum(dim=1).tolist() == [7, 3, 2]


def test_long_texts_keep_their_end_mark() -> None:
    batch = batches.collate([example("")], [[2, *[9] * 300, 3]], np.random.default_rng(0))
    assert batch.ids.shape == (1, batches.MAX_TOKENS)
    assert batch.ids[0, -1] == 3


def test_an_epoch_sees_every_full_weight_text_once() -> None:
    tokenizer = Tokenizer.from_str(json.dumps(tokenizer_spec()))
    pool = [example("so " * n) for n in range(1, 30)]
    pool += [example("a b", 0.3) for _ in range(200)]
    drawn = list(
        batches.epoch(
            pool,
            tokenizer,
            batch_size=8,
            augmentation=batches.Augmentation(xed_share=0.25),
            rng=np.random.default_rng(1),
        )
    )
    weights = np.concatenate([batch.weight.numpy() for batch in drawn])
    assert (weights == 1).sum() == 29
    assert 25 <= (weights < 1).sum() <= 75
