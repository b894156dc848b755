"""Tensors as the published systems keep them: torch itself says what they hold."""

from __future__ import annotations

import io
import os
import pickle  # noqa: TID251  (files as others make them)
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sentigram.errors import InputError
from sentigram.store.unpickling import plain, read_pickle
from sentigram.training.dataset.feature_files import read_imported

BASE = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4)
TENSORS = {
    **{
        str(dtype): torch.tensor([[0, 1, 2], [3, 4, 5]]).to(dtype)
        for dtype in (
            torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64,
            torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool,
        )
    },
    "row of a batch": BASE[1, 2],
    "transposed": BASE.transpose(0, 2),
    "every other": BASE[:, ::2, 1::2],
    "scalar": torch.tensor(2.5),
    "empty": torch.zeros(0, 5),
    "gradient": torch.ones(3, requires_grad=True),
    "parameter": torch.nn.Parameter(torch.ones(3)),
    "negative": torch.tensor([-1.5, float("1e-30")]),
}  # fmt: skip


def by_torch(value: object, path: Path, **options: Any) -> Path:
    torch.save(value, path, **options)
    return path


def by_pickle(value: object, path: Path, protocol: int) -> Path:
    path.write_bytes(pickle.dumps(value, protocol))
    return path


WRITERS = {
    "archive": by_torch,
    "older": lambda value, path: by_torch(value, path, _use_new_zipfile_serialization=False),
    **{f"pickle {n}": lambda value, path, n=n: by_pickle(value, path, n) for n in (2, 4, 5)},
}


@pytest.mark.parametrize("how", WRITERS)
@pytest.mark.parametrize("name", TENSORS)
def test_what_torch_wrote_is_what_is_read(tmp_path: Path, name: str, how: str):
    tensor = TENSORS[name]
    path = WRITERS[how]({"a": [tensor, tensor], "n": 1, "size": tensor.shape}, tmp_path / "f.pkl")
    found: Any = read_pickle(path)
    assert found["n"] == 1
    assert found["size"] == tuple(tensor.shape)
    plainly = tensor.detach()
    expected = (plainly.float() if plainly.dtype == torch.bfloat16 else plainly).numpy()
    for one in found["a"]:
        values: Any = plain(one)
        np.testing.assert_array_equal(values, expected)
        assert values.shape == expected.shape
        assert values.dtype == expected.dtype or not expected.size


@pytest.mark.parametrize("how", WRITERS)
def test_rows_of_the_published_systems(tmp_path: Path, how: str):
    rows = [
        {
            "text_embed": torch.full((768,), float(i)),
            "audio_embed": torch.full((1, 1024), float(-i)),
            "label": torch.tensor(i % 4),
        }
        for i in range(3)
    ]
    found = read_imported(WRITERS[how](rows, tmp_path / "IEMOCAP_train.pkl"))
    assert found.labels == ("0", "1", "2")
    assert [one.shape for one in found.features["text"]] == [(1, 768)] * 3
    assert [float(one[0, 0]) for one in found.features["audio"]] == [0, -1, -2]


class Call:
    def __init__(self, what: Any, *args: Any) -> None:
        self.how = (what, args)

    def __reduce__(self) -> Any:
        return self.how


@pytest.mark.parametrize("how", WRITERS)
@pytest.mark.parametrize("place", ["beside", "inside"])
def test_code_beside_a_tensor_is_refused(tmp_path: Path, how: str, place: str):
    mark = tmp_path / "executed"
    call = Call(os.system, f"touch {mark}")
    value: Any = [torch.ones(2), call]
    if place == "inside":  # a storage that is a pickle of something else
        load = torch.storage._load_from_bytes
        value = [Call(load, pickle.dumps(call))]
    with pytest.raises(InputError):
        read_pickle(WRITERS[how](value, tmp_path / "f.pt"))
    assert not mark.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        (0, (10**12,), (0,)),  # one number, a million million times
        (0, (7,), (1,)),
        (3, (4,), (1,)),
        (0, (2, 3), (1,)),
        (-1, (2,), (1,)),
        (0, (2,), (-1,)),
        (0, (2**62, 2**62), (2**62, 1)),
        (0, (1,) * 40, (1,) * 40),
        (True, (2,), (1,)),
        (0, [2], (1,)),
    ],
)
def test_no_tensor_reaches_beyond_its_numbers(tmp_path: Path, arguments: Any):
    storage = torch.ones(6, dtype=torch.uint8).untyped_storage()
    value = Call(torch._utils._rebuild_tensor_v2, storage, *arguments, False, {})
    path = tmp_path / "f.pkl"
    path.write_bytes(pickle.dumps(value))
    with pytest.raises(InputError, match=r"damaged|not a pickled"):
        plain(read_pickle(path))


def changed_archive(path: Path, change: Any) -> Path:
    whole = io.BytesIO()
    torch.save([torch.ones(4)], whole)
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            for changed, data in change(name, old.read(name)):
                new.writestr(changed, data)
    return path


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda n, d: [] if n.endswith("/0") else [(n, d)], "not a pickled"),
        (lambda n, d: [(n, d[:3] if n.endswith("/0") else d)], "16 bytes has 3"),
        (lambda n, d: [] if n.endswith("pkl") else [(n, d)], "without one data.pkl"),
        (lambda n, d: [(n, d), (f"x/{n}", d)] if n.endswith("pkl") else [(n, d)], "without one"),
        (lambda n, d: [(n, b"big" if n.endswith("order") else d)], "big-endian"),
        (lambda n, d: [(n, bytes(5_000_000) if n.endswith("/0") else d)], "unpacks to more"),
        (lambda n, d: [(n, d[:-1] if n.endswith("pkl") else d)], "cut off"),
    ],
)
def test_damaged_archives_are_named(tmp_path: Path, change: Any, expected: str):
    path = changed_archive(tmp_path / "f.pt", change)
    with pytest.raises(InputError, match=expected) as caught:
        read_pickle(path, most_bytes=1_000_000)
    assert "f.pt" in str(caught.value)


def test_other_archives_and_cut_off_files(tmp_path: Path):
    path = tmp_path / "f.pkl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(InputError, match=r"not what torch\.save writes"):
        read_pickle(path)
    WRITERS["older"]([torch.ones(4)], path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InputError, match="16 bytes has 15"):
        read_pickle(path)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_no_change_of_a_file_escapes(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject):
    path = tmp_path_factory.getbasetemp() / "changed.pkl"
    how = data.draw(st.sampled_from(sorted(WRITERS)))
    whole = WRITERS[how]([{"label": 1, "text_feat": torch.ones(3)}] * 2, path).read_bytes()
    changed = bytearray(whole)
    for place in data.draw(st.lists(st.integers(0, len(whole) - 1), min_size=1, max_size=6)):
        changed[place] = data.draw(st.integers(0, 255))
    path.write_bytes(changed)
    try:
        found = read_pickle(path)
        for row in found if isinstance(found, list) else ():
            for value in row.values() if isinstance(row, dict) else ():
                plain(value)
    except InputError as error:
        assert "changed.pkl" in str(error) or "damaged" in str(error)  # noqa: PT017
