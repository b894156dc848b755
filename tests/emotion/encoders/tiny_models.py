"""Tiny models with random weights, as folders in the hub's format: real architectures, real files.

Their tokenizers are trained here, on the sentences below.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

TEXTS = (
    "I am so unhappy about the broken window",
    "You're the happiest person that I have ever seen!",
    "No way, that is wonderful news; tell me everything.",
    "What do you want from me? I never said that.",
    "今日はとても悲しいです。",
    "我很高兴见到你",
    "Das ist ja schön, ich freue mich über die Überraschung",
)
TEXT_KINDS = ("bert", "roberta", "xlm-roberta")
AUDIO_KINDS = ("wav2vec2", "wavlm", "hubert")


def write_text_model(
    folder: Path,
    kind: str = "bert",
    *,
    labels: Sequence[str] = (),
    multi_label: bool = False,
    width: int = 32,
    n_layers: int = 2,
    max_tokens: int = 48,
    seed: int = 0,
    **settings: Any,
) -> Path:
    """Write a text model with its tokenizer.

    Args:
        folder: Made if it is not there.
        kind: Of TEXT_KINDS.
        labels: Of a classifier; none writes a bare encoder.
        multi_label: The classifier's labels do not exclude each other.
        width: Of a token's vector.
        n_layers: Blocks.
        max_tokens: Longest input, special tokens included.
        seed: Of the weights.
        settings: More of the configuration.
    """
    import transformers

    tokenizer = _tokenizer(kind, max_tokens)
    offset = 0 if kind == "bert" else 2  # RoBERTa counts positions from its padding id + 1
    shape: dict[str, Any] = {
        "vocab_size": len(tokenizer),
        "hidden_size": width,
        "num_hidden_layers": n_layers,
        "num_attention_heads": 4,
        "intermediate_size": 2 * width,
        "max_position_embeddings": max_tokens + offset,
        "type_vocab_size": 2 if kind == "bert" else 1,
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
    }
    if labels:
        shape |= {
            "id2label": dict(enumerate(labels)),
            "label2id": {name: i for i, name in enumerate(labels)},
            "problem_type": "multi_label_classification" if multi_label else None,
        }
    config = transformers.AutoConfig.for_model(kind, **shape, **settings)
    auto = transformers.AutoModelForSequenceClassification if labels else transformers.AutoModel
    _save(auto, config, folder, seed)
    tokenizer.save_pretrained(folder)
    return folder


def write_audio_model(
    folder: Path,
    kind: str = "wav2vec2",
    *,
    norm: str = "group",
    do_normalize: bool = True,
    width: int = 32,
    n_layers: int = 2,
    seed: int = 0,
    **settings: Any,
) -> Path:
    """Write a speech model with its feature extractor.

    Args:
        folder: Made if it is not there.
        kind: Of AUDIO_KINDS.
        norm: Of the first convolution, group (as in base models) or layer (as in large ones).
        do_normalize: Whether waveforms are brought to mean 0 and deviation 1.
        width: Of a frame's vector.
        n_layers: Blocks.
        seed: Of the weights.
        settings: More of the configuration.
    """
    import transformers

    shape: dict[str, Any] = {
        "hidden_size": width,
        "num_hidden_layers": n_layers,
        "num_attention_heads": 4,
        "intermediate_size": 2 * width,
        "conv_dim": (16,) * 7,
        "num_conv_pos_embeddings": 16,
        "num_conv_pos_embedding_groups": 4,
        "feat_extract_norm": norm,
        "do_stable_layer_norm": norm == "layer",
        "conv_bias": norm == "layer",
    }
    config = transformers.AutoConfig.for_model(kind, **(shape | settings))
    _save(transformers.AutoModel, config, folder, seed)
    extractor = transformers.Wav2Vec2FeatureExtractor(
        sampling_rate=16_000, do_normalize=do_normalize, return_attention_mask=norm == "layer"
    )
    extractor.save_pretrained(folder)
    return folder


def _save(auto: Any, config: Any, folder: Path, seed: int) -> None:
    import torch

    folder.mkdir(parents=True, exist_ok=True)
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch, about its own weight norm
        torch.manual_seed(seed)
        model = auto.from_config(config)
        for parameter in model.parameters():  # as made, biases are 0 and vectors nearly equal
            parameter.data += 0.15 * torch.randn_like(parameter)
        model.save_pretrained(folder)


def _tokenizer(kind: str, max_tokens: int) -> Any:
    from importlib import import_module

    transformers: Any = import_module("transformers")  # names that it makes when they are asked for
    own = {"bert": _wordpiece, "roberta": _byte_pairs, "xlm-roberta": _unigrams}[kind]()
    vocabulary = own.get_vocab()
    if kind == "bert":
        return transformers.BertTokenizerFast(vocab=vocabulary, model_max_length=max_tokens)
    if kind == "roberta":
        merges = [tuple(pair) for pair in _model(own)["merges"]]
        return transformers.RobertaTokenizerFast(
            vocab=vocabulary, merges=merges, model_max_length=max_tokens
        )
    entries = [(piece, score) for piece, score in _model(own)["vocab"]]
    return transformers.XLMRobertaTokenizerFast(vocab=entries, model_max_length=max_tokens)


def _model(tokenizer: Any) -> Any:
    import json

    return json.loads(tokenizer.to_str())["model"]


def _wordpiece() -> Any:
    from tokenizers import BertWordPieceTokenizer

    made = BertWordPieceTokenizer(lowercase=True)
    made.train_from_iterator(TEXTS, vocab_size=120, min_frequency=1, show_progress=False)
    return made


def _byte_pairs() -> Any:
    from tokenizers import ByteLevelBPETokenizer

    made = ByteLevelBPETokenizer()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    made.train_from_iterator(
        TEXTS, vocab_size=300, min_frequency=2, special_tokens=special, show_progress=False
    )
    return made


def _unigrams() -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    made = Tokenizer(models.Unigram())
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=120,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        unk_token="<unk>",  # noqa: S106 - not a password
        show_progress=False,
    )
    made.train_from_iterator(TEXTS, trainer)
    return made
