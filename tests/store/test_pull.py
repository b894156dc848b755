"""Bringing models from a hub and from folders, and everything that can break on the way."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sentigram.errors import InputError, MissingError, OutputError, UsageError
from sentigram.store.card import CARD, read_card
from sentigram.store.catalogue import ROLES
from sentigram.store.installed import find, installed, problems
from sentigram.store.pull import Origin, pull, wanted
from tests.store.conftest import WHISPER, checkpoint
from tests.store.fake_hub import COMMIT

TINY = "Systran/faster-whisper-tiny"
FILES = {"model.bin", "config.json", "tokenizer.json", "vocabulary.txt"}


def tiny():
    (entry,) = wanted(["whisper-tiny"])
    return entry


def files_in(folder):
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def test_a_model_arrives_whole_with_a_card_and_nothing_else(hub, store):
    told, notes = [], []
    model = pull(tiny(), Origin(), progress=lambda *n: told.append(n), note=notes.append)
    assert model.folder == store / "whisper-tiny"
    assert files_in(model.folder) == {*FILES, CARD}
    for name in FILES:
        assert (model.folder / name).read_bytes() == WHISPER[name]
    assert model.sha256 == hashlib.sha256(WHISPER["model.bin"]).hexdigest()
    assert (model.licence, model.revision) == ("MIT", COMMIT)
    total = sum(len(WHISPER[name]) for name in FILES)
    assert told[-1] == (total, total)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert notes == [f"whisper-tiny: 307 kB from {hub.url}/{TINY}; licence: MIT"]
    card = json.loads((model.folder / CARD).read_text())
    assert card["source"] == f"{hub.url}/{TINY}"
    assert card["files"]["config.json"] == {
        "sha256": hashlib.sha256(b"{}").hexdigest(),
        "bytes": 2,
    }
    assert not any("setup.py" in path or "README" in path for _, path, _ in hub.asked)
    assert not list(store.glob(".unfinished/*"))


def test_a_model_that_is_here_is_not_fetched_again_unless_asked(hub, store):
    pull(tiny(), Origin())
    asked = len(hub.asked)
    notes = []
    assert pull(tiny(), Origin(), note=notes.append) == find("whisper-tiny", "transcriber")
    assert len(hub.asked) == asked
    assert "is here" in notes[0]
    pull(tiny(), Origin(again=True))
    assert hub.sent["model.bin"] == 2 * len(WHISPER["model.bin"])


def test_a_damaged_model_is_brought_again(hub, store):
    model = pull(tiny(), Origin())
    (model.folder / "model.bin").write_bytes(b"short")
    with pytest.raises(MissingError, match="sentigram models pull whisper-tiny --again"):
        find("whisper-tiny", "transcriber")
    pull(tiny(), Origin())
    assert not problems(store / "whisper-tiny", deep=True)


def test_a_connection_that_breaks_is_taken_up_within_the_run(hub, store, no_waiting):
    hub.break_after["model.bin"] = (100_000, 1)
    pull(tiny(), Origin())
    assert not problems(store / "whisper-tiny", deep=True)
    assert hub.sent["model.bin"] == len(WHISPER["model.bin"])


def test_a_killed_run_goes_on_where_it_was_and_fetches_no_byte_twice(hub, store):
    class Killed(BaseException):
        pass

    def kill(done, _total):
        if done > 100_000:
            raise Killed

    hub.break_after["model.bin"] = (150_000, 1)
    with pytest.raises(Killed):
        pull(tiny(), Origin(), progress=kill)
    assert installed() == ()
    with pytest.raises(MissingError, match="is not here"):
        find("whisper-tiny", "transcriber")
    (part,) = store.rglob("*.part")
    kept = part.stat().st_size
    assert kept > 100_000
    hub.asked.clear()
    pull(tiny(), Origin())
    ranges = [asked for _, path, asked in hub.asked if path.endswith("model.bin")]
    assert ranges == [f"bytes={kept}-"]
    assert not problems(store / "whisper-tiny", deep=True)


def test_a_run_killed_between_files_keeps_the_whole_ones(hub, store):
    class Killed(BaseException):
        pass

    def kill(done, _total):
        if done > len(WHISPER["model.bin"]):
            raise Killed

    with pytest.raises(Killed):
        pull(tiny(), Origin(), progress=kill)
    pull(tiny(), Origin())
    assert hub.sent["model.bin"] == len(WHISPER["model.bin"])
    assert not problems(store / "whisper-tiny", deep=True)


def test_a_run_killed_before_the_last_step_asks_nobody(hub, store, monkeypatch):
    class Killed(BaseException):
        pass

    def kill(*_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("sentigram.store.pull._move", kill)
        with pytest.raises(Killed):
            pull(tiny(), Origin())
    assert installed() == ()
    hub.is_down = True
    pull(tiny(), Origin())
    assert not problems(store / "whisper-tiny", deep=True)


@pytest.mark.parametrize("name", ["model.bin", "config.json"])
def test_a_file_that_is_not_what_the_hub_says_is_refused(hub, store, name):
    hub.lies[name] = WHISPER[name][:-1] + b"!"
    with pytest.raises(InputError, match=f"{name} arrived damaged"):
        pull(tiny(), Origin())
    assert installed() == ()
    assert not list(store.rglob("*.part"))
    hub.lies.clear()
    pull(tiny(), Origin())
    assert not problems(store / "whisper-tiny", deep=True)


@pytest.mark.parametrize("variable", ["SENTIGRAM_OFFLINE", "HF_HUB_OFFLINE", None])
def test_offline_asks_nobody_and_says_which_switch_it_was(hub, store, monkeypatch, variable):
    if variable:
        monkeypatch.setenv(variable, "1")
    match = f"{variable}=1" if variable else "--offline"
    with pytest.raises(MissingError, match=f"{match} forbids that.*--from DIR"):
        pull(tiny(), Origin(offline=variable is None))
    assert hub.asked == []


def test_an_unreachable_hub_says_what_to_do(store, monkeypatch, no_waiting):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(MissingError, match="check the connection and run the command again"):
        pull(tiny(), Origin())


def test_a_repository_that_is_gone_says_so(hub, store):
    (entry,) = wanted(["nobody/nothing"], role="transcriber")
    with pytest.raises(MissingError, match="nobody/nothing: no such repository"):
        pull(entry, Origin())


def test_a_full_disk_is_noticed_before_anything_is_fetched(hub, store, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=50_000_000))
    with pytest.raises(OutputError, match="50 MB are needed and 50 MB are free; make room"):
        pull(tiny(), Origin())
    assert "model.bin" not in hub.sent


def test_a_store_that_cannot_be_made_says_what_to_do(hub, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="--folder DIR or SENTIGRAM_MODELS=DIR"):
        pull(tiny(), Origin(store=tmp_path / "file" / "store"))


def test_a_folder_of_the_user_is_not_replaced(hub, store):
    (store / "whisper-tiny").mkdir(parents=True)
    (store / "whisper-tiny" / "thesis.txt").write_text("mine")
    with pytest.raises(OutputError, match="was not put there by Sentigram"):
        pull(tiny(), Origin())
    assert (store / "whisper-tiny" / "thesis.txt").read_text() == "mine"


@pytest.mark.parametrize(
    "name", ["../evil.safetensors", "/etc/evil", "a/../b", "a\u202eb", "a\\b", "a\nb", "c:d"]
)
def test_hostile_names_are_never_asked_for(hub, store, name):
    files = hub.repositories["o/n"] = {"config.json": b"{}", "tokenizer.json": b"{}"}
    files["model.safetensors.index.json"] = b"{}"
    files["model-1.safetensors"] = b"x"
    files[name] = b"evil"
    files[f"model-{name}.safetensors"] = b"evil"
    (entry,) = wanted(["o/n"], role="text encoder")
    if "/" not in name:  # the layout's pattern does not go into folders
        with pytest.raises(InputError, match=r"refused: .* is not a plain file name"):
            pull(entry, Origin())
        assert installed() == ()
        return
    pull(entry, Origin())
    assert files_in(store / "n") == {
        "config.json",
        "tokenizer.json",
        "model.safetensors.index.json",
        "model-1.safetensors",
        CARD,
    }
    assert not (store.parent / "evil.safetensors").exists()


def test_a_pickled_checkpoint_is_stored_as_safetensors(hub, store):
    import torch
    from safetensors.torch import load_file

    weights = {"a.weight": torch.arange(6.0).reshape(2, 3), "b": torch.ones(2, dtype=torch.half)}
    hub.repositories["emotion2vec/emotion2vec_plus_seed"] = {
        "model.pt": checkpoint({"model": weights, "step": 3}),
        "config.yaml": b"model: x\n",
        "tokens.txt": b"angry\n",
        "example.wav": b"RIFF",
    }
    (entry,) = wanted(["emotion2vec-plus-seed"])
    model = pull(entry, Origin())
    assert files_in(model.folder) == {"model.safetensors", "config.yaml", "tokens.txt", CARD}
    stored = load_file(model.folder / "model.safetensors")
    assert stored.keys() == weights.keys()
    assert all(torch.equal(stored[name], weights[name]) for name in weights)
    assert stored["b"].dtype == torch.half
    digest = hashlib.sha256((model.folder / "model.safetensors").read_bytes()).hexdigest()
    assert model.sha256 == digest
    ((made_of, _),) = read_card(model.folder).converted.values()
    assert made_of == "model.pt"


def test_safetensors_are_preferred_to_pickles(hub, store):
    hub.repositories["o/n"] = {
        "config.json": b"{}",
        "tokenizer.json": b"{}",
        "vocab.txt": b"a",
        "model.safetensors": b"x",
        "pytorch_model.bin": b"y",
    }
    (entry,) = wanted(["o/n"], role="text classifier")
    model = pull(entry, Origin())
    assert "pytorch_model.bin" not in hub.sent
    assert files_in(model.folder) >= {"model.safetensors", "vocab.txt"}
    assert model.licence == "mit"


def test_a_repository_of_another_kind_says_what_it_lacks(hub, store):
    hub.repositories["o/n"] = {"config.json": b"{}", "pytorch_model.bin": b"y"}
    (entry,) = wanted(["o/n"], role="transcriber")
    with pytest.raises(InputError, match=r"o/n is no transcriber .* it lacks model\.bin"):
        pull(entry, Origin())


def test_another_machines_store_is_copied_without_the_internet(hub, store, tmp_path):
    elsewhere = tmp_path / "usb"
    pull(tiny(), Origin(store=elsewhere))
    hub.asked.clear()
    told = []
    model = pull(tiny(), Origin(source=elsewhere, offline=True), progress=lambda *n: told.append(n))
    assert hub.asked == []
    assert read_card(model.folder) == read_card(elsewhere / "whisper-tiny")
    assert told[-1][0] == told[-1][1]
    assert not problems(model.folder, deep=True)


def test_a_damaged_copy_is_refused(hub, store, tmp_path):
    elsewhere = tmp_path / "usb"
    pull(tiny(), Origin(store=elsewhere))
    (elsewhere / "whisper-tiny" / "config.json").write_bytes(b"[]")
    with pytest.raises(InputError, match=r"config\.json: damaged"):
        pull(tiny(), Origin(source=elsewhere))
    assert installed() == ()


@pytest.mark.parametrize("place", ["whisper-tiny", "faster-whisper-tiny", TINY])
def test_a_folder_as_the_hub_has_it_is_enough(store, tmp_path, place):
    folder = tmp_path / "usb" / place
    folder.mkdir(parents=True)
    for name, content in WHISPER.items():
        (folder / name).write_bytes(content)
    model = pull(tiny(), Origin(source=tmp_path / "usb"))
    assert files_in(model.folder) == {*FILES, CARD}
    assert model.licence == "MIT"


def test_the_cache_of_huggingface_hub_is_enough(store, tmp_path):
    cached = tmp_path / f"models--{TINY.replace('/', '--')}"
    (cached / "refs").mkdir(parents=True)
    (cached / "refs" / "main").write_text(COMMIT)
    (cached / "blobs").mkdir()
    (cached / "snapshots" / COMMIT).mkdir(parents=True)
    for n, (name, content) in enumerate(WHISPER.items()):
        (cached / "blobs" / str(n)).write_bytes(content)
        (cached / "snapshots" / COMMIT / name).symlink_to(f"../../blobs/{n}")
    model = pull(tiny(), Origin(source=tmp_path))
    assert files_in(model.folder) == {*FILES, CARD}
    assert not any(path.is_symlink() for path in model.folder.iterdir())


@pytest.mark.parametrize("place", ["whisper-tiny", "snapshots/whisper-tiny"])
def test_links_that_leave_the_folder_are_refused(store, tmp_path, place):
    folder = tmp_path / "usb" / place
    folder.mkdir(parents=True)
    for name, content in WHISPER.items():
        (folder / name).write_bytes(content)
    (tmp_path / "private").write_text("private")
    (folder / "config.json").unlink()
    (folder / "config.json").symlink_to(tmp_path / "private")
    with pytest.raises(InputError, match=r"refused: .*config.json is a link that leads out"):
        pull(tiny(), Origin(source=folder if "/" in place else tmp_path / "usb"))
    assert not any(path.read_bytes() == b"private" for path in store.rglob("*") if path.is_file())


def test_a_folder_without_the_model_says_what_to_copy(store, tmp_path):
    with pytest.raises(MissingError, match="holds neither whisper-tiny/ nor faster-whisper-tiny/"):
        pull(tiny(), Origin(source=tmp_path))


def test_a_hostile_card_is_refused(store, tmp_path):
    folder = tmp_path / "usb" / "whisper-tiny"
    folder.mkdir(parents=True)
    (tmp_path / "usb" / "secret").write_text("secret")
    card: dict[str, Any] = {
        **dict.fromkeys(("repository", "revision", "licence", "source"), ""),
        "format": 1,
        "name": "whisper-tiny",
        "role": "transcriber",
        "files": {
            name: {"sha256": hashlib.sha256(b"secret").hexdigest(), "bytes": 6}
            for name in ("model.bin", "../secret")
        },
    }
    (folder / "model.bin").write_text("secret")
    (folder / CARD).write_text(json.dumps(card))
    with pytest.raises(InputError, match="not a plain file name"):
        pull(tiny(), Origin(source=tmp_path / "usb"))
    card["files"]["run.py"] = card["files"].pop("../secret")
    (folder / CARD).write_text(json.dumps(card))
    with pytest.raises(InputError, match=r"'run\.py' is a program"):
        pull(tiny(), Origin(source=tmp_path / "usb"))


def test_a_folder_of_ones_own_needs_a_role(store, tmp_path):
    folder = tmp_path / "my-bert"
    folder.mkdir()
    for name in ("config.json", "tokenizer.json", "model.safetensors", "train.py"):
        (folder / name).write_bytes(b"x")
    with pytest.raises(UsageError, match="say what it is for with --role"):
        wanted([str(folder)])
    (entry,) = wanted([str(folder)], role="text encoder")
    model = pull(entry, Origin(offline=True))
    assert (model.name, model.role) == ("my-bert", "text encoder")
    assert files_in(model.folder) == {"config.json", "tokenizer.json", "model.safetensors", CARD}
    assert find("my-bert", "text encoder") == model


def test_the_set_large_is_meant_where_nothing_is_named():
    names = [entry.name for entry in wanted([])]
    assert names == ["whisper-large-v3-turbo", "emotion2vec-plus-large", "roberta-go-emotions"]
    small = [entry.name for entry in wanted(["whisper-tiny"], of_set="small")]
    assert small[0] == "whisper-tiny"
    assert len(small) == 4


@pytest.mark.parametrize(
    ("name", "hint"),
    [("wisper-small", "whisper-small"), ("large-v3", "whisper-large-v3"), ("xyz", "there are: ")],
)
def test_unknown_names_come_with_near_ones(name, hint):
    with pytest.raises(MissingError, match=f"no model is called '{name}'.*{hint}"):
        wanted([name])


def test_roles_are_checked():
    with pytest.raises(UsageError, match=f"one of {ROLES[0]!r}, .*, not 'singer'"):
        wanted(["o/n"], role="singer")
    with pytest.raises(UsageError, match="is listed as 'transcriber'"):
        wanted(["whisper-tiny"], role="text encoder")
    with pytest.raises(UsageError, match="--set 'huge': choose from small, large"):
        wanted([], of_set="huge")


def test_two_at_once_fetch_once(hub, store):
    started, waits, notes, results = threading.Event(), threading.Event(), [], []

    def slow(done, _total):
        if done:
            started.set()
            assert waits.wait(10)

    def take_note(text):
        notes.append(text)
        waits.set()

    def run(progress, note):
        results.append(pull(tiny(), Origin(), progress=progress, note=note))

    second = threading.Thread(target=lambda: run(lambda *_: None, take_note))
    first = threading.Thread(target=lambda: run(slow, lambda _: None))
    first.start()
    started.wait(10)
    second.start()
    first.join()
    second.join()
    assert hub.sent["model.bin"] == len(WHISPER["model.bin"])
    assert "another process is at it; waiting" in notes[0]
    assert results[0] == results[1]
    assert Path(results[0].folder).is_dir()
