"""Any BERT-family model against transformers itself, one sentence at a time."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentigram.core.time import Span
from sentigram.core.transcript import Utterance, Word
from sentigram.emotion.encoders.compute import Compute
from sentigram.emotion.encoders.tokens import TextTokens
from sentigram.emotion.encoders.transformers import word_vectors as module
from sentigram.emotion.encoders.transformers.word_vectors import (
    TransformerTextEncoder,
    check_layer,
    word_places,
    words_of_tokens,
)
from sentigram.errors import InputError, MissingError, UsageError
from sentigram.store.installed import StoredModel
from tests.emotion.encoders.tiny_models import (
    TEXT_KINDS,
    TEXTS,
    write_audio_model,
    write_text_model,
)

CPU = Compute("cpu", "float32")


def said(text: str, name: str = "u1") -> Utterance:
    now = Span(0, 0)
    return Utterance(name, now, tuple(Word(word, now) for word in text.split()))


def joined(*words: str) -> Utterance:
    now = Span(0, 0)
    return Utterance("u1", now, tuple(Word(w, now, joined=i > 0) for i, w in enumerate(words)))


@pytest.fixture(scope="module", params=TEXT_KINDS)
def folder(request, tmp_path_factory) -> Path:
    return write_text_model(tmp_path_factory.mktemp("models") / request.param, request.param)


@pytest.fixture(scope="module")
def encoder(folder: Path) -> TransformerTextEncoder:
    return TransformerTextEncoder(str(folder), compute=CPU)


@pytest.fixture(scope="module")
def bert(tmp_path_factory) -> Path:
    return write_text_model(tmp_path_factory.mktemp("models") / "bert")


def reference(folder: Path, utterance: Utterance, layer: int = -1):
    """Word vectors by the book: one sentence, the tokenizer's own offsets, characters counted."""
    import torch
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    network = transformers.AutoModel.from_pretrained(folder).eval()
    feed = tokenizer(utterance.text, return_tensors="pt", return_offsets_mapping=True)
    offsets = feed.pop("offset_mapping")[0].tolist()
    special = set(tokenizer.all_special_ids) - {tokenizer.unk_token_id}
    ids = feed["input_ids"][0].tolist()
    with torch.inference_mode():
        hidden = network(**feed, output_hidden_states=True).hidden_states[layer][0].numpy()
    owner = {}
    for number, (start, end) in enumerate(word_places(utterance.words)):
        owner |= dict.fromkeys(range(start, end), number)
    means = []
    for number in range(len(utterance.words)):
        own = [
            i
            for i, (start, end) in enumerate(offsets)
            if ids[i] not in special
            and number in {owner.get(c) for c in range(start, max(end, start + 1))}
        ]
        means.append((hidden[own].mean(0), len(own)))
    return np.stack([m for m, _ in means]), [n for _, n in means]


def test_equals_transformers_one_sentence_at_a_time(folder, encoder):
    utterances = [said(text) for text in TEXTS]
    encoded = encoder.encode(utterances)
    for features, utterance in zip(encoded, utterances, strict=True):
        vectors, n_tokens = reference(folder, utterance)
        assert features.vectors.dtype == np.float32
        assert features.n_tokens.tolist() == n_tokens
        np.testing.assert_allclose(features.vectors, vectors, atol=1e-5)


def test_words_without_spaces_are_told_apart(folder, encoder):
    utterance = joined("今日", "は", "とても", "悲し", "い", "です。")
    assert utterance.text == "今日はとても悲しいです。"
    (features,) = encoder.encode([utterance])
    vectors, n_tokens = reference(folder, utterance)
    assert features.n_tokens.tolist() == n_tokens
    np.testing.assert_allclose(features.vectors, vectors, atol=1e-5)
    assert np.ptp(features.vectors, axis=0).max() > 0.1


