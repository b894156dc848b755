from __future__ import annotations

import os
import pickle  # noqa: TID251  (files as others make them)
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from sentigram.errors import InputError, UsageError
from sentigram.training.dataset.features import open_store
from sentigram.training.dataset.importing import (
    Import,
    import_features,
    manifest_of_features,
    parse_import,
)
from sentigram.training.dataset.manifest import read_manifest, write_manifest
from tests.training import synthetic


def test_the_form_of_an_import():
    assert parse_import("roberta:text=a b.npz:dev") == Import(
        "roberta", "text", Path("a b.npz"), "dev"
    )
    assert parse_import("x:audio=C:/y.npy") == Import("x", "audio", Path("C:/y.npy"))
    assert parse_import("x-1:visual=y.pkl:faces") == Import("x-1", "visual", Path("y.pkl"), "faces")
    for wrong in ("x", "x=y.npz", "x:video=y.npz", "../x:text=y.npz", "a/b:text=y.npz"):
        with pytest.raises(UsageError, match="--import"):
            parse_import(wrong)
    with pytest.raises(UsageError, match=r"the name 'one\+other' cannot be used; write letters"):
        parse_import("one+other:text=y.npz")


def test_rows_become_features_of_the_examples_in_their_order(tmp_path: Path):
    manifest = synthetic.corpus(tmp_path, n=6)
    values = np.arange(12.0).reshape(6, 2)
    np.savez(tmp_path / "f.npz", mine=values)
    wanted = Import("mine", "text", tmp_path / "f.npz", "mine")
    for _ in range(2):  # what is there already is not written again
        import_features(manifest, wanted, tmp_path / "features")
    store = open_store(tmp_path / "features", "mine")
    for row, example in zip(values, manifest.examples, strict=True):
        np.testing.assert_array_equal(store.get(example), row[None])
    assert "imported from f.npz" in store.info.id
    assert len(store.shards) == 1


def npz(folder: Path, **arrays: Any) -> Path:
    np.savez(folder / "f.npz", **arrays)
    return folder / "f.npz"


def npy(folder: Path, array: Any) -> Path:
    np.save(folder / "f.npy", array)
    return folder / "f.npy"


def pkl(folder: Path, value: Any) -> Path:
    (folder / "f.pkl").write_bytes(pickle.dumps(value))
    return folder / "f.pkl"


RAGGED = [np.full((1 + i % 3, 2), float(i + 1), np.float32) for i in range(6)]
LENGTHS = np.array([len(one) for one in RAGGED])
PADDED = np.stack([np.pad(one, ((0, 3 - len(one)), (0, 0))) for one in RAGGED])
IDS = [f"made/{i:04d}" for i in range(6)]
SEQUENCES: dict[str, Callable[[Path], Import]] = {
    "padded, with lengths": lambda at: Import(
        "mine", "audio", npz(at, x=PADDED, x_lengths=LENGTHS), "x"
    ),
    "end to end": lambda at: Import(
        "mine", "audio", npz(at, x=np.concatenate(RAGGED), lengths=LENGTHS), "x"
    ),
    "list of arrays": lambda at: Import("mine", "audio", pkl(at, RAGGED)),
    "list of tensors": lambda at: Import("mine", "audio", pkl(at, [*map(torch.tensor, RAGGED)])),
    "by id": lambda at: Import(
        "mine", "audio", pkl(at, dict(reversed([*zip(IDS, RAGGED, strict=True)])))
    ),
    "by the corpus's own id": lambda at: Import(
        "mine", "audio", pkl(at, {name[5:]: one for name, one in zip(IDS, RAGGED, strict=True)})
    ),
    "a key of a dictionary": lambda at: Import(
        "mine", "audio", pkl(at, {"about": "x", "voice": RAGGED}), "voice"
    ),
}


@pytest.mark.parametrize("form", SEQUENCES)
def test_sequences_in_time_are_tokens(tmp_path: Path, form: str):
    manifest = synthetic.corpus(tmp_path, n=6)
    import_features(manifest, SEQUENCES[form](tmp_path), tmp_path / "features")
    store = open_store(tmp_path / "features", "mine")
    for tokens, example in zip(RAGGED, manifest.examples, strict=True):
        np.testing.assert_array_equal(store.get(example), tokens)


