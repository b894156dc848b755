"""The networks that experiments can name: one row each, imported when it is used."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sentigram.emotion.networks.config import NetworkConfig

if TYPE_CHECKING:
    from sentigram.emotion.networks.network import Network

_HOME = "sentigram.emotion.networks"
FAMILIES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "fusion": (f"{_HOME}.fusion.config:FusionConfig", f"{_HOME}.fusion.network:FusionNetwork"),
    }
)
"""Name → settings and network; the modules of settings do not import torch."""


def network_config(given: Any) -> NetworkConfig:
    """Settings of a network from what a YAML file or a card says.

    Args:
        given: A mapping; without `family`, of the fusion network.

    Raises:
        ValueError: There is no such family, or a setting is wrong.
    """
    if isinstance(given, NetworkConfig):
        return given
    if not isinstance(given, Mapping):
        message = "expected settings such as family"
        raise ValueError(message)  # noqa: TRY004  (what pydantic takes for a wrong setting)
    family = given.get("family", "fusion")
    if not isinstance(family, str) or family not in FAMILIES:
        message = f"family {family!r} is none of {', '.join(FAMILIES)}"
        raise ValueError(message)
    made: NetworkConfig = _load(FAMILIES[family][0]).model_validate(dict(given))
    return made


def build(config: NetworkConfig, n_classes: int) -> Network:
    """Make a network with random weights, from torch's generator.

    Args:
        config: Its settings.
        n_classes: Emotions that are told apart.
    """
    made: Network = _load(FAMILIES[config.family][1])(config, n_classes)
    return made


def _load(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)
