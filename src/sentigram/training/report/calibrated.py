"""Readings as the networks' cards say that they are to be read: divided by their temperatures.

A network's card holds the temperature that its validation examples gave; what reads recordings with
it divides by that, and so does the report. Which class is the most probable stays the same.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from sentigram.data_files import read_json
from sentigram.errors import InputError
from sentigram.reading import RUN_FILE
from sentigram.training.fit.network import NETWORK
from sentigram.training.judge.predictions import Predictions


def calibrated(
    folder: Path, predictions: Sequence[Predictions]
) -> tuple[tuple[Predictions, ...], Mapping[str, tuple[float, float]]]:
    """Divide the logits of each fold by the temperature of the network that gave them.

    Args:
        folder: The run's; its cards say the temperatures.
        predictions: Its readings.

    Returns:
        The readings; and the least and greatest temperature of each system all of whose networks
        have one. Others stay as they are: rows without a network, and what has no card.

    Raises:
        InputError: A card is damaged.
    """
    found: dict[tuple[str, int], dict[str, float | None]] = {}
    for part in predictions:
        found[part.system, part.run] = {
            fold: _temperature(folder, part.system, part.run, fold)
            for fold in map(str, np.unique(part.folds))
        }
    ranges: dict[str, tuple[float, float]] = {}
    for system in dict.fromkeys(part.system for part in predictions):
        values = [t for (name, _), own in found.items() if name == system for t in own.values()]
        known = [t for t in values if t is not None]
        if len(known) == len(values):
            ranges[system] = (min(known), max(known))
    return (
        tuple(
            _divided(part, found[part.system, part.run]) if part.system in ranges else part
            for part in predictions
        ),
        ranges,
    )


def _divided(part: Predictions, temperatures: Mapping[str, float | None]) -> Predictions:
    by = np.array([temperatures[str(fold)] for fold in part.folds], float)  # (n,)
    return replace(part, logits=part.logits / by[:, None])


def _temperature(folder: Path, system: str, run: int, fold: str) -> float | None:
    """Of one network's card; None where it has no card, or the card none."""
    path = folder / "parts" / system / f"run-{run}" / fold / f"{NETWORK}.card.json"
    if not path.is_file():
        return None
    try:
        card: Any = read_json(path, RUN_FILE)
    except (OSError, ValueError) as error:
        message = f"{path}: not JSON ({error}); run the experiment again"
        raise InputError(message) from error
    given = card.get("calibration", {}).get("temperature") if isinstance(card, dict) else None
    if given is None:
        return None
    if not isinstance(given, int | float) or not math.isfinite(given) or given <= 0:
        message = f"{path}: temperature {given!r} is no positive number; run the experiment again"
        raise InputError(message)
    return float(given)
