"""Case by language, whole clusters, stressed letters."""

from __future__ import annotations

import unicodedata
from itertools import accumulate, combinations

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from sentigram.core.style import StyleKey
from sentigram.style.text.letters import clusters, is_emoji, is_joining, runs, transformed, units
from tests.sentences import SENTENCES

ANGER = StyleKey("anger", 4)


@pytest.mark.parametrize(
    ("text", "language", "shown"),
    [
        ("Straße", "de", "STRASSE"),
        ("istanbul ılık", "tr", "İSTANBUL ILIK"),
        ("istanbul", "en", "ISTANBUL"),
        ("Αθήνα", "el", "ΑΘΗΝΑ"),
        ("μαΐου", "el", "ΜΑΪΟΥ"),
        ("ﬁne", "en", "FINE"),
        ("日本", "ja", "日本"),
        ("שלום", "he", "שלום"),
        ("გამარჯობა", "ka", "გამარჯობა"),
        ("naïve", "", "NAÏVE"),
    ],
)
def test_uppercase(text, language, shown):
    assert transformed(text, "uppercase", language) == shown


def test_lowercase_and_none():
    assert transformed("ILIK", "lowercase", "tr") == "ılık"
    assert transformed("SAD", "lowercase") == "sad"
    assert transformed("McGee", "none", "tr") == "McGee"


@pytest.mark.parametrize(
    ("text", "loud"),
    [
        ("soooo", ["oooo"]),
        ("NOOOO!!", ["OOOO", "!!"]),
        ("what?!", ["?!"]),
        ('really?"', ["?"]),
        ("too", []),
        ("1000", []),
        ("мнооого", ["ооо"]),
        ("مرررر", []),
        ("ooo\u0301", []),
        ("...", []),
    ],
)
def test_stressed_letters(text, loud):
    out = runs(text, ANGER, stress_from=3)
    assert [run.text for run in out if run.style.is_emphasis] == loud
    assert "".join(run.text for run in out) == text


def test_weak_words_are_not_stressed():
    key = StyleKey("anger", 2)
    assert [run.style for run in runs("soooo!", key, stress_from=3)] == [key]


@given(st.text(min_size=1), st.sampled_from(["uppercase", "lowercase", "none"]))
def test_no_letter_is_lost(text, transform):
    for language in ("", "tr", "el"):
        out = runs(text, ANGER, stress_from=1, transform=transform, language=language)
        assert "".join(run.text for run in out) == transformed(text, transform, language)
        assert "".join(run.spelled for run in out) == text
        assert all(run.text for run in out)


@given(st.text(min_size=1), st.sampled_from(["uppercase", "lowercase", "none"]))
def test_units_divide_a_run_and_keep_both_spellings(text, transform):
    for run in runs(text, ANGER, stress_from=1, transform=transform, language="el"):
        pairs = list(units(run))
        assert "".join(drawn for drawn, _ in pairs) == run.text
        assert [spelled for _, spelled in pairs] == list(clusters(run.spelled))


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("Spaß", [("S", "S"), ("P", "p"), ("A", "a"), ("SS", "ß")]),
        ("Maße", [("M", "M"), ("A", "a"), ("SS", "ß"), ("E", "e")]),
        ("ﬁn", [("FI", "ﬁ"), ("N", "n")]),
    ],
)
def test_a_letter_that_is_drawn_as_two_stays_one_unit(text, pairs):
    (run,) = runs(text, ANGER, stress_from=4, transform="uppercase")
    assert list(units(run)) == pairs


