"""Where class tokens of fine-tuned models look: told by plain attention, equal to what is said."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from sentigram.emotion.encoders.tokens import Kind
from sentigram.emotion.encoders.transformers import architecture as of_model
from sentigram.emotion.networks.inputs import Sequences
from sentigram.emotion.networks.language.bert import Bert
from sentigram.emotion.networks.language.config import BertConfig, LanguageModelConfig
from sentigram.training.inside.class_token import (
    class_token_heatmap,
    class_tokens,
    language_of,
)
from tests.emotion.encoders.tiny_models import write_text_model
from tests.emotion.networks.language.test_fine_tuned import architecture


def bert(kind: str = "bert") -> Bert:
    torch.manual_seed(0)
    language = LanguageModelConfig(architecture=architecture(kind))
    return Bert(BertConfig(language=language), 3).eval()


def texts(*lengths: int, marked_from: int = 0) -> dict[Kind, Sequences]:
    """Random pieces; those before a place were said before."""
    mask = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    draws = torch.Generator().manual_seed(1)
    values = torch.randint(1, 50, (*mask.shape, 1), generator=draws).float()
    marked = mask & (torch.arange(max(lengths)) >= marked_from)
    return {"text": Sequences(values, mask, marked)}


@pytest.mark.parametrize("kind", of_model.MODEL_TYPES)
def test_plain_attention_leads_to_what_the_model_says(kind: str):
    network = bert(kind)
    language = language_of(network)
    assert language is not None
    before = language.model.config._attn_implementation
    given = texts(9, 4, marked_from=2)
    own = network(given).logits
    looked = class_tokens(language, given["text"])
    torch.testing.assert_close(looked.recomputed, looked.said, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(looked.said, language(given["text"]).values[:, 0])
    assert looked.weights.shape == (2, 3, 2, 9)
    torch.testing.assert_close(looked.weights.sum(dim=-1), torch.ones(2, 3, 2))
    assert looked.weights[1, ..., 4:].abs().max() == 0
    assert language.model.config._attn_implementation == before
    torch.testing.assert_close(network(given).logits, own, rtol=0, atol=0)


def test_weights_of_the_first_block_by_definition():
    network = bert()
    model = network.language.model
    given = texts(7)
    looked = class_tokens(network.language, given["text"])
    with torch.no_grad():
        hidden = model.embeddings(given["text"].values[..., 0].long())
        asks = model.encoder.layer[0].attention.self
        query, key = (
            part(hidden).unflatten(-1, (2, 8)).transpose(1, 2) for part in (asks.query, asks.key)
        )
        by_hand = (query[:, :, :1] @ key.transpose(2, 3) / 8**0.5).softmax(dim=-1)[:, :, 0]
    torch.testing.assert_close(looked.weights[:, 0], by_hand, rtol=1e-5, atol=1e-6)


def test_a_heatmap_names_pieces_where_their_model_is_here(tmp_path: Path):
    network = bert()
    write_text_model(tmp_path / "model")
    found = class_token_heatmap(network, texts(6, marked_from=2), f"wordpieces:{tmp_path}/model")
    assert found is not None
    assert found.weights.shape == (3, 4)  # the two that were said before are told of, not drawn
    assert found.elsewhere == pytest.approx(1 - found.weights.sum(axis=1).mean())
    assert found.columns.title == "word pieces"
    assert not any(label.startswith("piece ") for label in found.columns.labels)
    assert "block 1 " in found.in_words
    shutil.rmtree(tmp_path / "model")
    nameless = class_token_heatmap(network, texts(6), f"wordpieces:{tmp_path}/model")
    assert nameless is not None
    assert "by number; their model is not on this machine" in nameless.columns.title
    np.testing.assert_allclose(nameless.weights.sum(axis=1), 1, atol=1e-6)


def test_of_a_text_that_is_too_long_the_last_pieces_are_drawn():
    network = bert()
    found = class_token_heatmap(network, texts(30, marked_from=10), "")
    assert found is not None
    assert found.weights.shape == (3, 20)  # of 24 places, four are of what was said before


def test_a_network_without_such_a_model_has_none():
    assert language_of(torch.nn.Linear(2, 2)) is None
    withheld = texts(3)
    hidden = {"text": withheld["text"]._replace(mask=withheld["text"].mask & False)}
    assert class_token_heatmap(bert(), hidden, "") is None
