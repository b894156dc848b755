"""Texts as word pieces and as [CLS] vectors, against transformers itself."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from sentigram.core.time import Span
from sentigram.core.transcript import Utterance, Word
from sentigram.emotion.encoders.compute import Compute
from sentigram.emotion.encoders.named import text_tokens
from sentigram.emotion.encoders.whole_texts import WholeTexts
from sentigram.errors import InputError
from tests.emotion.encoders.tiny_models import TEXT_KINDS, TEXTS, write_text_model

CPU = Compute("cpu", "float32")
NOW = Span(0, 0)


@pytest.fixture(scope="module", params=TEXT_KINDS)
def folder(request, tmp_path_factory) -> Path:
    return write_text_model(tmp_path_factory.mktemp("models") / request.param, request.param)


def whole(name: str) -> WholeTexts:
    made = text_tokens(name, CPU)
    assert isinstance(made, WholeTexts)
    return made


def said(text: str, speaker: str = "") -> Utterance:
    return Utterance("u", NOW, tuple(Word(part, NOW) for part in text.split()), speaker)


def test_pieces_are_those_of_the_models_tokenizer(folder):
    encoder = whole(f"wordpieces+longest=16:{folder}")
    found = encoder.encode_texts([*TEXTS, ""])
    tokenizer = AutoTokenizer.from_pretrained(folder)
    wanted = tokenizer([*TEXTS, ""], truncation=True, max_length=16)["input_ids"]
    assert [row[:, 0].tolist() for row in found] == wanted
    full = tokenizer([*TEXTS, ""])["input_ids"]
    n_cut = sum(len(row) > 16 for row in full)
    assert n_cut
    assert f"{n_cut} of 8 texts are longer than 16 word pieces" in encoder.remark
    info = encoder.info
    assert (info.numbers, info.width, info.kind) == ("ids", 1, "text")
    assert info.name == f"wordpieces+longest=16:{folder}"


def test_vectors_are_those_of_the_model(folder):
    encoder = whole(f"bert-cls+longest=40:{folder}")
    found = encoder.encode_texts(TEXTS)
    pieces = whole(f"bert-pieces+longest=40:{folder}").encode_texts(TEXTS)
    tokenizer, network = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder)
    for text, vector, every in zip(TEXTS, found, pieces, strict=True):
        feed = tokenizer(text, truncation=True, max_length=40, return_tensors="pt")
        with torch.inference_mode():
            (wanted,) = network.eval()(**feed).last_hidden_state.numpy()
        np.testing.assert_allclose(vector, wanted[:1], atol=1e-5)
        np.testing.assert_allclose(every, wanted, atol=1e-5)
    words = encoder.encode([said("I am so happy"), said("no")])
    assert [entry.vectors.shape for entry in words] == [(4, 32), (1, 32)]
    (alone,) = encoder.encode_texts(["I am so happy"])
    np.testing.assert_allclose(words[0].vectors, np.repeat(alone, 4, axis=0), atol=1e-5)


def test_a_text_is_read_in_the_form_of_the_name(folder):
    formed = whole(f"wordpieces+clean+speakers+longest=40:{folder}")
    plain = whole(f"wordpieces+longest=40:{folder}")
    (found,) = formed.encode_whole([said("NO way ♪", "meld/Ross")])
    (wanted,) = plain.encode_texts(["Ross: no way"])
    np.testing.assert_array_equal(found, wanted)
    assert formed.info.sha256 == plain.info.sha256


def test_a_model_that_reads_less_names_what_to_write(folder):
    with pytest.raises(
        InputError, match=r"reads 48 tokens at once; write bert-cls\+clean\+longest=48:"
    ):
        text_tokens(f"bert-cls+clean:{folder}", CPU)


def test_pieces_are_known_by_their_tokenizer_and_not_by_weights(tmp_path):
    folders = [write_text_model(tmp_path / kind, kind) for kind in ("bert", "roberta")]
    alike = tmp_path / "alike"
    shutil.copytree(folders[0], alike)
    (alike / "model.safetensors").unlink()
    one, other, again = (whole(f"wordpieces:{f}").info.sha256 for f in (*folders, alike))
    assert one == again
    assert one != other
