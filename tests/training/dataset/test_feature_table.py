"""Tables of features beside labels, as trimodal systems have them."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from sentigram.errors import InputError, UsageError
from sentigram.training.corpora.tables.columns import parse_columns
from sentigram.training.corpora.tables.examples import Listing
from sentigram.training.dataset.feature_table import MEANINGS, read_feature_table
from sentigram.training.dataset.features import open_store
from sentigram.training.dataset.manifest import Manifest
from tests.training import workbooks

N = 5
V1 = np.arange(N * 4, dtype=np.float32).reshape(N, 4) / 8
V3 = -np.arange(N * 2, dtype=np.float32).reshape(N, 2)
A2 = np.full((N, 3), 0.25, np.float32)
WORDS = ("Hi", "Oh no", "Go away", "Fine", "Ha")
LABELS = ("joy", "fear", "anger", "neutral", "joy")
COLUMNS = "audio=V1+V3,visual=A2,text=Utterance,label=Emotion,speaker=Speaker"


def flat() -> list[dict[str, Any]]:
    """A column for each number."""
    return [
        {"Utterance": WORDS[i], "Emotion": LABELS[i], "Speaker": f"s{i % 2}", "Season": 1}
        | {f"{name}_{k}": float(one) for name, values in (("V1", V1), ("V3", V3), ("A2", A2))
           for k, one in enumerate(values[i])}
        for i in range(N)
    ]  # fmt: skip


def listed() -> list[dict[str, Any]]:
    """A list in a cell."""
    return [
        {"Utterance": WORDS[i], "Emotion": LABELS[i], "Speaker": f"s{i % 2}", "Season": 1,
         "V1": str(V1[i].tolist()), "V3": str(V3[i]), "A2": " ".join(map(str, A2[i]))}
        for i in range(N)
    ]  # fmt: skip


def as_csv(path: Path, rows: list[dict[str, Any]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def as_xlsx(path: Path, rows: list[dict[str, Any]]) -> Path:
    return workbooks.of_rows(path, [list(rows[0]), *(list(row.values()) for row in rows)])


def as_json_lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


WRITERS = {".csv": as_csv, ".xlsx": as_xlsx, ".jsonl": as_json_lines}


def prepared(path: Path, columns: str = COLUMNS, **more: Any) -> Manifest:
    listing = Listing(columns=parse_columns(columns, MEANINGS), **more.pop("listing", {}))
    return read_feature_table(path, path.parent / "features", name="mine", listing=listing, **more)


def stored(folder: Path, name: str, manifest: Manifest) -> list[np.ndarray]:
    store = open_store(folder / "features", name)
    return [store.get(example) for example in manifest.examples]


@pytest.mark.parametrize("suffix", WRITERS)
@pytest.mark.parametrize("form", [flat, listed])
def test_every_form_gives_the_same_numbers(tmp_path: Path, form: Any, suffix: str):
    notes: list[str] = []
    path = WRITERS[suffix](tmp_path / f"MELD{suffix}", form())
    manifest = prepared(path, note=notes.append)
    assert [(e.id, e.text, e.labels, e.speaker) for e in manifest.examples[:2]] == [
        ("mine/row0", "Hi", ("happiness",), "mine/s0"),
        ("mine/row1", "Oh no", ("fear",), "mine/s1"),
    ]
    voice = stored(tmp_path, "mine-audio", manifest)
    np.testing.assert_array_equal(np.stack(voice)[:, 0], np.hstack([V1, V3]))
    np.testing.assert_array_equal(np.stack(stored(tmp_path, "mine-visual", manifest))[:, 0], A2)
    assert f"V1 4 + V3 2 of {path.name}" in open_store(tmp_path / "features", "mine-audio").info.id
    said = "\n".join(notes)
    assert "columns that are not read: Season" in said
    assert manifest.unused == ("Season",)
    assert "mine-audio is V1 4 + V3 2" in said


def test_columns_that_are_not_read_are_named_once_a_group(tmp_path: Path):
    notes: list[str] = []
    path = as_csv(tmp_path / "t.csv", flat())
    prepared(path, "visual=A2,label=Emotion,text=Utterance", note=notes.append)
    assert "speaker=Speaker" in notes[0]
    assert "not read: Season, V1_0 … (4 columns), V3_0 … (2 columns)" in notes[1]


def test_columns_of_each_split_that_are_not_read(tmp_path: Path):
    others = [{**row, "Host Name": "Ann"} for row in flat()]
    held_out = {"test": as_csv(tmp_path / "test.csv", others)}
    columns = "audio=V1+V3,visual=A2,text=Utterance,label=Emotion"
    manifest = prepared(
        as_csv(tmp_path / "train.csv", flat()), columns, listing={"held_out": held_out}
    )
    assert manifest.unused == ("Season", "Host Name")


def test_rows_that_cannot_be_used_are_said_and_left_out(tmp_path: Path):
    rows = listed()
    rows[0]["V1"] = "[0.1, nan, 0.3, 0.4]"
    rows[2]["Emotion"] = ""
    rows[3]["Utterance"] = " "
    said: list[str] = []
    manifest = prepared(as_csv(tmp_path / "t.csv", rows), warn=said.append)
    assert [example.text for example in manifest.examples] == ["Oh no", "Ha"]
    np.testing.assert_array_equal(stored(tmp_path, "mine-visual", manifest)[1][0], A2[4])
    for one, line in (
        ("V1 has a cell that is empty", 2),
        ("the label is empty", 4),
        ("the words are empty", 5),
    ):
        assert any(one in text and text.endswith(f": line {line}") for text in said), (one, said)
    with pytest.raises(InputError, match="left out"):
        prepared(as_csv(tmp_path / "u.csv", rows))


def test_rows_that_are_wider_than_most_are_left_out(tmp_path: Path):
    rows = listed()
    rows[0]["V3"] = "[1, 2, 3]"
    rows[1]["V3"], rows[1]["V1"] = "[1, 2, 3]", "[1, 2, 3]"  # as wide in all
    said: list[str] = []
    manifest = prepared(as_csv(tmp_path / "t.csv", rows), warn=said.append)
    assert len(manifest.examples) == N - 2
    assert "2 rows left out, because the width of audio is not that of most rows, 4 + 2" in said[0]
    assert said[0].endswith(": lines 2, 3")


def test_sequences_in_time(tmp_path: Path):
    rows = [
        {"id": f"u{i}", "label": "joy", "face": (np.ones((i + 1, 3)) * i).tolist(),
         "look": (np.zeros((i + 1, 1))).tolist()}
        for i in range(3)
    ]  # fmt: skip
    path = as_json_lines(tmp_path / "t.jsonl", rows)
    manifest = prepared(path, "visual=face+look,label=label")
    found = stored(tmp_path, "mine-visual", manifest)
    assert [tokens.shape for tokens in found] == [(1, 4), (2, 4), (3, 4)]
    np.testing.assert_array_equal(found[2][:, 0], 2)


def frames() -> list[dict[str, Any]]:
    """A row for each frame, of two clips at once, and not in their order."""
    return [
        {"clip": f"c{i % 2}", "t": t, "label": ("joy", "fear")[i % 2], "F_0": t, "F_1": i % 2}
        for i, t in enumerate((2, 0, 1, 1, 0, 2, 3))
    ]


def test_rows_of_one_id_are_a_sequence_where_a_time_is_named(tmp_path: Path):
    columns = "visual=F,label=label,id=clip,time=t"
    manifest = prepared(as_csv(tmp_path / "t.csv", frames()), columns)
    assert [example.id for example in manifest.examples] == ["mine/c0", "mine/c1"]
    found = stored(tmp_path, "mine-visual", manifest)
    np.testing.assert_array_equal(found[0], [[0, 0], [1, 0], [2, 0], [3, 0]])
    np.testing.assert_array_equal(found[1], [[0, 1], [1, 1], [2, 1]])


@pytest.mark.parametrize(
    ("change", "columns", "expected"),
    [
        ({"label": "fear"}, "id=clip,time=t", r":4: c0 has another label, .* at .*csv:2"),
        ({"t": 2}, "id=clip,time=t", r":4: c0 is at time 2 already, at .*csv:2"),
        ({"t": "late"}, "id=clip,time=t", "1 row left out, because the time is no number: line 4"),
        ({}, "time=t", "say which, with id="),
    ],
)
def test_frames_that_do_not_fit_are_named(tmp_path: Path, change: Any, columns: str, expected: str):
    rows = frames()
    rows[2] |= change
    with pytest.raises(InputError, match=expected):
        prepared(as_csv(tmp_path / "t.csv", rows), f"visual=F,label=label,{columns}")


def test_many_reasons_are_summed_up(tmp_path: Path):
    rows = flat() * 5
    for i, row in enumerate(rows := [dict(row) for row in rows]):
        row["V1_0"] = f"x{i}" if i else 1.0
    said: list[str] = []
    prepared(as_csv(tmp_path / "t.csv", rows), warn=said.append)
    assert len(said) == 11
    assert "14 more rows left out, for other reasons" in said[-1]


def test_a_file_for_each_split(tmp_path: Path):
    files = {name: as_csv(tmp_path / f"{name}.csv", flat()) for name in ("train", "val", "test")}
    train = files.pop("train")
    manifest = prepared(train, listing={"held_out": files})
    assert {example.split for example in manifest.examples} == {"train", "val", "test"}
    assert len({example.id for example in manifest.examples}) == 3 * N
    assert len(stored(tmp_path, "mine-audio", manifest)) == 3 * N


def test_a_split_column_and_ids_of_several_columns(tmp_path: Path):
    rows = [row | {"Set": "train" if i else "test", "Nr": i} for i, row in enumerate(flat())]
    path = as_csv(tmp_path / "t.csv", rows)
    manifest = prepared(path, f"{COLUMNS},split=Set,id=Set+Nr")
    assert [(e.id, e.split) for e in manifest.examples[:2]] == [
        ("mine/test_0", "test"),
        ("mine/train_1", "train"),
    ]


def test_clips_beside_the_features(tmp_path: Path):
    rows = [row | {"clip": f"{i}.wav"} for i, row in enumerate(flat())]
    for i in range(N):
        tone = np.sin(np.arange(4000) * 0.1 * (i + 1))
        soundfile.write(tmp_path / f"{i}.wav", tone if i else 0 * tone, 16000)
    said: list[str] = []
    path = as_csv(tmp_path / "t.csv", rows)
    manifest = prepared(path, f"{COLUMNS},file=clip", warn=said.append)
    assert "silent" in said[0]  # and its features are not dealt to another
    np.testing.assert_array_equal(
        np.stack(stored(tmp_path, "mine-audio", manifest))[:, 0], np.hstack([V1, V3])[1:]
    )


@pytest.mark.parametrize(
    ("columns", "error", "expected"),
    [
        ("label=Emotion,text=Utterance", UsageError, "names no features"),
        ("audio=V9,label=Emotion", InputError, ":1: no column V9"),
        ("audio=V1,label=Feeling", InputError, ":1: no column Feeling"),
        ("audio=V1,id=Speaker", InputError, ":4: s0 is there already, at .*:2"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, columns: str, error: Any, expected: str):
    with pytest.raises(error, match=expected):
        prepared(as_csv(tmp_path / "t.csv", flat()), columns)


@pytest.mark.parametrize(
    "columns", ["audio", "audio=", "audio=V1+", "colour=V1", "audio=V1,audio=V3"]
)
def test_the_form_of_columns(columns: str):
    with pytest.raises(UsageError, match="--columns"):
        parse_columns(columns, MEANINGS)


def test_other_columns_of_the_same_file_do_not_pass_for_the_same_features(tmp_path: Path):
    path = as_csv(tmp_path / "t.csv", flat())
    prepared(path)
    prepared(path)  # again: nothing changes
    with pytest.raises(InputError, match="holds features of"):
        prepared(path, COLUMNS.replace("V1+V3", "V3+V1"))


@pytest.mark.parametrize("columns", ["audio=V1+A+B 1,visual=A2", "audio=v1+a+b 1,visual=A2"])
def test_a_plus_in_the_name_of_a_column_is_no_join(tmp_path: Path, columns: str):
    rows = [{name.replace("V3", "A+B 1"): cell for name, cell in row.items()} for row in flat()]
    notes: list[str] = []
    manifest = prepared(
        as_csv(tmp_path / "t.csv", rows), f"{columns},label=Emotion", note=notes.append
    )
    np.testing.assert_array_equal(
        stored(tmp_path, "mine-audio", manifest)[0][0], np.concatenate([V1[0], V3[0]])
    )
    with pytest.raises(InputError, match="no column C or C_0"):
        prepared(tmp_path / "t.csv", "audio=A+B 1+C,label=Emotion")
