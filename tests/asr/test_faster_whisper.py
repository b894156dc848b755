"""The adapter runs a tiny random Whisper in the real CTranslate2 format, built here."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from sentigram.asr.faster_whisper import FasterWhisperTranscriber, words_of
from sentigram.core.media import Audio
from sentigram.core.protocols import Transcriber
from sentigram.core.time import Span
from sentigram.errors import MissingError, UsageError
from tests.asr.clips import two_cities

SPACE = "\u0120"  # how byte-level BPE writes a space
LANGUAGES = ("en",)  # an English model, like Whisper's own tiny.en
N_WORDS = 2000


@dataclass
class Heard:
    word: str
    start: float
    end: float
    probability: float


def test_a_leading_space_starts_a_word_and_its_absence_joins():
    words = words_of(
        [Heard(" Hi", 0.1, 0.3, 0.9), Heard(" you", 0.3, 0.5, 0.8), Heard("好", 0.5, 0.7, 0.7)],
        10_000,
    )
    assert [(w.text, w.joined) for w in words] == [("Hi", False), ("you", False), ("好", True)]
    assert words[0].span == Span(100, 300)
    assert words[2].confidence == 0.7
    assert all(w.timing == "aligned" and w.source == "heard" for w in words)


def test_the_first_word_of_a_segment_is_never_joined():
    words = words_of([Heard("今天", 0, 1, 0.5), Heard("好", 1, 2, 0.5)], 9000)
    assert [word.joined for word in words] == [False, True]


def test_odd_words_are_kept_inside_of_the_sound():
    words = words_of(
        [
            Heard("  ", 0, 1, 1),
            Heard(" a", -0.5, 0.2, 1.5),
            Heard(" b", 3, 2, math.nan),
            Heard(" c", 8, 12, 0.2),
        ],
        10_000,
    )
    assert [w.text for w in words] == ["a", "b", "c"]
    assert [w.span for w in words] == [Span(0, 200), Span(3000, 3000), Span(8000, 10_000)]
    assert [w.confidence for w in words] == [1.0, 0.0, 0.2]


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    return _tiny_whisper(tmp_path_factory.mktemp("whisper"))


@pytest.fixture(scope="module")
def speech() -> Audio:
    audio = two_cities()
    return replace(audio, samples=audio.samples[: 6 * 16_000])


def test_it_is_a_transcriber_and_says_what_it_is(model):
    import hashlib

    transcriber = FasterWhisperTranscriber(str(model), device="cpu")
    assert isinstance(transcriber, Transcriber)
    assert transcriber.part.role == "transcriber"
    assert transcriber.part.id == "faster-whisper-tiny-ct2"
    digest = hashlib.sha256((model / "model.bin").read_bytes()).hexdigest()
    assert transcriber.part.sha256 == digest


@pytest.mark.parametrize("batch_size", [1, 2])
def test_words_come_with_times_in_the_sound_and_progress(model, speech, batch_size):
    shares: list[float] = []
    transcriber = FasterWhisperTranscriber(
        str(model), device="cpu", beam_size=1, batch_size=batch_size, hotwords="ab"
    )
    transcript = transcriber.transcribe(speech, language="en", progress=shares.append)
    assert transcript.language == "en"
    words = list(transcript.words())
    assert words, "random weights still write something"
    assert all(0 <= w.span.start_ms <= w.span.end_ms <= speech.duration_ms for w in words)
    assert all(0 <= w.confidence <= 1 and w.text == w.text.strip() != "" for w in words)
    assert [u.id for u in transcript.utterances] == [
        f"u{i + 1}" for i in range(len(transcript.utterances))
    ]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_the_model_says_the_language_when_it_is_not_given(model, speech):
    transcript = FasterWhisperTranscriber(str(model), device="cpu", beam_size=1).transcribe(speech)
    assert transcript.language == "en"


@pytest.mark.parametrize("language", [None, "en"])
def test_silence_has_no_words(model, language):
    silence = Audio(np.zeros(5 * 16_000, np.float32))
    transcriber = FasterWhisperTranscriber(str(model), device="cpu", beam_size=1)
    assert transcriber.transcribe(silence, language=language).utterances == ()


def test_a_moment_of_sound_has_no_words(model):
    click = Audio(np.ones(800, np.float32) * 0.1)
    transcriber = FasterWhisperTranscriber(str(model), device="cpu")
    assert transcriber.transcribe(click).utterances == ()


def test_an_unknown_language_is_refused_with_the_ones_it_knows(model, speech):
    transcriber = FasterWhisperTranscriber(str(model), device="cpu")
    with pytest.raises(UsageError, match=r"language 'de'.*it knows: en$"):
        transcriber.transcribe(speech, language="de")


def test_a_missing_model_is_never_fetched(speech, monkeypatch, tmp_path):
    import socket

    def refuse(*_args, **_kwargs):
        pytest.fail("tried to reach the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    transcriber = FasterWhisperTranscriber("large-v3")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(MissingError, match=r"hf download Systran/faster-whisper-large-v3"):
        transcriber.transcribe(speech)
    with pytest.raises(MissingError, match=r"--whisper-model PATH"):
        FasterWhisperTranscriber("no-such-size").transcribe(speech)


def test_a_folder_that_is_no_model_is_named(tmp_path, speech):
    with pytest.raises(MissingError, match=r"has no model\.bin.*ct2-transformers-converter"):
        FasterWhisperTranscriber(str(tmp_path)).transcribe(speech)


def test_a_broken_model_and_a_wrong_device_say_so(tmp_path, model, speech):
    for name in ("config.json", "tokenizer.json", "preprocessor_config.json"):
        (tmp_path / name).write_bytes((model / name).read_bytes())
    (tmp_path / "model.bin").write_bytes(b"nothing")
    with pytest.raises(UsageError, match="does not load"):
        FasterWhisperTranscriber(str(tmp_path), device="cpu").transcribe(speech)
    with pytest.raises(UsageError, match="device 'gramophone'"):
        FasterWhisperTranscriber(str(model), device="gramophone").transcribe(speech)


def test_settings_are_checked_at_once():
    with pytest.raises(UsageError, match="beam size 0"):
        FasterWhisperTranscriber(beam_size=0)
    with pytest.raises(UsageError, match="batch size 4 without vad"):
        FasterWhisperTranscriber(batch_size=4, vad=False)


def _tiny_whisper(folder: Path) -> Path:
    """Random weights, Whisper's real layout: converted by CTranslate2's own converter."""
    import torch
    from ctranslate2.converters import TransformersConverter
    from transformers import WhisperConfig, WhisperForConditionalGeneration

    source = folder / "tiny"
    source.mkdir()
    tokenizer, ids = _tokenizer()
    tokenizer.save(str(source / "tokenizer.json"))
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
        pad_token_id=ids["<|endoftext|>"],
        bos_token_id=ids["<|endoftext|>"],
        eos_token_id=ids["<|endoftext|>"],
        decoder_start_token_id=ids["<|startoftranscript|>"],
        suppress_tokens=[],
        begin_suppress_tokens=[ids["<|endoftext|>"]],
    )
    torch.manual_seed(3)
    model = WhisperForConditionalGeneration(config)
    generation = model.generation_config
    generation.alignment_heads = [[0, 0], [0, 1]]
    generation.lang_to_id = {f"<|{code}|>": ids[f"<|{code}|>"] for code in LANGUAGES}
    generation.no_timestamps_token_id = ids["<|notimestamps|>"]
    generation.suppress_tokens = []
    generation.begin_suppress_tokens = [ids["<|endoftext|>"]]
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
    return target


def _tokenizer():
    """Byte-level BPE without merges, with Whisper's special tokens in Whisper's order.

    Made-up words, four of five with a space before them, stand for the merges.
    """
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {letter: i for i, letter in enumerate(letters)}
    for i in range(N_WORDS):
        vocabulary[f"{'' if i % 5 == 0 else SPACE}w{i}"] = len(vocabulary)
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = [
        "<|endoftext|>",
        "<|startoftranscript|>",
        *(f"<|{code}|>" for code in LANGUAGES),
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
