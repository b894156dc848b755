"""A hub with tiny models, and an empty store."""

from __future__ import annotations

import io

import pytest

from tests.store.fake_hub import FakeHub

WHISPER = {
    "model.bin": bytes(range(256)) * 1200,  # 300 kB
    "config.json": b"{}",
    "tokenizer.json": b'{"a": 1}',
    "vocabulary.txt": b"a\nb\n",
    "README.md": b"# Whisper",
    "setup.py": b"print('run me')",
}


def checkpoint(content):
    """A pickled checkpoint as torch writes it."""
    import torch

    file = io.BytesIO()
    torch.save(content, file)
    return file.getvalue()


@pytest.fixture
def hub(monkeypatch):
    made = FakeHub()
    made.repositories["Systran/faster-whisper-tiny"] = dict(WHISPER)
    for variable in ("SENTIGRAM_OFFLINE", "HF_HUB_OFFLINE", "HF_TOKEN"):
        monkeypatch.delenv(variable, raising=False)
    # What is in memory when a connection breaks is lost; these models are smaller than that
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 10_000)
    with made.serve():
        monkeypatch.setenv("HF_ENDPOINT", made.url)
        yield made


@pytest.fixture
def store(tmp_path, monkeypatch):
    folder = tmp_path / "store"
    monkeypatch.setenv("SENTIGRAM_MODELS", str(folder))
    return folder


@pytest.fixture
def no_waiting(monkeypatch):
    """Attempts that huggingface_hub repeats follow each other at once."""
    import huggingface_hub.file_download
    from huggingface_hub.utils import _http

    class Time:
        def __getattr__(self, name):
            import time

            return (lambda _: None) if name == "sleep" else getattr(time, name)

    monkeypatch.setattr(huggingface_hub.file_download, "time", Time())
    monkeypatch.setattr(_http, "time", Time())