def test_what_may_be_padding_is_said(tmp_path: Path):
    manifest = synthetic.corpus(tmp_path, n=6)
    told: list[str] = []
    wanted = Import("mine", "audio", npy(tmp_path, PADDED))
    import_features(manifest, wanted, tmp_path / "features", warn=told.append)
    assert "4 of 6 examples end in tokens of zeros" in told[0]
    assert len(open_store(tmp_path / "features", "mine").get(manifest.examples[0])) == 3


@pytest.mark.parametrize(
    ("made", "array", "expected"),
    [
        (lambda at: npz(at, x=np.zeros((5, 2))), "x", "expected one row for each of 6 examples"),
        (lambda at: npz(at, x=np.zeros((6, 2))), "y", "read as an array y; it holds x"),
        (lambda at: npz(at, x=np.zeros((6, 2))), "", "none is named"),
        (lambda at: npz(at, x=np.array([{}], object)), "x", "plain arrays"),
        (lambda at: npz(at, x=np.array(["a"] * 6)), "x", "no array of numbers"),
        (lambda at: npz(at, x=np.full((6, 2), np.nan)), "x", "row 0: x has shape"),
        (lambda at: npz(at, x=np.zeros((6, 2, 2, 2))), "x", r"row 0: x has shape \(2, 2, 2\)"),
        (lambda at: npz(at, x=PADDED, lengths=np.array([9] * 6)), "x", "do not fit"),
        (lambda at: npz(at, x=PADDED, lengths=np.array([0] * 6)), "x", "counts above 0"),
        (lambda at: npz(at, x=PADDED, lengths=LENGTHS[:5]), "x", "do not fit"),
        (lambda at: npy(at, np.zeros(())), "", "no array of numbers with rows"),
        (lambda at: pkl(at, RAGGED[:5]), "", "holds 5 entries; expected one row for each of 6"),
        (lambda at: pkl(at, {"x": RAGGED[0]}), "", "nothing for 6 of 6 .* its ids are such as x"),
        (lambda at: pkl(at, {"x": 3}), "x", "it holds int"),
        (
            lambda at: pkl(at, [*RAGGED[:5], np.zeros((2, 3))]),
            "",
            r"row 5: .* as wide as the others \(2\)",
        ),
        (lambda at: pkl(at, [*RAGGED[:5], "x"]), "", "row 5: the array is no vector"),
    ],
)
def test_rows_of_something_else_are_refused(
    tmp_path: Path, made: Callable[[Path], Path], array: str, expected: str
):
    manifest = synthetic.corpus(tmp_path, n=6)
    path = made(tmp_path)
    with pytest.raises(InputError, match=expected) as caught:
        import_features(manifest, Import("x", "text", path, array), tmp_path)
    assert path.name in str(caught.value)


def test_a_header_that_claims_more_than_the_file_holds(tmp_path: Path):
    path = tmp_path / "f.npy"
    with path.open("wb") as file:
        about = {"descr": "<f4", "fortran_order": False, "shape": (6, 10**12)}
        np.lib.format.write_array_header_1_0(file, about)
        file.write(bytes(48))
    manifest = synthetic.corpus(tmp_path, n=6)
    with pytest.raises(InputError, match="cannot be read as an array"):
        import_features(manifest, Import("x", "text", path), tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "f.npy")
    manifest = synthetic.corpus(tmp_path, n=6)
    with pytest.raises(InputError, match="pipe"):
        import_features(manifest, Import("x", "text", tmp_path / "f.npy"), tmp_path)


def test_a_feature_file_with_labels_becomes_a_manifest(tmp_path: Path):
    np.savez(
        tmp_path / "seed.npz",
        text_feat=np.ones((3, 4), np.float32),
        audio_feat=np.zeros((3, 5), np.float32),
        label=np.array(["anger", "neutral", "ang"]),
        speaker=np.array(["a", "b", "a"]),
    )
    manifest = manifest_of_features(tmp_path / "seed.npz", tmp_path / "features")
    assert [example.labels for example in manifest.examples] == [
        ("anger",),
        ("neutral",),
        ("anger",),
    ]
    assert manifest.examples[1].speaker == "seed/b"
    for name, width in (("seed-text", 4), ("seed-audio", 5)):
        store = open_store(tmp_path / "features", name)
        assert store.info.width == width
        assert store.get(manifest.examples[2]).shape == (1, width)


