"""Lines break where the guides and the phrases of a language want them to."""

from __future__ import annotations

import budoux
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.style.text.breaks import (
    BOUND,
    CLAUSE,
    CLINGING,
    PHRASE,
    PLAIN,
    SENTENCE,
    break_cost,
    break_costs,
    phrase_edges,
)


@pytest.mark.parametrize(
    ("before", "after", "language", "cost"),
    [
        ("home.", "Then", "en", SENTENCE),
        ("home.”", "Then", "en", SENTENCE),
        ("Dr.", "Smith", "en", BOUND),
        ("J.", "Smith", "en", BOUND),
        ("home,", "then", "en", CLAUSE),
        ("the", "house", "en", BOUND),
        ("don’t", "know", "en", BOUND),
        ("have", "gone", "en", BOUND),
        ("walked", "and", "en", PHRASE),
        ("walked", "home", "en", PLAIN),
        ("Jane", "Austen", "en", BOUND / 2),
        ("because", "nobody", "en", CLINGING),
        ("you", "that", "en", PLAIN),
        ("you", "know", "en", BOUND),
        ("do", "for", "en", PLAIN),
        ("do", "you", "en", BOUND),
        ("weren’t", "but", "en", PLAIN),
        ("weren’t", "in", "en", BOUND),
        ("and", "because", "en", BOUND),
        ("I.", "And", "en", SENTENCE),
        ("they’ve", "gone", "en", BOUND),
        ("just", "wait", "en", CLINGING),
        ("freaked", "out!", "en", CLINGING),
        ("surprise", "him.", "en", CLINGING),
        ("Marion’s", "views", "en", CLINGING),
        ("you-you", "want", "en", CLINGING),
        ("told", "“because", "en", PHRASE),
        ("“The", "house", "en", BOUND),
        ("Gestern", "Abend", "de", PLAIN),
        ("das", "Haus", "de", BOUND),
        ("ging", "und", "de", PHRASE),
        ("la", "maison", "fr", BOUND),
        ("allé", "parce", "fr", PHRASE),
        ("los", "niños", "es", BOUND),
        ("llegó", "cuando", "es", PHRASE),
        ("della", "casa", "it", BOUND),
        ("andato", "perché", "it", PHRASE),
        ("uma", "casa", "pt", BOUND),
        ("foram", "porque", "pt", BOUND),
        ("casa", "porque", "pt", PHRASE),
        ("het", "huis", "nl", BOUND),
        ("huis", "omdat", "nl", PHRASE),
        ("the", "house", "hu", PLAIN),
        ("että", "talo", "fi", BOUND),
        ("och", "hem", "sv", BOUND),
        ("poszedł", "żeby", "pl", PHRASE),
        ("bir", "ev", "tr", BOUND),
        ("ev", "gibi", "tr", CLINGING),
        ("食べ", "。", "ja", BOUND),
        ("「", "食べ", "ja", BOUND),
    ],
)
def test_break_costs(before, after, language, cost):
    assert break_cost(before, after, language) == cost


JAPANESE = "今日はとても天気が良いので散歩に行きました。"
CHINESE = "今天是晴天我们一起去公园散步。"
TRADITIONAL = "今天是晴天我們一起去公園散步。"
THAI = "วันนี้อากาศดีมากเราไปเดินเล่นกัน"
PARSERS = {
    JAPANESE: ("ja", budoux.load_default_japanese_parser),
    CHINESE: ("zh", budoux.load_default_simplified_chinese_parser),
    TRADITIONAL: ("zh", budoux.load_default_traditional_chinese_parser),
    THAI: ("th", budoux.load_default_thai_parser),
}


@pytest.mark.parametrize("text", PARSERS)
def test_joined_words_break_between_the_phrases_of_budoux(text):
    language, parser = PARSERS[text]
    phrases = parser().parse(text)
    assert len(phrases) > 2
    starts = {sum(map(len, phrases[:n])) for n in range(1, len(phrases))}
    assert phrase_edges(text, language) == starts
    costs = break_costs(list(text), [True] * len(text), language)
    good = {at for at, cost in enumerate(costs) if at and cost < BOUND}
    assert good == {at for at in starts if text[at] != "。"}


@given(st.text(max_size=30), st.sampled_from(["ja", "zh", "th", "ko", ""]))
def test_edges_lie_inside_any_text(text, language):
    assert all(0 < at < len(text) for at in phrase_edges(text, language))


def test_words_of_other_languages_have_no_phrases():
    assert phrase_edges("something", "en") == frozenset()
    assert break_costs(["안녕", "하세요"], [False, True], "ko") == [0.0, PLAIN]
    assert break_costs([], [], "ja") == []


def test_a_space_in_japanese_is_no_place_inside_a_phrase():
    costs = break_costs(["今日は", "天気"], [False, False], "ja")
    assert costs == [0.0, PLAIN]


def test_the_first_word_of_a_clause_clings_to_the_second():
    costs = break_costs(
        ["Do", "it", "for", "you,", "ask", "what", "they", "see."], [False] * 8, "en"
    )
    assert costs[4:6] == [CLAUSE, CLINGING]
    assert costs[6] == break_cost("what", "they", "en")
