"""Case by language, whole clusters, stressed letters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.core.style import StyleKey
from sentigram.style.letters import clusters, runs, transformed

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
        shown = transformed(text, transform, language)
        assert shown
        out = runs(shown, ANGER, stress_from=1)
        assert "".join(run.text for run in out) == shown
        assert all(run.text for run in out)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("e\u0301a", ["e\u0301", "a"]),
        ("👩‍👧x", ["👩‍👧", "x"]),
        ("🇩🇪🇫🇷", ["🇩🇪", "🇫🇷"]),
        ("👍🏽!", ["👍🏽", "!"]),
        ("❤️a", ["❤️", "a"]),
        ("नि", ["नि"]),
    ],
)
def test_clusters(text, parts):
    assert list(clusters(text)) == parts


@given(st.text())
def test_clusters_are_the_text(text):
    assert "".join(clusters(text)) == text