def test_labels_of_a_feature_file_are_names_as_in_tables(tmp_path: Path):
    given = {"text_feat": np.ones((2, 4), np.float32)}
    np.savez(tmp_path / "a.npz", **given, label=np.array(["Very Happy", "Happy"]))
    manifest = manifest_of_features(tmp_path / "a.npz", tmp_path / "features")
    assert [e.labels for e in manifest.examples] == [("very_happy",), ("happiness",)]
    for bad in ("<img src=x onerror=alert(1)>", "=1+1", "a\nb", "![x](http://x/y.png)"):
        np.savez(tmp_path / "b.npz", **given, label=np.array(["anger", bad]))
        with pytest.raises(InputError, match=r"b\.npz: 000001: label .* is no name"):
            manifest_of_features(tmp_path / "b.npz", tmp_path / "features")


def test_what_a_feature_file_holds_beside_is_said_and_kept(tmp_path: Path):
    columns = {
        "text_feat": np.ones((2, 4), np.float32),
        "label": ["anger", "neutral"],
        "actor": ["Ann", "Bob"],
        "class_names": ["anger", "neutral", "sadness"],  # of another length: no column
    }
    rows = [
        {"text_feat": np.ones(4, np.float32), "label": "anger", "actor": "Ann", "bert": [1.0]}
        for _ in range(2)
    ]
    for number, (given, unused) in enumerate(
        [(columns, ("actor", "class_names")), (rows, ("actor", "bert"))]
    ):
        path = tmp_path / f"seed{number}.pkl"
        path.write_bytes(pickle.dumps(given))
        notes: list[str] = []
        made = manifest_of_features(path, tmp_path / "features", note=notes.append)
        assert made.unused == unused
        assert notes == [f"{path}: not read: {', '.join(unused)}"]
        write_manifest(tmp_path / "m.parquet", made, overwrite=True)
        assert read_manifest(tmp_path / "m.parquet").unused == unused


def split_files(folder: Path, *, width: int = 3, ids: bool = False) -> dict[str, Path]:
    """Train, val and test as the published systems write them: dictionaries of tensors."""
    files = {}
    for number, (split, n) in enumerate((("train", 4), ("val", 2), ("test", 3))):
        rows = [
            {"text_embed": torch.full((2,), 10.0 * number + i),
             "audio_embed": torch.full((width if split == "test" else 3,), 1.0),
             "label": i % 2, **({"id": f"u{i}"} if ids else {})}
            for i in range(n)
        ]  # fmt: skip
        files[split] = folder / f"IEMOCAP_{split}.pkl"
        files[split].write_bytes(pickle.dumps(rows))
    return files


def test_three_files_are_one_corpus_with_its_split(tmp_path: Path):
    files = split_files(tmp_path)
    train = files.pop("train")
    names = {"0": "anger", "1": "hap"}
    manifest = manifest_of_features(
        train, tmp_path / "features", name="seeds", held_out=files, labels=names
    )
    assert [(e.id, e.split, e.labels) for e in manifest.examples[3:6]] == [
        ("seeds/train/000003", "train", ("happiness",)),
        ("seeds/val/000000", "val", ("anger",)),
        ("seeds/val/000001", "val", ("happiness",)),
    ]
    store = open_store(tmp_path / "features", "seeds-text")
    found = [float(store.get(example)[0, 0]) for example in manifest.examples]
    assert found == [0, 1, 2, 3, 10, 11, 20, 21, 22]


def test_files_that_do_not_fit_and_shared_ids_are_said(tmp_path: Path):
    files = split_files(tmp_path, width=5)
    train = files.pop("train")
    with pytest.raises(InputError, match=r"_test\.pkl: audio is 5 wide; in .*_train\.pkl it is 3"):
        manifest_of_features(train, tmp_path / "a", name="x", held_out=files)
    told: list[str] = []
    files = split_files(tmp_path, ids=True)
    train = files.pop("train")
    made = manifest_of_features(train, tmp_path / "b", name="x", held_out=files, warn=told.append)
    assert "2 ids, such as u0, can be found in" in told[0]
    assert len({example.id for example in made.examples}) == 9
