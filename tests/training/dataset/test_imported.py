from __future__ import annotations

import io
import pickle  # noqa: TID251  (files as others make them)
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sentigram.errors import InputError
from sentigram.training.dataset import feature_files
from sentigram.training.dataset.feature_files import read_imported

TEXT = np.arange(12, dtype=np.float32).reshape(3, 4)
AUDIO = np.arange(6, dtype=np.float64).reshape(3, 2)
LABELS = ("anger", "joy", "anger")


def pickled(tmp_path: Path, value: Any) -> Path:
    path = tmp_path / "features.pkl"
    path.write_bytes(pickle.dumps(value))
    return path


def rows(**more: Any) -> list[dict[str, Any]]:
    return [
        {"text_embed": TEXT[i], "audio_embed": AUDIO[i], "label": LABELS[i]}
        | {key: values[i] for key, values in more.items()}
        for i in range(3)
    ]


def test_a_list_of_dictionaries(tmp_path: Path):
    found = read_imported(pickled(tmp_path, rows(id=("x", "y", "z"), speaker=("1F", "1M", "1F"))))
    assert found.ids == ("x", "y", "z")
    assert found.labels == LABELS
    assert found.speakers == ("1F", "1M", "1F")
    np.testing.assert_array_equal(np.concatenate(found.features["text"]), TEXT)
    np.testing.assert_array_equal(np.concatenate(found.features["audio"]), AUDIO)
    assert found.features["audio"][0].dtype == np.float32


def test_without_ids_and_speakers_and_with_numbers_as_labels(tmp_path: Path):
    given = [
        {"audio_feat": list(AUDIO[i]), "label": label}
        for i, label in enumerate((2, np.int64(0), np.array([2])))
    ]
    found = read_imported(pickled(tmp_path, given))
    assert found.ids == ("000000", "000001", "000002")
    assert (found.labels, found.speakers) == (("2", "0", "2"), ("", "", ""))
    assert "text" not in found.features
    np.testing.assert_array_equal(np.concatenate(found.features["audio"]), AUDIO)


@pytest.mark.parametrize("form", ["by id", "columns", "npz"])
def test_other_forms_say_the_same(tmp_path: Path, form: str):
    ids = ("x", "y", "z")
    columns = {"text_feat": TEXT, "audio_feat": AUDIO, "labels": np.array(LABELS), "ids": list(ids)}
    if form == "by id":
        path = pickled(tmp_path, dict(zip(ids, rows(), strict=True)))
    elif form == "columns":
        path = pickled(tmp_path, columns | {"about": "made on a Monday"})
    else:
        path = tmp_path / "features.npz"
        np.savez(path, **columns)
    found = read_imported(path)
    assert (found.ids, found.labels) == (ids, LABELS)
    np.testing.assert_array_equal(np.concatenate(found.features["text"]), TEXT)
    np.testing.assert_array_equal(np.concatenate(found.features["audio"]), AUDIO)


def test_a_batch_of_one_is_a_vector(tmp_path: Path):
    given = [{"text_feat": TEXT[i : i + 1], "label": i} for i in range(3)]
    found = read_imported(pickled(tmp_path, given))
    np.testing.assert_array_equal(np.concatenate(found.features["text"]), TEXT)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], "holds no examples"),
        ({}, "expected columns such as labels"),
        (7, "holds int; expected a list or a dictionary"),
        ([1], "entry 0 is int; expected a dictionary"),
        (
            [{"label": 1, "video": 2}],
            "no key text_feat or audio_feat or visual_feat; found label, video; rename it",
        ),
        ([{"text_feat": TEXT[0]}], "no key label; found text_feat"),
        ({"labels": [1, 2], "audio": [1, 2]}, "found labels, audio; rename"),
        ([{"text_feat": "words", "label": 1}], "entry 0: text_feat is no vector of numbers"),
        (
            [{"text_feat": np.ones((2, 3, 4)), "label": 1}],
            r"entry 0: text_feat has shape \(2, 3, 4\)",
        ),
        ([{"text_feat": [np.nan], "label": 1}], "finite numbers"),
        ([{"text_feat": [], "label": 1}], r"shape \(0,\)"),
        ([{"text_feat": [1, 2], "label": 1}, {"text_feat": [1], "label": 1}], "entry 1: text_feat"),
        ([{"text_feat": [1], "label": 1}, {"text_feat": [1]}], "entry 1: label is None"),
        ([{"text_feat": [1], "label": 0.5}], "label is 0.5; expected a name or whole number"),
        ([{"text_feat": [1], "label": True}], "label is True"),
        (
            [{"text_feat": [1], "label": 1, "id": "a"}] * 2,
            "share an id with another, such as entries 0 and 1, 'a'",
        ),
        ({"text_feat": TEXT, "labels": [1, 2]}, "columns differ in length"),
        ({"text_feat": [TEXT[0], TEXT[0, :2]], "labels": [1, 2]}, "entry 1: text_feat has shape"),
        ({"text_feat": TEXT, "labels": np.array(1)}, "labels is ndarray; expected one entry"),
        ({"text_feat": TEXT, "labels": 1}, "labels is int; expected one entry per example"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, given: Any, expected: str):
    with pytest.raises(InputError, match=expected) as caught:
        read_imported(pickled(tmp_path, given))
    assert "features.pkl" in str(caught.value)


