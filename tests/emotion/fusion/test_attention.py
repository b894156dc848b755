"""Guided cross-attention against the equation written out in loops."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sentigram.emotion.fusion.attention import CrossAttention, CrossLayer, vad_affinity


@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(1, 6))
def test_affinity_is_minus_the_distance(seed, n_queries, n_keys):
    draws = torch.Generator().manual_seed(seed)
    queries = torch.randn((2, n_queries, 3), generator=draws)
    keys = torch.randn((2, n_keys, 3), generator=draws)
    keys[:, 0] = queries[:, 0]
    found = vad_affinity(queries, keys)
    expected = -torch.cdist(queries.double(), keys.double())
    assert torch.allclose(found.double(), expected, atol=2e-6)
    assert (found <= 0).all()
    assert torch.equal(found.transpose(1, 2), vad_affinity(keys, queries))


def test_affinity_has_the_gradient_of_the_distance_and_none_at_zero():
    queries = torch.tensor([[[0.0, 0.0, 0.0], [3.0, 0.0, 4.0]]], requires_grad=True)
    keys = torch.zeros((1, 1, 3))
    vad_affinity(queries, keys).sum().backward()
    assert torch.equal(queries.grad[0, 0], torch.zeros(3))
    assert torch.allclose(queries.grad[0, 1], torch.tensor([-0.6, 0.0, -0.8]))


def slow(attention: CrossAttention, asking, asked, mask, bias):
    """softmax(QKᵀ/√d + bias) V, one head and one query at a time."""
    hidden = asking.shape[-1]
    width = hidden // attention.n_heads
    query, key, value = attention.query(asking), attention.key(asked), attention.value(asked)
    found = torch.zeros_like(query)
    for b in range(len(asking)):
        for i in range(asking.shape[1]):
            for head in range(attention.n_heads):
                part = slice(head * width, (head + 1) * width)
                logits = {
                    j: float(query[b, i, part] @ key[b, j, part]) / math.sqrt(width)
                    + float(bias[b, i, j])
                    for j in range(asked.shape[1])
                    if mask[b, j]
                }
                total = sum(math.exp(x) for x in logits.values())
                for j, x in logits.items():
                    found[b, i, part] += math.exp(x) / total * value[b, j, part]
    return attention.out(found)


@pytest.mark.parametrize("vad_lambda", [0.0, 0.1, 3.0])
def test_a_layer_is_the_equation(vad_lambda):
    torch.manual_seed(0)
    layer = CrossLayer(12, 3, dropout=0.0, vad_lambda=vad_lambda).eval()
    text, audio = torch.randn(2, 4, 12), torch.randn(2, 5, 12)
    text_mask = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]]).bool()
    audio_mask = torch.tensor([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]]).bool()
    with torch.no_grad():
        new_text, new_audio = layer(text, text_mask, audio, audio_mask)
        words, frames = layer.text_norm(text), layer.audio_norm(audio)
        bias = torch.zeros(2, 4, 5)
        if vad_lambda:
            ours, theirs = layer.text_vad(words).tanh(), layer.audio_vad(frames).tanh()
            bias = -vad_lambda * torch.cdist(ours, theirs)
        expected = text + slow(layer.text_asks, words, frames, audio_mask, bias)
        expected = expected + layer.text_asks.feed_forward(expected)
        assert torch.allclose(new_text, expected, atol=1e-5)
        expected = audio + slow(layer.audio_asks, frames, words, text_mask, bias.transpose(1, 2))
        expected = expected + layer.audio_asks.feed_forward(expected)
        assert torch.allclose(new_audio, expected, atol=1e-5)
