"""What names of features say of texts, and what is done to texts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.core.time import Span
from sentigram.core.transcript import Utterance, Word
from sentigram.emotion.encoders.compute import Compute
from sentigram.emotion.encoders.named import kind_of, text_tokens, token_encoder
from sentigram.emotion.encoders.text_form import FormedText, TextForm, cleaned, form_of, split_name
from sentigram.errors import UsageError
from tests.emotion.spoken import ToyText

CPU = Compute("cpu", "float32")
NOW = Span(0, 0)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("I’m SO happy!!! (laughs) #blessed", "i'm so happy!!! laughs blessed"),
        ("Well — no…   what?", "well no... what?"),
        ("ＦＵＬＬ １２", "full 12"),
        ("Das ist schön, oder?", "das ist schön, oder?"),
        ("今日は悲しいです。", "今日は悲しいです"),
        ("♪ ♪", ""),
    ],
)
def test_cleaning(text, wanted):
    assert cleaned(text) == wanted


@given(st.text(max_size=40))
def test_what_is_clean_stays_as_it_is(text):
    once = cleaned(text)
    assert cleaned(once) == once
    assert once == " ".join(once.split())


@given(st.lists(st.text(max_size=8), max_size=5))
def test_words_are_cleaned_like_the_text_they_make(words):
    words = [part for word in words for part in word.split()]
    apart = " ".join(filter(None, map(cleaned, words)))
    assert apart == cleaned(" ".join(words))


def test_speakers_stand_before_their_texts():
    form = TextForm(clean=True, speakers=True)
    assert form.of("NO way!", "meld/Ross") == "Ross: no way!"
    assert form.of("NO way!") == "no way!"
    assert TextForm().of("NO way!", "meld/Ross") == "NO way!"


def test_names_say_what_is_done():
    assert split_name("minilm") == ("minilm", TextForm())
    assert split_name("bert+clean:c:/a+b/x") == ("bert:c:/a+b/x", TextForm(clean=True))
    name = "wordpieces+clean+speakers+longest=64:tiny"
    assert split_name(name) == ("wordpieces:tiny", TextForm(clean=True, speakers=True, longest=64))
    for wrong, said in {
        "bert+tidy:x": r"\+tidy is none of \+clean, \+speakers and \+longest=N, N from 3 to 512",
        "bert-cls+longest=2:x": "longest=2 is none of",
        "bert+speakers+clean:x": r"write bert\+clean\+speakers:x, by which they are kept",
        "bert-cls+longest=128:x": "write bert-cls:x",
    }.items():
        with pytest.raises(UsageError, match=said):
            split_name(wrong)
    assert form_of("somebody+else") == TextForm()
    with pytest.raises(UsageError, match=r"'logmel\+clean': \+clean is for features of text"):
        kind_of("logmel+clean")
    with pytest.raises(UsageError, match=r"words of long texts are all read; leave out \+longest"):
        token_encoder("minilm+longest=64", CPU)


def said(text: str, speaker: str = "") -> Utterance:
    return Utterance("u", NOW, tuple(Word(part, NOW) for part in text.split()), speaker)


def test_words_keep_their_places_in_a_form():
    """Each word has a vector; those that are gone have their neighbour's."""
    form = TextForm(clean=True, speakers=True)
    encoder = FormedText(ToyText(), form)
    assert encoder.info.name == "toy-text+clean+speakers"
    odd, gone, plain = encoder.encode([said("♪ Well—then ☺ NO", "x/Ann"), said("♪"), said("no")])
    (wanted,) = ToyText().encode([said("Ann: well then no")])
    _, well, then, no = wanted.vectors
    joined = (well + then) / 2
    np.testing.assert_allclose(odd.vectors, [joined, joined, joined, no], atol=1e-6)
    assert odd.n_tokens.tolist() == [1, 2, 1, 1]
    assert gone.vectors.tolist() == [[0.0] * 12]
    np.testing.assert_allclose(plain.vectors, [no], atol=1e-6)


def test_bundled_words_are_read_in_the_form_of_their_name():
    formed, plain = (text_tokens(name, CPU) for name in ("minilm+clean", "minilm"))
    (found,) = formed.encode([said("I LOVE this!")])
    (wanted,) = plain.encode([said("i love this!")])
    np.testing.assert_allclose(found.vectors, wanted.vectors, atol=1e-6)
    assert formed.info.name == "minilm+clean"
    assert formed.info.sha256 == plain.info.sha256
