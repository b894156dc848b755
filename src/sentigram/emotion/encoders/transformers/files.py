"""Models in the hub's format, loaded from this machine: nothing is fetched, no program is run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from logging import CRITICAL
from typing import TYPE_CHECKING, Any

from sentigram.core.document import EnginePart
from sentigram.emotion.encoders.compute import Compute
from sentigram.errors import InputError, MissingError
from sentigram.store.installed import Role, StoredModel, find, weights_sha256

if TYPE_CHECKING:
    from pathlib import Path

Model = StoredModel | str

_SINGLE, _INDEX = "model.safetensors", "model.safetensors.index.json"
_PICKLED = ("pytorch_model.bin", "pytorch_model.bin.index.json", "model.pt")
_PRE_TRAINING = ("pooler.", "masked_spec_embed")  # what is not used to encode, and may be missing


def stored(model: Model, role: Role) -> StoredModel:
    """The model that is meant, whose files are here and safe to read.

    Args:
        model: From the store, or a name there, or a path.
        role: What it is for.

    Raises:
        MissingError: It is not here, or holds no safetensors.
    """
    found = find(model, role) if isinstance(model, str) else model
    if weight_files(found):
        return found
    pickled = [found.folder / name for name in _PICKLED if (found.folder / name).is_file()]
    if pickled:
        message = (
            f"{pickled[0]}: a pickled checkpoint is a program, and is not run; turn it into "
            f"numbers with: sentigram models convert {pickled[0]} --out {found.folder}"
        )
    else:
        message = (
            f"{found.folder}: no {_SINGLE}; bring the model with: sentigram models pull "
            f"{found.name}, or give the folder that holds config.json and {_SINGLE}"
        )
    raise MissingError(message)


def weight_files(model: StoredModel) -> tuple[Path, ...]:
    """The safetensors files of a model, one or several, in order of name."""
    single = model.folder / _SINGLE
    if single.is_file():
        return (single,)
    if (model.folder / _INDEX).is_file():
        return tuple(sorted(model.folder.glob("model-*.safetensors")))
    return ()


def part(model: StoredModel) -> EnginePart:
    """For the Document's engine list."""
    return EnginePart(model.role, model.name, model.revision, weights_sha256(model))


def load_network(model: StoredModel, compute: Compute, *, auto: str = "AutoModel") -> Any:
    """The network in evaluation, with every weight from the model's files.

    Args:
        model: From `stored`.
        compute: Where it runs and in which numbers.
        auto: The class of transformers that makes it.

    Raises:
        InputError: The files are damaged, of another network, or lack weights.
        MissingError: transformers is not installed.
    """
    with quiet() as transformers:
        try:
            network, report = getattr(transformers, auto).from_pretrained(
                os.fspath(model.folder.resolve()),
                local_files_only=True,
                use_safetensors=True,
                trust_remote_code=False,
                output_loading_info=True,
            )
        except Exception as error:  # transformers and safetensors raise a dozen kinds
            message = f"{model.folder}: cannot be loaded as a transformers model ({_short(error)})"
            raise InputError(message) from error
    missing = sorted(
        name
        for name in report["missing_keys"]
        if "Classification" in auto or not any(part in name for part in _PRE_TRAINING)
    )
    if missing:  # transformers would go on with random numbers
        message = (
            f"{model.folder}: its weights lack {missing[0]} and {len(missing) - 1} more that "
            f"config.json calls for; it was not trained as a {model.role}, choose another"
        )
        raise InputError(message)
    if getattr(network.config, "is_encoder_decoder", False):
        message = (
            f"{model.folder}: a {network.config.model_type} model writes text; give an encoder"
        )
        raise InputError(message)
    import torch

    network.eval().requires_grad_(requires_grad=False)
    return network.to(device=compute.device, dtype=getattr(torch, compute.precision))


def load_tokenizer(model: StoredModel) -> Any:
    """The model's tokenizer, one that knows where in the text each token is.

    Raises:
        InputError: There is none, or it does not know.
        MissingError: transformers is not installed.
    """
    with quiet() as transformers:
        try:
            tokenizer = transformers.AutoTokenizer.from_pretrained(
                os.fspath(model.folder.resolve()),
                local_files_only=True,
                trust_remote_code=False,
                use_fast=True,
            )
        except Exception as error:  # as above
            message = f"{model.folder}: its tokenizer cannot be loaded ({_short(error)})"
            raise InputError(message) from error
    if not getattr(tokenizer, "is_fast", False):
        message = (
            f"{model.folder}: its tokenizer does not tell where in the text its tokens are; "
            "give a model with a tokenizer.json"
        )
        raise InputError(message)
    if len(tokenizer) <= len(tokenizer.all_special_ids):
        message = f"{model.folder}: no vocabulary; a tokenizer.json belongs to the model"
        raise InputError(message)
    return tokenizer


def load_feature_extractor(model: StoredModel) -> Any:
    """What brings a waveform to the model's scale.

    Raises:
        InputError: There is none.
        MissingError: transformers is not installed.
    """
    with quiet() as transformers:
        try:
            return transformers.AutoFeatureExtractor.from_pretrained(
                os.fspath(model.folder.resolve()), local_files_only=True, trust_remote_code=False
            )
        except Exception as error:  # as above
            message = (
                f"{model.folder}: its feature extractor cannot be loaded ({_short(error)}); "
                "a preprocessor_config.json belongs to the model"
            )
            raise InputError(message) from error


def longest_input(config: Any, tokenizer: Any, *, at_most: int) -> int:
    """Tokens that a text model can read at once, its own special tokens included."""
    limits = [at_most, int(tokenizer.model_max_length)]
    positions = getattr(config, "max_position_embeddings", None)
    if positions:
        # RoBERTa and its kin count positions from the padding id + 1
        offset = (config.pad_token_id or 0) + 1 if config.model_type in COUNT_FROM_PADDING else 0
        limits.append(positions - offset)
    return min(limits)


COUNT_FROM_PADDING = frozenset(
    (
        "camembert",
        "data2vec-text",
        "ibert",
        "longformer",
        "mpnet",
        "roberta",
        "roberta-prelayernorm",
        "xlm-roberta",
        "xlm-roberta-xl",
        "xmod",
    )
)


@contextmanager
def quiet() -> Iterator[Any]:
    """Transformers, without the bars and tables that it prints while it loads."""
    try:
        import transformers
        from transformers.utils import logging
    except ImportError as error:
        message = f"transformers does not load ({error}); run: pip install 'sentigram[full]'"
        raise MissingError(message) from error
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    show, hide = logging.enable_progress_bar, logging.disable_progress_bar
    logging.set_verbosity(CRITICAL)
    hide()  # type: ignore[no-untyped-call]
    try:
        yield transformers
    finally:
        logging.set_verbosity(level)
        if bars:
            show()  # type: ignore[no-untyped-call]


def _short(error: Exception) -> str:
    first, *_ = str(error).strip().splitlines() or [type(error).__name__]
    return first[:200]
