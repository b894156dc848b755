"""Attention weights beside the networks that do not hold them."""

from __future__ import annotations

import pytest
import torch

from sentigram.training.inside.attention import attending, attention
from tests.emotion.networks.batches import batch, network
from tests.emotion.networks.test_families import CASES, examples, made

ATTEND = {
    "fusion": 4,  # two layers, both ways
    "audio-transformer": 2,
    "audio-transformer, overlapping": 1,
    "patch-cross": 3,  # the encoder of patches, and one layer both ways
    "trimodal, one vector each": 2,
    "trimodal, sequences": 2,
    "trimodal, without faces": 1,
    "trimodal, fine-tuned": 2,
}


@pytest.mark.parametrize("name", CASES)
def test_the_weights_lead_to_what_each_layer_said(name: str):
    given, inputs = made(CASES[name]), examples(CASES[name])
    with torch.no_grad():
        alone = given(inputs)
    output, found = attention(given, inputs)
    # torch has a faster kernel for layers that nobody watches: equal but for rounding
    torch.testing.assert_close(output.logits, alone.logits, rtol=1e-12, atol=1e-12)
    assert len(found) == ATTEND.get(name, 0) == len(attending(given))
    for one in found:
        torch.testing.assert_close(one.recomputed, one.said, rtol=1e-9, atol=1e-9)
        sums = one.weights.sum(dim=-1)
        torch.testing.assert_close(sums, torch.ones_like(sums), rtol=1e-9, atol=1e-9)
        assert one.weights.min() >= 0


@pytest.mark.parametrize("variant", ["cross", "vga"])
def test_what_is_padded_is_not_looked_at(variant: str):
    given = batch(4)
    _, found = attention(network(variant=variant), given.inputs)
    assert [one.layer for one in found] == [
        f"layers.{i}.{side}" for i in (0, 1) for side in ("text_asks", "audio_asks")
    ]
    for one in found:
        outside = ~given.inputs[one.asked].mask
        assert one.weights.shape[-1] == outside.shape[1]
        hidden = one.weights.transpose(1, 3)[outside]
        assert hidden.numel()
        assert (hidden == 0).all()


def test_words_of_the_fifth_system_may_take_nothing():
    case = CASES["trimodal, one vector each"]
    _, found = attention(made(case), examples(case))
    assert {(one.asking, one.asked) for one in found} == {("text", "audio"), ("text", "visual")}
    for one in found:
        assert one.weights.shape[-1] == 2  # the one vector, and a key of zeros
        assert ((one.weights > 0) & (one.weights < 1)).all()


def test_a_network_in_training_stays_in_training():
    given = network(variant="cross").train()
    attention(given, batch(2).inputs)
    assert given.training
    assert not any(module._forward_hooks for module in given.modules())
