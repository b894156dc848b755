"""What each part of the network and of the objective is worth: leave one out at a time."""

from __future__ import annotations

from typing import Any

from sentigram.emotion.networks.fusion.config import FusionConfig, Gate
from sentigram.errors import UsageError
from sentigram.training.config import ExperimentConfig
from sentigram.training.fit.experiment import Bench, System, systems

FULL = "full"


def ablations(bench: Bench) -> tuple[System, ...]:
    """The full system, the system without each of its parts, and its baselines.

    Parts are those of the network and of the objective, and each kind of augmentation.

    Args:
        bench: The experiment; its own system is the full one.

    Raises:
        UsageError: It has nothing that could be left out.
    """
    config = bench.config
    less = _less_augmentation(config)
    own, *baselines = systems(bench)
    parts = [] if less and not _has_parts(config) else _less_network(config)
    return (System(FULL, own.model, own.objective), *parts, *less, *baselines)


def _less_network(config: ExperimentConfig) -> list[System]:
    """Without one part of the network or of the objective at a time.

    Raises:
        UsageError: There is none.
    """
    model, objective = _fusion(config), config.objective
    changes: list[tuple[str, bool, dict[str, Any], dict[str, Any]]] = [
        ("no-vga", model.variant == "vga", {"variant": "cross"}, {}),
        ("no-gates", model.gate != "none", {"gate": "none"}, {}),
        ("no-micl", objective.micl > 0, {}, {"micl": 0.0}),
        ("no-hard-negatives", _mines(config), {}, {"hard_negatives": 1.0}),
        ("no-vad", objective.vad > 0, {}, {"vad": 0.0}),
        ("no-focal", objective.loss == "focal", {}, {"loss": "cross_entropy"}),
        ("no-class-weights", objective.class_weights != "none", {}, {"class_weights": "none"}),
        ("no-label-smoothing", _smooths(config), {}, {"label_smoothing": 0.0}),
        ("no-modality-dropout", model.modality_dropout > 0, {"modality_dropout": 0.0}, {}),
    ]
    changes = [change for change in changes if change[1]]
    if model.variant not in ("concat", "cross", "vga") or not changes:
        message = f"model.variant {model.variant} has no parts to leave out; ablate vga or cross"
        raise UsageError(message)
    return [_without(config, name, *updates) for name, _, *updates in changes]


def _less_augmentation(config: ExperimentConfig) -> list[System]:
    """Without one kind of augmentation at a time, without policies by class, without any."""
    augment = config.augment
    less = {f"no-{kind}": augment.without(kind) for kind in augment.kinds}
    more = {"no-policies": augment.without_policies(), "no-augmentation": augment.without_all()}
    for name, what in more.items():
        if what != augment and what not in less.values():
            less[name] = what
    return [System(name, config.model, config.objective, what) for name, what in less.items()]


def _has_parts(config: ExperimentConfig) -> bool:
    model = config.model
    return isinstance(model, FusionConfig) and model.variant in ("concat", "cross", "vga")


def gate_grid(bench: Bench) -> tuple[System, ...]:
    """Guided attention with each gate, with and without MICL, and all baselines.

    Raises:
        UsageError: The experiment's own system has no gates.
    """
    config = bench.config
    model = _fusion(config)
    if model.variant not in ("concat", "cross", "vga"):
        message = f"model.variant {model.variant} has no gates; use vga, cross or concat"
        raise UsageError(message)
    gates: tuple[Gate, ...] = ("none", "sigmoid", "softmax")
    rows = [
        System(
            f"{model.variant}-{gate}{'' if micl else '-no-micl'}",
            model.model_copy(update={"gate": gate}),
            config.objective.model_copy(update={} if micl else {"micl": 0.0}),
        )
        for gate in gates
        for micl in (True, False)
    ]
    baselines = [row for row in systems(bench) if row.name != model.variant]
    return (*rows, *baselines)


def _fusion(config: ExperimentConfig) -> FusionConfig:
    if not isinstance(config.model, FusionConfig):
        message = f"model.family {config.model.family} has no parts to leave out; use fusion"
        raise UsageError(message)
    return config.model


def _without(
    config: ExperimentConfig, name: str, model: dict[str, Any], objective: dict[str, Any]
) -> System:
    return System(
        name,
        config.model.model_copy(update=model),
        config.objective.model_copy(update=objective),
    )


def _mines(config: ExperimentConfig) -> bool:
    return config.objective.micl > 0 and config.objective.hard_negatives < 1


def _smooths(config: ExperimentConfig) -> bool:
    return config.objective.label_smoothing > 0
