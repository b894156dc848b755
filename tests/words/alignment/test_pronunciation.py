from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.words.alignment.pronunciation import cardinal, phones, spoken

PHONES = frozenset(
    [
        *("AA", "AE", "AH", "AO", "AW", "AY", "B", "CH", "D", "DH", "EH", "ER", "EY", "F", "G"),
        *("HH", "IH", "IY", "JH", "K", "L", "M", "N", "NG", "OW", "OY", "P", "R", "S", "SH", "T"),
        *("TH", "UH", "UW", "V", "W", "Y", "Z", "ZH"),
    ]
)


@pytest.fixture(scope="module")
def lookup():
    from pocketsphinx import Decoder

    decoder = Decoder(samprate=16000, lm=None, loglevel="FATAL")
    return decoder.lookup_word


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Twenty-one,", "twenty one"),
        ("42", "forty two"),
        ("42%", "forty two percent"),
        ("1,234", "one thousand two hundred thirty four"),
        ("1999.", "nineteen ninety nine"),
        ("1905", "nineteen oh five"),
        ("2005", "two thousand five"),
        ("2024", "twenty twenty four"),
        ("1800", "eighteen hundred"),
        ("3.14", "three point one four"),
        ("10:30", "ten thirty"),
        ("9:05", "nine oh five"),
        ("$5.50", "five dollars fifty"),
        ("£20", "twenty pounds"),
        ("5kg", "five kilograms"),
        ("3rd", "third"),
        ("21st", "twenty first"),
        ("20th", "twentieth"),
        ("80s", "eighties"),
        ("007", "zero zero seven"),
        ("Dr.", "doctor"),
        ("U.S.", "u s"),
        ("BBC", "b b c"),
        ("don’t", "don't"),
        ("O'Brien's", "o'brien's"),
        ("naïve", "naive"),
        ("and/or", "and or"),
        ("R&B", "r and b"),
        ("[applause]", ""),
        ("(laughs)", ""),
        ("♪", ""),
        ("—", ""),
        ("...", ""),
        ("你好", ""),
    ],
)
def test_what_is_said(written, said):
    assert " ".join(spoken(written)) == said


@given(st.text(max_size=30))
def test_any_text_gives_words_that_the_decoder_takes(text):
    for word in spoken(text):
        assert word
        assert set(word) <= set("abcdefghijklmnopqrstuvwxyz'")


@given(st.from_regex(r"[a-z']{0,8}[a-z][a-z']{0,8}", fullmatch=True))
def test_any_word_has_phones_of_the_model(word):
    said = phones(word, lambda _: None).split()
    assert said
    assert set(said) <= PHONES


@given(st.integers(0, 10**15 - 1))
def test_numbers_read_back(number):
    assert _value(cardinal(number)) == number


def _value(words):
    names = {word: i for i in range(100) for word in [" ".join(cardinal(i))]}
    total = group = 0
    for word in words:
        if word == "hundred":
            group *= 100
        elif word in ("thousand", "million", "billion", "trillion"):
            scales = {"thousand": 3, "million": 6, "billion": 9, "trillion": 12}
            total += group * 10 ** scales[word]
            group = 0
        else:
            group += names[word]
    return total + group


def test_the_dictionary_comes_first_then_parts_then_letters(lookup):
    assert phones("there", lookup) == "DH EH R"
    assert phones("moonshining", lookup).endswith("IH NG")
    assert phones("catdog", lookup) == "K AE T D AO G"
    assert phones("gwake", lambda _: None) == "G W EY K"
    assert phones("knight", lambda _: None) == "N AY T"
    assert phones("centure", lambda _: None) == "S EH N CH ER"
