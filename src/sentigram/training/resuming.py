"""Whether a run's folder was begun for the experiment that is to go on in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sentigram.errors import InputError
from sentigram.training.config import ExperimentConfig, read_config

_RUNS = "training.runs"


def check_same_experiment(path: Path, config: ExperimentConfig) -> None:
    """Make sure that a folder holds this experiment; it may ask for more runs than were made.

    Args:
        path: The folder's experiment.yaml.
        config: What is to go on.

    Raises:
        InputError: Another setting differs, or fewer runs are asked for; the message says which.
    """
    advice = "give another --out, or delete the folder"
    try:
        kept = read_config(path)
    except InputError as error:
        message = f"{path.parent}: holds an experiment that this release cannot read; {advice}"
        raise InputError(message, *error.lines[1:]) from error
    differing = [d for d in differences(kept, config) if d[0] != _RUNS]
    if differing:
        key, there, here = differing[0]
        more = f" and {len(differing) - 1} more settings" if len(differing) > 1 else ""
        message = (
            f"{path.parent}: holds another experiment ({key} is {there!r} there and {here!r} "
            f"here{more}); {advice}"
        )
        raise InputError(message)
    if config.training.runs < kept.training.runs:
        message = (
            f"{path.parent}: holds {kept.training.runs} runs; ask for as many or more "
            f"(--num-runs {kept.training.runs}), or {advice}"
        )
        raise InputError(message)


def differences(
    first: ExperimentConfig, second: ExperimentConfig
) -> tuple[tuple[str, Any, Any], ...]:
    """Settings that differ: key, and both values; None where one has no such key."""
    flat = [dict(_flat(config.model_dump(mode="json"))) for config in (first, second)]
    return tuple(
        (key, flat[0].get(key), flat[1].get(key))
        for key in dict.fromkeys([*flat[0], *flat[1]])
        if flat[0].get(key) != flat[1].get(key)
    )


def _flat(given: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in given.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value
