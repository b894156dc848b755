"""Opens an ONNX Runtime model file so that it also returns what its inner layers say.

The last layer of a speech recognizer's encoder has thrown away much of how words are said; layers
in the middle still hold it (Pasad et al. 2021, "Layer-wise Analysis of a Self-supervised Speech
Representation Model"). A model in ORT format names every inner value, but only those that its
graph lists as outputs can be asked for, and ONNX Runtime cannot edit such a file. The file is a
FlatBuffer (https://flatbuffers.dev/internals/), so the list can be replaced in memory: a new one is
appended, and the one offset that points to the old list is pointed at it. Nothing else changes.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sentigram.errors import MissingError
from sentigram.store.threads import thread_limit

# Field numbers of onnxruntime/core/flatbuffers/schema/ort.fbs
_SESSION_MODEL = 1
_MODEL_GRAPH = 7
_GRAPH_NODE_ARGS = 1
_GRAPH_OUTPUTS = 6
_NODE_ARG_NAME = 0
_IDENTIFIER = b"ORTM"


def open_session(path: Path, outputs: Sequence[str], *, n_threads: int = 1) -> Any:
    """Open a model in ORT format with the outputs that are named, on the CPU.

    Args:
        path: A file in ORT format.
        outputs: Names of values inside the graph, in the order in which `run` returns them.
        n_threads: Threads within one operator; 0 for as many as there are cores.

    Returns:
        An `onnxruntime.InferenceSession`.

    Raises:
        MissingError: The file is no ORT model, or has no value of such a name.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = n_threads or thread_limit()
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        model = with_outputs(path.read_bytes(), outputs)
    except (ValueError, struct.error, IndexError) as error:
        message = (
            f"{path} is not the model that this version works with ({error}); "
            "run: pip install --force-reinstall sentigram"
        )
        raise MissingError(message) from error
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def with_outputs(model: bytes, outputs: Sequence[str]) -> bytes:
    """The same model with another list of outputs.

    Args:
        model: A file in ORT format.
        outputs: Names of values inside its graph.

    Raises:
        ValueError: The bytes are no ORT model, or have no value of such a name.
    """
    if model[4:8] != _IDENTIFIER:
        message = "it is not in ORT format"
        raise ValueError(message)
    graph = _follow(model, _field(model, _graph_parent(model), _MODEL_GRAPH))
    unknown = sorted(set(outputs) - _value_names(model, graph))
    if unknown:
        message = f"it has no value {unknown[0]!r}"
        raise ValueError(message)
    pointer = _field(model, graph, _GRAPH_OUTPUTS)
    edited = bytearray(model)
    _pad(edited)
    vector = len(edited)
    struct.pack_into("<I", edited, pointer, vector - pointer)
    edited += struct.pack("<I", len(outputs)) + bytes(4 * len(outputs))
    for i, name in enumerate(outputs):
        _pad(edited)
        entry = vector + 4 + 4 * i
        struct.pack_into("<I", edited, entry, len(edited) - entry)
        text = name.encode()
        edited += struct.pack("<I", len(text)) + text + b"\0"
    _pad(edited)
    return bytes(edited)


def _graph_parent(model: bytes) -> int:
    """Position of the Model table."""
    session = _follow(model, 0)
    return _follow(model, _field(model, session, _SESSION_MODEL))


def _value_names(model: bytes, graph: int) -> set[str]:
    """Names of all values in the graph."""
    vector = _follow(model, _field(model, graph, _GRAPH_NODE_ARGS))
    names = set()
    for i in range(_unsigned(model, vector)):
        value = _follow(model, vector + 4 + 4 * i)
        text = _follow(model, _field(model, value, _NODE_ARG_NAME))
        length = _unsigned(model, text)
        names.add(model[text + 4 : text + 4 + length].decode())
    return names


def _field(model: bytes, table: int, number: int) -> int:
    """Position of a table's field: the table points back at its list of offsets."""
    offsets = table - int(struct.unpack_from("<i", model, table)[0])
    at = 4 + 2 * number
    size, offset = struct.unpack_from("<H", model, offsets)[0], 0
    if at < size:
        offset = int(struct.unpack_from("<H", model, offsets + at)[0])
    if not offset:
        message = f"a field ({number}) that such models have is absent"
        raise ValueError(message)
    return table + offset


def _follow(model: bytes, at: int) -> int:
    return at + _unsigned(model, at)


def _unsigned(model: bytes, at: int) -> int:
    return int(struct.unpack_from("<I", model, at)[0])


def _pad(buffer: bytearray) -> None:
    """Strings and lists begin at multiples of four bytes."""
    buffer += bytes(-len(buffer) % 4)
