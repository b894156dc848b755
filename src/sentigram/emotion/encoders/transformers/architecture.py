"""What a model of the BERT family is made of, as plain settings that a card can hold.

Weights that were fine-tuned here belong to a network that is made anew from these settings, so a
checkpoint needs neither the model that it started from nor its folder. Only numbers, words and
lists of them are settings; nothing that names code, files or places to fetch from is among them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sentigram.data_files import read_json
from sentigram.emotion.encoders.transformers import files
from sentigram.errors import InputError
from sentigram.reading import MODEL_CARD
from sentigram.store.installed import find

if TYPE_CHECKING:
    from torch import nn

Architecture = Mapping[str, Any]

MODEL_TYPES = (
    "albert",
    "bert",
    "camembert",
    "deberta-v2",
    "distilbert",
    "electra",
    "mpnet",
    "roberta",
    "xlm-roberta",
)
"""Encoders whose first token is one of a class, tried here each."""
_NO_SETTINGS = frozenset(
    (
        "architectures",
        "attn_implementation",
        "auto_map",
        "dtype",
        "experts_implementation",
        "finetuning_task",
        "gradient_checkpointing",
        "id2label",
        "is_decoder",
        "label2id",
        "num_labels",
        "output_attentions",
        "output_hidden_states",
        "problem_type",
        "quantization_config",
        "return_dict",
        "torch_dtype",
        "torchscript",
        "transformers_version",
        "use_cache",
    )
)
_POSITIONS, _EMBEDDING = 512, 128  # what transformers takes where nothing is said
_HIDDEN = ("hidden_size", "dim")
_LAYERS = ("num_hidden_layers", "n_layers")
_MOST_LAYERS, _LARGEST, _LONGEST_LIST, _LONGEST_WORD = 96, 2**24, 16, 64
# A bias of keys adds the same to all logits of a query, and a softmax does not see it.
_WITHOUT_EFFECT = re.compile(r"\.(?:key|k_lin|attn\.k)\.bias$")


def read_architecture(model: str) -> dict[str, Any]:
    """The settings of a model on this machine, from its config.json.

    Args:
        model: A name in the store, or a folder in the hub's format.

    Raises:
        MissingError: It is not here.
        InputError: Its settings are damaged, or those of another kind of model.
    """
    path = find(model, "text encoder").folder / "config.json"
    try:
        given = read_json(path, MODEL_CARD)
    except (OSError, ValueError) as error:
        message = f"{path}: not a model's settings ({type(error).__name__})"
        raise InputError(message) from error
    if not isinstance(given, dict):
        message = f"{path}: not a model's settings"
        raise InputError(message)
    try:
        return checked(_plain({**_usual(_plain(given)), **given}))
    except ValueError as error:
        message = f"{path}: {error}"
        raise InputError(message) from error


def checked(given: Architecture) -> dict[str, Any]:
    """Settings that can be tried.

    Raises:
        ValueError: They are of another kind of model, too large, or not only settings.
    """
    kind = given.get("model_type")
    if kind not in MODEL_TYPES:
        message = f"model_type {kind!r} is none of {', '.join(MODEL_TYPES)}"
        raise ValueError(message)
    for key, value in given.items():
        if key.startswith("_") or key in _NO_SETTINGS or not _is_plain(value):
            message = f"{key} is not a setting of an architecture"
            raise ValueError(message)
    sizes = (_HIDDEN, ("vocab_size",), ("intermediate_size", "hidden_dim"))
    for keys, most in (*((one, _LARGEST) for one in sizes), (_LAYERS, _MOST_LAYERS)):
        value = _one_of(given, keys)
        if type(value) is not int or not 1 <= value <= most:
            message = f"{keys[0]} {value!r} is not a number from 1 to {most}"
            raise ValueError(message)
    return dict(given)


def width(architecture: Architecture) -> int:
    """Of a token's vector."""
    return int(_one_of(architecture, _HIDDEN))


def largest_matrix(architecture: Architecture) -> int:
    """Numbers in the largest matrix: of the vocabulary, of positions, or of a layer."""
    sizes = [
        value
        for key, value in architecture.items()
        if type(value) is int and ("size" in key or "dim" in key or "embeddings" in key)
    ]
    embedding = int(architecture.get("embedding_size", _EMBEDDING))
    return max(width(architecture), embedding) * max(*sizes, embedding, _POSITIONS)


