"""Where networks run and in which numbers: the device and the precision that fit this machine."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal, cast

from sentigram.errors import UsageError

Device = Literal["cpu", "cuda", "mps"]
Precision = Literal["float32", "bfloat16"]

DEVICES = ("auto", "cpu", "cuda", "mps")
PRECISIONS = ("auto", "float32", "bfloat16")


@dataclass(frozen=True, slots=True)
class Compute:
    """A choice that was checked.

    Attributes:
        device: Of the networks.
        precision: Of their weights and activations; sums and softmaxes are float32 either way.
    """

    device: Device
    precision: Precision


def resolve(device: str = "auto", precision: str = "auto") -> Compute:
    """Choose what is not chosen: the GPU if there is one, and bfloat16 where it is faster.

    Args:
        device: auto, cpu, cuda or mps.
        precision: auto, float32 or bfloat16. Auto takes bfloat16 where the hardware multiplies
            it: GPUs from compute capability 8.0, processors with AMX or AVX512-BF16.

    Raises:
        UsageError: No such device or precision, or not on this machine.
    """
    # oneDNN keeps a program for every shape that it meets; pieces of speech are of many
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")
    import torch

    for flag, value, allowed in (
        ("device", device, DEVICES),
        ("precision", precision, PRECISIONS),
    ):
        if value not in allowed:
            message = f"`{flag} {value!r}`: choose from {', '.join(allowed)}"
            raise UsageError(message)
    here = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    chosen = next(name for name in here if here[name]) if device == "auto" else device
    if not here[chosen]:
        message = f"`device {chosen}`: this machine or this build of torch has none; use auto"
        raise UsageError(message)
    if precision == "auto":
        precision = "bfloat16" if _multiplies_bfloat16(chosen) else "float32"
    return Compute(cast("Device", chosen), cast("Precision", precision))


def _multiplies_bfloat16(device: str) -> bool:
    import torch

    if device == "cuda":
        return torch.cuda.get_device_capability() >= (8, 0)
    if device == "mps":
        return False
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())  # noqa: SLF001
