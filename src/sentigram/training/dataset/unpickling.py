"""Reads numbers, texts, lists and dictionaries from a pickled file, and executes nothing in it.

A pickle is a program; loading it runs whatever it names. Here names are looked up in a short
table, and none of what is there is the real thing: in place of numpy's functions stand objects that
only gather bytes, which become arrays after their type and shape are checked. A pickle that names
anything else is refused. Before that the program is read through, without running it, for
operations that would claim memory out of proportion to the file.
"""

from __future__ import annotations

import io
import math

# The ban on pickle is about what it executes; the class below executes nothing.
import pickle  # noqa: TID251
import pickletools
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from sentigram.errors import InputError
from sentigram.reading import FEATURES, read_bytes

MOST_BYTES = 4 * 2**30
MOST_STEPS = 20_000_000
_PUTS = ("PUT", "BINPUT", "LONG_BINPUT")
_KINDS = "biufSU"
_ORDERS = {"<": "<", ">": ">", "=": "=", "|": "|"}


def read_pickle(
    path: Path, *, most_bytes: int = MOST_BYTES, most_steps: int = MOST_STEPS
) -> object:
    """Read a pickled structure of dictionaries, lists, tuples, texts, numbers and numpy arrays.

    Args:
        path: The file.
        most_bytes: Larger ones are refused.
        most_steps: Longer programs are refused.

    Returns:
        The structure; arrays are copies of the file's bytes.

    Raises:
        InputError: The file is absent, too large, damaged, or names anything but numpy's arrays.
    """
    try:
        data = read_bytes(path, FEATURES, most_bytes=most_bytes)
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror or error})"
        raise InputError(message) from error
    _check_steps(data, path, most_steps)
    try:
        return _Reader(data, path).load()
    except InputError:
        raise
    except Exception as error:
        # A hostile program can make the reader raise nearly anything; all of it means this
        message = f"{path}: not a pickled structure of arrays ({type(error).__name__}: {error})"
        raise InputError(message) from error


def _check_steps(data: bytes, path: Path, most_steps: int) -> None:
    """Read the program through: small operands, few steps, complete."""
    try:
        complaint = _complaint(data, most_steps)
    except Exception as error:
        message = f"{path}: not a pickled file, or cut off ({error})"
        raise InputError(message) from error
    if complaint:
        message = f"{path}: {complaint}; store it as .npz instead"
        raise InputError(message)


def _complaint(data: bytes, most_steps: int) -> str:
    for step, (operation, operand, _) in enumerate(pickletools.genops(data), start=1):
        # Places of the memo are an index into a table that grows to the largest
        if operation.name in _PUTS and int(operand or 0) > step:
            return "damaged: it claims memory that it does not use"
        if step > most_steps:
            return f"more than {most_steps} steps"
    return ""


class _Inert:
    """Stands for a name in the file. It cannot be changed by the program that it is given to."""

    __slots__ = ()

    def __setstate__(self, state: object) -> NoReturn:
        message = "the file changes a name instead of using it"
        raise ValueError(message)


class _Type(_Inert):
    """Stands for numpy.ndarray."""

    __slots__ = ()


class _Kind:
    """Stands for one dtype, until its byte order is known."""

    __slots__ = ("code", "order")

    def __init__(self, code: object) -> None:
        if not isinstance(code, str) or not code or code[0] not in _KINDS or len(code) > 8:
            message = f"arrays of {code!r} are not read, only of numbers and texts"
            raise ValueError(message)
        self.code = code
        self.order = "|"

    def __setstate__(self, state: object) -> None:
        if not (isinstance(state, tuple) and len(state) >= 2 and state[1] in _ORDERS):
            message = "a dtype is damaged"
            raise ValueError(message)
        self.order = _ORDERS[state[1]]

    def dtype(self) -> np.dtype[Any]:
        found = np.dtype(self.order + self.code)
        if found.kind not in _KINDS or found.hasobject or not found.itemsize:
            message = f"arrays of {found} are not read, only of numbers and texts"
            raise ValueError(message)
        return found


