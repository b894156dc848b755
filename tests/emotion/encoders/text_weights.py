"""Makes a complete folder of text weights in the shipped format, tiny and with random weights."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from sentigram.core.arrays import Floats32
from sentigram.emotion.encoders.compact.text import CARD, ENCODER, HEADS, TOKENIZER
from sentigram.training.shipped.text.graph import bert_graph

WIDTH, N_LAYERS, N_HEADS, EPSILON = 16, 2, 4, 1e-12
PIECES = (
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "i", "am", "so", "happy", "un", "##happy",
    "##ly", "!", ".", ",", "?", "'", "m", "a", "b", "##a", "##b", "我", "很",
)  # fmt: skip


def bert_state(*, seed: int = 0, max_tokens: int = 512) -> dict[str, Floats32]:
    """A transformers BertModel's state with random weights."""
    rng = np.random.default_rng(seed)
    state = {
        "embeddings.word_embeddings.weight": rng.normal(size=(len(PIECES), WIDTH)),
        "embeddings.position_embeddings.weight": 0.3 * rng.normal(size=(max_tokens, WIDTH)),
        "embeddings.token_type_embeddings.weight": 0.3 * rng.normal(size=(2, WIDTH)),
    }
    linears = {
        "attention.self.query": (WIDTH, WIDTH),
        "attention.self.key": (WIDTH, WIDTH),
        "attention.self.value": (WIDTH, WIDTH),
        "attention.output.dense": (WIDTH, WIDTH),
        "intermediate.dense": (4 * WIDTH, WIDTH),
        "output.dense": (WIDTH, 4 * WIDTH),
    }
    norms = ["embeddings.LayerNorm"]
    for i in range(N_LAYERS):
        key = f"encoder.layer.{i}"
        for name, shape in linears.items():
            state[f"{key}.{name}.weight"] = rng.normal(size=shape) / np.sqrt(shape[1])
            state[f"{key}.{name}.bias"] = 0.1 * rng.normal(size=shape[0])
        norms += [f"{key}.attention.output.LayerNorm", f"{key}.output.LayerNorm"]
    for norm in norms:
        state[f"{norm}.weight"] = 1 + 0.1 * rng.normal(size=WIDTH)
        state[f"{norm}.bias"] = 0.1 * rng.normal(size=WIDTH)
    return {name: value.astype(np.float32) for name, value in state.items()}


def tokenizer_spec() -> dict[str, object]:
    """A BERT tokenizer in tokenizers JSON, with PIECES as its vocabulary."""
    special = [
        {"id": i, "content": piece, "special": True, "normalized": False, "single_word": False,
         "lstrip": False, "rstrip": False}
        for i, piece in enumerate(PIECES[:5])
    ]  # fmt: skip
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": special,
        "normalizer": {
            "type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True,
            "strip_accents": None, "lowercase": True,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [
                {"SpecialToken": {"id": "[CLS]", "type_id": 0}},
                {"Sequence": {"id": "A", "type_id": 0}},
                {"SpecialToken": {"id": "[SEP]", "type_id": 0}},
            ],
            "pair": [
                {"Sequence": {"id": "A", "type_id": 0}},
                {"Sequence": {"id": "B", "type_id": 1}},
            ],
            "special_tokens": {
                name: {"id": name, "ids": [PIECES.index(name)], "tokens": [name]}
                for name in ("[CLS]", "[SEP]")
            },
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": {piece: i for i, piece in enumerate(PIECES)},
        },
    }  # fmt: skip


def write_weights(folder: Path) -> Path:
    """Write text.onnx, tokenizer, heads and card."""
    model = bert_graph(
        bert_state(), n_layers=N_LAYERS, n_heads=N_HEADS, epsilon=EPSILON, max_tokens=256
    )
    (folder / ENCODER).write_bytes(model.SerializeToString())
    (folder / TOKENIZER).write_text(json.dumps(tokenizer_spec()), encoding="utf-8")
    rng = np.random.default_rng(1)
    shapes = {
        "classification.weight": (7, WIDTH),
        "classification.bias": (7,),
        "vad.weight": (3, WIDTH),
        "vad.bias": (3,),
        "log_prior": (7,),
        "vad_mean": (3,),
        "vad_std": (3,),
    }
    heads = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    save_file({**heads, "temperature": np.array([2.0], np.float32)}, folder / HEADS)
    files = {
        name: {"sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest()}
        for name in (ENCODER, TOKENIZER, HEADS)
    }
    card = {"name": "tiny", "version": "0", "files": files}
    (folder / CARD).write_text(json.dumps(card), encoding="utf-8")
    return folder
