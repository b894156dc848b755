"""Reads what is needed of a TensorFlow Lite file: tensors, operators and their settings.

A .tflite file is a FlatBuffer: tables whose fields are found through a table of offsets, all
integers little-endian. Field numbers are those of TensorFlow's `schema.fbs` (version 3).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sentigram.errors import InputError

Padding = Literal["SAME", "VALID"]

_MARK = b"TFL3"
_DTYPES: dict[int, np.dtype[Any]] = {0: np.dtype("<f4"), 1: np.dtype("<f2"), 2: np.dtype("<i4")}
_OPERATORS = {
    0: "ADD",
    2: "CONCATENATION",
    3: "CONV_2D",
    4: "DEPTHWISE_CONV_2D",
    6: "DEQUANTIZE",
    17: "MAX_POOL_2D",
    19: "RELU",
    22: "RESHAPE",
    34: "PAD",
}
# Where an operator's settings hold its fused activation, which must be none.
_ACTIVATION = {
    "ADD": 0,
    "CONCATENATION": 1,
    "CONV_2D": 3,
    "DEPTHWISE_CONV_2D": 4,
    "MAX_POOL_2D": 5,
}


@dataclass(frozen=True, slots=True, eq=False)
class Tensor:
    """One tensor.

    Attributes:
        shape: With the batch, as written.
        values: Of a constant, None for what is computed.
    """

    shape: tuple[int, ...]
    values: NDArray[Any] | None


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator.

    Attributes:
        name: As TensorFlow calls it.
        inputs: Numbers of tensors.
        outputs: Numbers of tensors.
        padding: Of convolutions and pooling.
        strides: Of the same, (height, width).
        window: Of pooling, (height, width).
        axis: Of concatenation.
    """

    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    padding: Padding = "VALID"
    strides: tuple[int, int] = (1, 1)
    window: tuple[int, int] = (1, 1)
    axis: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """The file's first graph.

    Attributes:
        tensors: By number.
        operators: In the order in which they run.
        inputs: Numbers of tensors.
        outputs: Numbers of tensors.
    """

    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def read_graph(data: bytes) -> Graph:
    """Read a .tflite file.

    Raises:
        InputError: It is none, or holds an operator, a type or a fused activation that is not
            read here.
    """
    if data[4:8] != _MARK:
        message = f"not a TensorFlow Lite file: it has {data[4:8]!r} for a mark, not {_MARK!r}"
        raise InputError(message)
    model = _Table.root(data)
    codes = [_operator_name(code) for code in model.tables(1)]
    buffers = model.tables(4)
    graph = model.tables(2)[0]
    return Graph(
        tensors=tuple(_tensor(table, buffers) for table in graph.tables(0)),
        operators=tuple(_operator(table, codes) for table in graph.tables(3)),
        inputs=graph.integers(1),
        outputs=graph.integers(2),
    )


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of the buffer; fields by number."""

    data: bytes
    at: int

    @classmethod
    def root(cls, data: bytes) -> _Table:
        return cls(data, _u32(data, 0))

    def _field(self, number: int) -> int:
        """Where a field is, 0 when it has its default value."""
        directory = self.at - struct.unpack_from("<i", self.data, self.at)[0]
        size = struct.unpack_from("<H", self.data, directory)[0]
        place = 4 + 2 * number
        if place >= size:
            return 0
        offset = struct.unpack_from("<H", self.data, directory + place)[0]
        return self.at + offset if offset else 0

    def number(self, number: int, form: str = "<i") -> int:
        at = self._field(number)
        return int(struct.unpack_from(form, self.data, at)[0]) if at else 0

    def table(self, number: int) -> _Table | None:
        at = self._field(number)
        return _Table(self.data, at + _u32(self.data, at)) if at else None

    def _vector(self, number: int) -> tuple[int, int]:
        """First element and length."""
        at = self._field(number)
        if not at:
            return 0, 0
        at += _u32(self.data, at)
        return at + 4, _u32(self.data, at)

    def tables(self, number: int) -> list[_Table]:
        first, length = self._vector(number)
        places = range(first, first + 4 * length, 4)
        return [_Table(self.data, at + _u32(self.data, at)) for at in places]

    def integers(self, number: int) -> tuple[int, ...]:
        first, length = self._vector(number)
        return struct.unpack_from(f"<{length}i", self.data, first) if length else ()

    def raw(self, number: int) -> bytes:
        first, length = self._vector(number)
        return self.data[first : first + length]


def _u32(data: bytes, at: int) -> int:
    return int(struct.unpack_from("<I", data, at)[0])


def _operator_name(code: _Table) -> str:
    # one byte until there were more than 127 operators
    number = max(code.number(0, "<b"), code.number(3))
    if number not in _OPERATORS:
        message = f"operator {number} of TensorFlow Lite is not read here"
        raise InputError(message)
    return _OPERATORS[number]


def _tensor(table: _Table, buffers: Sequence[_Table]) -> Tensor:
    shape = table.integers(0)
    kind = table.number(1, "<b")
    if kind not in _DTYPES:
        message = f"tensors of type {kind} of TensorFlow Lite are not read here"
        raise InputError(message)
    raw = buffers[table.number(2, "<I")].raw(0)
    values = np.frombuffer(raw, _DTYPES[kind]).reshape(shape) if raw else None
    return Tensor(shape, values)


def _operator(table: _Table, codes: Sequence[str]) -> Operator:
    name = codes[table.number(0, "<I")]
    made = Operator(name, table.integers(1), table.integers(2))
    settings = table.table(4)
    if settings is None:
        return made
    if name in _ACTIVATION and settings.number(_ACTIVATION[name], "<b"):
        message = f"{name} with a fused activation is not read here"
        raise InputError(message)
    if name == "CONCATENATION":
        return Operator(name, made.inputs, made.outputs, axis=settings.number(0))
    if name not in ("CONV_2D", "DEPTHWISE_CONV_2D", "MAX_POOL_2D"):
        return made
    is_pool = name == "MAX_POOL_2D"
    return Operator(
        name,
        made.inputs,
        made.outputs,
        padding="VALID" if settings.number(0, "<b") else "SAME",
        strides=(settings.number(2), settings.number(1)),
        window=(settings.number(4), settings.number(3)) if is_pool else (1, 1),
    )
