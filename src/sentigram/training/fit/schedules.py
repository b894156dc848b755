"""Learning rates over the course of training, by the name that a YAML file gives them."""

from __future__ import annotations

import math
from typing import Any

from sentigram.training.config import TrainingConfig

_WAITS = 2  # epochs without progress before `plateau` halves the rate


def make_schedule(optimizer: Any, config: TrainingConfig, updates: int) -> Any:
    """The schedule of an optimizer, stepped after each update; of `plateau`, after each epoch.

    Groups of parameters keep their proportions: each rises to its own rate.

    Args:
        optimizer: Of torch.
        config: Names the schedule.
        updates: Of the weights, in all epochs.
    """
    from torch.optim.lr_scheduler import LambdaLR, OneCycleLR, ReduceLROnPlateau

    if config.schedule == "plateau":
        return ReduceLROnPlateau(optimizer, factor=0.5, patience=_WAITS)
    if config.schedule == "onecycle":
        peaks = [group["lr"] for group in optimizer.param_groups]
        return OneCycleLR(optimizer, max_lr=peaks, total_steps=max(2, updates) + 1)
    return LambdaLR(
        optimizer, lambda update: rate(update, config.schedule, updates, warmup=config.warmup)
    )


def rate(update: int, schedule: str, updates: int, *, warmup: float) -> float:
    """Share of the peak rate that an update is made with, in [0, 1].

    The first of w warming updates has 1/(w + 1) of it, so that none is made with nothing.

    Args:
        update: From 0.
        schedule: `constant`, `linear` or `cosine`.
        updates: In all.
        warmup: Share of them in which the rate rises.
    """
    warming = math.ceil(warmup * updates)
    if update < warming:
        return (update + 1) / (warming + 1)
    done = min(1.0, (update - warming) / max(1, updates - warming))
    if schedule == "linear":
        return 1 - done
    if schedule == "cosine":
        return (1 + math.cos(math.pi * done)) / 2
    return 1.0
