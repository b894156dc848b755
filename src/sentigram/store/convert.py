"""Turns a pickled checkpoint into safetensors, without running it.

A pickle is a program. torch's reader with `weights_only` carries out nothing but the making of
tensors and plain containers, and refuses a file that asks for more. It reads no files from before
torch 1.6 and no arrays of numpy; where a model comes as such (`.pth`), the reader of
`store.unpickling` does, which carries out nothing either.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sentigram.errors import InputError, MissingError, OutputError
from sentigram.files import whole_file
from sentigram.reading import stays_inside
from sentigram.store.unpickling import plain, read_pickle

if TYPE_CHECKING:
    import torch

SAFE = "model.safetensors"
OLD = ".pth"
# Where FunASR and trainers keep the weights, beside optimizers and settings
_WRAPPERS = ("state_dict", "model_state_dict", "model")
_BESIDE = (
    "config.yaml",
    "tokens.txt",
    "config.json",
    "preprocessor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "sentencepiece.bpe.model",
    "spiece.model",
    "am.mvn",
    "tokens.json",
    "chn_jpn_yue_eng_ko_spectok.bpe.model",
)


def convert_checkpoint(source: Path, folder: Path, *, overwrite: bool = False) -> Path:
    """Convert a checkpoint, and bring along the small files beside it that belong to a model.

    Args:
        source: model.pt, pytorch_model.bin or the like.
        folder: Where `model.safetensors` goes; made if need be.
        overwrite: Replace a `model.safetensors` that is there.

    Returns:
        The new file.

    Raises:
        InputError: See `read_tensors`.
        OutputError: The folder cannot be written to.
    """
    tensors = read_tensors(source)
    target = folder / SAFE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_tensors(tensors, target, overwrite=overwrite)
        for name in _BESIDE:
            beside, copy = source.parent / name, folder / name
            if stays_inside(beside, source.parent) and not copy.exists():
                shutil.copyfile(beside, copy)
    except OSError as error:
        message = f"{folder}: cannot be written ({error.strerror}); choose another --out"
        raise OutputError(message) from error
    return target


def to_safetensors(source: Path) -> Path:
    """Convert a file of a model beside itself: `model.safetensors`, of NAME.pth NAME.safetensors.

    Raises:
        InputError: See `read_tensors` and `read_arrays`.
        OutputError: See `whole_file`.
    """
    if source.suffix != OLD:
        target = source.with_name(SAFE)
        write_tensors(read_tensors(source), target)
        return target
    from safetensors.numpy import save_file

    target = source.with_suffix(".safetensors")
    arrays = read_arrays(source)
    with whole_file(target, overwrite=True) as part:
        save_file(arrays, part)
    return target


def read_arrays(source: Path) -> dict[str, NDArray[Any]]:
    """The tensors and arrays of a file of torch.save of any age, without torch.

    Raises:
        InputError: It holds no named ones, is damaged, or names more than arrays and tensors.
    """
    content = read_pickle(source)
    for name in _WRAPPERS:
        inner = content.get(name) if isinstance(content, Mapping) else None
        if isinstance(inner, Mapping):
            content = inner
    found = content.items() if isinstance(content, Mapping) else ()
    named = ((name, plain(value)) for name, value in found if isinstance(name, str))
    arrays = {
        name: np.ascontiguousarray(value)
        for name, value in named
        if isinstance(value, np.ndarray) and value.dtype.kind in "biuf"
    }
    if not arrays:
        message = f"{source}: holds no named tensors; it is no checkpoint"
        raise InputError(message)
    return arrays


def read_tensors(source: Path) -> dict[str, torch.Tensor]:
    """The tensors of a checkpoint: dtypes as they are, none sharing memory, the rest left out.

    Raises:
        InputError: It is not a checkpoint, of the old format, or more than numbers.
        MissingError: torch is not installed.
    """
    content = _load(source)
    for name in _WRAPPERS:
        inner = content.get(name) if isinstance(content, Mapping) else None
        if isinstance(inner, Mapping):
            content = inner
    if not isinstance(content, Mapping):
        message = (
            f"{source}: holds no named tensors ({type(content).__name__}); it is no checkpoint"
        )
        raise InputError(message)
    tensors = _own_memory(content)
    if not tensors:
        message = f"{source}: holds no named tensors; it is no checkpoint"
        raise InputError(message)
    return tensors


def write_tensors(
    tensors: Mapping[str, torch.Tensor], target: Path, *, overwrite: bool = True
) -> None:
    """Write a safetensors file whole.

    Raises:
        OutputError: See `whole_file`.
    """
    from safetensors.torch import save_file

    with whole_file(target, overwrite=overwrite) as part:
        save_file(dict(tensors), part, metadata={"format": "pt"})


def require_torch(what: str) -> None:
    """Make sure that a checkpoint can be converted, before it is fetched.

    Raises:
        MissingError: torch does not load.
    """
    try:
        import torch  # noqa: F401
    except (ImportError, OSError) as error:
        message = (
            f"{what} comes as a pickled checkpoint, which torch has to turn into safetensors, and "
            f"torch does not load ({error}); run: pip install 'sentigram[full]'"
        )
        raise MissingError(message) from error


def _load(source: Path) -> Any:
    require_torch(str(source))
    import torch

    if not source.is_file():
        message = f"{source}: no such file"
        raise InputError(message)
    if not zipfile.is_zipfile(source):
        message = (
            f"{source}: refused: not a checkpoint in torch's zip format (torch 1.6 and later). "
            "Older files are a bare program; load and save it again with a recent torch where "
            "you trust it"
        )
        raise InputError(message)
    try:
        # weights_only is the safe reader, and the only use of this function
        return torch.load(source, weights_only=True, mmap=True, map_location="cpu")  # noqa: TID251
    except Exception as error:  # a hostile or damaged file can make the reader raise anything
        first, *_ = str(error).strip().splitlines() or [""]
        message = (
            f"{source}: refused: loading it would run what it names, or it is damaged "
            f"({type(error).__name__}: {first[:160]}). Nothing in it was run. Ask its author for "
            "safetensors, or save only its state_dict where you trust it"
        )
        raise InputError(message) from error


def _own_memory(content: Mapping[object, object]) -> dict[str, torch.Tensor]:
    """Contiguous tensors; safetensors refuses those that share memory with others."""
    import torch

    tensors: dict[str, torch.Tensor] = {}
    seen: set[int] = set()
    for name, value in content.items():
        if not isinstance(name, str) or not isinstance(value, torch.Tensor):
            continue
        if value.layout != torch.strided or value.is_quantized:
            message = f"{name}: a sparse or quantized tensor, which safetensors does not hold"
            raise InputError(message)
        place = value.untyped_storage().data_ptr()
        whole = value.untyped_storage().nbytes() == value.numel() * value.element_size()
        own = value.detach()
        if place in seen or not whole or not own.is_contiguous():
            own = own.clone(memory_format=torch.contiguous_format)
        seen.add(place)
        tensors[name] = own
    return tensors
