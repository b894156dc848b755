from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.core.arrays import Floats32
from sentigram.core.time import Span
from sentigram.core.transcript import Utterance, Word
from sentigram.emotion.encoders.compact.text import (
    CARD,
    ENCODER,
    HEADS,
    TOKENIZER,
    MiniLmEncoder,
    TextHeads,
    _windows,
    load_heads,
    token_mean,
)
from sentigram.errors import MissingError
from sentigram.store.shipped import read_card
from tests.emotion.encoders.text_weights import PIECES, WIDTH, write_weights


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_weights(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="module")
def encoder(folder: Path) -> MiniLmEncoder:
    return MiniLmEncoder(folder)


def said(*words: str, name: str = "u1") -> Utterance:
    now = Span(0, 0)
    return Utterance(name, now, tuple(Word(word, now) for word in words))


def run(encoder: MiniLmEncoder, *pieces: str) -> Floats32:
    """Token vectors of given pieces, straight from the session: the oracle."""
    ids = np.array([[PIECES.index(piece) for piece in ("[CLS]", *pieces, "[SEP]")]])
    feed = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
    out: Floats32 = encoder._session.run(None, feed)[0][0, 1:-1]
    return out


def test_word_vector_is_mean_of_its_own_tokens(encoder: MiniLmEncoder) -> None:
    (features,) = encoder.encode([said("I'm", "unhappy", "so!")])
    tokens = run(encoder, "i", "'", "m", "un", "##happy", "so", "!")
    assert features.n_tokens.tolist() == [3, 2, 2]
    assert features.vectors.dtype == np.float32
    wanted = [tokens[:3].mean(0), tokens[3:5].mean(0), tokens[5:].mean(0)]
    np.testing.assert_allclose(features.vectors, wanted, atol=1e-5)
    np.testing.assert_allclose(token_mean(features), tokens.mean(0), atol=1e-5)


@pytest.mark.parametrize(
    ("word", "pieces"),
    [
        ("?!", ["?", "!"]),
        ("...", [".", ".", "."]),
        ("🙂", ["[UNK]"]),
        ("我很", ["我", "很"]),
        ("HAPPY", ["happy"]),
        ("q", ["[UNK]"]),
        ("\u200b", ["[UNK]"]),  # nothing readable: one unknown token, never none
        ("\u200b\ufe0f", ["[UNK]"]),
        ("a" * 150, ["[UNK]"]),
    ],
)
def test_unusual_words(encoder: MiniLmEncoder, word: str, pieces: list[str]) -> None:
    (features,) = encoder.encode([said("so", word, "happy")])
    tokens = run(encoder, "so", *pieces, "happy")
    assert features.n_tokens.tolist() == [1, len(pieces), 1]
    np.testing.assert_allclose(features.vectors[1], tokens[1:-1].mean(0), atol=1e-5)
    np.testing.assert_allclose(features.vectors[2], tokens[-1], atol=1e-5)


def test_nothing_said(encoder: MiniLmEncoder) -> None:
    assert encoder.encode([]) == ()
    empty, full = encoder.encode([said(), said("happy")])
    assert empty.vectors.shape == (0, WIDTH)
    assert empty.n_tokens.shape == (0,)
    assert full.vectors.shape == (1, WIDTH)


def test_batch_mates_do_not_matter(encoder: MiniLmEncoder) -> None:
    rng = np.random.default_rng(3)
    words = ["I", "am", "so", "unhappy", "!", "aab", "?", "我"]
    utterances = [
        said(*rng.choice(words, size=rng.integers(1, 120)), name=f"u{i}") for i in range(60)
    ]
    together = encoder.encode(utterances)
    for utterance, features in zip(utterances, together, strict=True):
        (alone,) = encoder.encode([utterance])
        np.testing.assert_array_equal(alone.n_tokens, features.n_tokens)
        np.testing.assert_allclose(alone.vectors, features.vectors, atol=2e-5)


