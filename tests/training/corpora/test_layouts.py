"""Corpora as researchers have them: one made-up corpus for each layout."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from sentigram.errors import InputError
from sentigram.training.corpora import catalogue, folder
from sentigram.training.corpora.tables.columns import FIELDS, parse_columns
from sentigram.training.corpora.tables.examples import Listing


def touch(root: Path, *clips: str) -> Path:
    for clip in clips:
        (root / clip).parent.mkdir(parents=True, exist_ok=True)
        (root / clip).touch()
    return root


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def asked(text: str) -> Listing:
    return Listing(columns=parse_columns(text, FIELDS))


def told(items):
    return [(item.id, item.labels, item.split) for item in items]


def test_any_headers(tmp_path: Path):
    write(tmp_path / "list.csv", "Clip;Feeling;Who;Line;Season\na.wav;Angry;Ann;Hi;1\n")
    touch(tmp_path, "a.wav")
    notes: list[str] = []
    (item,) = folder.read(
        tmp_path / "list.csv",
        listing=asked("file=Clip,label=feeling,speaker=Who,text=Line"),
        note=notes.append,
    )
    assert (item.labels, item.speaker, item.text) == (("anger",), "Ann", "Hi")
    assert item.audio == tmp_path / "a.wav"
    assert notes == [f"{tmp_path / 'list.csv'}: columns that are not read: Season"]


def test_a_list_that_was_made_on_windows(tmp_path: Path):
    write(tmp_path / "l.csv", "path,label,split\r\nx\\a.wav,fear,Train\r\n")
    touch(tmp_path, "x/a.wav")
    (item,) = folder.read(tmp_path)
    assert (item.audio, item.split) == (tmp_path / "x" / "a.wav", "train")


def test_columns_are_joined(tmp_path: Path):
    write(tmp_path / "list.tsv", "dir\tname\temotion\tseason\tepisode\nx\ta.wav\tsad\t1\t2\n")
    touch(tmp_path, "x/a.wav")
    (item,) = folder.read(tmp_path, listing=asked("file=dir+name,dialogue=season+episode"))
    assert (item.audio, item.dialogue) == (tmp_path / "x" / "a.wav", "1_2")


def test_usual_names_are_found_in_any_case_and_said(tmp_path: Path):
    write(
        tmp_path / "meld.csv", "Utterance,Emotion,Speaker,Dialogue_ID,StartTime\nHi,joy,Joey,3,0\n"
    )
    notes: list[str] = []
    (item,) = folder.read(tmp_path, note=notes.append)
    assert (item.text, item.labels, item.speaker, item.dialogue) == (
        "Hi", ("happiness",), "Joey", "3",
    )  # fmt: skip
    assert "text=Utterance, label=Emotion, speaker=Speaker, dialogue=Dialogue_ID" in notes[0]
    assert "not read: StartTime" in notes[1]


def test_whole_paths_only_where_the_user_names_the_folder(tmp_path: Path):
    clips = touch(tmp_path / "elsewhere", "in/a.wav")
    table = write(tmp_path / "lists" / "l.csv", f"file,label\n{clips / 'in/a.wav'},fear\n")
    with pytest.raises(InputError, match=r":2: .*allow it with --clips .*elsewhere/in"):
        folder.read(table)
    (item,) = folder.read(table, listing=Listing(clips=clips))
    assert item.audio == clips / "in" / "a.wav"
    assert item.id == "in/a.wav"
    with pytest.raises(InputError, match="leaves the folder"):
        folder.read(table, listing=Listing(clips=touch(tmp_path / "other")))
    write(table, "file,label\nin/a.wav,fear\n")  # relative ones begin there, too
    assert folder.read(table, listing=Listing(clips=clips))[0].audio == clips / "in" / "a.wav"


def test_numbers_as_labels_need_their_names(tmp_path: Path):
    write(tmp_path / "list.csv", "text,label\nHi,0\nHo,1\n")
    with pytest.raises(InputError, match=r":2: label '0' is a number; .* --labels"):
        folder.read(tmp_path)
    items = folder.read(tmp_path, listing=Listing(labels={"0": "anger", "1": "Happy"}))
    assert [item.labels for item in items] == [("anger",), ("happiness",)]


def test_json_lines(tmp_path: Path):
    lines = [{"file": "a.wav", "emotion": "sad", "take": 1}, {"file": "b.wav", "emotion": "neu"}]
    write(tmp_path / "list.jsonl", "\n".join(map(json.dumps, lines)) + "\n")
    touch(tmp_path, "a.wav", "b.wav")
    assert told(folder.read(tmp_path)) == [("a.wav", ("sadness",), ""), ("b.wav", ("neutral",), "")]


def test_speechbrain_json_for_each_split(tmp_path: Path):
    for split, emotion in (("train", "ang"), ("valid", "hap"), ("test", "neu")):
        record = {"wav": f"{{data_root}}/Session1/{split}.wav", "length": 1.5, "emo": emotion}
        write(tmp_path / "lists" / f"{split}.json", json.dumps({f"Ses01_{split}": record}))
        touch(tmp_path / "iemocap", f"Session1/{split}.wav")
    items = folder.read(tmp_path / "lists", listing=Listing(clips=tmp_path / "iemocap"))
    assert told(items) == [
        ("Ses01_train", ("anger",), "train"),
        ("Ses01_valid", ("happiness",), "valid"),
        ("Ses01_test", ("neutral",), "test"),
    ]
    assert items[1].audio == tmp_path / "iemocap" / "Session1" / "valid.wav"


def test_speechbrain_csv(tmp_path: Path):
    text = (
        "ID, duration, wav, wav_format, wav_opts, emotion, spk_id\n"
        "one, 3.26, $data_folder/a.wav, wav, , anger, spk01\n"
    )
    table = write(tmp_path / "train.csv", text)
    touch(tmp_path, "a.wav")
    (item,) = folder.read(table)
    assert (item.id, item.speaker, item.audio) == ("one", "spk01", tmp_path / "a.wav")
    write(table, text.replace("wav, , ", "wav, start:100 stop:2000, "))
    with pytest.raises(InputError, match=r":2: .* a part of a recording"):
        folder.read(table)
    record = {"wav": {"file": "a.wav", "start": 0, "stop": 9}, "emo": "sad"}
    with pytest.raises(InputError, match="a part of a recording"):
        folder.read(write(tmp_path / "l.json", json.dumps({"x": record})))


def test_splits_by_file(tmp_path: Path):
    files = {
        split: write(tmp_path / f"{split}.csv", f"text,label\n{split} words,fear\n")
        for split in ("mine", "dev", "test")
    }
    train = files.pop("mine")
    items = folder.read(
        train, listing=Listing(held_out={"val": files["dev"], "test": files["test"]})
    )
    assert told(items) == [
        ("train/row0", ("fear",), "train"),
        ("val/row0", ("fear",), "val"),
        ("test/row0", ("fear",), "test"),
    ]


@pytest.mark.parametrize("inner", [("",), ("train", "test")])
@pytest.mark.parametrize("name", ["metadata.csv", "metadata.jsonl"])
def test_audiofolder(tmp_path: Path, inner: tuple[str, ...], name: str):
    for split in inner:
        home = tmp_path / split
        touch(home, "clips/a.wav")
        row = {"file_name": "clips/a.wav", "emotion": "angry", "id": f"{split}1"}
        lines = (
            [",".join(row), ",".join(row.values())] if name.endswith("csv") else [json.dumps(row)]
        )
        write(home / name, "\n".join(lines))
    assert told(folder.read(tmp_path)) == [(f"{split}1", ("anger",), split) for split in inner]


def test_audiofolder_with_both_tables(tmp_path: Path):
    write(tmp_path / "metadata.csv", "file_name,label\n")
    write(tmp_path / "metadata.jsonl", "")
    with pytest.raises(InputError, match=r"holds both metadata\.csv and metadata\.jsonl"):
        folder.read(tmp_path)


def test_folders_by_class(tmp_path: Path):
    touch(tmp_path, "Angry/b.wav", "Angry/a.FLAC", "sad/c.mp3", "sad/._c.mp3", "sad/notes.txt")
    touch(tmp_path, ".git/x/y.wav", "loose.wav")
    said: list[str] = []
    items = folder.read(tmp_path, warn=said.append)
    assert told(items) == [
        ("Angry/a.FLAC", ("anger",), ""),
        ("Angry/b.wav", ("anger",), ""),
        ("sad/c.mp3", ("sadness",), ""),
    ]
    assert "1 clips lie in no folder, such as loose.wav" in said[0]


def test_folders_by_class_within_splits_or_sessions(tmp_path: Path):
    one = touch(tmp_path / "one", "train/joy/a.wav", "Test/fear/b.wav")
    assert told(folder.read(one)) == [
        ("Test/fear/b.wav", ("fear",), "test"),
        ("train/joy/a.wav", ("happiness",), "train"),
    ]
    two = touch(tmp_path / "two", "session1/ang/a.wav", "session2/ang/a.wav")
    assert [(i.session, i.labels) for i in folder.read(two)] == [
        ("1", ("anger",)),
        ("2", ("anger",)),
    ]
    odd = touch(tmp_path / "odd", "voices/ang/a.wav")
    with pytest.raises(InputError, match="voices is no split such as train, nor a session"):
        folder.read(odd)


def test_a_clip_of_a_class_folder_stays_inside(tmp_path: Path):
    root = touch(tmp_path / "corpus", "anger/a.wav")
    touch(tmp_path, "b.wav")
    (root / "anger" / "b.wav").symlink_to(tmp_path / "b.wav")
    with pytest.raises(InputError, match=r"b\.wav: leaves the folder"):
        folder.read(root)


def emobox(root: Path, *, folds: int = 2, suffix: str = ".jsonl") -> Path:
    entries = [
        {"key": f"x-{i}", "dataset": "x", "wav": f"downloads/x/{i}.wav", "emo": "ah"[i % 2],
         "length": 1.0, "task": "category"}
        for i in range(4)
    ]  # fmt: skip
    touch(root, *(f"downloads/x/{i}.wav" for i in range(4)))
    lists = root / "data" / "x"
    write(lists / "label_map.json", json.dumps({"a": "Angry", "h": "Happy"}))
    for fold in range(folds):
        for role, is_in in (
            ("train", lambda i, f=fold: i % 2 != f),
            ("test", lambda i, f=fold: i % 2 == f),
        ):
            chosen = [one for i, one in enumerate(entries) if is_in(i)]
            path = lists / f"fold_{fold + 1}" / f"x_{role}_fold_{fold + 1}{suffix}"
            if suffix == ".jsonl":
                write(path, "\n".join(map(json.dumps, chosen)))
            else:
                write(path, json.dumps({one["key"]: one for one in chosen}))
    return lists


@pytest.mark.parametrize("suffix", [".jsonl", ".json"])
def test_emobox_folds(tmp_path: Path, suffix: str):
    items = folder.read(emobox(tmp_path, suffix=suffix), listing=Listing(clips=tmp_path))
    assert told(items) == [
        ("x-0", ("anger",), "test_fold_1"),
        ("x-2", ("anger",), "test_fold_1"),
        ("x-1", ("happiness",), "test_fold_2"),
        ("x-3", ("happiness",), "test_fold_2"),
    ]
    assert items[0].audio == tmp_path / "downloads" / "x" / "0.wav"


def test_columns_of_emobox_that_nobody_reads_are_told(tmp_path: Path):
    lists = emobox(tmp_path)
    test = lists / "fold_2" / "x_test_fold_2.jsonl"
    entry = {"key": "x-5", "wav": "downloads/x/0.wav", "emo": "a", "spk_name": "Ann"}
    test.write_text(f"{test.read_text()}\n{json.dumps(entry)}")
    notes: list[str] = []
    names: list[str] = []
    folder.read(
        lists,
        listing=Listing(clips=tmp_path),
        warn=lambda _: None,
        note=notes.append,
        unread=names.extend,
    )
    assert names == ["dataset", "length", "task", "spk_name"]
    assert notes == [f"{lists}: columns that are not read: dataset, length, task, spk_name"]


def test_emobox_with_one_fold_is_a_split(tmp_path: Path):
    items = folder.read(emobox(tmp_path, folds=1), listing=Listing(clips=tmp_path))
    assert [(item.id, item.split) for item in items] == [
        ("x-0", "test"), ("x-2", "test"), ("x-1", "train"), ("x-3", "train"),
    ]  # fmt: skip


def test_emobox_lists_that_leak_are_refused(tmp_path: Path):
    lists = emobox(tmp_path)
    train = lists / "fold_1" / "x_train_fold_1.jsonl"
    test = lists / "fold_1" / "x_test_fold_1.jsonl"
    whole = train.read_text()
    train.write_text(f"{whole}\n{test.read_text()}")
    with pytest.raises(InputError, match=r"jsonl:3: x-0 is in the test list of fold 1 too"):
        folder.read(lists, listing=Listing(clips=tmp_path))
    train.write_text(whole)
    (lists / "fold_2" / "x_test_fold_2.jsonl").write_text(test.read_text())
    with pytest.raises(InputError, match=r"x-0 is tested already, at .*fold_1\.jsonl:1"):
        folder.read(lists, listing=Listing(clips=tmp_path))


HOSTILE: dict[str, tuple[str, str | bytes, str]] = {
    "climbing": ("l.csv", "path,label\n../b.wav,anger\n", r":2: .*leaves the folder"),
    "placeholder": ("l.csv", "path,label\n{data_root}/../b.wav,anger\n", "leaves the folder"),
    "nul": ("l.jsonl", '{"path": "a\\u0000.wav", "label": "anger"}', "leaves the folder|no such"),
    "twice": ("l.csv", "id,text,label\n1,Hi,fear\n1,Ho,fear\n", r":3: 1 is there already, at .*:2"),
    "two headers": ("l.csv", "text,label,label\nHi,fear,joy\n", ":1: 2 columns are called label"),
    "no object": ("l.jsonl", "[1]", ":1: is list; expected an object"),
    "no JSON": ("l.jsonl", '{"a":', ":1: not JSON"),
    "deep": ("l.json", "[" * 100_000, "too deep"),
    "number": ("l.json", "7", "holds int; expected a list"),
    "list cell": (
        "l.jsonl",
        '{"text": ["a"], "label": "fear"}',
        ":1: text is list, where one",
    ),
    "many values": ("l.json", "[" + "1," * 5_000_001 + "1]", "the most that is read|values"),
    "empty": ("l.csv", "", "holds no header line"),
    "long cell": ("l.csv", f"text,label\n{'x' * 200_000},fear\n", "larger than field limit"),
    "bytes": ("l.csv", b"text,label\n\xff\xfe,fear\n", "cannot be read as UTF-8"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_tables_are_errors_that_name_the_place(tmp_path: Path, kind: str):
    touch(tmp_path, "b.wav")
    name, text, expected = HOSTILE[kind]
    table = tmp_path / "corpus" / name
    table.parent.mkdir()
    table.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError, match=expected) as caught:
        folder.read(table)
    assert name in str(caught.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes")
def test_pipes_are_not_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "manifest.csv")
    with pytest.raises(InputError):
        folder.read(tmp_path)
    with pytest.raises(InputError, match="no such corpus file"):
        folder.read(
            tmp_path / "manifest.csv", listing=Listing(held_out={"val": tmp_path / "x.csv"})
        )


def test_one_sound_under_two_ids_is_said(tmp_path: Path):
    write(tmp_path / "l.csv", "id,path,label\n1,a.wav,fear\n2,a.wav,joy\n")
    touch(tmp_path, "a.wav")
    said: list[str] = []
    assert len(folder.read(tmp_path, warn=said.append)) == 2
    assert f"l.csv:3: names a.wav as {tmp_path / 'l.csv'}:2 does" in said[0]


def test_corpora_with_names_of_their_own_have_the_class_sets_of_a_folder():
    assert catalogue.classes("my-talks", "4") == folder.CLASSES["4"]