@pytest.mark.parametrize("budget", [1, 40, 10_000])
def test_the_batch_changes_nothing(encoder, budget, monkeypatch):
    utterances = [said(text) for text in TEXTS]
    alone = [encoder.encode([utterance])[0].vectors for utterance in utterances]
    monkeypatch.setitem(module._BATCH_TOKENS, "cpu", budget)
    shares: list[float] = []
    together = encoder.encode(utterances, progress=shares.append)
    for features, vectors in zip(together, alone, strict=True):
        np.testing.assert_allclose(features.vectors, vectors, atol=1e-5)
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_long_utterances_are_read_in_windows(folder, encoder):
    words = (" ".join(TEXTS[:4]) + " ").split() * 4
    now = Span(0, 0)
    long = Utterance("u1", now, tuple(Word(word, now) for word in words))
    (features,) = encoder.encode([long])
    assert features.vectors.shape == (len(words), 32)
    # the first words hear only what the first window holds
    import torch
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    network = transformers.AutoModel.from_pretrained(folder).eval()
    own = tokenizer(long.text, add_special_tokens=False, verbose=False)["input_ids"]
    ids = tokenizer("a")["input_ids"]
    window = [ids[0], *own[:46], ids[-1]]  # 48 is the model's limit
    with torch.inference_mode():
        hidden = network(torch.tensor([window])).last_hidden_state[0, 1:-1].numpy()
    n = int(features.n_tokens[0])
    np.testing.assert_allclose(features.vectors[0], hidden[:n].mean(0), atol=1e-5)


def test_a_word_of_which_nothing_is_read_is_one_unknown_token(bert):
    import torch
    import transformers

    encoder = TransformerTextEncoder(str(bert), compute=CPU)
    (features,) = encoder.encode([said("no \u200b way \ufe0f")])
    assert features.n_tokens.tolist()[1::2] == [1, 1]
    tokenizer = transformers.AutoTokenizer.from_pretrained(bert)
    network = transformers.AutoModel.from_pretrained(bert).eval()
    feed = tokenizer("no [UNK] way [UNK]", return_tensors="pt")
    with torch.inference_mode():
        hidden = network(**feed).last_hidden_state[0].numpy()
    places = [i for i, t in enumerate(feed["input_ids"][0]) if t == tokenizer.unk_token_id]
    np.testing.assert_allclose(features.vectors[1::2], hidden[places], atol=1e-5)


@pytest.mark.parametrize("layer", [0, 1, -2])
def test_other_layers(bert, layer):
    encoder = TransformerTextEncoder(str(bert), compute=CPU, layer=layer)
    utterance = said(TEXTS[0])
    wanted, _ = reference(bert, utterance, layer)
    np.testing.assert_allclose(encoder.encode([utterance])[0].vectors, wanted, atol=1e-5)
    assert f"layer {layer % 3}" in encoder.info.id


def test_layers_that_are_not_there_are_refused(bert):
    with pytest.raises(UsageError, match="layers 0 to 2"):
        TransformerTextEncoder(str(bert), compute=CPU, layer=3)


def test_the_last_layer_has_one_name():
    class Config:
        num_hidden_layers = 4

    wanted = {-5: 0, -4: 1, -2: 3, -1: -1, 0: 0, 3: 3, 4: -1}
    assert {layer: check_layer(Config, layer, "m") for layer in wanted} == wanted


def test_bfloat16_weights_give_like_float32_vectors(bert):
    utterances = [said(text) for text in TEXTS]
    low = TransformerTextEncoder(str(bert), compute=Compute("cpu", "bfloat16")).encode(utterances)
    high = TransformerTextEncoder(str(bert), compute=CPU).encode(utterances)
    for a, b in zip(low, high, strict=True):
        assert a.vectors.dtype == np.float32
        cosine = (a.vectors * b.vectors).sum(1) / (
            np.linalg.norm(a.vectors, axis=1) * np.linalg.norm(b.vectors, axis=1)
        )
        assert cosine.min() > 0.99
        assert not np.array_equal(a.vectors, b.vectors)


