"""The networks that experiments can name: one row each, imported when it is used."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sentigram.emotion.networks.config import NetworkConfig

if TYPE_CHECKING:
    from sentigram.emotion.networks.network import Network

DEFAULT_FAMILY = "fusion"
_HOME = "sentigram.emotion.networks"
_MEL = f"{_HOME}.spectrogram"
_JOINT = f"{_HOME}.joint"
_WORDS = f"{_HOME}.language"
FAMILIES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "fusion": (f"{_HOME}.fusion.config:FusionConfig", f"{_HOME}.fusion.network:FusionNetwork"),
        "resnet18": (f"{_MEL}.config:ResNet18Config", f"{_MEL}.resnet18:ResNet18"),
        "cnn-bilstm": (f"{_MEL}.config:CnnBiLstmConfig", f"{_MEL}.cnn_bilstm:CnnBiLstm"),
        "audio-transformer": (
            f"{_MEL}.config:PatchesConfig",
            f"{_MEL}.patches:AudioTransformer",
        ),
        "vggish": (f"{_MEL}.config:VggishConfig", f"{_MEL}.vggish:Vggish"),
        "early-fusion": (f"{_JOINT}.config:EarlyFusionConfig", f"{_JOINT}.early:EarlyFusion"),
        "patch-cross": (f"{_JOINT}.config:PatchCrossConfig", f"{_JOINT}.patch_cross:PatchCross"),
        "vggish-bert": (f"{_JOINT}.config:VggishBertConfig", f"{_JOINT}.vggish_bert:VggishBert"),
        "trimodal": (f"{_JOINT}.config:TrimodalConfig", f"{_JOINT}.trimodal:Trimodal"),
        "text-mlp": (f"{_WORDS}.config:TextMlpConfig", f"{_WORDS}.text_mlp:TextMlp"),
        "bert": (f"{_WORDS}.config:BertConfig", f"{_WORDS}.bert:Bert"),
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
    family = given.get("family", DEFAULT_FAMILY)
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
