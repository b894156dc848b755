"""Writes a BERT encoder as an ONNX graph whose matrices are stored in eight bits.

Only storage is compressed: every matrix is int8 with one float32 scale per output column (per row
for the word embeddings) and is multiplied out when the session loads, so arithmetic is float32 and
a text's vectors do not depend on what else is in its batch. (Dynamic int8 arithmetic scales
activations over the whole batch, which is faster and does depend on it.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from sentigram.core.arrays import Floats32

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from onnx import ModelProto, NodeProto

OPSET = 20  # the first with Gelu
IR_VERSION = 9


def quantised(matrix: Floats32, *, axis: int) -> tuple[NDArray[np.int8], Floats32]:
    """Round a matrix to int8 with one symmetric scale per slice.

    Args:
        matrix: (rows, columns).
        axis: The axis that one scale spans: 0 gives scales (1, columns), 1 gives (rows, 1).

    Returns:
        Values in [-127, 127] and scales with `values * scales ≈ matrix`.
    """
    scale = np.maximum(np.abs(matrix).max(axis=axis, keepdims=True), 1e-12) / 127.0
    return np.rint(matrix / scale).astype(np.int8), scale.astype(np.float32)


class _Graph:
    """Collects nodes and initializers under unique names."""

    def __init__(self, weights: Mapping[str, Floats32]) -> None:
        self.weights = weights
        self.nodes: list[NodeProto] = []
        self.initializers: dict[str, TensorProto] = {}

    def constant(self, name: str, value: NDArray[np.generic]) -> str:
        self.initializers.setdefault(name, numpy_helper.from_array(np.asarray(value), name))
        return name

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def vector(self, key: str) -> str:
        return self.constant(key, self.weights[key])

    def linear(self, x: str, key: str) -> str:
        """Apply a torch Linear: weight (out, in) stored transposed in int8, bias float32."""
        values, scale = quantised(np.ascontiguousarray(self.weights[f"{key}.weight"].T), axis=0)
        matrix = self.add(
            "Mul",
            self.add("Cast", self.constant(f"{key}.int8", values), to=TensorProto.FLOAT),
            self.constant(f"{key}.scale", scale),
        )
        return self.add("Add", self.add("MatMul", x, matrix), self.vector(f"{key}.bias"))

    def norm(self, x: str, key: str, epsilon: float) -> str:
        return self.add(
            "LayerNormalization",
            x,
            self.vector(f"{key}.weight"),
            self.vector(f"{key}.bias"),
            axis=-1,
            epsilon=epsilon,
        )


def bert_graph(
    weights: Mapping[str, Floats32],
    *,
    n_layers: int,
    n_heads: int,
    epsilon: float,
    max_tokens: int,
) -> ModelProto:
    """Build the graph: input_ids, attention_mask int64 (batch, tokens) → (batch, tokens, width).

    Args:
        weights: A transformers BertModel's state, as float32 arrays.
        n_layers: Transformer layers.
        n_heads: Attention heads per layer.
        epsilon: Of the layer norms.
        max_tokens: Longest input; position embeddings beyond are left out.
    """
    graph = _Graph(weights)
    x = _embeddings(graph, epsilon=epsilon, max_tokens=max_tokens)
    width = weights["embeddings.LayerNorm.weight"].shape[0]
    mask = graph.add("Cast", "attention_mask", to=TensorProto.FLOAT)
    mask = graph.add("Unsqueeze", mask, graph.constant("mask_axes", np.array([1, 2])))
    # 0 where a token is, -1e9 where padding is: its softmax weight is exactly 0 in float32.
    mask = graph.add("Sub", mask, graph.constant("one", np.array(1, np.float32)))
    mask = graph.add("Mul", mask, graph.constant("far", np.array(1e9, np.float32)))
    for i in range(n_layers):
        x = _layer(graph, x, mask, f"encoder.layer.{i}", n_heads=n_heads, epsilon=epsilon)
    graph.nodes.append(helper.make_node("Identity", [x], ["vectors"], name="vectors"))
    shape = ["batch", "tokens"]
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "text",
            [
                helper.make_tensor_value_info(name, TensorProto.INT64, shape)
                for name in ("input_ids", "attention_mask")
            ],
            [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, [*shape, width])],
            list(graph.initializers.values()),
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        producer_name="sentigram",
    )
    model.ir_version = IR_VERSION
    return model


def _embeddings(graph: _Graph, *, epsilon: float, max_tokens: int) -> str:
    """Word, position and segment embeddings, summed and normalised: (batch, tokens, width)."""
    values, scale = quantised(graph.weights["embeddings.word_embeddings.weight"], axis=1)
    rows = graph.add("Gather", graph.constant("words.int8", values), "input_ids")
    scales = graph.add("Gather", graph.constant("words.scale", scale), "input_ids")
    words = graph.add("Mul", graph.add("Cast", rows, to=TensorProto.FLOAT), scales)
    # Every token is of segment 0, so its embedding joins the position table.
    table = (
        graph.weights["embeddings.position_embeddings.weight"][:max_tokens]
        + graph.weights["embeddings.token_type_embeddings.weight"][:1]
    )
    length = graph.add(
        "Gather",
        graph.add("Shape", "input_ids"),
        graph.constant("token_axis", np.array([1])),
    )
    zero = graph.constant("zero", np.array([0]))
    positions = graph.add("Slice", graph.constant("positions", table), zero, length, zero)
    return graph.norm(graph.add("Add", words, positions), "embeddings.LayerNorm", epsilon)


def _layer(graph: _Graph, x: str, mask: str, key: str, *, n_heads: int, epsilon: float) -> str:
    """One post-norm transformer layer."""
    width = graph.weights["embeddings.LayerNorm.weight"].shape[0]
    split = graph.constant("split", np.array([0, 0, n_heads, width // n_heads]))
    merge = graph.constant("merge", np.array([0, 0, width]))

    def heads(name: str, order: list[int]) -> str:
        flat = graph.linear(x, f"{key}.attention.self.{name}")
        return graph.add("Transpose", graph.add("Reshape", flat, split), perm=order)

    query, value = heads("query", [0, 2, 1, 3]), heads("value", [0, 2, 1, 3])
    keys = heads("key", [0, 2, 3, 1])  # (batch, heads, width per head, tokens)
    root = graph.constant("root", np.array((width / n_heads) ** -0.5, np.float32))
    scores = graph.add("Add", graph.add("Mul", graph.add("MatMul", query, keys), root), mask)
    mixed = graph.add("MatMul", graph.add("Softmax", scores, axis=-1), value)
    mixed = graph.add("Reshape", graph.add("Transpose", mixed, perm=[0, 2, 1, 3]), merge)
    mixed = graph.linear(mixed, f"{key}.attention.output.dense")
    x = graph.norm(graph.add("Add", mixed, x), f"{key}.attention.output.LayerNorm", epsilon)
    wide = graph.add("Gelu", graph.linear(x, f"{key}.intermediate.dense"))
    narrow = graph.linear(wide, f"{key}.output.dense")
    return graph.norm(graph.add("Add", narrow, x), f"{key}.output.LayerNorm", epsilon)
