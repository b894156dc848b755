"""The end of a stage of training on disk: tensors and JSON in one safetensors file, no pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentigram.errors import InputError
from sentigram.files import whole_file


@dataclass(frozen=True, slots=True, eq=False)
class TrainingState:
    """What a run needs to go on.

    Attributes:
        network: Tensors by name, and those of losses with weights of their own.
        average: Averaged tensors of the network by name; nothing where none are kept.
        optimizer: An AdamW state_dict.
        schedule: A scheduler's state_dict.
        best: The network's tensors at the best stage, by name.
        best_score: Of that stage.
        best_stage: From 0.
        n_updates: Of the weights, so far.
        history: One record per stage.
    """

    network: Mapping[str, Any]
    average: Mapping[str, Any]
    optimizer: Mapping[str, Any]
    schedule: Mapping[str, Any]
    best: Mapping[str, Any]
    best_score: float
    best_stage: int
    n_updates: int
    history: list[dict[str, Any]]


def save_state(path: Path, state: TrainingState) -> None:
    """Write a state, whole or not at all."""
    from safetensors.torch import save_file

    tensors = {f"network/{name}": value for name, value in state.network.items()}
    tensors |= {f"average/{name}": value for name, value in state.average.items()}
    tensors |= {f"best/{name}": value for name, value in state.best.items()}
    for number, slots in state.optimizer["state"].items():
        tensors |= {f"optimizer/{number}/{name}": value for name, value in slots.items()}
    rest = {
        "groups": state.optimizer["param_groups"],
        "schedule": {k: v for k, v in state.schedule.items() if not k.startswith("_anneal")},
        "best_score": state.best_score,
        "best_stage": state.best_stage,
        "n_updates": state.n_updates,
        "history": state.history,
    }
    with whole_file(path, overwrite=True) as part:
        contiguous = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
        save_file(contiguous, part, metadata={"state": json.dumps(rest)})


def load_state(path: Path) -> TrainingState:
    """Read what `save_state` wrote.

    Raises:
        InputError: The file is damaged.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            rest = json.loads((file.metadata() or {})["state"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        slots: dict[int, dict[str, Any]] = {}
        for name in (n for n in tensors if n.startswith("optimizer/")):
            _, number, slot = name.split("/")
            slots.setdefault(int(number), {})[slot] = tensors[name]
        return TrainingState(
            network=_under(tensors, "network/"),
            average=_under(tensors, "average/"),
            optimizer={"state": slots, "param_groups": rest["groups"]},
            schedule=rest["schedule"],
            best=_under(tensors, "best/"),
            best_score=float(rest["best_score"]),
            best_stage=int(rest["best_stage"]),
            n_updates=int(rest["n_updates"]),
            history=list(rest["history"]),
        )
    except (SafetensorError, OSError, KeyError, ValueError, TypeError) as error:
        message = f"{path}: a damaged training state ({error}); delete it to train this part anew"
        raise InputError(message) from error


def _under(tensors: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {n.removeprefix(prefix): v for n, v in tensors.items() if n.startswith(prefix)}
