from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.core.text import LONGEST_WORD, clean, clean_speaker, is_sound, letters, split


def words(text):
    return [word for word, _ in split(text)]


def rejoined(text):
    return "".join(w if joined or not i else f" {w}" for i, (w, joined) in enumerate(split(text)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello,  world !\n- Yes", ["Hello,", "world", "!", "-", "Yes"]),
        ("我用Python写。", ["我", "用", "Python", "写。"]),
        ("「今日は」行った", ["「今", "日", "は」", "行っ", "た"]),
        ("きょうはコーヒー", ["きょ", "う", "は", "コー", "ヒー"]),
        ("안녕 하세요", ["안녕", "하세요"]),
        ("สวัสดีครับ ดีใจ", ["สวัสดีครับ", "ดีใจ"]),
        ("ไทย\u200bแลนด์", ["ไทย", "แลนด์"]),
        ("a\u200b \u200d b", ["a", "b"]),
        ("you—ask “wait,”--what", ["you—", "ask", "“wait,”--", "what"]),
        ("word–word, 1914–1918", ["word–", "word,", "1914–", "1918"]),
        (
            "twenty-one x\u2011ray —no— what—” http://a--b",
            [
                "twenty-one",
                "x\u2011ray",
                "—no—",
                "what—”",
                "http://a--b",
            ],
        ),
        ("👩‍👩‍👧 ok 🏴󠁧󠁢󠁥󠁮󠁧󠁿", ["👩‍👩‍👧", "ok", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"]),
    ],
)
def test_words(text, expected):
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("今日は\nいい 天気", "今日はいい 天気"),
        ("我用Python写", "我用Python写"),
        ("one\ntwo", "one two"),
        ("you—ask, you -- ask", "you—ask, you -- ask"),
        ("犬 dog\n犬", "犬 dog 犬"),
    ],
)
def test_spaces_are_kept_where_they_are(text, shown):
    assert rejoined(text) == shown


def test_control_characters_and_overrides_are_gone():
    assert clean("a\x00b\x1b[31m\u202ec\u2066d\ud800\ufeff\r\ne\u2028f") == "ab[31mcd\ne\nf"
    assert clean("\u200fשלום\u200e") == "\u200fשלום\u200e"  # marks are harmless and needed
    assert clean_speaker("  An\n\x07na " + "x" * 500) == "An na " + "x" * 94


def test_long_words_are_cut_before_a_letter():
    cut = words("a" * 450)
    assert [len(word) for word in cut] == [200, 200, 50]
    assert rejoined("a" * 450) == "a" * 450
    marks = words("a" * 199 + "e\u0301" * 3)
    assert all(unicodedata.category(word[0])[0] != "M" for word in marks)
    assert max(map(len, words("\u0301" * 1000))) <= LONGEST_WORD


@pytest.mark.parametrize(
    "text", ["[applause]", "(clears throat).", "（拍手）", "♪", "*sighs*", "♪ [hums] ♪"]
)
def test_sounds(text):
    assert is_sound(text)


@pytest.mark.parametrize("text", ["word(s)", "(see", "♪ la", "#1", "-", "(", "", "th[e]", "*"])
def test_what_is_no_sound(text):
    assert not is_sound(text)


def test_letters():
    assert letters("don't 42 é 世!") == 8


@given(st.text())
def test_any_text(text):
    for word in words(text):
        assert word == word.strip() != ""
        assert len(word) <= LONGEST_WORD
        word.encode("utf-8")
        assert not set(word) & set("\n\r\0\u202e\u2066")
    kept = "".join(words(text))
    assert letters(kept) == letters(clean(text))  # nothing that is said is lost
