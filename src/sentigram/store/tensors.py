"""Tensors of torch in pickled files, read as arrays without torch and without running anything.

A pickled tensor names a function that takes a storage, an offset, a size and strides; the storage
lies in the same file (pickle and older torch.save), or beside it in an archive (torch.save since
1.6). The classes here stand for those names; a tensor is checked and copied out of its storage
when it is asked for.
"""

from __future__ import annotations

import math
import sys
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

_BFLOAT16 = "bfloat16"
_MOST_AXES = 16
CODES = {
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "HalfStorage": "<f2",
    "BFloat16Storage": _BFLOAT16,
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "<i1",
    "ByteStorage": "<u1",
    "BoolStorage": "|b1",
    "UntypedStorage": "<u1",
}
"""What torch calls a storage → what numpy calls its elements."""


class Inert:
    """Stands for a name in the file. It cannot be changed by the program that it is given to."""

    __slots__ = ()

    def __setstate__(self, state: object) -> NoReturn:
        message = "the file changes a name instead of using it"
        raise ValueError(message)


class StorageType(Inert):
    """Stands for a class of storages.

    Args:
        code: Of its elements, a value of CODES.
    """

    __slots__ = ("code",)

    def __init__(self, code: str) -> None:
        self.code = code

    @property
    def item_bytes(self) -> int:
        """Bytes of one element."""
        return 2 if self.code == _BFLOAT16 else np.dtype(self.code).itemsize


class Storage:
    """Numbers end to end, which tensors are parts of.

    Attributes:
        kind: Of its elements.
        length: Elements, as the file says.
        data: Their bytes; None until they are read.
    """

    __slots__ = ("data", "kind", "length")

    def __init__(self, kind: StorageType, length: int) -> None:
        self.kind, self.length = kind, length
        self.data: bytes | memoryview | None = None

    @property
    def n_bytes(self) -> int:
        """How many bytes it takes."""
        return self.length * self.kind.item_bytes

    def fill(self, data: bytes | memoryview) -> None:
        """Give it its bytes.

        Raises:
            ValueError: There are more or fewer than it takes.
        """
        if len(data) != self.n_bytes:
            message = f"a storage of {self.n_bytes} bytes has {len(data)}"
            raise ValueError(message)
        self.data = data

    def elements(self) -> NDArray[Any]:
        """All elements, (length,), without a copy but of bfloat16.

        Raises:
            ValueError: Its bytes are not there.
        """
        if self.data is None:
            raise ValueError("a tensor's numbers are not in the file")
        if self.kind.code == _BFLOAT16:  # the upper half of a float32
            upper = np.frombuffer(self.data, "<u2").astype(np.uint32)
            return (upper << np.uint32(16)).view(np.float32)
        return np.frombuffer(self.data, self.kind.code)


class Tensor:
    """Stands for a tensor, until its numbers are asked for."""

    __slots__ = ("_offset", "_size", "_storage", "_stride")

    def __init__(self, storage: object, offset: object, size: object, stride: object) -> None:
        if not isinstance(storage, Storage) or not (
            _is_count(offset) and _are_counts(size, stride)
        ):
            raise ValueError("a tensor is damaged")
        self._storage, self._offset, self._size, self._stride = storage, offset, size, stride

    def __setstate__(self, state: object) -> NoReturn:
        raise ValueError("the file changes a tensor")

    def values(self) -> NDArray[Any]:
        """Its numbers, a copy of its shape.

        Raises:
            ValueError: It reaches beyond its storage, or claims more than that holds.
        """
        offset, size, stride = self._plan()
        length = self._storage.length
        n = math.prod(size)
        last = offset + sum((k - 1) * step for k, step in zip(size, stride, strict=True))
        if n and (last >= length or n > length):
            raise ValueError("a tensor does not fit the numbers that it is made of")
        if not n:
            return np.zeros(size, np.float32)
        flat = self._storage.elements()
        steps = tuple(step * flat.itemsize for step in stride)
        return np.lib.stride_tricks.as_strided(flat[offset:], size, steps, writeable=False).copy()

    def _plan(self) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
        offset: Any = self._offset
        size: Any = self._size
        stride: Any = self._stride
        return offset, size, stride


class RebuildTensor(Inert):
    """Stands for torch's _rebuild_tensor and _rebuild_tensor_v2."""

    __slots__ = ()

    def __call__(
        self, storage: object, offset: object, size: object, stride: object, *_more: object
    ) -> Tensor:
        """What stands for the tensor."""
        return Tensor(storage, offset, size, stride)


class RebuildParameter(Inert):
    """Stands for torch's _rebuild_parameter, whose value is a tensor."""

    __slots__ = ()

    def __call__(self, value: object, *_more: object) -> Tensor:
        """The tensor itself."""
        if not isinstance(value, Tensor):
            raise TypeError("a parameter is damaged")
        return value


class Size(Inert):
    """Stands for torch.Size."""

    __slots__ = ()

    def __call__(self, size: object = ()) -> tuple[object, ...]:
        """The size as a tuple."""
        if not isinstance(size, tuple | list):
            raise TypeError("a size is damaged")
        return tuple(size)


class Items(dict[object, object]):
    """A dictionary that lets go what torch hangs on a state dict: the versions of its modules."""

    __slots__ = ()

    def __setstate__(self, state: object) -> None:
        del state


class Ordered(Inert):
    """Stands for collections.OrderedDict: a state dict, or a tensor's hooks, which are none."""

    __slots__ = ()

    def __call__(self) -> Items:
        """An empty dictionary, whose order is kept anyway."""
        return Items()


NAMES: dict[tuple[str, str], Inert] = {
    ("torch._utils", "_rebuild_tensor"): RebuildTensor(),
    ("torch._utils", "_rebuild_tensor_v2"): RebuildTensor(),
    ("torch._utils", "_rebuild_parameter"): RebuildParameter(),
    ("torch", "Size"): Size(),
    ("collections", "OrderedDict"): Ordered(),
    **{("torch", name): StorageType(code) for name, code in CODES.items()},
    ("torch.storage", "UntypedStorage"): StorageType(CODES["UntypedStorage"]),
}
"""What a pickled tensor names, besides the reader of its bytes."""


def storage_of(name: object) -> tuple[Storage, str]:
    """Read the name by which a program asks for a storage: the storage, without bytes, and its key.

    Raises:
        ValueError: It is of another form.
    """
    if not (
        isinstance(name, tuple)
        and len(name) >= 5
        and name[0] == "storage"
        and isinstance(name[1], StorageType)
        and isinstance(name[2], str)
        and _is_count(name[4])
        and (len(name) == 5 or name[5] is None)  # views of storages are not written any more
    ):
        raise ValueError("a tensor's storage is damaged")
    return Storage(name[1], name[4]), name[2]


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value <= sys.maxsize


def _are_counts(size: object, stride: object) -> bool:
    return (
        isinstance(size, tuple)
        and isinstance(stride, tuple)
        and len(size) == len(stride) <= _MOST_AXES
        and all(map(_is_count, (*size, *stride)))
    )