def positions(architecture: Architecture) -> int:
    """Tokens that it reads at once, special ones included."""
    n = int(architecture.get("max_position_embeddings", _POSITIONS))
    if architecture["model_type"] not in files.COUNT_FROM_PADDING:
        return n
    pad = architecture.get("pad_token_id")
    return n - (1 if pad is None else int(pad)) - 1


def make_network(architecture: Architecture) -> Any:
    """The bare encoder with random weights, from torch's generator, in training mode.

    Under `torch.device("meta")` its parameters take no memory; its buffers, which no checkpoint
    holds, are there.

    Raises:
        InputError: transformers makes no network of these settings.
        MissingError: transformers is not installed.
    """
    with files.quiet() as transformers, _buffers_there():
        try:
            settings = checked(architecture)
            config = transformers.AutoConfig.for_model(**settings)
            network = transformers.AutoModel.from_config(config, trust_remote_code=False)
        except Exception as error:  # transformers raises a dozen kinds
            message = f"no model can be made of its architecture ({error})"
            raise InputError(message) from error
    if getattr(network, "pooler", None) is not None:
        network.pooler = None  # a layer over the class token, trained for another task
    for name, parameter in network.named_parameters():
        if _WITHOUT_EFFECT.search(name):
            parameter.requires_grad_(requires_grad=False)
    return network.train()


def keep_little(network: Any) -> None:
    """Let blocks be worked out again for gradients, in training (Chen et al. 2016).

    Raises:
        InputError: transformers cannot do that with this kind of model.
    """
    if not getattr(network, "supports_gradient_checkpointing", False):
        message = (
            f"model.language.checkpointing: transformers has none for {network.config.model_type}; "
            "set it to false"
        )
        raise InputError(message)
    enable = getattr(network, "activation_checkpointing_enable", None)
    enable = network.gradient_checkpointing_enable if enable is None else enable
    enable({"use_reentrant": False})


def take_weights(network: nn.Module, model: str) -> None:
    """Give a network from `make_network` the weights of a model on this machine.

    Raises:
        MissingError: It is not here.
        InputError: It is damaged, or of another make.
    """
    from sentigram.emotion.encoders.compute import Compute

    found = files.stored(model, "text encoder")
    given = files.load_network(found, Compute("cpu", "float32")).state_dict()
    wanted = network.state_dict()
    odd = [n for n, v in wanted.items() if n not in given or given[n].shape != v.shape]
    if odd:
        message = f"{found.folder}: its {odd[0]} is not what the architecture asks for"
        raise InputError(message)
    network.load_state_dict({name: given[name] for name in wanted})


@contextmanager
def _buffers_there() -> Iterator[None]:
    """Where everything is made without memory, make all but what is empty with it."""
    import torch
    from torch.overrides import TorchFunctionMode

    filled = (torch.arange, torch.zeros, torch.ones, torch.full, torch.tensor, torch.linspace)

    class Buffers(TorchFunctionMode):
        def __torch_function__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            del types
            more = {"device": "cpu"} if func in filled else {}
            return func(*args, **{**more, **(kwargs or {})})

    if torch.get_default_device().type != "meta":
        yield
        return
    with Buffers():
        yield


def _usual(given: Architecture) -> dict[str, Any]:
    """All settings, with what transformers takes where a file says nothing."""
    if given.get("model_type") not in MODEL_TYPES:
        return {}
    with files.quiet() as transformers:
        try:
            config: dict[str, Any] = transformers.AutoConfig.for_model(**given).to_dict()
        except Exception as error:  # transformers raises a dozen kinds
            raise ValueError(str(error)) from error
    return config


def _plain(given: Architecture) -> dict[str, Any]:
    """What of a model's settings is of its architecture."""
    return {
        key: value
        for key, value in given.items()
        if not key.startswith("_") and key not in _NO_SETTINGS and _is_plain(value)
    }


def _one_of(architecture: Architecture, keys: tuple[str, ...]) -> Any:
    return next((architecture[key] for key in keys if key in architecture), None)


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return len(value) <= _LONGEST_LIST and all(
            _is_plain(v) and not isinstance(v, list | tuple) for v in value
        )
    if isinstance(value, str):
        return len(value) <= _LONGEST_WORD
    if type(value) is int:
        return -1 <= value <= _LARGEST
    return value is None or isinstance(value, float | bool)
