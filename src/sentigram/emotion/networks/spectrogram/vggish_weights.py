"""Weights of VGGish from elsewhere: of the store, or files in the layout of the PyTorch port."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sentigram.errors import InputError, MissingError
from sentigram.reading import WEIGHTS, read_bytes
from sentigram.store.convert import read_arrays
from sentigram.store.installed import files_sha256, find

PUBLISHED = "vggish"
VECTORS, MEANS = "pca_eigen_vectors", "pca_means"
_SAFE, _PICKLED = ".safetensors", (".pth", ".pt")
_OF_TENSORFLOW = (".h5", ".hdf5", ".ckpt", ".keras", ".pb", ".tflite")
_PART = "pproc."  # the port's own network holds what post-processing needs under this name


def weights_sha256(given: str) -> str:
    """Digest of weights; of several files, of their digests in order of name.

    Args:
        given: As in `read_weights`.

    Raises:
        MissingError: They are not here; the message names the command that brings them.
        InputError: They are of a kind that is not read.
    """
    return files_sha256(_files(given))


def read_weights(given: str) -> dict[str, NDArray[Any]]:
    """All arrays of the files, by the names that the port gives them.

    Args:
        given: A name in the store, a folder, or a file: .safetensors, or what torch.save wrote
            (.pth, .pt), in which nothing is run.

    Raises:
        MissingError: They are not here.
        InputError: A file is damaged, hostile, or of a kind that is not read.
    """
    arrays: dict[str, NDArray[Any]] = {}
    for path in _files(given):
        arrays |= _read(path)
    plain = {name.removeprefix(_PART): value for name, value in arrays.items()}
    if MEANS in plain:  # a column in some files, a row in others
        plain[MEANS] = plain[MEANS].reshape(-1)
    return plain


def picked(
    arrays: Mapping[str, NDArray[Any]], shapes: Mapping[str, tuple[int, ...]], given: str
) -> dict[str, NDArray[np.float32]]:
    """The arrays that a network asks for.

    Args:
        arrays: From `read_weights`.
        shapes: What is asked for.
        given: Where the arrays are from, for messages.

    Raises:
        InputError: One is missing, of another shape, or holds what is not a number.
    """
    for name, shape in shapes.items():
        if name not in arrays:
            more = _LACKS_PCA if name in (VECTORS, MEANS) else _OTHER_LAYOUT
            message = f"weights {given}: no {name} in it; {more}"
            raise InputError(message)
        if arrays[name].shape != shape:
            message = (
                f"weights {given}: {name} is {arrays[name].shape}, and the settings of the network "
                f"ask for {shape}; the published weights are of its defaults"
            )
            raise InputError(message)
        if not np.isfinite(arrays[name]).all():
            message = f"weights {given}: {name} holds NaN or infinity; bring them again"
            raise InputError(message)
    return {name: np.asarray(arrays[name], np.float32) for name in shapes}


_LACKS_PCA = (
    "put vggish_pca_params-970ea276.pth beside the weights and name their folder, or give a number "
    "of components that are fitted on training examples (pca)"
)
_OTHER_LAYOUT = "give a state dict of the PyTorch port (features.0.weight, embeddings.0.weight, …)"


def _files(given: str) -> tuple[Path, ...]:
    path = Path(given)
    if path.suffix in _OF_TENSORFLOW:
        message = (
            f"weights {given}: files of TensorFlow and Keras ({path.suffix}) are not read; take "
            "the same weights as the PyTorch port has them: sentigram models pull vggish"
        )
        raise InputError(message)
    if path.is_file():
        if path.suffix not in (_SAFE, *_PICKLED):
            message = f"weights {given}: {path.suffix or 'such'} files are not read; give {_KINDS}"
            raise InputError(message)
        return (path,)
    if path.suffix in (_SAFE, *_PICKLED):
        message = f"weights {given}: no such file; give its path, or: sentigram models pull vggish"
        raise MissingError(message)
    folder = find(given, "audio network").folder
    safe = sorted(folder.glob(f"*{_SAFE}"))
    others = [
        p for p in folder.iterdir() if p.suffix in _PICKLED and p.with_suffix(_SAFE) not in safe
    ]
    found = tuple(sorted((*safe, *others), key=lambda one: one.name))
    if not found:
        message = f"weights {given}: {folder} holds none; give {_KINDS}"
        raise InputError(message)
    return found


_KINDS = "a folder or file of .safetensors or .pth"


def _read(path: Path) -> dict[str, NDArray[Any]]:
    if path.suffix in _PICKLED:
        return read_arrays(path)
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        return load(read_bytes(path, WEIGHTS))
    except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
        message = f"weights {path}: not a whole safetensors file ({error}); bring it again"
        raise InputError(message) from error
