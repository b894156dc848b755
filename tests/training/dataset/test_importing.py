from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sentigram.errors import InputError, UsageError
from sentigram.training.dataset.features import open_store
from sentigram.training.dataset.importing import (
    Import,
    import_features,
    manifest_of_features,
    parse_import,
)
from tests.training import synthetic


def test_the_form_of_an_import():
    assert parse_import("roberta:text=a b.npz:dev") == Import(
        "roberta", "text", Path("a b.npz"), "dev"
    )
    assert parse_import("x:audio=C:/y.npy") == Import("x", "audio", Path("C:/y.npy"))
    for wrong in ("x", "x=y.npz", "x:video=y.npz", "../x:text=y.npz"):
        with pytest.raises(UsageError, match="--import"):
            parse_import(wrong)


def test_rows_become_features_of_the_examples_in_their_order(tmp_path: Path):
    manifest = synthetic.corpus(tmp_path, n=6)
    values = np.arange(12.0).reshape(6, 2)
    np.savez(tmp_path / "f.npz", mine=values)
    wanted = Import("mine", "text", tmp_path / "f.npz", "mine")
    import_features(manifest, wanted, tmp_path / "features")
    store = open_store(tmp_path / "features", "mine")
    for row, example in zip(values, manifest.examples, strict=True):
        np.testing.assert_array_equal(store.get(example), row[None])
    assert "imported from f.npz" in store.info.id


def test_rows_of_something_else_are_refused(tmp_path: Path):
    manifest = synthetic.corpus(tmp_path, n=6)
    np.savez(tmp_path / "f.npz", mine=np.zeros((5, 2)), objects=np.array([{}], object))
    with pytest.raises(InputError, match="one row for each of 6 examples"):
        import_features(manifest, Import("x", "text", tmp_path / "f.npz", "mine"), tmp_path)
    for array in ("absent", "objects"):
        with pytest.raises(InputError, match="cannot be read as an array"):
            import_features(manifest, Import("x", "text", tmp_path / "f.npz", array), tmp_path)


def test_a_feature_file_with_labels_becomes_a_manifest(tmp_path: Path):
    np.savez(
        tmp_path / "seed.npz",
        text_feat=np.ones((3, 4), np.float32),
        audio_feat=np.zeros((3, 5), np.float32),
        label=np.array(["anger", "neutral", "anger"]),
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