def test_sequences_in_time_stay_sequences(tmp_path: Path):
    given = [
        {"text_feat": TEXT[: i + 1], "visual_feat": TEXT[i], "label": i, "film": "x"}
        for i in range(3)
    ]
    found = read_imported(pickled(tmp_path, given))
    assert [tokens.shape for tokens in found.features["text"]] == [(1, 4), (2, 4), (3, 4)]
    np.testing.assert_array_equal(found.features["text"][2], TEXT)
    assert [tokens.shape for tokens in found.features["visual"]] == [(1, 4)] * 3
    assert found.unused == ("film",)


def test_one_array_many_times_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(feature_files, "MOST_BYTES", 10_000)
    row = {"text_feat": np.zeros(1000), "label": 1}
    with pytest.raises(InputError, match="entry 2: text_feat takes more than 10000 bytes"):
        read_imported(pickled(tmp_path, [row] * 5))


def nested(depth: int) -> list[Any]:
    """A list that is short in a file and 2 to the depth long in memory."""
    value: list[Any] = [1.0]
    for _ in range(depth):
        value = [value, value]
    return value


def test_short_files_that_mean_endless_lists_are_refused(tmp_path: Path):
    circle: list[Any] = []
    circle.append(circle)
    wide = [[[1.0] * 2000] * 2000] * 2000  # 8,000,000,000 numbers, as many references as 6,000
    for value in (nested(60), circle, wide, [np.ones(10_000)] * 1_000_000):
        for protocol in (2, 5):
            path = tmp_path / "a.pkl"
            path.write_bytes(pickle.dumps([{"text_feat": value, "label": 1}], protocol))
            with pytest.raises(InputError, match="entry 0: text_feat is no vector of numbers"):
                read_imported(path)
    path = pickled(tmp_path, [{"text_feat": [1.0], "label": nested(60)}])
    with pytest.raises(InputError, match="entry 0: label is list; expected a name"):
        read_imported(path)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("n", [2, 5])
def test_a_key_that_would_be_hashed_for_ever_is_refused(tmp_path: Path, n: int, protocol: int):
    key: tuple[Any, ...] = ("a",)
    for _ in range(60):
        key = (key,) * n
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps([key], protocol))  # no dictionary of it can be made here either
    with pytest.raises(InputError, match="tuples within tuples without end"):
        read_imported(path)


def test_numbers_that_are_one_key_to_a_dictionary_are_refused(tmp_path: Path):
    row = {"text_feat": [1.0], "label": 1, **{i * (2**61 - 1): 0 for i in range(2000)}}
    with pytest.raises(InputError, match="more than 1000 whole numbers of over 64 bits"):
        read_imported(pickled(tmp_path, [row]))


def test_a_header_that_claims_more_than_there_is_takes_no_memory(tmp_path: Path):
    path = tmp_path / "a.npz"
    header = io.BytesIO()
    claimed = {"descr": "<f4", "fortran_order": False, "shape": (2**40,)}
    np.lib.format.write_array_header_1_0(header, claimed)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("text_feat.npy", header.getvalue())
    with pytest.raises(InputError, match=r"text_feat\.npy claims \(1099511627776,\) and holds"):
        read_imported(path)


def test_code_in_a_row_is_refused(tmp_path: Path):
    class Hostile:
        def __reduce__(self) -> Any:
            return subprocess.call, (["touch", str(tmp_path / "executed")],)

    path = pickled(tmp_path, [{"text_feat": TEXT[0], "label": 1, "speaker": Hostile()}])
    with pytest.raises(InputError, match=r"names subprocess\.call"):
        read_imported(path)
    assert not (tmp_path / "executed").exists()


def test_npz_files_hold_only_plain_arrays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "features.npz"
    np.savez(path, text_feat=TEXT, labels=np.array([{}, {}, {}], object))
    with pytest.raises(InputError, match=r"not a \.npz file of plain arrays"):
        read_imported(path)
    path.write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"not a \.npz file"):
        read_imported(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("text_feat.npy", bytes(10_000))
    monkeypatch.setattr(feature_files, "MOST_BYTES", 5_000)
    with pytest.raises(InputError, match="unpacks to 10000 bytes; 5000 are read"):
        read_imported(path)


def test_a_file_as_large_as_the_real_ones_is_read(tmp_path: Path):
    rng = np.random.default_rng(0)
    text = rng.standard_normal((2000, 768)).astype(np.float32)
    given = [{"text_embed": row, "audio_embed": row[:5], "label": "x"} for row in text]
    found = read_imported(pickled(tmp_path, given))
    np.testing.assert_array_equal(np.concatenate(found.features["text"]), text)
