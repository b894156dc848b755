"""The expression net of face-api as an ONNX graph: weights from its JSON and binary file.

Four blocks of four convolutions with sums between them (`FaceFeatureExtractor`, `denseBlock4` in
the package's src/), the mean over space, and one layer for seven classes. Weights stay in bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sentigram.errors import InputError
from sentigram.training.shipped.graphs import GraphBuilder

INPUT, FEATURES, SCORES = "faces", "features", "scores"
MEAN_RGB = (122.782, 117.001, 104.298)
N_FEATURES = 256
CLASSES = ("neutral", "happy", "sad", "angry", "fearful", "disgusted", "surprised")

Stored = tuple[NDArray[Any], float, float]
"""Values as stored, the step of a byte, and the number that byte 0 stands for."""


def read_weights(manifest: bytes, data: bytes) -> dict[str, Stored]:
    """The weights by name, as stored.

    Args:
        manifest: `face_expression_model-weights_manifest.json`.
        data: `face_expression_model.bin`.

    Raises:
        InputError: They do not belong together.
    """
    weights: dict[str, Stored] = {}
    at = 0
    for entry in json.loads(manifest)[0]["weights"]:
        quantized = entry.get("quantization")
        dtype = np.dtype("u1" if quantized else "<f4")
        end = at + int(np.prod(entry["shape"])) * dtype.itemsize
        values = np.frombuffer(data[at:end], dtype)
        if values.nbytes != end - at or (quantized or {"dtype": "uint8"})["dtype"] != "uint8":
            message = f"the weights end before {entry['name']}, or are not bytes"
            raise InputError(message)
        step = (quantized["scale"], quantized["min"]) if quantized else (1.0, 0.0)
        weights[entry["name"]] = (values.reshape(entry["shape"]), *step)
        at = end
    if at != len(data):
        message = f"{len(data) - at} bytes are left over; the two files do not belong together"
        raise InputError(message)
    return weights


def numbers(stored: Stored) -> NDArray[np.float32]:
    """The weights themselves, float32."""
    values, scale, least = stored
    if values.dtype != np.uint8:
        return np.asarray(values, np.float32)
    return values.astype(np.float32) * np.float32(scale) + np.float32(least)


def expression_graph(weights: Mapping[str, Stored]) -> Any:
    """The net.

    Args:
        weights: From `read_weights`.

    Returns:
        onnx.ModelProto: `faces` float32 (batch, 3, 112, 112) RGB in 0 … 255 → `features` (batch,
        256), `scores` (batch, 7) of CLASSES, which sum to 1.
    """
    builder = GraphBuilder()
    mean = builder.constant(np.array(MEAN_RGB, np.float32).reshape(1, 3, 1, 1))
    centred = builder.node("Sub", INPUT, mean)
    values = builder.node("Div", centred, builder.number(255))
    for block in range(4):
        values = _block(builder, weights, f"dense{block}", values, is_first=block == 0)
    pooled = builder.node("AveragePool", values, kernel_shape=(7, 7), strides=(2, 2))
    features = builder.node("Flatten", pooled)
    fitted = builder.node("MatMul", features, _constant(builder, weights["fc/weights"]))
    logits = builder.node("Add", fitted, _constant(builder, weights["fc/bias"]))
    scores = builder.node("Softmax", logits, axis=1)
    return builder.model(
        inputs={INPUT: ("batch", 3, 112, 112)},
        outputs={
            FEATURES: (features, ("batch", N_FEATURES)),
            SCORES: (scores, ("batch", len(CLASSES))),
        },
        name="face_expression",
    )


def _block(
    builder: GraphBuilder, weights: Mapping[str, Stored], name: str, values: str, *, is_first: bool
) -> str:
    """Each convolution reads the rectified sum of all before it; the first one halves the size."""
    total = ""
    for number in range(4):
        strides = (2, 2) if number == 0 else (1, 1)
        place = f"{name}/conv{number}"
        if is_first and number == 0:
            made = _plain(builder, weights, place, values, strides)
        else:
            made = _separable(builder, weights, place, values, strides)
        if number == 0:  # rectified before it is added
            made = builder.node("Relu", made)
        total = builder.node("Add", total, made) if total else made
        values = builder.node("Relu", total) if number else made
    return values


def _plain(
    builder: GraphBuilder,
    weights: Mapping[str, Stored],
    place: str,
    values: str,
    strides: tuple[int, int],
) -> str:
    kernel = _constant(builder, weights[f"{place}/filters"], (3, 2, 0, 1))
    return builder.convolution(
        values, kernel, _constant(builder, weights[f"{place}/bias"]), strides=strides
    )


def _separable(
    builder: GraphBuilder,
    weights: Mapping[str, Stored],
    place: str,
    values: str,
    strides: tuple[int, int],
) -> str:
    # (h, w, in, 1) → (in, 1, h, w), and (1, 1, in, out) → (out, in, 1, 1)
    depthwise = weights[f"{place}/depthwise_filter"]
    each = _constant(builder, depthwise, (2, 3, 0, 1))
    values = builder.convolution(values, each, strides=strides, groups=depthwise[0].shape[2])
    across = _constant(builder, weights[f"{place}/pointwise_filter"], (3, 2, 0, 1))
    return builder.convolution(values, across, _constant(builder, weights[f"{place}/bias"]))


def _constant(builder: GraphBuilder, stored: Stored, order: tuple[int, ...] = ()) -> str:
    values, scale, least = stored
    values = np.transpose(values, order) if order else values
    if values.dtype == np.uint8:
        return builder.bytes(values, scale=scale, least=least)
    return builder.constant(np.asarray(values, np.float32))
