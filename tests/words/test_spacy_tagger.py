"""The adapter of spaCy pipelines, on a module that stands in for spaCy."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from types import SimpleNamespace

import pytest

from sentigram.core.time import Span
from sentigram.core.transcript import Utterance, Word
from sentigram.errors import MissingError
from sentigram.words.spacy_tagger import SpacyTagger

KNOWN = {"do": "AUX", "n't": "PART", "ann": "PROPN", "wait": "VERB", "東京": "PROPN", "です": "AUX"}


def utterance(*words: str, joined: bool = False) -> Utterance:
    span = Span(0, 1000)
    made = tuple(Word(text, span, joined=joined and i > 0) for i, text in enumerate(words))
    return Utterance("u1", span, made)


def tokens(text: str, known: dict[str, str]) -> list[SimpleNamespace]:
    """Marks apart, and `n't` apart from its verb, as spaCy does."""
    found = re.finditer(r"n't|東京|です|\w+?(?=n't)|\w+|[^\w\s]", text)
    return [
        SimpleNamespace(idx=m.start(), text=m[0], pos_=known.get(m[0].lower(), "PUNCT"))
        for m in found
    ]


def pretend(
    monkeypatch: pytest.MonkeyPatch, installed: Sequence[str], known: dict[str, str] = KNOWN
) -> list[str]:
    loaded: list[str] = []

    def load(name: str, exclude: Sequence[str]) -> object:
        loaded.append(name)
        assert "tagger" not in exclude
        return lambda text: tokens(text, known)

    util = SimpleNamespace(get_installed_models=lambda: list(installed))
    monkeypatch.setitem(sys.modules, "spacy", SimpleNamespace(load=load, util=util))
    return loaded


def test_a_word_has_the_tag_of_its_longest_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = pretend(monkeypatch, ["de_core_news_lg", "en_core_web_sm", "en_core_web_lg"])
    tagger = SpacyTagger("en")
    said = [utterance("“Don't", "wait,", "…", "Ann!”"), utterance("Ann")]
    assert tagger.tag(said) == ("AUX", "VERB", "", "PROPN", "PROPN")
    assert loaded == ["en_core_web_lg"]  # the best that is there


def test_words_without_spaces(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, ["ja_core_news_sm"])
    assert SpacyTagger("ja").tag([utterance("東京", "です", joined=True)]) == ("PROPN", "AUX")


def test_a_pipeline_for_the_language_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, ["en_core_web_sm"])
    with pytest.raises(MissingError, match="run: python -m spacy download de_core_news_sm") as told:
        SpacyTagger("de")
    assert told.value.exit_code == 4
    with pytest.raises(MissingError, match="language ''"):
        SpacyTagger("")


def test_spacy_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spacy", None)
    with pytest.raises(MissingError, match=r"needs spaCy: pip install 'sentigram\[tags\]'"):
        SpacyTagger.check()


def test_a_pipeline_without_tags_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, ["en_blank"], {})
    with pytest.raises(MissingError, match="en_blank gives no parts of speech"):
        SpacyTagger("en").tag([utterance("hello")])
