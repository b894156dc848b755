"""CAM++ as an ONNX graph: what a voice sounds like, as 192 numbers (arXiv:2303.00332).

A small picture net over the log-mel bands, then three blocks of time convolutions; each layer reads
all before it, and is masked by the mean of its surroundings. Batch norms behind a convolution are
folded into it; those before one are a factor and a summand. The last one, behind the embedding, is
part of the published net (3D-Speaker's DTDNN.py), though some copies leave it out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sentigram.training.shipped.graphs import GraphBuilder

INPUT, OUTPUT = "bands", "voice"
N_BANDS, WIDTH = 80, 192
_BLOCKS = ((12, 1), (24, 2), (16, 2))  # layers, dilation
_SEGMENT = 100  # frames of 20 ms whose mean masks a layer
_EPSILON = 1e-5  # of batch norms

Weights = Mapping[str, NDArray[np.float32]]
Store = Callable[[GraphBuilder, NDArray[np.float32]], str]
"""How weights are kept: GraphBuilder.half or GraphBuilder.signed_bytes."""


def embedding_graph(weights: Weights, store: Store = GraphBuilder.half) -> Any:
    """The net.

    Args:
        weights: Of `campplus_cn_en_common.pt`, by name.
        store: How its kernels are kept.

    Returns:
        onnx.ModelProto: `bands` float32 (batch, n_frames, 80), log-mel of 10 ms less its mean →
        `voice` (batch, 192), not normalized.
    """
    return _Writer(weights, store).graph()


class _Writer:
    def __init__(self, weights: Weights, store: Store) -> None:
        self._weights, self._store = weights, store
        self._b = GraphBuilder()

    def graph(self) -> Any:
        b = self._b
        values = b.node("Transpose", INPUT, perm=(0, 2, 1))
        values = b.node("Unsqueeze", values, b.integers([1]))  # (batch, 1, 80, n_frames)
        values = self._head(values)
        values = b.node(
            "Relu",
            self._conv(
                values,
                "xvector.tdnn.linear",
                "xvector.tdnn.nonlinear.batchnorm",
                strides=[2],
                pads=[2, 2],
            ),
        )
        for number, (n_layers, dilation) in enumerate(_BLOCKS, start=1):
            for layer in range(1, n_layers + 1):
                made = self._layer(values, f"xvector.block{number}.tdnnd{layer}", dilation)
                values = b.node("Concat", values, made, axis=1)
            transit = f"xvector.transit{number}"
            values = self._conv(
                self._normal(values, f"{transit}.nonlinear.batchnorm"), f"{transit}.linear"
            )
        values = self._normal(values, "xvector.out_nonlinear.batchnorm")
        pooled = self._statistics(values)
        voice = self._conv(pooled, "xvector.dense.linear", "xvector.dense.nonlinear.batchnorm")
        voice = b.node("Squeeze", voice, b.integers([2]))
        return b.model(
            inputs={INPUT: ("batch", "n_frames", N_BANDS)},
            outputs={OUTPUT: (voice, ("batch", WIDTH))},
            name="campplus",
        )

    def _head(self, values: str) -> str:
        b = self._b
        values = b.node("Relu", self._conv(values, "head.conv1", "head.bn1", pads=[1] * 4))
        for layer in ("head.layer1", "head.layer2"):
            for number, step in ((0, 2), (1, 1)):
                place, strides = f"{layer}.{number}", [step, 1]
                made = self._conv(
                    values, f"{place}.conv1", f"{place}.bn1", strides=strides, pads=[1] * 4
                )
                made = self._conv(
                    b.node("Relu", made), f"{place}.conv2", f"{place}.bn2", pads=[1] * 4
                )
                if f"{place}.shortcut.0.weight" in self._weights:
                    values = self._conv(
                        values, f"{place}.shortcut.0", f"{place}.shortcut.1", strides=strides
                    )
                values = b.node("Relu", b.node("Add", made, values))
        values = b.node(
            "Relu", self._conv(values, "head.conv2", "head.bn2", strides=[2, 1], pads=[1] * 4)
        )
        return b.node("Reshape", values, b.integers([0, 32 * (N_BANDS // 8), -1]))

    def _layer(self, values: str, place: str, dilation: int) -> str:
        """One layer of a block: (batch, n, t) → (batch, 32, t)."""
        b = self._b
        made = self._normal(values, f"{place}.nonlinear1.batchnorm")
        made = b.node("Relu", self._conv(made, f"{place}.linear1", f"{place}.nonlinear2.batchnorm"))
        cam = f"{place}.cam_layer"
        local = self._conv(made, f"{cam}.linear_local", pads=[dilation] * 2, dilations=[dilation])
        around = b.node("Add", b.node("GlobalAveragePool", made), self._segments(made))
        mask = b.node("Relu", self._conv(around, f"{cam}.linear1"))
        mask = b.node("Sigmoid", self._conv(mask, f"{cam}.linear2"))
        return b.node("Mul", local, mask)

    def _segments(self, values: str) -> str:
        """The mean of each two seconds in all of their frames."""
        b = self._b
        means = b.node(
            "AveragePool", values, kernel_shape=[_SEGMENT], strides=[_SEGMENT], ceil_mode=1
        )
        spread = b.node(
            "Tile", b.node("Unsqueeze", means, b.integers([3])), b.integers([1, 1, 1, _SEGMENT])
        )
        spread = b.node("Reshape", spread, b.integers([0, 0, -1]))
        length = b.node("Slice", b.node("Shape", values), b.integers([2]), b.integers([3]))
        return b.node("Slice", spread, b.integers([0]), length, b.integers([2]))

    def _statistics(self, values: str) -> str:
        """Mean and standard deviation over time, (batch, 2 n, 1)."""
        b = self._b
        time = b.integers([2])
        mean = b.node("ReduceMean", values, time)
        off = b.node("Sub", values, mean)
        total = b.node("ReduceSum", b.node("Mul", off, off), time)
        count = b.node("Slice", b.node("Shape", values), time, b.integers([3]))
        from onnx import TensorProto

        less = b.node(
            "Max",
            b.node("Sub", b.node("Cast", count, to=TensorProto.FLOAT), b.number(1)),
            b.number(1),
        )
        return b.node("Concat", mean, b.node("Sqrt", b.node("Div", total, less)), axis=1)

    def _conv(self, values: str, name: str, norm: str = "", **settings: Any) -> str:
        kernel = self._weights[f"{name}.weight"].astype(np.float64)
        bias = self._weights.get(f"{name}.bias")
        if norm:
            scale, shift = self._affine(norm)
            kernel = kernel * scale.reshape(-1, *[1] * (kernel.ndim - 1))
            bias = shift.astype(np.float32)
        inputs = [values, self._store(self._b, kernel.astype(np.float32))]
        if bias is not None:
            inputs.append(self._b.constant(bias))
        return self._b.node("Conv", *inputs, **settings)

    def _normal(self, values: str, norm: str) -> str:
        """A batch norm that no convolution stands before, rectified."""
        scale, shift = (v.astype(np.float32).reshape(-1, 1) for v in self._affine(norm))
        b = self._b
        made = b.node("Add", b.node("Mul", values, b.constant(scale)), b.constant(shift))
        return b.node("Relu", made)

    def _affine(self, norm: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        mean = self._weights[f"{norm}.running_mean"].astype(np.float64)
        spread = np.sqrt(self._weights[f"{norm}.running_var"].astype(np.float64) + _EPSILON)
        scale = self._weights.get(f"{norm}.weight", np.ones(len(mean))) / spread
        return scale, self._weights.get(f"{norm}.bias", np.zeros(len(mean))) - mean * scale
