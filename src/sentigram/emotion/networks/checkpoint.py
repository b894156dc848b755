"""Trained networks on disk: NAME.safetensors with the numbers, NAME.card.json with all the rest.

A card is read as data and a tensor as numbers; nothing in either is executed. Every shape is
checked against the network that the card describes before memory is taken for it.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from sentigram.data_files import read_json
from sentigram.emotion.encoders.tokens import Kind
from sentigram.emotion.networks.config import NetworkConfig
from sentigram.emotion.networks.registry import build, network_config
from sentigram.errors import InputError
from sentigram.files import whole_file, write_text
from sentigram.reading import MODEL_CARD, WEIGHTS, read_bytes
from sentigram.store.shipped import sha256

if TYPE_CHECKING:
    import torch

    from sentigram.emotion.networks.network import Network

FORMAT = "sentigram-fusion"
VERSION = 2
_FIRST = 1  # knew no other family than fusion, and its two modalities by name
TensorKind = tuple[str, tuple[int, ...]]
"""Of a tensor: its type, float32 for all but counters, and its shape."""
_OWN_KEYS = ("format", "version", "config", "n_classes", "files")
_LARGEST_HEADER_BYTES = 16 * 2**20
_MOST_CLASSES = 10_000
_MOST_PARAMETERS = 2**31  # 8 GiB of float32, hundreds of times what any corpus here can teach
_AGAIN = "train it again, or copy both files again from where they were made"


def save_checkpoint(folder: Path, name: str, network: Network, card: Mapping[str, Any]) -> Path:
    """Write a network and its card, replacing those of the same name.

    Args:
        folder: Exists.
        name: Of both files.
        network: On any device.
        card: More for the card: classes, encoders, hashes of splits, metrics.

    Returns:
        The card's path, for `load_checkpoint`.

    Raises:
        ValueError: The card has a key that is written here, classes that the network does not
            have, or something that is not JSON.
        OutputError: A file cannot be written.
    """
    from safetensors.torch import save_file

    clashes = sorted(set(card) & set(_OWN_KEYS))
    if clashes:
        message = f"{name}: {', '.join(clashes)} in a card are written by save_checkpoint itself"
        raise ValueError(message)
    if "classes" in card and len(card["classes"]) != network.n_classes:
        message = f"{name}: {len(card['classes'])} classes, but {network.n_classes} logits"
        raise ValueError(message)
    weights, about = folder / f"{name}.safetensors", folder / f"{name}.card.json"
    tensors = {n: value.detach().cpu().contiguous() for n, value in network.state_dict().items()}
    described = {
        "format": FORMAT,
        "version": VERSION,
        "config": network.config.model_dump(mode="json"),
        "n_classes": network.n_classes,
        **card,
    }
    json.dumps(described, allow_nan=False)  # before anything is replaced
    with whole_file(weights, overwrite=True) as part:
        save_file(tensors, part)
        described["files"] = {weights.name: {"sha256": sha256(part)}}
    text = json.dumps(described, indent=1, ensure_ascii=False, allow_nan=False)
    write_text(about, f"{text}\n", overwrite=True)
    return about


def load_checkpoint(path: Path) -> tuple[Network, dict[str, Any]]:
    """Read what `save_checkpoint` wrote.

    The network comes in evaluation mode on the CPU; torch's random generator is left alone.

    Args:
        path: NAME.card.json, or the NAME.safetensors beside it.

    Raises:
        InputError: A file is absent, damaged, of another version, or not what the card says.
    """
    import torch

    name = path.name.removesuffix(".card.json").removesuffix(".safetensors")
    about, weights = (path.with_name(f"{name}{end}") for end in (".card.json", ".safetensors"))
    card = _read_card(about)
    config, n_classes = _described(about, card)
    try:
        with torch.device("meta"):  # shapes without memory
            network = build(config, n_classes)
    except (RuntimeError, OverflowError, InputError) as error:
        message = f"{about}: config describes a network that cannot be ({error}); {_AGAIN}"
        raise InputError(message) from error
    expected = {
        n: (str(value.dtype).removeprefix("torch."), tuple(value.shape))
        for n, value in network.state_dict().items()
    }
    network.load_state_dict(_read_tensors(weights, card, expected), assign=True)
    return network.eval(), card


def require_encoders(
    card: Mapping[str, Any], given_facts: Mapping[Kind, Mapping[str, Any]]
) -> None:
    """Make sure that a network is given features of the encoders that it was trained on.

    Args:
        card: Of the checkpoint.
        given_facts: Facts of the encoders at hand, such as id, width and sha256, by modality.

    Raises:
        InputError: The network knows no such modality, or a fact differs.
    """
    known = card.get("encoders")
    known = known if isinstance(known, Mapping) else {}
    for kind, given in given_facts.items():
        trained = known.get(kind)
        if not isinstance(trained, Mapping):
            message = f"the checkpoint was trained without {kind} features; leave them out"
            raise InputError(message)
        for fact, value in given.items():
            if trained.get(fact) != value:
                message = (
                    f"the checkpoint was trained on {kind} features with {fact} "
                    f"{trained.get(fact)!r}, these have {value!r}; "
                    "extract features with the encoder that its card names"
                )
                raise InputError(message)


def _read_card(path: Path) -> dict[str, Any]:
    try:
        card = read_json(path, MODEL_CARD)
    except FileNotFoundError as error:
        message = f"{path}: no such checkpoint; give the NAME.card.json of a trained network"
        raise InputError(message) from error
    except (OSError, ValueError) as error:
        message = f"{path}: not a card ({type(error).__name__}); {_AGAIN}"
        raise InputError(message) from error
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        message = f"{path}: not the card of a network; {_AGAIN}"
        raise InputError(message)
    if card.get("version") == _FIRST:
        return {**card, "version": VERSION, "config": _newer(card.get("config"))}
    if card.get("version") != VERSION:
        message = (
            f"{path}: version {card.get('version')!r}, this Sentigram reads version {VERSION}; "
            "train it again with this Sentigram, or use the Sentigram that made it"
        )
        raise InputError(message)
    return card


def _newer(config: Any) -> Any:
    """Settings of a first-version card in today's words."""
    if not isinstance(config, dict):
        return config
    widths = {kind: config.get(f"d_{kind}") for kind in ("text", "audio")}
    variant = config.get("variant")
    kept = {key: value for key, value in config.items() if key not in ("d_text", "d_audio")}
    if isinstance(variant, str) and variant in widths:
        widths = {variant: widths[variant]}
    return {"family": "fusion", **kept, "widths": widths}


