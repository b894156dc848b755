"""What an experiment ran on: versions of what computes, and the device."""

from __future__ import annotations

import platform
import sys
from importlib import metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from accelerate import Accelerator

_PACKAGES = ("torch", "accelerate", "numpy", "scikit-learn", "transformers", "sentigram")


def environment(accelerator: Accelerator) -> dict[str, Any]:
    """Versions and device, as `environment.json` holds them; "" for a package that is absent."""
    import torch

    found = {}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = ""
    on_cuda = accelerator.device.type == "cuda"
    return {
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "packages": found,
        "threads": torch.get_num_threads(),
        "processes": accelerator.num_processes,
        "precision": accelerator.mixed_precision,
        "device": torch.cuda.get_device_name() if on_cuda else str(accelerator.device),
        "cuda": torch.version.cuda or "",
    }
