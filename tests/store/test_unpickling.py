"""Nothing in a pickled file is executed, whatever it holds."""

from __future__ import annotations

import builtins
import collections
import functools
import os
import pickle  # noqa: TID251  (hostile files are made with it)
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentigram.errors import InputError
from sentigram.store import unpickling
from sentigram.store.unpickling import plain, read_pickle


class Call:
    """Pickles to a call of anything."""

    def __init__(self, what: Any, *args: Any) -> None:
        self.how = (what, args)

    def __reduce__(self) -> Any:
        return self.how


def unwrapped(value: object) -> Any:
    value = plain(value)
    if isinstance(value, dict):
        return {key: unwrapped(one) for key, one in value.items()}
    return [unwrapped(one) for one in value] if isinstance(value, list) else value


def stored(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "features.pkl"
    path.write_bytes(data)
    return path


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    return tmp_path / "executed"


HOSTILE = {
    "system": lambda mark: Call(os.system, f"touch {mark}"),
    "eval": lambda mark: Call(builtins.eval, f"open({str(mark)!r}, 'w')"),
    "open": lambda mark: Call(open, str(mark), "w"),
    "nested": lambda mark: [{"label": 1, "text_feat": [Call(os.system, f"touch {mark}")]}],
    "key": lambda mark: {"x": {(1, Call(os.system, f"touch {mark}")): 2}},
    "partial": lambda mark: functools.partial(os.system, f"touch {mark}"),
    "getattr": lambda mark: Call(getattr, str(mark), "upper"),
    "numpy": lambda mark: Call(np.save, str(mark), 1),
    "path": Path,
    "class": lambda mark: collections.Counter(a=1),
}


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("kind", HOSTILE)
def test_what_names_code_is_refused_by_name(tmp_path: Path, marker: Path, kind: str, protocol: int):
    data = pickle.dumps(HOSTILE[kind](marker), protocol)
    with pytest.raises(InputError, match=r"refused, because it names \w+\.\w+") as caught:
        read_pickle(stored(tmp_path, data))
    assert not marker.exists() and not marker.with_suffix(".npy").exists()  # noqa: PT018
    assert "features.pkl" in str(caught.value)


def test_arrays_of_objects_are_refused(tmp_path: Path, marker: Path):
    array = np.array([Call(os.system, f"touch {marker}")], object)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(InputError, match="arrays of 'O8' are not read"):
            read_pickle(stored(tmp_path, pickle.dumps(array, protocol)))
    assert not marker.exists()


@pytest.mark.parametrize(
    "data",
    [
        b"cos\nsystem\n(S'touch {mark}'\ntR.",
        b"(S'touch {mark}'\nios\nsystem\n.",  # INST
        b"(cos\nsystem\nS'touch {mark}'\no.",  # OBJ
        b"\x80\x02cbuiltins\neval\nX\x01\x00\x00\x001\x85R.",
        b"cnumpy\nos.system\n.",
        b"\x80\x04\x8c\x05numpy\x8c\x0bndarray.tox\x93.",
        b"c__builtin__\ngetattr\n.",
        b"cnumpy.core.multiarray\n__builtins__\n.",
    ],
)
def test_by_hand(tmp_path: Path, marker: Path, data: bytes):
    with pytest.raises(InputError):
        read_pickle(stored(tmp_path, data.replace(b"{mark}", str(marker).encode())))
    assert not marker.exists()


@pytest.mark.parametrize(
    "data",
    [
        b"cnumpy\nndarray\n}S'__doc__'\nS'x'\nsb.",  # state of a name
        b"cnumpy\nndarray\n(N}S'__call__'\nS'x'\nstb.",
        b"cnumpy\ndtype\n}b.",
        b"cnumpy\nndarray\n)\x81.",  # an object of a name
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I1000000000000\ntS'b'\ntR.",
        b"cnumpy\ndtype\n(S'O8'\nI0\nI1\ntR.",
        b"cnumpy\ndtype\n(S'V1000000'\nI0\nI1\ntR.",
        b"c_codecs\nencode\n(S'x'\nS'zip'\ntR.",
        b"cnumpy.core.multiarray\nscalar\n(I1\nI1\ntR.",
        b"Pwhatever\n.",  # a persistent id
        b"\x80\x02\x82\x01.",  # an extension code
        b"",
        b".",
        b"not a pickle",
        b"\x80\x04]\x94(K\x01",  # cut off
    ],
)
def test_damage_is_an_error_that_names_the_file(tmp_path: Path, data: bytes):
    before = dict(unpickling._NAMES)
    with pytest.raises(InputError, match=r"features\.pkl: "):
        read_pickle(stored(tmp_path, data))
    assert before == unpickling._NAMES


def test_memory_is_not_claimed_out_of_proportion(tmp_path: Path):
    far = b"]r" + struct.pack("<I", 2**31) + b"."
    with pytest.raises(InputError, match="memory that it does not use"):
        read_pickle(stored(tmp_path, far))
    long = b"\x80\x05\x96" + struct.pack("<Q", 2**40) + b"x."
    with pytest.raises(InputError, match="cut off"):
        read_pickle(stored(tmp_path, long))
    with pytest.raises(InputError, match="more than 10 steps"):
        read_pickle(stored(tmp_path, pickle.dumps(list(range(20)))), most_steps=10)
    with pytest.raises(InputError, match="where 10 bytes is the most"):
        read_pickle(stored(tmp_path, pickle.dumps(list(range(20)))), most_bytes=10)
    with pytest.raises(InputError, match="No such file"):
        read_pickle(tmp_path / "absent.pkl")


ARRAYS = {
    "float32": np.arange(6, dtype=np.float32).reshape(2, 3),
    "big-endian": np.arange(4, dtype=">f8"),
    "half": np.ones((1, 2, 3), np.float16),
    "int": np.array([-1, 2], np.int64),
    "bool": np.array([True, False]),
    "text": np.array(["anger", "joie é"]),
    "bytes": np.array([b"a", b"bc"]),
    "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "strided": np.arange(10.0)[::3],
    "empty": np.zeros((0, 5)),
    "scalar array": np.array(1.5),
}


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("core", [b"numpy._core", b"numpy.core"])
@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_come_back_as_they_were(tmp_path: Path, name: str, core: bytes, protocol: int):
    array = ARRAYS[name]
    data = pickle.dumps({"a": [array, array]}, protocol)
    if protocol < 4:  # names are plain lines there
        data = data.replace(b"numpy._core", core)
    found = unwrapped(read_pickle(stored(tmp_path, data)))["a"]
    for one in found:
        np.testing.assert_array_equal(one, array)
        assert one.dtype == array.dtype
        assert one.flags.writeable


def test_plain_values_and_scalars(tmp_path: Path):
    value = {"a": [1, 2.5, "x", None, True, b"y"], ("t", 1): {"n": -(2**70)}}
    assert read_pickle(stored(tmp_path, pickle.dumps(value))) == value
    scalars = [np.float32(0.5), np.int64(3), np.str_("hi"), np.bool_(True)]
    assert read_pickle(stored(tmp_path, pickle.dumps(scalars))) == [0.5, 3, "hi", True]


@given(st.data())
@settings(max_examples=200)
def test_no_change_of_a_file_executes_or_escapes(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
):
    whole = pickle.dumps([{"label": 1, "text_feat": np.ones(3, np.float32)}] * 2, 2)
    places = data.draw(st.lists(st.integers(0, len(whole) - 1), min_size=1, max_size=6))
    changed = bytearray(whole)
    for place in places:
        changed[place] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "changed.pkl"
    path.write_bytes(changed)
    try:
        unwrapped(read_pickle(path))
    except InputError as error:
        assert "changed.pkl" in str(error) or "without its bytes" in str(error)  # noqa: PT017
