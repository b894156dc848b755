"""Text classifiers on windows of words, against transformers one window at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.core.time import Span
from sentigram.core.transcript import Utterance, Word
from sentigram.emotion.encoders.compute import Compute
from sentigram.emotion.encoders.transformers import classifier as module
from sentigram.emotion.encoders.transformers.classifier import (
    SEVEN,
    TextEmotionClassifier,
    groups,
    triangle,
    word_windows,
)
from sentigram.errors import InputError, MissingError
from sentigram.store.installed import StoredModel
from sentigram.store.shipped import read_card
from sentigram.training.corpora.goemotions import GROUPS
from tests.emotion.encoders.tiny_models import TEXTS, write_text_model

CPU = Compute("cpu", "float32")
HARTMANN = ("anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise")
LONG = " ".join(TEXTS[:4]).split()


def said(words: list[str]) -> Utterance:
    now = Span(0, 0)
    return Utterance("u", now, tuple(Word(word, now) for word in words))


UTTERANCES = [said(LONG), said(TEXTS[0].split()), said(["No"]), said((LONG * 2)[:25])]


@pytest.fixture(scope="module")
def softmax(tmp_path_factory) -> Path:
    return write_text_model(tmp_path_factory.mktemp("m") / "hartmann", "roberta", labels=HARTMANN)


@pytest.fixture(scope="module")
def sigmoid(tmp_path_factory) -> Path:
    return write_text_model(
        tmp_path_factory.mktemp("m") / "go", "bert", labels=tuple(GROUPS), multi_label=True
    )


def reference(folder: Path, utterance: Utterance, *, is_multi_label: bool):
    """Each word's mean over windows, each window by itself; own labels, probabilities."""
    import torch
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    network = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    texts = [word.text for word in utterance.words]
    n = len(texts)
    starts = sorted({min(s, max(0, n - 12)) for s in range(0, n, 4)})
    of_word: list[list[tuple[float, np.ndarray]]] = [[] for _ in texts]
    for start in starts:
        own = texts[start : start + 12]
        feed = tokenizer(" ".join(own), return_tensors="pt", truncation=True, max_length=48)
        with torch.inference_mode():
            logits = network(**feed).logits[0].double()
        p = (torch.sigmoid(logits) if is_multi_label else torch.softmax(logits, 0)).numpy()
        for i in range(len(own)):
            of_word[start + i].append((min(i + 1, len(own) - i), p))
    return of_word


def weighted(entries):
    return sum(w * p for w, p in entries) / sum(w for w, _ in entries)


def test_softmax_reads_as_transformers_window_by_window(softmax):
    classifier = TextEmotionClassifier(str(softmax), compute=CPU)
    assert classifier.labels == SEVEN
    assert not classifier.is_multi_label
    found = classifier.read(UTTERANCES)
    for utterance, logs in zip(UTTERANCES, found, strict=True):
        wanted = [weighted(e) for e in reference(softmax, utterance, is_multi_label=False)]
        np.testing.assert_allclose(np.exp(logs), wanted, atol=1e-5)  # both alphabetical
        np.testing.assert_allclose(np.exp(logs).sum(1), 1, atol=1e-6)


def test_multi_label_groups_are_there_if_one_of_their_labels_is(sigmoid):
    classifier = TextEmotionClassifier(str(sigmoid), compute=CPU)
    assert classifier.labels == SEVEN
    assert classifier.is_multi_label
    names = tuple(GROUPS)
    (logs,) = classifier.read([UTTERANCES[0]])

    def grouped(p):
        some = []
        for emotion in SEVEN:
            none = 1.0
            for name, value in zip(names, p, strict=True):
                if GROUPS[name] == emotion:
                    none *= 1 - value
            some.append(1 - none)
        return np.array(some) / sum(some)

    windows = reference(sigmoid, UTTERANCES[0], is_multi_label=True)
    wanted = [weighted([(w, grouped(p)) for w, p in entries]) for entries in windows]
    np.testing.assert_allclose(np.exp(logs), wanted, atol=1e-5)


def test_own_labels(sigmoid):
    classifier = TextEmotionClassifier(str(sigmoid), compute=CPU, classes="own")
    assert classifier.labels == tuple(GROUPS)
    (logs,) = classifier.read([UTTERANCES[1]])
    wanted = [weighted(e) for e in reference(sigmoid, UTTERANCES[1], is_multi_label=True)]
    np.testing.assert_allclose(np.exp(logs), wanted, atol=1e-5)


@pytest.mark.parametrize("budget", [1, 100, 10**6])
def test_the_batch_changes_nothing(softmax, budget, monkeypatch):
    classifier = TextEmotionClassifier(str(softmax), compute=CPU)
    alone = [classifier.read([utterance])[0] for utterance in UTTERANCES]
    monkeypatch.setitem(module._BATCH_TOKENS, "cpu", budget)
    shares: list[float] = []
    for a, b in zip(alone, classifier.read(UTTERANCES, progress=shares.append), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert classifier.read([]) == ()


def test_words_longer_than_the_model_reads_are_cut(softmax):
    (logs,) = TextEmotionClassifier(str(softmax), compute=CPU).read([said(["x" * 500, "no"])])
    assert np.isfinite(logs).all()


@given(st.integers(0, 200))
def test_windows_hold_every_word_and_none_is_held_twice_alike(n):
    found = list(word_windows(n))
    assert len(set(found)) == len(found)
    assert {w for first, end in found for w in range(first, end)} == set(range(n))
    assert all(end - first == min(n, 12) for first, end in found)
    assert triangle(5).tolist() == [1, 2, 3, 2, 1]


def test_goemotions_is_grouped_as_in_training():
    names = tuple(GROUPS)
    assert len(names) == 28
    found = groups(names)
    assert {names[i]: emotion for emotion, own in found.items() for i in own} == dict(GROUPS)


def test_the_seven_are_those_of_the_bundled_model():
    assert list(SEVEN) == read_card("join")["labels"]


def test_a_classifier_without_some_emotions_does_not_read_them():
    assert groups(("Joy", "sad", "ANGRY")) == {"anger": (2,), "happiness": (0,), "sadness": (1,)}


@pytest.mark.parametrize(
    ("labels", "match"),
    [
        (("LABEL_0", "LABEL_1"), "have no names .LABEL_0, LABEL_1.*id2label"),
        (("joy", "sarcasm"), "'sarcasm' is none of the emotions"),
    ],
)
def test_labels_that_are_not_known_are_refused(tmp_path, labels, match):
    folder = write_text_model(tmp_path / "odd", labels=labels)
    with pytest.raises(InputError, match=match):
        TextEmotionClassifier(str(folder), compute=CPU)


def test_an_encoder_that_was_never_trained_to_classify_is_refused(tmp_path):
    folder = write_text_model(tmp_path / "bare")
    with pytest.raises(InputError, match=r"lack classifier\.bias and 1 more"):
        TextEmotionClassifier(str(folder), compute=CPU)
    with pytest.raises(MissingError, match="the text classifier 'go' is not here"):
        TextEmotionClassifier("go", compute=CPU)


def test_says_what_it_is(softmax):
    classifier = TextEmotionClassifier(str(softmax), compute=CPU)
    part = classifier.part
    assert (part.role, part.id, len(part.sha256)) == ("text classifier", "hartmann", 64)
    assert classifier.languages == ()
    stored = StoredModel("h", "text classifier", softmax, languages=("en",))
    assert TextEmotionClassifier(stored, compute=CPU).languages == ("en",)
