"""The trellis against all paths there are, and a tiny random wav2vec 2.0 in its real format."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.core.media import Audio
from sentigram.core.protocols import Aligner
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.errors import InputError
from sentigram.store.card import ModelCard, StoredFile, measure, write_card
from sentigram.store.installed import StoredModel, find
from sentigram.words.alignment.choosing import choose_aligner
from sentigram.words.alignment.ctc import CtcAligner, Letters, best_path, read_letters
from tests.scattered import Scattered
from tests.words.clips import beckett

LETTERS = ["<pad>", "<unk>", "|", "'", *"abcdefghijklmnopqrstuvwxyzäöüß"]


def _score(scores: np.ndarray, columns: list[int], frames: np.ndarray) -> float:
    """Log probability of a path that says each letter in its frames, and nothing elsewhere."""
    path = np.zeros(len(scores), dtype=int)
    for column, (first, last) in zip(columns, frames, strict=True):
        path[first : last + 1] = column
    return float(scores[np.arange(len(scores)), path].sum())


def _best_of_all(scores: np.ndarray, columns: list[int]) -> float:
    """The slow oracle: every path whose repeats and blanks, taken out, leave the text."""
    best = -math.inf
    for path in itertools.product(range(scores.shape[1]), repeat=len(scores)):
        said = [a for a, b in zip(path, (None, *path), strict=False) if a not in (b, 0)]
        if said == columns:
            best = max(best, float(scores[np.arange(len(scores)), list(path)].sum()))
    return best


@given(st.lists(st.integers(1, 2), min_size=1, max_size=3), st.integers(1, 6), st.integers(0, 99))
def test_the_path_is_the_likeliest_of_all(columns, n_frames, seed):
    logits = np.random.default_rng(seed).normal(0, 2, (n_frames, 3))
    scores = (logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))).astype(np.float32)
    found = best_path(scores, columns, blank=0)
    best = _best_of_all(scores, columns)
    if found is None:
        assert best == -math.inf
        return
    assert all(a[1] < b[0] for a, b in itertools.pairwise(found))
    assert (found[:, 0] <= found[:, 1]).all()
    assert _score(scores, columns, found) == pytest.approx(best, abs=1e-4)


def test_letters_are_found_where_they_are_said():
    scores = np.full((12, 4), -9.0, dtype=np.float32)
    for frame, column in enumerate([0, 0, 1, 1, 0, 2, 0, 2, 2, 0, 3, 0]):
        scores[frame, column] = -0.1
    found = best_path(scores, [1, 2, 2, 3], blank=0)
    assert found is not None
    assert found.tolist() == [[2, 3], [5, 5], [7, 8], [10, 10]]
    unknown = best_path(scores, [1, 2, -1, 3], blank=0)  # whatever is said there
    assert unknown is not None
    assert unknown[0].tolist() == [2, 3]
    assert best_path(scores[:3], [1, 2, 2], blank=0) is None
    assert best_path(scores, [], blank=0) is None


def test_words_are_spelled_as_the_model_does():
    letters = Letters({letter: i for i, letter in enumerate(LETTERS)}, blank=0)
    assert letters.spoken("„Größe!“") == ("größe",)
    assert letters.spoken("geht’s") == ("geht's",)
    assert letters.spoken("—") == letters.spoken("'") == ()
    assert letters.columns("ab") == [4, 5]
    assert letters.columns("é1") == [8, -1]
    assert letters.space == 2
    upper = Letters({"<pad>": 0, "|": 1, "A": 2, "B": 3}, blank=0)
    assert upper.spoken("ab") == ("AB",)


def _tiny(folder: Path) -> Path:
    """A model with random weights that writes German letters."""
    import torch
    from transformers import Wav2Vec2Config, Wav2Vec2ForCTC

    torch.manual_seed(0)
    config = Wav2Vec2Config(
        vocab_size=len(LETTERS),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        conv_dim=(8,) * 7,
        num_conv_pos_embeddings=4,
        num_conv_pos_embedding_groups=2,
        pad_token_id=0,
    )
    Wav2Vec2ForCTC(config).save_pretrained(folder)
    (folder / "vocab.json").write_text(json.dumps({c: i for i, c in enumerate(LETTERS)}))
    (folder / "preprocessor_config.json").write_text(json.dumps({"do_normalize": True}))
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    return _tiny(tmp_path_factory.mktemp("ctc") / "tiny-de")


def _text() -> Transcript:
    words = tuple(
        Word(text, Span(1000 * i, 1000 * (i + 1)), source="given", timing="estimated")
        for i, text in enumerate(("Ja,", "größer", "—", "geht’s"))
    )
    return Transcript("de", (Utterance("u1", Span(0, 4000), words),))


def test_a_real_model_aligns_words_in_order(model):
    aligner = CtcAligner(StoredModel("tiny-de", "aligner", model, languages=("de",)))
    assert isinstance(aligner, Aligner)
    assert aligner.part.role == "aligner"
    assert aligner.obstacle("de-AT") == ""
    assert "does not align 'pl'" in aligner.obstacle("pl")
    shares: list[float] = []
    aligned = aligner.align(_text(), beckett(), language="de", progress=shares.append)
    words = list(aligned.words())
    assert [w.text for w in words] == ["Ja,", "größer", "—", "geht’s"]
    assert [w.timing for w in words] == ["aligned", "aligned", "estimated", "aligned"]
    assert words[0].span.end_ms <= words[1].span.start_ms <= words[3].span.start_ms
    assert shares[-1] == 1.0
    elsewhere = replace(beckett(), spread=Scattered())
    assert aligner.align(_text(), elsewhere, language="de") == aligned
    short = Audio(beckett().samples[:700])
    assert all(
        w.timing == "estimated" for w in aligner.align(_text(), short, language="de").words()
    )


def test_what_is_no_model_is_said(tmp_path):
    with pytest.raises(InputError, match=r"no aligner: vocab\.json"):
        read_letters(tmp_path)
    (tmp_path / "vocab.json").write_text('{"de": {"a": 1}}')
    (tmp_path / "config.json").write_text('{"pad_token_id": 0}')
    with pytest.raises(InputError, match="cannot be used"):
        read_letters(tmp_path)
    (tmp_path / "vocab.json").write_text('{"a": 1}')
    aligner = CtcAligner(StoredModel("x", "aligner", tmp_path, languages=("de",)))
    with pytest.raises(InputError, match="the aligner does not load"):
        aligner.align(_text(), beckett(), language="de")


def _store(model: Path, name: str, licence: str, tmp_path: Path) -> None:
    home = tmp_path / name
    home.mkdir(parents=True)
    files: dict[str, StoredFile] = {}
    for path in model.iterdir():
        (home / path.name).write_bytes(path.read_bytes())
        files[path.name] = measure(home / path.name)
    card = ModelCard(name, "aligner", "", "", licence, "a test", ("de",), files)
    write_card(home, card)


def test_a_model_of_the_store_aligns_its_language(model, tmp_path, monkeypatch):
    monkeypatch.setenv("SENTIGRAM_MODELS", str(tmp_path))
    none, why = choose_aligner("de")
    assert none is None
    assert why == (
        "no aligner for 'de' is here; run: sentigram models pull aligner-de (Apache-2.0)"
    )
    assert choose_aligner("xx") == (None, "no aligner knows 'xx'")
    _store(model, "research-de", "cc-by-nc-4.0", tmp_path)
    aligner, remark = choose_aligner("de-DE")
    assert aligner is not None
    assert remark == ("words are aligned by research-de (cc-by-nc-4.0: not for commercial use)")
    _store(model, "z-free-de", "Apache-2.0", tmp_path)
    aligner, remark = choose_aligner("de")
    assert aligner is not None
    assert (aligner.part.id, remark) == ("z-free-de", "")
    assert aligner.part.sha256 == find("z-free-de", "aligner").sha256


def test_what_an_aligner_needs_is_said(model, tmp_path, monkeypatch):
    monkeypatch.setenv("SENTIGRAM_MODELS", str(tmp_path))
    _store(model, "free-de", "Apache-2.0", tmp_path)
    monkeypatch.setattr("sentigram.words.alignment.ctc.find_spec", lambda _: None)
    assert choose_aligner("de") == (
        None,
        "free-de needs torch and transformers: pip install 'sentigram[full]'",
    )


def test_english_needs_no_model():
    aligner, remark = choose_aligner("en-GB")
    assert aligner is not None
    assert (aligner.part.id, remark) == ("pocketsphinx-en-us", "")
    assert "not 'de'" in aligner.obstacle("de")
