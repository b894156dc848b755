"""What a benchmark ran on, for the first line of its table."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from sentigram.emotion.encoders.compute import Compute


def described(compute: Compute) -> str:
    """The processor or GPU, and how much of the machine torch uses."""
    import torch

    name = torch.cuda.get_device_name() if compute.device == "cuda" else _processor()
    return f"{name}, {os.cpu_count()} cores, {torch.get_num_threads()} threads of torch"


def _processor() -> str:
    """Its name, as Linux has it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
