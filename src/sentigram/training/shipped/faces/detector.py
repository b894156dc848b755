"""MediaPipe's short-range face detector (BlazeFace) as an ONNX graph.

Bazarevsky et al. 2019, BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs. Weights
stay in half precision, as they are published.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sentigram.errors import InputError
from sentigram.training.shipped.faces.tflite import Graph, Operator, read_graph
from sentigram.training.shipped.graphs import GraphBuilder

INPUT, SCORES, BOXES = "pictures", "scores", "boxes"


def detector_graph(data: bytes) -> Any:
    """The detector.

    Args:
        data: `face_detection_short_range.tflite`.

    Returns:
        onnx.ModelProto: `pictures` float32 (batch, 3, 128, 128) in −1 … 1 → `scores` (batch, 896)
        before the sigmoid, `boxes` (batch, 896, 16).

    Raises:
        InputError: Another file.
    """
    graph = read_graph(data)
    names = {SCORES: 1, BOXES: 16}
    widths = {graph.tensors[number].shape[-1]: number for number in graph.outputs}
    if sorted(widths) != sorted(names.values()):
        message = f"its outputs are {sorted(widths)} wide; those of the face detector are 1 and 16"
        raise InputError(message)
    builder = GraphBuilder()
    known: dict[int, str] = {graph.inputs[0]: INPUT}
    constants = {n: t.values for n, t in enumerate(graph.tensors) if t.values is not None}
    for operator in graph.operators:
        if operator.name == "DEQUANTIZE":  # half precision, which is what we keep
            constants[operator.outputs[0]] = constants[operator.inputs[0]]
        else:
            known[operator.outputs[0]] = _add(builder, operator, graph, known, constants)
    squeezed = builder.node("Squeeze", known[widths[1]], builder.integers([2]))
    return builder.model(
        inputs={INPUT: ("batch", 3, 128, 128)},
        outputs={
            SCORES: (squeezed, ("batch", 896)),
            BOXES: (known[widths[16]], ("batch", 896, 16)),
        },
        name="face_detection_short_range",
    )


def _add(
    builder: GraphBuilder,
    operator: Operator,
    graph: Graph,
    known: dict[int, str],
    constants: dict[int, NDArray[Any]],
) -> str:
    """Add an operator; the name of what it makes, channels first until it is reshaped."""
    inputs = [known[number] for number in operator.inputs if number in known]
    match operator.name:
        case "RELU":
            made = builder.node("Relu", *inputs)
        case "ADD":
            made = builder.node("Add", *inputs)
        case "CONV_2D" | "DEPTHWISE_CONV_2D":
            kernel, bias = (constants[number] for number in operator.inputs[1:])
            made = _convolution(builder, operator, inputs[0], kernel, bias)
        case "MAX_POOL_2D":
            sizes = {"kernel_shape": operator.window, "strides": operator.strides}
            made = builder.node("MaxPool", *inputs, **sizes)
        case "PAD":  # (batch, h, w, channels) → (batch, channels, h, w)
            before, after = constants[operator.inputs[1]][[0, 3, 1, 2]].T
            made = builder.node("Pad", *inputs, builder.integers([*before, *after]))
        case "RESHAPE":
            last = builder.node("Transpose", *inputs, perm=[0, 2, 3, 1])
            width = graph.tensors[operator.outputs[0]].shape[-1]
            made = builder.node("Reshape", last, builder.integers([0, -1, width]))
        case _:  # CONCATENATION, the last one that is read
            made = builder.node("Concat", *inputs, axis=operator.axis)
    return made


def _convolution(
    builder: GraphBuilder,
    operator: Operator,
    values: str,
    kernel: NDArray[Any],
    bias: NDArray[Any],
) -> str:
    is_depthwise = operator.name == "DEPTHWISE_CONV_2D"
    # (out, h, w, in) → (out, in, h, w); depthwise (1, h, w, out) → (out, 1, h, w)
    kernel = np.transpose(kernel, (3, 0, 1, 2) if is_depthwise else (0, 3, 1, 2))
    return builder.convolution(
        values,
        builder.half(kernel),
        builder.half(bias),
        strides=operator.strides,
        padding=operator.padding,
        groups=len(kernel) if is_depthwise else 1,
    )
