from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import BertConfig, BertModel

from sentigram.core.arrays import Floats32
from sentigram.training.shipped.text.graph import bert_graph, quantised
from tests.emotion.encoders.text_weights import (
    EPSILON,
    N_HEADS,
    N_LAYERS,
    PIECES,
    WIDTH,
    bert_state,
)


@given(st.integers(1, 9), st.integers(1, 9), st.sampled_from([0, 1]), st.integers(0, 99))
def test_rounding_error_is_at_most_half_a_step(
    rows: int, columns: int, axis: int, seed: int
) -> None:
    matrix = np.random.default_rng(seed).normal(size=(rows, columns)).astype(np.float32)
    values, scale = quantised(matrix, axis=axis)
    assert values.dtype == np.int8
    assert scale.shape == ((1, columns) if axis == 0 else (rows, 1))
    assert np.all(np.abs(values * scale - matrix) <= 0.5001 * scale)


def test_zeros_stay_zeros() -> None:
    values, scale = quantised(np.zeros((2, 3), np.float32), axis=0)
    assert not (values * scale).any()


def rounded(state: dict[str, Floats32]) -> dict[str, Floats32]:
    """What the file stores: linear weights rounded per output row, word embeddings per row."""
    out = {}
    for name, value in state.items():
        is_matrix = ".layer." in name and value.ndim == 2
        if is_matrix or name == "embeddings.word_embeddings.weight":
            values, scale = quantised(value, axis=1)
            value = values * scale  # noqa: PLW2901 - the stored value
        out[name] = value
    return out


def test_graph_is_transformers_bert() -> None:
    state = rounded(bert_state())
    config = BertConfig(
        vocab_size=len(PIECES), hidden_size=WIDTH, num_hidden_layers=N_LAYERS,
        num_attention_heads=N_HEADS, intermediate_size=4 * WIDTH, layer_norm_eps=EPSILON,
    )  # fmt: skip
    bert = BertModel(config, add_pooling_layer=False).eval()
    bert.load_state_dict({k: torch.from_numpy(v) for k, v in state.items()})
    model = bert_graph(
        bert_state(), n_layers=N_LAYERS, n_heads=N_HEADS, epsilon=EPSILON, max_tokens=256
    )
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    ids = np.random.default_rng(5).integers(1, len(PIECES), (3, 11))
    mask = np.array([[1] * 11, [1] * 4 + [0] * 7, [1] + [0] * 10])
    (got,) = session.run(None, {"input_ids": ids, "attention_mask": mask})
    with torch.no_grad():
        wanted = bert(
            input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask)
        ).last_hidden_state.numpy()
    np.testing.assert_allclose(got[mask == 1], wanted[mask == 1], atol=1e-4)
