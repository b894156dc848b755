"""Writes ONNX graphs node by node, with weights as small as they were published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sentigram.training.shipped.faces.tflite import Padding

_OPSET = 18
_IR = 9


class GraphBuilder:
    """Collects nodes and constants; every method returns the name of what it made."""

    def __init__(self) -> None:
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def node(self, kind: str, *inputs: str, **settings: Any) -> str:
        """Add a node with one output."""
        from onnx import helper

        name = f"{kind.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **settings))
        return name

    def constant(self, values: NDArray[Any]) -> str:
        """Add a constant as it is."""
        from onnx import numpy_helper

        name = f"constant_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def number(self, value: float) -> str:
        """Add one number in single precision."""
        return self.constant(np.array(value, np.float32))

    def integers(self, values: Sequence[int]) -> str:
        """Add integers that set how a node works."""
        return self.constant(np.array(values, np.int64))

    def half(self, values: NDArray[Any]) -> str:
        """Add numbers that are kept in half precision and used in single precision."""
        from onnx import TensorProto

        return self.node("Cast", self.constant(values.astype(np.float16)), to=TensorProto.FLOAT)

    def bytes(self, values: NDArray[np.uint8], *, scale: float, least: float) -> str:
        """Add numbers that are kept in bytes: byte · scale + least, in single precision."""
        from onnx import TensorProto

        numbers = self.node("Cast", self.constant(values), to=TensorProto.FLOAT)
        scaled = self.node("Mul", numbers, self.number(scale))
        return self.node("Add", scaled, self.number(least))

    def signed_bytes(self, values: NDArray[Any]) -> str:
        """Add weights that are kept in bytes with a scale per output, and used in single precision.

        Args:
            values: (n_outputs, …).
        """
        from onnx import TensorProto

        axes = tuple(range(1, values.ndim))
        scales = np.maximum(np.abs(values).max(axis=axes, keepdims=True), 1e-12) / 127
        numbers = self.constant(np.rint(values / scales).astype(np.int8))
        whole = self.node("Cast", numbers, to=TensorProto.FLOAT)
        return self.node("Mul", whole, self.constant(scales.astype(np.float32)))

    def convolution(
        self,
        values: str,
        kernel: str,
        bias: str = "",
        *,
        strides: tuple[int, int] = (1, 1),
        padding: Padding = "SAME",
        groups: int = 1,
    ) -> str:
        """Add a convolution; SAME puts what is odd behind, as TensorFlow does."""
        inputs = (values, kernel, bias) if bias else (values, kernel)
        return self.node(
            "Conv",
            *inputs,
            strides=strides,
            auto_pad="SAME_UPPER" if padding == "SAME" else "VALID",
            group=groups,
        )

    def model(
        self,
        *,
        inputs: Mapping[str, Sequence[str | int]],
        outputs: Mapping[str, tuple[str, Sequence[str | int]]],
        name: str,
    ) -> Any:
        """The whole graph, checked.

        Args:
            inputs: Name → shape.
            outputs: Name → what it is called here, and its shape.
            name: Of the graph.
        """
        import onnx
        from onnx import TensorProto, helper

        nodes = [*self._nodes]
        nodes += [helper.make_node("Identity", [own], [to]) for to, (own, _) in outputs.items()]
        graph = helper.make_graph(
            nodes,
            name,
            [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in inputs.items()],
            [
                helper.make_tensor_value_info(n, TensorProto.FLOAT, shape)
                for n, (_, shape) in outputs.items()
            ],
            self._constants,
        )
        made = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR
        )
        onnx.checker.check_model(made, full_check=True)
        return made
