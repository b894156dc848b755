"""Whisper models that are on this machine, and the numbers that its devices calculate in."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any, Literal, cast

from sentigram.errors import MissingError, UsageError
from sentigram.store.installed import StoredModel, find

WhisperDevice = Literal["cpu", "cuda"]

DEVICES = ("auto", "cpu", "cuda", "mps")

_PREFIX = "whisper-"
_FILES = ("model.bin", "config.json", "tokenizer.json")
# From the fastest on; the last is what every device can do.
_BEST: dict[str, tuple[str, ...]] = {
    "cpu": ("int8", "float32"),
    "cuda": ("float16", "bfloat16", "int8", "float32"),
}


def find_whisper(name: str) -> StoredModel:
    """A model in CTranslate2's format: in a folder, the store, or the Hugging Face cache.

    Args:
        name: A folder; a name with or without the store's prefix (`small`, `whisper-small`,
            `large-v3`); or a repository (`Systran/faster-whisper-small`). Nothing is downloaded.

    Raises:
        MissingError: It is not here, or the folder holds something else.
    """
    is_plain = "/" not in name and not Path(name).is_dir()
    stored_name = _PREFIX + name.removeprefix(_PREFIX) if is_plain else name
    try:
        model = find(stored_name, "transcriber")
    except MissingError:
        cached = _cached(name.removeprefix(_PREFIX) if is_plain else name)
        if cached is None:
            raise
        model = cached
    return _checked(model)


def choose_device(device: str) -> WhisperDevice:
    """Where the model runs: CTranslate2 knows processors and NVIDIA's GPUs.

    Args:
        device: auto, cpu, cuda, or mps, which becomes the CPU: CTranslate2 has no Metal.

    Raises:
        UsageError: No such device, or not on this machine.
    """
    if device not in DEVICES:
        message = f"device {device!r}: choose from {', '.join(DEVICES)}"
        raise UsageError(message)
    has_cuda = device in ("auto", "cuda") and _ctranslate2().get_cuda_device_count() > 0
    if device == "cuda" and not has_cuda:
        message = "device 'cuda': CTranslate2 finds no GPU of NVIDIA's here; use auto or cpu"
        raise UsageError(message)
    return "cuda" if has_cuda else "cpu"


def choose_compute_type(compute_type: str, device: WhisperDevice) -> str:
    """The numbers to calculate in.

    Args:
        compute_type: CTranslate2's name; `default` for the model's own; `auto` for the fastest that
            hardly changes results: int8 on a CPU, float16 on a GPU, float32 where there is neither.
        device: From `choose_device`.

    Raises:
        UsageError: The device cannot calculate in them.
    """
    able = cast("set[str]", _ctranslate2().get_supported_compute_types(device))
    if compute_type == "auto":
        return next((best for best in _BEST[device] if best in able), "default")
    if compute_type != "default" and compute_type not in able:
        message = (
            f"compute type {compute_type!r}: the {device} here cannot calculate in it; choose "
            f"auto, default, {', '.join(sorted(able))}"
        )
        raise UsageError(message)
    return compute_type


def library() -> Any:
    """The package faster_whisper.

    Raises:
        MissingError: It is not installed, or does not load.
    """
    try:
        return import_module("faster_whisper")
    except ImportError as error:
        message = f"faster-whisper does not load ({error}): pip install faster-whisper"
        raise MissingError(message) from error


def _ctranslate2() -> Any:
    library()  # says what to install
    return import_module("ctranslate2")


def _cached(name: str) -> StoredModel | None:
    """A model in the Hugging Face cache; the library knows which repository a name stands for."""
    try:
        folder = Path(library().download_model(name, local_files_only=True))
    except (ValueError, OSError):  # an unknown name; or not in the cache
        return None
    return StoredModel(name.rsplit("/", 1)[-1], "transcriber", folder)


def _checked(model: StoredModel) -> StoredModel:
    for name in _FILES:
        if not (model.folder / name).is_file():
            message = (
                f"{model.folder}: has no {name}, so it is no Whisper model in CTranslate2's "
                "format; convert one with ct2-transformers-converter --copy_files tokenizer.json "
                "preprocessor_config.json"
            )
            raise MissingError(message)
    return model
