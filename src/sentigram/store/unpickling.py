"""Reads numbers, texts, arrays, lists and dictionaries from a pickle, and executes nothing in it.

A pickle is a program; loading it runs whatever it names. Here names are looked up in a short
table, and none of what is there is the real thing: in place of the functions of numpy and torch
stand objects that only gather bytes, which become arrays after their type and shape are checked. A
pickle that names anything else is refused. Before that the program is read through, without running
it, for operations that would claim memory out of proportion to the file.

Files of torch.save are read too: since torch 1.6 an archive of a pickle and the bytes of its
tensors, before that five pickles and the bytes.
"""

from __future__ import annotations

import io
import math

# The ban on pickle is about what it executes; the class below executes nothing.
import pickle  # noqa: TID251
import pickletools
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sentigram.errors import InputError
from sentigram.reading import FEATURES, read_bytes
from sentigram.store import tensors
from sentigram.store.tensors import Inert, Storage, Tensor

MOST_BYTES = 4 * 2**30
MOST_STEPS = 20_000_000
_PUTS = ("PUT", "BINPUT", "LONG_BINPUT")
_MOST_LONG = 1000
_GETS = ("GET", "BINGET", "LONG_BINGET")
_TUPLES = {"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3, "TUPLE": None}
_PUSHES = frozenset(
    one.name
    for one in pickletools.opcodes
    if not one.stack_before and len(one.stack_after) == 1 and "GET" not in one.name
) - {"MARK", "EMPTY_TUPLE"}
_LARGEST_TUPLE = 10_000_000
_WHOLE = ("INT", "LONG", "LONG1", "LONG4")
_KINDS = "biufSU"
_ARCHIVE = b"PK\x03\x04"
_TORCH = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
_ORDERS = {"<": "<", ">": ">", "=": "=", "|": "|"}


def read_pickle(
    path: Path, *, most_bytes: int = MOST_BYTES, most_steps: int = MOST_STEPS
) -> object:
    """Read a pickled structure of dictionaries, lists, tuples, texts, numbers and arrays.

    Args:
        path: The file, pickled or written by torch.save.
        most_bytes: Larger ones are refused.
        most_steps: Longer programs are refused.

    Returns:
        The structure; arrays are copies of the file's bytes, tensors are made so by `plain`.

    Raises:
        InputError: The file is absent, too large, damaged, or names other than arrays and tensors.
    """
    try:
        data = read_bytes(path, FEATURES, most_bytes=most_bytes)
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror or error})"
        raise InputError(message) from error
    try:
        if data.startswith(_ARCHIVE):
            return _archived(data, path, most_bytes, most_steps)
        if data.startswith(_TORCH):
            return _in_parts(data, path, most_steps)
        (end,) = _ends(data, 1, path, most_steps)
        return _Reader(data[:end], path, most_steps).load()
    except InputError:
        raise
    except Exception as error:
        # A hostile program can make the reader raise nearly anything; all of it means this
        message = f"{path}: not a pickled structure of arrays ({type(error).__name__}: {error})"
        raise InputError(message) from error