class _MakeKind(_Inert):
    """Stands for numpy.dtype."""

    __slots__ = ()

    def __call__(self, code: object, *_flags: object) -> _Kind:
        return _Kind(code)


class _Array:
    """Stands for an array, until its bytes come."""

    __slots__ = ("values",)

    def __init__(self) -> None:
        self.values: NDArray[Any] | None = None

    def __setstate__(self, state: object) -> None:
        if not isinstance(state, tuple) or len(state) != 5:
            message = "an array is damaged"
            raise ValueError(message)
        _, shape, kind, is_fortran, data = state
        self.values = _values(data, kind, shape, "F" if is_fortran else "C")


class _Rebuild(_Inert):
    """Stands for numpy's _reconstruct."""

    __slots__ = ()

    def __call__(self, what: object, shape: object, _code: object) -> _Array:
        if not isinstance(what, _Type) or shape != (0,):
            message = "an array is damaged"
            raise ValueError(message)
        return _Array()


class _FromBuffer(_Inert):
    """Stands for numpy's _frombuffer."""

    __slots__ = ()

    def __call__(self, data: object, kind: object, shape: object, order: object) -> NDArray[Any]:
        return _values(data, kind, shape, "F" if order == "F" else "C")


class _Scalar(_Inert):
    """Stands for numpy's scalar."""

    __slots__ = ()

    def __call__(self, kind: object, data: object) -> Any:
        return _values(data, kind, (1,), "C")[0].item()


class _Latin(_Inert):
    """Stands for _codecs.encode, by which old protocols write bytes."""

    __slots__ = ()

    def __call__(self, text: object, encoding: object) -> bytes:
        if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
            message = "bytes are damaged"
            raise ValueError(message)
        return text.encode("latin-1")


class _NoBytes(_Inert):
    """Stands for bytes, by which old protocols write none at all."""

    __slots__ = ()

    def __call__(self) -> bytes:
        return b""


def _values(data: object, kind: object, shape: object, order: str) -> NDArray[Any]:
    if not (
        isinstance(data, (bytes, bytearray))
        and isinstance(kind, _Kind)
        and isinstance(shape, tuple)
        and all(type(n) is int and n >= 0 for n in shape)
        and math.prod(shape) * kind.dtype().itemsize == len(data)
    ):
        message = "an array's bytes do not fit its type and shape"
        raise ValueError(message)
    flat = np.frombuffer(data, kind.dtype())
    return flat.reshape(shape, order="F" if order == "F" else "C").copy()


_NAMES: dict[tuple[str, str], _Inert] = {
    ("numpy", "ndarray"): _Type(),
    ("numpy", "dtype"): _MakeKind(),
    ("_codecs", "encode"): _Latin(),
    **{(builtins, "bytes"): _NoBytes() for builtins in ("__builtin__", "builtins")},
    # numpy 2 calls its inner package _core, numpy 1 core
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _Rebuild() for core in ("core", "_core")},
    **{(f"numpy.{core}.multiarray", "scalar"): _Scalar() for core in ("core", "_core")},
    **{(f"numpy.{core}.numeric", "_frombuffer"): _FromBuffer() for core in ("core", "_core")},
}


class _Reader(pickle.Unpickler):
    """Looks names up in _NAMES, and nowhere else."""

    def __init__(self, data: bytes, path: Path) -> None:
        super().__init__(io.BytesIO(data), encoding="latin-1")
        self._path = path

    def find_class(self, module: str, name: str) -> Any:
        found = _NAMES.get((module, name))
        if found is None:
            message = (
                f"{self._path}: refused, because it names {module}.{name}, which loading would "
                "run; only arrays, numbers, texts, lists and dictionaries are read: convert "
                "the rest, such as tensors with .numpy(), or store it as .npz"
            )
            raise InputError(message)
        return found


def plain(value: object) -> object:
    """Replace the stand-in of an array by the array."""
    if isinstance(value, _Array):
        if value.values is None:
            message = "a pickled file holds an array without its bytes; download it again"
            raise InputError(message)
        return value.values
    return value