def test_a_form_that_depends_on_neighbours_is_that_of_the_whole_word():
    out = runs("ΑΣΟΟΟ", ANGER, stress_from=1, transform="lowercase", language="el")
    assert [(run.text, run.spelled) for run in out] == [("ας"[:1] + "σ", "ΑΣ"), ("οοο", "ΟΟΟ")]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("e\u0301a", ["e\u0301", "a"]),
        ("👩‍👧x", ["👩‍👧", "x"]),
        ("🇩🇪🇫🇷", ["🇩🇪", "🇫🇷"]),
        ("👍🏽!", ["👍🏽", "!"]),
        ("❤️a", ["❤️", "a"]),
        ("नि", ["नि"]),
        ("क्षत्रिय", ["क्ष", "त्रि", "य"]),
        ("শিক্ষক", ["শি", "ক্ষ", "ক"]),
        ("ஸ்ரீக்", ["ஸ்", "ரீ", "க்"]),  # Tamil stacks nothing
        ("ශ්\u200dරී", ["ශ්\u200dරී"]),
        ("ខ្មែរ", ["ខ្មែ", "រ"]),
        ("မြန်မာ", ["မြ", "န်", "မာ"]),
        ("น้ำผึ้ง", ["น้ำ", "ผึ้", "ง"]),
        ("مَرّ", ["مَ", "رّ"]),
        ("می\u200cخ", ["م", "ی\u200c", "خ"]),
        ("\u1112\u1161\u11ab\u1100", ["\u1112\u1161\u11ab", "\u1100"]),
        ("한글", ["한", "글"]),
        ("🏴\U000e0067\U000e0062\U000e007f!", ["🏴\U000e0067\U000e0062\U000e007f", "!"]),
        ("1️⃣2", ["1️⃣", "2"]),
        ("a\r\nb", ["a", "\r\n", "b"]),
        ("é\r\n\u0301", ["é", "\r\n", "\u0301"]),
        ("\u0600١٢", ["\u0600١", "٢"]),
    ],
)
def test_clusters(text, parts):
    assert list(clusters(text)) == parts


def test_an_emoji_is_told_from_a_symbol():
    """Judged by the tables of another library, newer than Python's."""
    chars = [chr(code) for code in range(0x80, 0x20000)]
    pictures = {c for c in chars if regex.fullmatch(r"\p{Emoji_Presentation}", c)}
    assert {c for c in pictures if not is_emoji(c)} == set()
    symbols = {c for c in chars if regex.fullmatch(r"\p{L}|\p{M}|\p{P}|\p{Sc}|\p{Z}", c)}
    assert {c for c in symbols if is_emoji(c)} <= {"\ufe0f", "\u20e3"}
    assert all(map(is_emoji, ("❤️", "1️⃣", "👩‍👧", "🇩🇪", "\U0001faff")))
    assert not any(map(is_emoji, ("❤", "♪", "1", "a", "⌚\ufe0e", "〒", "㊗", "ꒊ")))


@given(st.text())
def test_clusters_are_the_text(text):
    assert "".join(clusters(text)) == text


_BLOCKS = (
    (0x20, 0x7E), (0xA0, 0x24F), (0x300, 0x36F), (0x370, 0x52F), (0x591, 0x5F4), (0x600, 0x6FF),
    (0x900, 0xD7F), (0xE00, 0xEFF), (0x1000, 0x109F), (0x1100, 0x11FF), (0x1780, 0x17FF),
    (0x2000, 0x206F), (0x3040, 0x30FF), (0xAC00, 0xAC40), (0x1F1E6, 0x1F1FF), (0x1F3F0, 0x1F468),
    (0xFE0F, 0xFE0F), (0xFF61, 0xFF9F), (0xE0020, 0xE007F),
)  # fmt: skip


def _assigned(char):
    return unicodedata.category(char) != "Cn"


def _cuts(parts):
    return set(accumulate(map(len, parts)))


@given(
    st.one_of(
        st.text(
            st.one_of(*(st.integers(*block).map(chr) for block in blocks)).filter(_assigned),
            max_size=6,
        )
        for blocks in (_BLOCKS, *combinations(_BLOCKS, 2))
    )
)
def test_no_grapheme_cluster_of_unicode_is_divided(text):
    """The regex package knows UAX 29; we may join more than it does."""
    assert _cuts(clusters(text)) <= _cuts(regex.findall(r"\X", text))


@pytest.mark.parametrize(
    "text", ["Hello, wörld!", "Привет", "日本語です", "שלום", "თბილისი", "ภาษา"]
)
def test_plain_letters_are_clusters_of_their_own(text):
    assert list(clusters(text)) == regex.findall(r"\X", text)


@pytest.mark.parametrize(("language", "sentence"), SENTENCES.items())
def test_scripts_whose_letters_join(language, sentence):
    assert is_joining(sentence[0]) == (language in {"ar", "fa", "ur", "hi", "bn", "pa"})


@pytest.mark.parametrize("language", SENTENCES)
def test_neither_case_nor_stress_tears_a_joined_script(language):
    text, _ = SENTENCES[language]
    shown = transformed(text, "uppercase", language)
    if is_joining(text):
        assert shown == text
    stressed = [run.text for run in runs(shown, ANGER, stress_from=3) if run.style.is_emphasis]
    assert all(not is_joining(run) or run in "!?؟" for run in stressed)
