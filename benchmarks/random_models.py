"""Models with random weights in the formats that the full engine reads, for benchmarks.

What a network costs does not depend on its weights. Sizes are those of the released models, or
tiny; tokenizers are trained in place on the benchmark's own text.
"""

# mypy: disable-error-code="arg-type,attr-defined,no-untyped-call"
# transformers makes its names when they are asked for, and takes settings as a dictionary.

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from repeated_speech import TEXT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sentigram.emotion.encoders.emotion2vec.shape import NetworkShape
    from sentigram.emotion.encoders.tokens import EncoderInfo

SIZES = ("plus-large", "plus-base", "tiny")
LABELS = ("angry", "disgusted", "fearful", "happy", "neutral", "other", "sad", "surprised", "<unk>")
CLASSES = ("neutral", "anger", "disgust", "fear", "happiness", "sadness", "surprise")


def voice_shape(size: str) -> NetworkShape:
    """The shape of an emotion2vec network: of the released sizes, or tiny."""
    from sentigram.emotion.encoders.emotion2vec.shape import AudioShape, NetworkShape

    width, depth, before, heads = {
        "plus-large": (1024, 16, 8, 16),
        "plus-base": (768, 8, 4, 12),
        "tiny": (32, 2, 1, 4),
    }[size]
    audio = AudioShape(prenet_depth=before, num_alibi_heads=heads)
    return NetworkShape(embed_dim=width, depth=depth, num_heads=heads, audio=audio, labels=LABELS)


def write_voice(folder: Path, size: str) -> Path:
    """Write an emotion2vec network."""
    import torch
    import yaml
    from safetensors.torch import save_file

    from sentigram.emotion.encoders.emotion2vec.network import WEIGHTS, build

    folder.mkdir(parents=True)
    shape = voice_shape(size)
    torch.manual_seed(0)
    tensors = {name: value.contiguous() for name, value in build(shape).state_dict().items()}
    save_file(tensors, folder / WEIGHTS)
    settings = shape.model_dump(exclude={"audio", "labels"})
    settings["modalities"] = {"audio": shape.audio.model_dump()}
    config = {"model": "Emotion2vec", "model_conf": settings}
    (folder / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    (folder / "tokens.txt").write_text("\n".join(LABELS), encoding="utf-8")
    return folder


def write_bert(folder: Path, *, is_tiny: bool = False) -> Path:
    """Write a BERT of base size, or a tiny one, with a tokenizer of the benchmark's words."""
    import torch
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    made = BertWordPieceTokenizer(lowercase=True)
    made.train_from_iterator([TEXT], vocab_size=300, min_frequency=1, show_progress=False)
    tokenizer = BertTokenizerFast(vocab=made.get_vocab(), model_max_length=512)
    config = BertConfig()  # base, with its 30,522 tokens, of which this tokenizer uses few
    if is_tiny:
        config = BertConfig(
            hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64
        )
    torch.manual_seed(0)
    with _silent():
        BertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def write_checkpoint(
    folder: Path, text: EncoderInfo, audio: EncoderInfo, *, hidden: int = 384
) -> Path:
    """Write a fusion network on the tokens of two encoders: the path of its card."""
    import torch

    from sentigram.emotion.networks.checkpoint import save_checkpoint
    from sentigram.emotion.networks.fusion.config import FusionConfig
    from sentigram.emotion.networks.registry import build
    from sentigram.emotion.networks.scaling import InputStatistics, save_inputs

    folder.mkdir(parents=True)
    torch.manual_seed(0)
    config = FusionConfig(widths={"text": text.width, "audio": audio.width}, hidden=hidden)
    encoders = {
        info.kind: {key: getattr(info, key) for key in ("name", "width", "id", "sha256")}
        for info in (text, audio)
    }
    about = {"classes": list(CLASSES), "encoders": encoders, "experiment": "random weights"}
    network = build(config, len(CLASSES))
    unchanged = {
        info.kind: InputStatistics(
            np.zeros(info.width, np.float32), np.ones(info.width, np.float32)
        )
        for info in (text, audio)
    }
    save_inputs(folder, unchanged)
    return save_checkpoint(folder, "network", network, about)


def write_whisper(folder: Path) -> Path:
    """Write a tiny English Whisper in CTranslate2's format: one layer of 16, 2,256 words."""
    import torch
    from ctranslate2.converters import TransformersConverter
    from transformers import WhisperConfig, WhisperForConditionalGeneration

    source = folder / "source"
    source.mkdir(parents=True)
    tokenizer = _whisper_tokenizer()
    tokenizer.save(str(source / "tokenizer.json"))
    number = tokenizer.token_to_id
    end = number("<|endoftext|>")
    sizes = {
        f"{part}_{what}": n
        for part in ("encoder", "decoder")
        for what, n in (("layers", 1), ("attention_heads", 2), ("ffn_dim", 16))
    }
    ends = dict.fromkeys(("pad_token_id", "bos_token_id", "eos_token_id"), end)
    quiet = {"suppress_tokens": [], "begin_suppress_tokens": [end]}
    start = number("<|startoftranscript|>")
    config = WhisperConfig(
        vocab_size=tokenizer.get_vocab_size(),
        d_model=16,
        decoder_start_token_id=start,
        **sizes,
        **ends,
        **quiet,
    )
    torch.manual_seed(3)
    model = WhisperForConditionalGeneration(config)
    generation = model.generation_config
    generation.alignment_heads = [[0, 0], [0, 1]]
    generation.lang_to_id = {"<|en|>": number("<|en|>")}
    generation.no_timestamps_token_id = number("<|notimestamps|>")
    generation.suppress_tokens, generation.begin_suppress_tokens = [], [end]
    names = {"tokenizer_class": "WhisperTokenizerFast", "unk_token": "<|endoftext|>"}
    (source / "tokenizer_config.json").write_text(json.dumps(names))
    spectrum = {"feature_size": 80, "sampling_rate": 16_000, "hop_length": 160, "n_fft": 400}
    sound = {**spectrum, "chunk_length": 30, "feature_extractor_type": "WhisperFeatureExtractor"}
    (source / "preprocessor_config.json").write_text(json.dumps(sound))
    with _silent():
        model.save_pretrained(source)
        copied = ["tokenizer.json", "preprocessor_config.json"]
        TransformersConverter(str(source), copy_files=copied).convert(str(folder / "tiny"))
    return folder / "tiny"


def _whisper_tokenizer() -> Any:
    """Made-up words after the 256 bytes, and Whisper's special tokens in Whisper's order."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    space = "\u0120"  # how byte-level BPE writes a space
    written = sorted(pre_tokenizers.ByteLevel.alphabet()) + [f"{space}w{i}" for i in range(2000)]
    vocabulary = {text: number for number, text in enumerate(written)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    names = ["endoftext", "startoftranscript", "en", "translate", "transcribe", "startoflm"]
    names += ["startofprev", "nospeech", "notimestamps"]
    names += [f"{i * 0.02:.2f}" for i in range(1501)]
    tokenizer.add_special_tokens([AddedToken(f"<|{name}|>", special=True) for name in names])
    return tokenizer


@contextmanager
def _silent() -> Iterator[None]:
    """Without the bars and advice that transformers prints."""
    from transformers.utils import logging

    level, shows = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if shows:
            logging.enable_progress_bar()