def _archived(data: bytes, path: Path, most_bytes: int, most_steps: int) -> object:
    """Read what torch.save writes since 1.6: NAME/data.pkl, and NAME/data/KEY for each storage."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {part.filename: part for part in archive.infolist()}
        if sum(part.file_size for part in parts.values()) > most_bytes:
            message = f"{path}: unpacks to more than {most_bytes} bytes"
            raise InputError(message)
        programs = [name for name in parts if name.endswith("/data.pkl")]
        if len(programs) != 1:
            message = f"{path}: an archive without one data.pkl; not what torch.save writes"
            raise InputError(message)
        home = programs[0].removesuffix("data.pkl")
        order = f"{home}byteorder"
        if order in parts and archive.read(order) != b"little":
            message = f"{path}: its numbers are big-endian; save it on another machine"
            raise InputError(message)
        program = archive.read(programs[0])
        _ends(program, 1, path, most_steps)
        reader = _Reader(program, path, most_steps)
        value = reader.load()
        for key, storage in reader.storages.items():
            storage.fill(archive.read(f"{home}data/{key}"))
    return value


def _in_parts(data: bytes, path: Path, most_steps: int) -> object:
    """Read what torch.save wrote before 1.6: mark, version, machine, object, keys, bytes."""
    ends = _ends(data, 5, path, most_steps)
    starts = (0, *ends)
    machine = _Reader(data[starts[2] : ends[2]], path, most_steps).load()
    if not isinstance(machine, dict) or machine.get("little_endian") is not True:
        message = f"{path}: its numbers are big-endian; save it on another machine"
        raise InputError(message)
    reader = _Reader(data[starts[3] : ends[3]], path, most_steps)
    value = reader.load()
    keys = _Reader(data[starts[4] : ends[4]], path, most_steps).load()
    if not isinstance(keys, list) or sorted(map(str, keys)) != sorted(reader.storages):
        raise ValueError("its tensors and their numbers do not fit")
    at, whole = ends[4], memoryview(data)
    for key in keys:
        storage = reader.storages[key]
        end = at + 8 + storage.n_bytes
        if int.from_bytes(whole[at : at + 8], "little") != storage.length:
            raise ValueError("a tensor's numbers are cut off")
        storage.fill(whole[at + 8 : end])
        at = end
    return value


def _ends(data: bytes, n: int, path: Path, most_steps: int) -> list[int]:
    """Read n programs through: small operands, few steps, complete; where each one ends."""
    stream, ends, steps = io.BytesIO(data), [], 0
    try:
        for _ in range(n):
            complaint, own = _complaint(stream, most_steps - steps, most_steps)
            if complaint:
                break
            steps += own
            ends.append(stream.tell())
    except Exception as error:
        message = f"{path}: not a pickled file, or cut off ({error})"
        raise InputError(message) from error
    if complaint:
        message = f"{path}: {complaint}; store it as .npz instead"
        raise InputError(message)
    return ends


def _complaint(stream: io.BytesIO, steps_left: int, most_steps: int) -> tuple[str, int]:
    step = n_long = 0
    tuples = _Tuples()
    for step, (kind, operand) in enumerate(_operations(stream), start=1):
        operation = kind.name
        if tuples.follow(kind, operand) > _LARGEST_TUPLE:
            return "tuples within tuples without end", step
        # Places of the memo are an index into a table that grows to the largest
        if operation in _PUTS and int(operand or 0) > step:
            return "damaged: it claims memory that it does not use", step
        # Python hashes whole numbers modulo 2^61 - 1: long ones may all be one key to a dictionary
        n_long += operation in _WHOLE and bool(abs(operand) >> 64)
        if n_long > _MOST_LONG:
            return f"more than {_MOST_LONG} whole numbers of over 64 bits", step
        if step > steps_left:
            return f"more than {most_steps} steps", step
    return "", step


def _operations(stream: io.BytesIO) -> Iterator[tuple[pickletools.OpcodeInfo, Any]]:
    for operation, operand, _ in pickletools.genops(stream):
        yield operation, operand


class _Tuples:
    """How large tuples are with all that is within them, without making any.

    A tuple that is the key of a dictionary is hashed with all that is within it, and a short
    program can put one tuple into the next twice, again and again.
    """

    def __init__(self) -> None:
        self._sizes: list[int] = []  # of what is on the stack; 1 for all that is no tuple
        self._marks: list[int] = []  # where marks are between them
        self._memo: dict[int, int] = {}

    def follow(self, operation: pickletools.OpcodeInfo, operand: Any) -> int:
        """Do an operation; the size of what it left on top."""
        name, sizes = operation.name, self._sizes
        if name in _PUSHES:  # most are numbers and texts
            sizes.append(1)
            return 1
        if name in _GETS:
            sizes.append(self._memo.get(int(operand), 1))
        elif name in _PUTS or name == "MEMOIZE":
            self._memo[len(self._memo) if name == "MEMOIZE" else int(operand)] = self._top()
        elif name == "DUP":
            sizes.append(self._top())
        elif name == "MARK":
            self._marks.append(len(sizes))
        elif name in _TUPLES:
            n = _TUPLES[name]
            at = (self._marks.pop() if self._marks else 0) if n is None else len(sizes) - n
            size = 1 + sum(sizes[max(0, at) :])
            del sizes[max(0, at) :]
            sizes.append(size)
        else:
            n_before = len(operation.stack_before)
            if pickletools.markobject in operation.stack_before:
                del sizes[self._marks.pop() if self._marks else 0 :]
                n_before = operation.stack_before.index(pickletools.markobject)
            if n_before:
                del sizes[-n_before:]
            sizes += [1] * len(operation.stack_after)
        return self._top()

    def _top(self) -> int:
        return self._sizes[-1] if self._sizes else 1


class _Type(Inert):
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


class _MakeKind(Inert):
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


class _Rebuild(Inert):
    """Stands for numpy's _reconstruct."""

    __slots__ = ()

    def __call__(self, what: object, shape: object, _code: object) -> _Array:
        if not isinstance(what, _Type) or shape != (0,):
            message = "an array is damaged"
            raise ValueError(message)
        return _Array()


