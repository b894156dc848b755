"""Whisper models with random weights in CTranslate2's real format, built in a second.

The English one has the layout of Whisper's own `.en` models with a small vocabulary. The
multilingual one has the real size of the vocabulary and the real places of all special tokens:
CTranslate2 tells a multilingual model by its 51,865 tokens, newer releases by the empty token
before <|endoftext|>.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SPACE = "\u0120"  # how byte-level BPE writes a space
MULTILINGUAL_WORDS = 50_257  # ordinary tokens, before <|endoftext|>
ENGLISH_WORDS = 2256
CHINESE_WORDS = 20_000


def build(
    folder: Path,
    *,
    multilingual: bool = False,
    seed: int = 3,
    logit_scale: float = 1.0,
) -> Path:
    """Write a model, converted by CTranslate2's own converter.

    Args:
        folder: An empty folder.
        multilingual: With 99 languages, and Chinese characters among its words.
        seed: Of the weights.
        logit_scale: Factor on the token embeddings: larger ones are surer of what they write.
    """
    import torch
    from ctranslate2.converters import TransformersConverter
    from transformers import WhisperConfig, WhisperForConditionalGeneration

    source = folder / "tiny"
    source.mkdir(parents=True)
    languages = _languages() if multilingual else ("en",)
    tokenizer, ids = _tokenizer(languages, multilingual=multilingual)
    tokenizer.save(str(source / "tokenizer.json"))
    end = ids["<|endoftext|>"]
    config = WhisperConfig(
        vocab_size=tokenizer.get_vocab_size(),
        num_mel_bins=80,
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=16,
        decoder_ffn_dim=16,
        max_target_positions=448,
        pad_token_id=end,
        bos_token_id=end,
        eos_token_id=end,
        decoder_start_token_id=ids["<|startoftranscript|>"],
        suppress_tokens=[],
        begin_suppress_tokens=[end],
    )
    torch.manual_seed(seed)
    model = WhisperForConditionalGeneration(config)
    with torch.no_grad():
        model.model.decoder.embed_tokens.weight *= logit_scale
    generation: Any = model.generation_config  # Whisper has fields of its own
    generation.alignment_heads = [[0, 0], [0, 1]]
    generation.lang_to_id = {f"<|{code}|>": ids[f"<|{code}|>"] for code in languages}
    generation.no_timestamps_token_id = ids["<|notimestamps|>"]
    generation.suppress_tokens = []
    generation.begin_suppress_tokens = [end]
    model.save_pretrained(source)
    (source / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "WhisperTokenizerFast", "unk_token": "<|endoftext|>"})
    )
    preprocessor = {
        "feature_size": 80,
        "sampling_rate": 16_000,
        "hop_length": 160,
        "chunk_length": 30,
        "n_fft": 400,
        "feature_extractor_type": "WhisperFeatureExtractor",
    }
    (source / "preprocessor_config.json").write_text(json.dumps(preprocessor))
    target = folder / "tiny-ct2"
    TransformersConverter(
        str(source), copy_files=["tokenizer.json", "preprocessor_config.json"]
    ).convert(str(target))
    if multilingual:  # the converter reads them from real checkpoints only
        path = target / "config.json"
        config = json.loads(path.read_text())
        config["lang_ids"] = [ids[f"<|{code}|>"] for code in languages]
        path.write_text(json.dumps(config))
    return target


def _languages() -> tuple[str, ...]:
    """Whisper's first 99, in the order of their tokens (the hundredth came with large-v3)."""
    from transformers.models.whisper.tokenization_whisper import LANGUAGES

    return tuple(LANGUAGES)[:99]


def _tokenizer(languages, *, multilingual):
    """Byte-level BPE without merges, with Whisper's special tokens in Whisper's order.

    Made-up words, four of five with a space before them, stand for the merges.
    """
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {letter: i for i, letter in enumerate(letters)}
    level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    if multilingual:
        for i in range(CHINESE_WORDS):
            [(token, _)] = level.pre_tokenize_str(chr(0x4E00 + i))
            vocabulary[token] = len(vocabulary)
    n_words = (MULTILINGUAL_WORDS - 1 if multilingual else ENGLISH_WORDS) - len(vocabulary)
    for i in range(n_words):
        vocabulary[f"{'' if i % 5 == 0 else SPACE}w{i}"] = len(vocabulary)
    if multilingual:
        vocabulary[""] = MULTILINGUAL_WORDS - 1
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = [
        "<|endoftext|>",
        "<|startoftranscript|>",
        *(f"<|{code}|>" for code in languages),
        "<|translate|>",
        "<|transcribe|>",
        "<|startoflm|>",
        "<|startofprev|>",
        "<|nospeech|>",
        "<|notimestamps|>",
        *(f"<|{i * 0.02:.2f}|>" for i in range(1501)),
    ]
    tokenizer.add_special_tokens([AddedToken(text, special=True) for text in special])
    return tokenizer, {text: tokenizer.token_to_id(text) for text in special}