def test_says_what_it_is(bert):
    encoder = TransformerTextEncoder(str(bert), compute=CPU)
    protocol: TextTokens = encoder
    import hashlib

    digest = hashlib.sha256((bert / "model.safetensors").read_bytes()).hexdigest()
    assert protocol.info.name == f"bert:{bert}"
    assert protocol.info.id == "bert, last layer, means over words"
    assert (protocol.info.kind, protocol.info.width) == ("text", 32)
    assert protocol.info.sha256 == protocol.part.sha256 == digest
    stored = StoredModel("some-bert", "text encoder", bert, revision="abc", sha256="def")
    part = TransformerTextEncoder(stored, compute=CPU).part
    assert (part.role, part.id, part.version, part.sha256) == (
        "text encoder",
        "some-bert",
        "abc",
        "def",
    )
    assert encoder.encode([]) == ()


def test_nothing_is_printed(bert, capfd):
    TransformerTextEncoder(str(bert), compute=CPU).encode([said("no " * 300)])
    assert capfd.readouterr() == ("", "")


def test_a_model_that_is_not_here_names_the_command():
    with pytest.raises(MissingError, match="sentigram models pull bert-base-uncased"):
        TransformerTextEncoder(compute=CPU)


def copy(bert: Path, target: Path, *, without: str) -> Path:
    shutil.copytree(bert, target, ignore=shutil.ignore_patterns(without))
    return target


def test_folders_that_cannot_be_used_are_refused(bert, tmp_path):
    def refused(folder: Path, error: type[Exception], match: str) -> None:
        with pytest.raises(error, match=match):
            TransformerTextEncoder(str(folder), compute=CPU)

    empty = copy(bert, tmp_path / "empty", without="model.safetensors")
    refused(empty, MissingError, r"no model\.safetensors")
    (empty / "pytorch_model.bin").write_bytes(b"x")
    refused(empty, MissingError, "pickled checkpoint is a program")
    mute = copy(bert, tmp_path / "mute", without="tokenizer*")
    refused(mute, InputError, "no vocabulary")
    odd = copy(bert, tmp_path / "odd", without="config.json")
    refused(odd, InputError, "cannot be loaded")
    broken = copy(bert, tmp_path / "broken", without="model.safetensors")
    (broken / "model.safetensors").write_bytes(b"not tensors")
    refused(broken, InputError, "cannot be loaded")
    deep = copy(bert, tmp_path / "deep", without="config.json")
    config = json.loads((bert / "config.json").read_text())
    (deep / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 3}))
    refused(deep, InputError, r"lack encoder\.layer\.2.* and 15 more")
    refused(write_audio_model(tmp_path / "sound"), InputError, "tokenizer")


@given(
    st.lists(st.tuples(st.text("ab", min_size=1, max_size=4), st.booleans()), min_size=1),
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 3)), max_size=20),
)
@settings(max_examples=200)
def test_tokens_go_to_the_words_that_they_cover(words, cuts):
    now = Span(0, 0)
    said = tuple(Word(text, now, joined=join) for text, join in words)
    places = word_places(said)
    text = Utterance("u", now, said).text
    for word, (start, end) in zip(said, places, strict=True):
        assert text[start:end] == word.text
    offsets = sorted((a, min(a + n, len(text))) for a, n in cuts if a < len(text))
    ids = list(range(100, 100 + len(offsets)))
    found = words_of_tokens(ids, offsets, places, 7)
    kept = [i for i in found.ids if i != 7]
    assert kept == ids
    pairs = {(found.ids[t], w) for t, w in zip(found.tokens, found.words, strict=True)}
    covered = {
        (i, w)
        for i, (start, end) in zip(ids, offsets, strict=True)
        for w, (low, high) in enumerate(places)
        if start < high and max(end, start + 1) > low
    }
    unread = set(range(len(places))) - {w for _, w in covered}
    assert pairs == covered | {(7, w) for w in unread}
    assert found.ids.count(7) == len(unread)


def test_without_an_unknown_token_nothing_is_made_up():
    with pytest.raises(InputError, match="word 2 of a sentence"):
        words_of_tokens([5], [(0, 2)], [(0, 2), (3, 4)], None)
