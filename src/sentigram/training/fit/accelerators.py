"""Devices, precision and processes: an accelerator that knows nothing of the one before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sentigram.errors import UsageError

if TYPE_CHECKING:
    from accelerate import Accelerator


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
