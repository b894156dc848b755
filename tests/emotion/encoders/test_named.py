"""Token encoders by the names that checkpoints remember."""

from __future__ import annotations

import pytest

from sentigram.emotion.encoders.compact.frame_tokens import CompactTokens
from sentigram.emotion.encoders.compact.text import MiniLmEncoder
from sentigram.emotion.encoders.compute import Compute
from sentigram.emotion.encoders.named import (
    FAMILIES,
    audio_tokens,
    family,
    text_tokens,
    token_encoder,
)
from sentigram.errors import MissingError, UsageError
from sentigram.training.dataset.extractors import encoder as features
from tests.emotion.encoders.tiny_models import write_audio_model, write_text_model

CPU = Compute("cpu", "float32")


@pytest.mark.parametrize(
    ("name", "made"), [("minilm", MiniLmEncoder), ("compact-frames", CompactTokens)]
)
def test_bundled_encoders_are_those_of_training(name, made):
    encoder = token_encoder(name, CPU)
    assert isinstance(encoder, made)
    assert encoder.info == features(name).info
    assert encoder.info.name == name


def test_models_are_found_by_the_name_in_their_info(tmp_path):
    text = f"bert:{write_text_model(tmp_path / 'bert')}"
    sound = f"wav2vec:{write_audio_model(tmp_path / 'base')}"
    assert text_tokens(text, CPU).info.name == text
    assert audio_tokens(sound, CPU).info.name == sound
    with pytest.raises(UsageError, match="encodes text, where an encoder of audio is needed"):
        audio_tokens(text, CPU)
    with pytest.raises(UsageError, match="encodes audio, where an encoder of text is needed"):
        text_tokens("compact-frames", CPU)


@pytest.mark.parametrize("prefix", FAMILIES)
def test_models_that_are_not_here_name_the_command(prefix):
    with pytest.raises(MissingError, match=r"'nothing-like-it' is not here: .*models list"):
        token_encoder(f"{prefix}:nothing-like-it", CPU)
    known = {
        "bert": "bert-base-uncased",
        "bert-cls": "bert-base-uncased",
        "bert-pieces": "bert-base-uncased",
        "wordpieces": "bert-base-uncased",
        "wav2vec": "wavlm-large",
        "emotion2vec": "emotion2vec-plus-base",
        "emotion2vec-pooled": "emotion2vec-plus-base",
    }[prefix]
    with pytest.raises(MissingError, match=f"sentigram models pull {known}"):
        token_encoder(f"{prefix}:{known}", CPU)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("compact", "describe whole clips"),
        ("prosody-25", "describe whole clips"),
        ("spectrum-25", "describe whole clips"),
        ("whisper-mean:base", "describe whole clips"),
        ("faces", "describe whole clips"),
        ("faces-frames", "describe whole clips"),
        (r"prosody-25\+spectrum-25", "describe whole clips"),
        ("roberta", "were made elsewhere"),
        ("bert:", "were made elsewhere"),
        ("minilm:x", "were made elsewhere"),
        ("word2vec:google", "were made elsewhere"),
    ],
)
def test_features_that_are_no_tokens_are_refused(name, why):
    with pytest.raises(UsageError, match=rf"'{name}' {why}.*minilm, compact-frames, .*bert:MODEL"):
        token_encoder(name.replace("\\", ""), CPU)


def test_a_path_may_hold_colons():
    assert family("bert:c:/models/x") == ("bert", "c:/models/x")
    assert family("minilm") is None
