"""Models are found by name or path, never half, and never for something that they do not do."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from sentigram.errors import InputError, MissingError, OutputError, UsageError
from sentigram.store.card import CARD, ModelCard, measure, read_card, write_card
from sentigram.store.folder import locked, store_folder
from sentigram.store.installed import (
    StoredModel,
    find,
    installed,
    problems,
    stored_folders,
    weights_sha256,
)
from sentigram.store.listing import listed
from sentigram.store.removal import remove_model, stored_folder


def put(store, name, role="text encoder", files=("model.safetensors",)):
    folder = store / name
    folder.mkdir(parents=True)
    for file in files:
        (folder / file).write_text(f"{name} {file}")
    facts = {file: measure(folder / file) for file in files}
    write_card(folder, ModelCard(name, role, "o/n", "abc", "MIT", "a test", ("en",), facts))
    return folder


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_stored_model_is_found_by_name_and_by_repository(store):
    folder = put(store, "bert-base-uncased")
    model = find("bert-base-uncased", "text encoder")
    assert model == StoredModel(
        "bert-base-uncased",
        "text encoder",
        folder,
        licence="MIT",
        revision="abc",
        sha256=sha("bert-base-uncased model.safetensors"),
        languages=("en",),
    )
    assert find("google-bert/bert-base-uncased", "text encoder") == model
    assert find(str(folder), "text encoder") == model
    assert find("bert-base-uncased", "text encoder", store=store) == model
    assert weights_sha256(model) == model.sha256


def test_the_digest_of_several_files_is_that_of_their_digests(store):
    names = ("model-1.safetensors", "model-2.safetensors", "config.json")
    folder = put(store, "big", files=names)
    digests = "".join(sha(f"big {name}") for name in names[:2])
    assert find("big", "text encoder").sha256 == sha(digests)
    (folder / CARD).unlink()
    assert weights_sha256(find(str(folder), "text encoder")) == sha(digests)


def test_a_bare_folder_is_a_model_whose_digest_is_read_once(tmp_path, monkeypatch):
    (tmp_path / "model.bin").write_text("weights")
    model = find(str(tmp_path), "transcriber")
    assert (model.name, model.folder, model.sha256) == (tmp_path.name, tmp_path, "")
    assert weights_sha256(model) == sha("weights")
    with monkeypatch.context() as patch:
        patch.setattr("sentigram.store.installed.sha256_of", None)
        assert weights_sha256(model) == sha("weights")
    (tmp_path / "model.bin").write_text("other weights")
    assert weights_sha256(model) == sha("other weights")


@pytest.mark.parametrize(
    ("name", "role", "said"),
    [
        (
            "whisper-small",
            "transcriber",
            r"'whisper-small' is not here; run: sentigram models pull whisper-small \(about 486 MB",
        ),
        ("bert-base-uncasd", "text encoder", "is not here: .*did you mean bert-base-uncased"),
        ("", "text encoder", "is not here"),
        ("../secret", "text encoder", "is not here"),
        (".", "no such thing", None),
    ],
)
def test_what_is_not_here_says_what_brings_it(store, tmp_path, monkeypatch, name, role, said):
    monkeypatch.chdir(tmp_path)
    if said is None:
        assert find(name, role).name == tmp_path.name
        return
    with pytest.raises(MissingError, match=said):
        find(name, role)


def test_a_model_is_not_used_for_something_else(store):
    put(store, "go", role="text classifier")
    with pytest.raises(UsageError, match="go is a text classifier, where a text encoder is needed"):
        find("go", "text encoder")
    with pytest.raises(UsageError, match="wavlm-large is an audio encoder, where a transcriber"):
        find("wavlm-large", "transcriber")


def test_the_store_comes_before_a_folder_of_the_same_name(store, tmp_path, monkeypatch):
    stored = put(store, "mine")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    assert find("mine", "text encoder").folder == stored
    (stored / CARD).unlink()
    assert find("mine", "text encoder").folder == Path("mine")


def test_what_is_unfinished_or_damaged_is_not_listed(store):
    put(store, "a")
    put(store, "b", role="transcriber", files=("model.bin",))
    (put(store, "c") / CARD).write_text("{")
    (put(store, "d") / CARD).unlink()
    put(store, ".unfinished")
    assert [model.name for model in installed()] == ["a", "b"]
    assert [model.name for model in installed("transcriber")] == ["b"]
    assert [folder.name for folder in stored_folders()] == ["a", "b", "c"]
    assert installed(store=store / "nowhere") == ()
    with pytest.raises(InputError, match=r"is damaged .*; bring the model again"):
        find("c", "text encoder")


def test_damage_is_told_by_size_or_by_content(store):
    folder = put(store, "a", files=("model.safetensors", "config.json"))
    assert problems(folder) == problems(folder, deep=True) == ()
    (folder / "config.json").write_text("A config.json")
    assert problems(folder) == ()
    assert problems(folder, deep=True) == (
        "config.json: is not what was brought (its sha256 differs)",
    )
    (folder / "config.json").write_text("")
    (folder / "model.safetensors").unlink()
    assert problems(folder) == (
        "config.json: has 0 bytes instead of 13",
        "model.safetensors: is missing",
    )


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"role": "singer"},
        {"name": "../x"},
        {"licence": "M\x1b[31mIT"},
        {"licence": None},
        {"files": {}},
        {"files": {"model.bin": {"sha256": "0", "bytes": 1}}},
        {"files": {"model.bin": {"sha256": "0" * 64, "bytes": -1}}},
        {"files": {"model.bin": {"sha256": "0" * 64, "bytes": True}}},
        {"files": {"pytorch_model.bin": {"sha256": "0" * 64, "bytes": 1}}},
        {"files": {"a/../../model.bin": {"sha256": "0" * 64, "bytes": 1}}},
        {"languages": [1]},
    ],
)
def test_a_wrong_card_is_refused(store, change):
    folder = put(store, "a")
    card = json.loads((folder / CARD).read_text())
    assert read_card(folder)
    (folder / CARD).write_text(json.dumps({**card, **change}))
    with pytest.raises(InputError):
        read_card(folder)


def test_the_list_has_everything(store):
    put(store, "bert-base-uncased")
    put(store, "mine")
    (put(store, "wavlm-large", role="audio encoder") / "model.safetensors").unlink()
    rows = {row.id: row for row in listed()}
    assert rows["bert-base-uncased"].state == "installed"
    assert (rows["mine"].kind, rows["mine"].is_installed) == ("own", True)
    assert rows["wavlm-large"].state == (
        "damaged (model.safetensors: is missing); run: sentigram models pull wavlm-large --again"
    )
    assert rows["whisper-small"].state == "sentigram models pull whisper-small"
    assert rows["whisper-small"].size_text == "about 486 MB"
    assert rows["whisper-small"].sets == ("small",)
    assert [row.kind for row in listed()][:5] == ["bundled"] * 5


def test_a_removed_model_is_gone(store):
    folder = put(store, "mine")
    remove_model(stored_folder("mine"), note=lambda _: None)
    assert not folder.exists()
    assert not list((store / ".unfinished").iterdir())
    put(store, "other")
    with pytest.raises(MissingError, match="'mine' is not in the store, which holds: other"):
        stored_folder("mine")
    with pytest.raises(MissingError, match="sentigram models pull whisper-tiny"):
        stored_folder("whisper-tiny")
    with pytest.raises(MissingError, match="is not in the store"):
        stored_folder("../store/other")


def test_the_store_is_where_it_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("SENTIGRAM_MODELS", str(tmp_path))
    assert store_folder() == tmp_path
    assert store_folder(tmp_path / "x") == tmp_path / "x"
    monkeypatch.delenv("SENTIGRAM_MODELS")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert store_folder().name == "models"
    assert store_folder().is_relative_to(tmp_path)


def test_a_lock_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / ".locks").write_text("")
    with pytest.raises(OutputError, match="--folder"), locked(tmp_path, "x", note=print):
        pass
