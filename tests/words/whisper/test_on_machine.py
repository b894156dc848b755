from __future__ import annotations

from types import SimpleNamespace

import pytest

from sentigram.errors import MissingError, UsageError
from sentigram.store.installed import StoredModel
from sentigram.words.whisper import on_machine
from sentigram.words.whisper.on_machine import choose_compute_type, choose_device, find_whisper

FILES = ("model.bin", "config.json", "tokenizer.json")


def _model(folder):
    folder.mkdir(parents=True)
    for name in FILES:
        (folder / name).write_bytes(b"x")
    return folder


@pytest.fixture
def empty(monkeypatch, tmp_path):
    """A machine without a model: an empty store and an empty cache."""
    monkeypatch.setenv("SENTIGRAM_MODELS", str(tmp_path / "store"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path


def _cache(hub, repository: str):
    folder = hub / f"models--{repository.replace('/', '--')}"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text("abc")
    return _model(folder / "snapshots" / "abc")


def test_a_folder_is_a_model(tmp_path):
    folder = _model(tmp_path / "mine")
    assert find_whisper(str(folder)).folder == folder


@pytest.mark.parametrize("missing", FILES)
def test_a_folder_without_a_file_is_none(tmp_path, missing):
    folder = _model(tmp_path / "mine")
    (folder / missing).unlink()
    with pytest.raises(MissingError, match=f"has no {missing}, .*ct2-transformers-converter"):
        find_whisper(str(folder))


@pytest.mark.parametrize("name", ["small", "whisper-small"])
def test_names_are_looked_for_in_the_store(monkeypatch, tmp_path, name):
    folder = _model(tmp_path / "small")
    asked = []

    def find(name, role):
        asked.append((name, role))
        return StoredModel(name, role, folder)

    monkeypatch.setattr(on_machine, "find", find)
    assert find_whisper(name).folder == folder
    assert asked == [("whisper-small", "transcriber")]


def test_a_model_that_is_nowhere_names_the_command(empty):
    del empty
    with pytest.raises(MissingError, match="sentigram models pull whisper-large-v3"):
        find_whisper("large-v3")
    with pytest.raises(MissingError, match="'whisper-gigantic' is not here"):
        find_whisper("gigantic")
    with pytest.raises(MissingError, match="sentigram models pull whisper-small"):
        find_whisper("Systran/faster-whisper-small")
    with pytest.raises(MissingError, match="'some/whisper' is not here"):
        find_whisper("some/whisper")


@pytest.mark.parametrize("name", ["small", "whisper-small", "Systran/faster-whisper-small"])
def test_the_cache_is_looked_at_after_the_store(empty, name):
    folder = _cache(empty / "hub", "Systran/faster-whisper-small")
    assert find_whisper(name).folder.resolve() == folder.resolve()


@pytest.mark.parametrize(
    ("device", "n_gpus", "chosen"),
    [("auto", 0, "cpu"), ("auto", 1, "cuda"), ("cpu", 1, "cpu"), ("mps", 0, "cpu"),
     ("cuda", 2, "cuda")],
)  # fmt: skip
def test_the_device_is_one_that_the_library_knows(monkeypatch, device, n_gpus, chosen):
    monkeypatch.setattr(
        on_machine,
        "_ctranslate2",
        lambda: SimpleNamespace(get_cuda_device_count=lambda: n_gpus),
    )
    assert choose_device(device) == chosen


def test_a_device_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setattr(
        on_machine, "_ctranslate2", lambda: SimpleNamespace(get_cuda_device_count=lambda: 0)
    )
    with pytest.raises(UsageError, match="device 'cuda': CTranslate2 finds no GPU"):
        choose_device("cuda")


@pytest.mark.parametrize(
    ("device", "able", "chosen"),
    [
        ("cpu", {"float32", "int8", "int8_float32"}, "int8"),
        ("cpu", {"float32"}, "float32"),
        ("cuda", {"float32", "float16", "bfloat16", "int8"}, "float16"),
        ("cuda", {"float32", "int8"}, "int8"),
        ("cuda", {"float32"}, "float32"),
    ],
)
def test_auto_takes_the_fastest_that_the_device_can(monkeypatch, device, able, chosen):
    fake = SimpleNamespace(get_supported_compute_types=lambda _: able)
    monkeypatch.setattr(on_machine, "_ctranslate2", lambda: fake)
    assert choose_compute_type("auto", device) == chosen
    assert choose_compute_type("default", device) == "default"
    assert choose_compute_type("float32", device) == "float32"


def test_numbers_that_the_device_cannot_are_named():
    with pytest.raises(UsageError, match=r"compute type 'int3': the cpu .* choose auto, default,"):
        choose_compute_type("int3", "cpu")