def test_long_utterance_is_not_truncated(encoder: MiniLmEncoder) -> None:
    words = ["I", "am", "so", "unhappy", "."] * 200  # 1,200 tokens
    (features,) = encoder.encode([said(*words)])
    assert len(features.vectors) == 1000
    assert np.abs(features.vectors).sum(axis=1).min() > 0
    # The first window's own part is read exactly as its first 254 tokens alone would be.
    tokens = run(encoder, *(["i", "am", "so", "un", "##happy", "."] * 43)[:254])
    np.testing.assert_allclose(features.vectors[0], tokens[0], atol=1e-5)
    np.testing.assert_allclose(features.vectors[100], tokens[120], atol=1e-5)


@given(st.integers(0, 3000))
def test_windows_keep_each_token_once_with_context(n_tokens: int) -> None:
    kept: list[int] = []
    for window in _windows(n_tokens):
        assert 0 < window.end - window.start <= 254
        for token in range(window.keep_start, window.keep_end):
            kept.append(token)
            assert window.start == 0 or token - window.start >= 64
            assert window.end == n_tokens or window.end - token > 64
    assert kept == list(range(n_tokens))


def test_progress_ends_at_one(encoder: MiniLmEncoder) -> None:
    seen: list[float] = []
    encoder.encode([said("so"), said("happy")], progress=seen.append)
    assert seen[-1] == 1.0
    assert seen == sorted(seen)


def test_part_names_the_weights(encoder: MiniLmEncoder, folder: Path) -> None:
    assert encoder.part.role == "text encoder"
    assert encoder.part.id == "tiny"
    assert encoder.part.sha256 == read_card("text", folder=folder)["files"][ENCODER]["sha256"]


def test_heads_follow_their_formula(folder: Path) -> None:
    heads = load_heads(folder)
    v = np.random.default_rng(0).normal(size=(5, WIDTH)).astype(np.float32)
    for row, probs, vad in zip(v, heads.probs(v), heads.vad(v), strict=True):
        odds = [np.exp((w @ row + b) / 2.0) for w, b in zip(heads.weight, heads.bias, strict=True)]
        np.testing.assert_allclose(probs, np.array(odds) / sum(odds), rtol=1e-4)
        np.testing.assert_allclose(
            vad, np.clip(heads.vad_weight @ row + heads.vad_bias, -1, 1), rtol=1e-4
        )
    assert heads.vad(v).min() == -1.0  # the tiny heads are wild enough to need the clip


@pytest.mark.parametrize("name", [CARD, ENCODER, TOKENIZER, HEADS])
def test_absent_file_has_a_remedy(tmp_path: Path, name: str) -> None:
    (write_weights(tmp_path) / name).unlink()
    with pytest.raises(MissingError, match=rf"{name} is missing.*run: pip install"):
        MiniLmEncoder(tmp_path)


@pytest.mark.parametrize("name", [ENCODER, TOKENIZER, HEADS])
def test_damaged_file_has_a_remedy(tmp_path: Path, name: str) -> None:
    path = write_weights(tmp_path) / name
    path.write_bytes(path.read_bytes()[:-1] + b"\x00")
    with pytest.raises(MissingError, match=rf"{name} is.* damaged.*run: pip install"):
        load_heads(tmp_path)


def test_import_is_light() -> None:
    code = (
        "import sys, sentigram.emotion.encoders.compact.text;"
        "heavy = {'torch', 'onnxruntime', 'tokenizers', 'transformers'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_shipped_weights_read_plain_sentences() -> None:
    encoder, heads = MiniLmEncoder(), load_heads()
    card = read_card("text")
    wanted = {
        "I am so happy, this is wonderful!": "happiness",
        "I am furious, how dare you do this to me?": "anger",
        "She died last night and I can not stop crying.": "sadness",
        "I am terrified of what will happen.": "fear",
        "The meeting is on Tuesday at ten.": "neutral",
        "Wow, I did not expect that at all!": "surprise",
        "That smell is disgusting, it makes me sick.": "disgust",
    }
    features = encoder.encode([said(*text.split(), name=text) for text in wanted])
    vectors = np.stack([token_mean(f) for f in features])
    probs = heads.probs(vectors)
    assert [card["labels"][i] for i in probs.argmax(axis=1)] == list(wanted.values())
    np.testing.assert_allclose(probs.sum(axis=1), 1, atol=1e-5)
    vad = heads.vad(vectors)
    assert vad[0, 0] > heads.vad_mean[0] > vad[2, 0]  # joy is pleasant, grief is not
    assert isinstance(heads, TextHeads)