class _FromBuffer(Inert):
    """Stands for numpy's _frombuffer."""

    __slots__ = ()

    def __call__(self, data: object, kind: object, shape: object, order: object) -> NDArray[Any]:
        return _values(data, kind, shape, "F" if order == "F" else "C")


class _Scalar(Inert):
    """Stands for numpy's scalar."""

    __slots__ = ()

    def __call__(self, kind: object, data: object) -> Any:
        return _values(data, kind, (1,), "C")[0].item()


class _Latin(Inert):
    """Stands for _codecs.encode, by which old protocols write bytes."""

    __slots__ = ()

    def __call__(self, text: object, encoding: object) -> bytes:
        if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
            message = "bytes are damaged"
            raise ValueError(message)
        return text.encode("latin-1")


class _NoBytes(Inert):
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


_NAMES: dict[tuple[str, str], Inert] = {
    ("numpy", "ndarray"): _Type(),
    ("numpy", "dtype"): _MakeKind(),
    ("_codecs", "encode"): _Latin(),
    **{(builtins, "bytes"): _NoBytes() for builtins in ("__builtin__", "builtins")},
    # numpy 2 calls its inner package _core, numpy 1 core
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _Rebuild() for core in ("core", "_core")},
    **{(f"numpy.{core}.multiarray", "scalar"): _Scalar() for core in ("core", "_core")},
    **{(f"numpy.{core}.numeric", "_frombuffer"): _FromBuffer() for core in ("core", "_core")},
    **tensors.NAMES,
}


class _Reader(pickle.Unpickler):
    """Looks names up in _NAMES, and nowhere else.

    Attributes:
        storages: Of the tensors that were found, by key; whoever has their bytes fills them.
    """

    def __init__(self, data: bytes, path: Path, most_steps: int) -> None:
        super().__init__(io.BytesIO(data), encoding="latin-1")
        self._path, self._most_steps = path, most_steps
        self._bytes_left = len(data)
        self.storages: dict[str, Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        found = _NAMES.get((module, name))
        if (module, name) == ("torch.storage", "_load_from_bytes"):
            return _FromBytes(self._storage)
        if found is None:
            message = (
                f"{self._path}: refused, because it names {module}.{name}, which loading would "
                "run; only arrays, tensors, numbers, texts, lists and dictionaries are read: "
                "convert the rest, or store it as .npz"
            )
            raise InputError(message)
        return found

    def persistent_load(self, name: object) -> Storage:
        """A storage that the program asks for; its bytes come later."""
        storage, key = tensors.storage_of(name)
        known = self.storages.setdefault(key, storage)
        if (known.kind.code, known.length) != (storage.kind.code, storage.length):
            raise ValueError("a storage has two sizes")
        return known

    def _storage(self, data: object) -> Storage:
        """The storage in the bytes that pickle writes of one, each byte of the file once."""
        self._bytes_left -= len(data) if isinstance(data, bytes | bytearray) else 0
        if not isinstance(data, bytes | bytearray) or self._bytes_left < 0:
            raise ValueError("a tensor's storage is damaged")
        value = _in_parts(bytes(data), self._path, self._most_steps)
        if not isinstance(value, Storage):
            raise TypeError("a tensor's storage is damaged")
        return value


class _FromBytes(Inert):
    """Stands for torch's _load_from_bytes."""

    __slots__ = ("_read",)

    def __init__(self, read: Callable[[object], Storage]) -> None:
        self._read = read

    def __call__(self, data: object) -> Storage:
        return self._read(data)


def plain(value: object) -> object:
    """Replace the stand-in of an array or tensor by an array.

    Raises:
        InputError: Its numbers are not there, or do not fit its shape.
    """
    if isinstance(value, Tensor):
        try:
            return value.values()
        except ValueError as error:
            message = f"a pickled file is damaged: {error}; download it again"
            raise InputError(message) from error
    if isinstance(value, _Array):
        if value.values is None:
            message = "a pickled file holds an array without its bytes; download it again"
            raise InputError(message)
        return value.values
    return value