def _described(path: Path, card: Mapping[str, Any]) -> tuple[NetworkConfig, int]:
    """The network that a card describes."""
    try:
        config = network_config(card.get("config"))
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        message = f"{path}: config is wrong: {wrong}; {_AGAIN}"
        raise InputError(message) from error
    except ValueError as error:
        message = f"{path}: config is wrong: {error}; {_AGAIN}"
        raise InputError(message) from error
    unknown = [kind for kind in config.modalities if kind not in config.widths]
    if unknown or not config.modalities:
        what = unknown[0] if unknown else "any"
        message = f"{path}: config names no width of {what} tokens; {_AGAIN}"
        raise InputError(message)
    n_classes = card.get("n_classes")
    if type(n_classes) is not int or not 1 <= n_classes <= _MOST_CLASSES:
        message = f"{path}: n_classes {n_classes!r} is not from 1 to {_MOST_CLASSES}; {_AGAIN}"
        raise InputError(message)
    classes = card.get("classes", [""] * n_classes)
    is_named = isinstance(classes, list) and all(isinstance(name, str) for name in classes)
    if not is_named or len(classes) != n_classes:
        message = f"{path}: classes are not {n_classes} names; {_AGAIN}"
        raise InputError(message)
    if config.largest_matrix > _MOST_PARAMETERS:
        message = f"{path}: config asks for a matrix of {config.largest_matrix} numbers; {_AGAIN}"
        raise InputError(message)
    return config, n_classes


def _read_tensors(
    path: Path, card: Mapping[str, Any], expected: Mapping[str, TensorKind]
) -> dict[str, torch.Tensor]:
    """All tensors; the file is read once, so that what is checked is what is used.

    It is read and not mapped: a mapped file that is replaced kills whoever still looks at it.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load

    # counters are 8 bytes each, and there are few
    most = 4 * sum(math.prod(shape) for _, shape in expected.values()) + _LARGEST_HEADER_BYTES
    try:
        content = read_bytes(path, WEIGHTS, most_bytes=most)
        tensors: dict[str, torch.Tensor] = load(content)
    except FileNotFoundError as error:
        message = f"{path}: missing beside its card; {_AGAIN}"
        raise InputError(message) from error
    except (SafetensorError, OSError, ValueError, KeyError, RuntimeError) as error:
        message = f"{path}: not a whole safetensors file ({error}); pickles are not read; {_AGAIN}"
        raise InputError(message) from error
    _check_shapes(path, tensors, expected)
    files = card.get("files")
    entry = files.get(path.name) if isinstance(files, dict) else None
    if not isinstance(entry, dict) or entry.get("sha256") != hashlib.sha256(content).hexdigest():
        message = f"{path}: not the file that its card was written for (sha256); {_AGAIN}"
        raise InputError(message)
    broken = [name for name, value in tensors.items() if not bool(torch.isfinite(value).all())]
    if broken:
        message = f"{path}: {broken[0]} holds NaN or infinity; {_AGAIN}"
        raise InputError(message)
    return tensors


def _check_shapes(
    path: Path, found: Mapping[str, torch.Tensor], expected: Mapping[str, TensorKind]
) -> None:
    missing, more = sorted(set(expected) - set(found)), sorted(set(found) - set(expected))
    if missing or more:
        what = f"{missing[0]} is missing" if missing else f"{more[0]} is not of this network"
        message = f"{path}: {what} ({len(missing)} missing, {len(more)} too many); {_AGAIN}"
        raise InputError(message)
    for name, (wanted, shape) in expected.items():
        kind, own = str(found[name].dtype).removeprefix("torch."), tuple(found[name].shape)
        if (kind, own) != (wanted, shape):
            message = (
                f"{path}: {name} is {kind} {own}, the card asks for {wanted} {shape}; {_AGAIN}"
            )
            raise InputError(message)
