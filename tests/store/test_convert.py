"""Pickled checkpoints become safetensors, and nothing in them is run."""

from __future__ import annotations

import os
import pickle  # noqa: TID251  (to make what must be refused)

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from sentigram.cli.app import main
from sentigram.errors import InputError, OutputError
from sentigram.store.catalogue import new_entry
from sentigram.store.convert import convert_checkpoint, read_tensors
from sentigram.store.installed import installed
from sentigram.store.pull import Origin, pull
from tests.store.conftest import checkpoint


class Evil:
    """Makes a file when it is loaded."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.fixture
def written(tmp_path):
    def write(content, name="model.pt"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else checkpoint(content))
        return path

    return write


@pytest.mark.parametrize("wrapper", [None, "state_dict", "model_state_dict", "model"])
def test_weights_are_found_and_kept_as_they_are(written, tmp_path, wrapper):
    weights = {
        "half": torch.arange(4).half(),
        "bf16": torch.ones(2, 3, dtype=torch.bfloat16),
        "count": torch.tensor(7),
        "double": torch.full((2,), 0.1, dtype=torch.float64),
    }
    told = {**weights, "note": "a text", "epoch": 3}
    source = written(told if wrapper is None else {wrapper: told, "optimizer": {"lr": 1.0}})
    target = convert_checkpoint(source, tmp_path / "out")
    stored = load_file(target)
    assert stored.keys() == weights.keys()
    for name, value in weights.items():
        assert stored[name].dtype == value.dtype
        assert torch.equal(stored[name], value)
    assert source.exists()
    with safe_open(target, "pt") as file:
        assert file.metadata() == {"format": "pt"}  # transformers asks for it


def test_tensors_that_share_memory_are_all_there(written):
    whole = torch.arange(12.0).reshape(3, 4)
    source = written({"a": whole, "tied": whole, "row": whole[1], "turned": whole.T})
    tensors = read_tensors(source)
    assert torch.equal(tensors["tied"], whole)
    assert torch.equal(tensors["row"], whole[1])
    assert torch.equal(tensors["turned"], whole.T)
    assert all(tensor.is_contiguous() for tensor in tensors.values())
    places = [tensor.untyped_storage().data_ptr() for tensor in tensors.values()]
    assert len(set(places)) == len(places)


def test_files_beside_it_come_along(written, tmp_path):
    for name in ("config.yaml", "tokens.txt", "train.py"):
        (tmp_path / name).write_text(name)
    convert_checkpoint(written({"a": torch.ones(1)}), tmp_path / "out")
    kept = {path.name for path in (tmp_path / "out").iterdir()}
    assert kept == {"model.safetensors", "config.yaml", "tokens.txt"}


def test_the_malicious_pickle_of_these_tests_works(tmp_path):
    file = _file(tmp_path, checkpoint({"a": Evil(tmp_path / "owned")}))
    torch.load(file, weights_only=False)  # noqa: TID251  (the careless way, on a file of ours)
    assert (tmp_path / "owned").is_dir()


@pytest.mark.parametrize("form", ["zip", "legacy", "bare"])
def test_a_malicious_pickle_is_refused_and_not_run(tmp_path, form):
    evil = {"model": {"a": torch.ones(1)}, "args": Evil(tmp_path / "owned")}
    source = tmp_path / "model.pt"
    if form == "bare":
        source.write_bytes(pickle.dumps(Evil(tmp_path / "owned")))
    else:
        torch.save(evil, source, _use_new_zipfile_serialization=form == "zip")
    with pytest.raises(InputError, match="refused"):
        convert_checkpoint(source, tmp_path / "out")
    assert not (tmp_path / "owned").exists()
    assert not (tmp_path / "out").exists()


def test_a_malicious_checkpoint_of_the_hub_is_not_installed(hub, store, tmp_path):
    hub.repositories["o/n"] = {
        "config.yaml": b"",
        "model.pt": checkpoint({"model": {"a": torch.ones(1)}, "x": Evil(tmp_path / "owned")}),
    }
    with pytest.raises(InputError, match=r"refused: loading it would run what it names"):
        pull(new_entry("o/n", role="audio encoder"), Origin())
    assert installed() == ()
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([1, 2], "no named tensors \\(list\\)"),
        ({"a": 1}, "holds no named tensors"),
        (b"RIFF....WAVE", "not a checkpoint in torch's zip format"),
    ],
)
def test_what_is_no_checkpoint_is_refused(written, content, said):
    with pytest.raises(InputError, match=said):
        read_tensors(written(content))


def test_a_cut_checkpoint_is_refused(written):
    whole = checkpoint({"a": torch.ones(1000)})
    with pytest.raises(InputError, match="refused"):
        read_tensors(written(whole[: len(whole) // 2]))


def test_the_command_converts(written, tmp_path, capfd):
    source = written({"a": torch.ones(2)}, "pytorch_model.bin")
    assert main(["models", "convert", str(source), "--out", str(tmp_path)]) == 0
    assert capfd.readouterr().out.strip() == str(tmp_path / "model.safetensors")
    assert main(["models", "convert", str(source), "--out", str(tmp_path)]) == 3
    assert "add --overwrite" in capfd.readouterr().err
    assert main(["models", "convert", str(source), "--out", str(tmp_path), "--overwrite"]) == 0
    assert main(["models", "convert", str(tmp_path / "none.pt"), "--out", str(tmp_path)]) == 3
    assert "no such file" in capfd.readouterr().err


def test_a_folder_that_cannot_be_made_is_said(written, tmp_path):
    with pytest.raises(OutputError, match="choose another --out"):
        convert_checkpoint(written({"a": torch.ones(1)}), tmp_path / "model.pt" / "x")


def _file(folder, content):
    path = folder / "evil.pt"
    path.write_bytes(content)
    return path
