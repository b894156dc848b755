"""Devices, precision and processes, and what a run says that it ran on."""

from __future__ import annotations

import platform
import sys
from importlib import metadata
from typing import TYPE_CHECKING, Any

from sentigram.errors import UsageError

if TYPE_CHECKING:
    from accelerate import Accelerator

_PACKAGES = ("torch", "accelerate", "numpy", "scikit-learn", "transformers", "sentigram")


def fresh_accelerator(
    *, device: str = "auto", precision: str = "no", accumulate: int = 1
) -> Accelerator:
    """Make one; accelerate keeps its state per process, and another experiment may want another.

    Args:
        device: auto, cpu, cuda or mps.
        precision: no, bf16 or fp16.
        accumulate: Steps per update.

    Raises:
        UsageError: The device is not there.
    """
    import torch
    from accelerate import Accelerator
    from accelerate.state import AcceleratorState, GradientState

    if device not in ("auto", "cpu", "cuda", "mps"):
        message = f"--device {device}: choose auto, cpu, cuda or mps"
        raise UsageError(message)
    if device not in ("auto", "cpu") and not getattr(torch, device).is_available():
        message = f"--device {device}: torch finds none here; use --device cpu"
        raise UsageError(message)
    AcceleratorState._reset_state(reset_partial_state=True)  # noqa: SLF001
    GradientState._reset_state()  # noqa: SLF001
    return Accelerator(
        cpu=device == "cpu",
        mixed_precision=precision,
        gradient_accumulation_steps=accumulate,
        step_scheduler_with_optimizer=False,
    )


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
