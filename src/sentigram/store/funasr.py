"""FunASR's networks: its modules, imported without what that does besides, and their weights."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import pkgutil
import random
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sentigram.errors import InputError, MissingError

if TYPE_CHECKING:
    from torch import Tensor


@contextmanager
def funasr_modules() -> Iterator[None]:
    """Import and build a network of FunASR within, and leave the process as it was.

    Raises:
        MissingError: FunASR, or what it needs, does not load.
    """
    try:
        with contained(), alone(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it imports deprecated modules of Python's own
            yield
    except (ImportError, OSError) as error:  # OSError: a native library does not load here
        message = f"FunASR does not load ({error}); run: pip install 'sentigram[full]'"
        raise MissingError(message) from error


@contextmanager
def contained() -> Iterator[None]:
    """Undo what importing FunASR does besides: it prints, and changes logging and the environment.

    Its AutoModel would also reseed every generator and set torch to four threads; it is not used.
    """
    import torch

    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    environment = dict(os.environ)
    state, numbers, drawn = random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002
    n_threads = torch.get_num_threads()
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        root.setLevel(level)
        root.handlers[:] = handlers
        # one by one: another thread may be starting a program
        for name in set(os.environ) - set(environment):
            del os.environ[name]
        for name, value in environment.items():
            if os.environ.get(name) != value:
                os.environ[name] = value
        random.setstate(state)
        np.random.set_state(numbers)  # noqa: NPY002
        torch.set_rng_state(drawn)
        torch.set_num_threads(n_threads)


@contextmanager
def alone() -> Iterator[None]:
    """Import of FunASR what is asked for, and not all of its models, which takes six seconds.

    Whoever wants the others in the same process calls `funasr.import_submodules("funasr")`.
    """
    if "funasr" in sys.modules:
        yield
        return
    walk = pkgutil.walk_packages
    pkgutil.walk_packages = lambda *_, **__: iter(())
    try:
        yield
    finally:
        pkgutil.walk_packages = walk


def tensors_of(
    path: Path,
    expected: Mapping[str, tuple[int, ...]],
    *,
    prefixes: Sequence[str] = ("module.", ""),
    not_needed: tuple[str, ...] = (),
) -> dict[str, Tensor]:
    """The tensors that a network needs, whatever prefix the file puts before their names.

    Args:
        path: A safetensors file.
        expected: Name of each → its shape.
        prefixes: What may stand before the names.
        not_needed: How names begin that the network lets lie.

    Raises:
        InputError: The file is damaged or is of another network.
        MissingError: It is absent.
    """
    import torch
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        pickled = path.with_name("model.pt")
        message = f"{path}: missing; bring the model with: sentigram models pull {path.parent.name}"
        if pickled.is_file():
            message = (
                f"{pickled}: a pickled checkpoint is a program, and is not run; turn it into "
                f"numbers with: sentigram models convert {pickled} --out {path.parent}"
            )
        raise MissingError(message)
    try:
        with safe_open(path, framework="pt") as file:
            names = set(file.keys())
            prefix = next((p for p in prefixes if any(p + n in names for n in expected)), "")
            unknown = [
                name
                for name in names
                if name.startswith(prefix)
                and (own := name.removeprefix(prefix)) not in expected
                and not own.startswith(not_needed)
                and name not in expected
            ]
            missing = []
            tensors = {}
            for name, wanted in expected.items():
                source = prefix + name if prefix + name in names else name
                if source not in names:
                    missing.append(name)
                    continue
                tensor = file.get_tensor(source)
                if tuple(tensor.shape) != wanted or not tensor.is_floating_point():
                    message = f"{path}: {source} is {tuple(tensor.shape)}, expected {wanted}"
                    raise InputError(message)
                tensors[name] = tensor.to(torch.float32)
    except (SafetensorError, OSError, ValueError) as error:
        message = f"{path}: not a whole safetensors file ({error}); bring the model again"
        raise InputError(message) from error
    if missing or unknown:
        what = f"lacks {missing[0]}" if missing else f"holds {min(unknown)}"
        message = (
            f"{path}: {what} ({len(missing)} missing, {len(unknown)} unknown): the weights are not "
            "of the network that config.yaml describes"
        )
        raise InputError(message)
    return tensors
