"""Order of words: another implementation of UAX #9 agrees."""

from __future__ import annotations

import pytest
from bidi import get_display
from hypothesis import given
from hypothesis import strategies as st

from sentigram.style.text import bidi

HEBREW, ARABIC = "שלום", "مرحبا"
_CHARACTERS = "abcאבגمحب 12.,-!?%/+:"


@given(text=st.text(_CHARACTERS, min_size=1, max_size=24), base=st.sampled_from([0, 1]))
def test_characters_stand_where_another_implementation_puts_them(text: str, base: int) -> None:
    order = bidi.visual_order(tuple(text), base)
    assert sorted(order) == list(range(len(text)))
    wanted = get_display(text, base_dir="LR"[base])
    assert "".join(text[i] for i in order) == wanted


@given(
    words=st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=6),
    base=st.sampled_from([0, 1]),
)
def test_any_text_has_an_order(words: list[str], base: int) -> None:
    assert sorted(bidi.visual_order(words, base)) == list(range(len(words)))
    assert len(bidi.marks(words, base)) == len(words)


@pytest.mark.parametrize(
    ("text", "language", "level"),
    [
        ("hello", "", 0),
        ("hello", "he", 0),
        (f"iPhone {HEBREW}", "he", 1),
        (f"iPhone {HEBREW}", "en", 0),
        (f"{HEBREW} iPhone", "", 1),
        (f"12 {ARABIC}", "", 1),
        (f"iPhone {ARABIC}", "ur", 1),
        (f"iPhone {ARABIC}", "ar-EG", 1),
        ("... 12", "ar", 0),
    ],
)
def test_direction_of_a_paragraph(text: str, language: str, level: int) -> None:
    assert bidi.base_level(text, language) == level


def test_words_run_from_right_to_left_and_latin_ones_among_them_do_not() -> None:
    tokens = [HEBREW, " ", "Apple", " ", "iPhone", " ", "טוב."]
    assert bidi.visual_order(tokens, 1) == (6, 5, 2, 3, 4, 1, 0)


def test_a_mark_holds_what_the_line_held() -> None:
    none, arabic = bidi.NO_MARKS, (bidi.ARABIC_MARK,) * 2
    from_right, from_left = (bidi.RTL_MARK,) * 2, (bidi.LTR_MARK,) * 2
    assert bidi.marks([HEBREW, " ", "טוב."], 1)[::2] == (none, from_right)
    assert bidi.marks([ARABIC, " ", "12-34"], 1)[::2] == (none, arabic)
    assert bidi.marks([HEBREW, " ", "12-34"], 1)[::2] == (none, none)
    assert bidi.marks([HEBREW, " ", "hello,", " ", "world"], 1)[2] == from_left
    assert bidi.marks([HEBREW, " ", "hello."], 1)[2] == ("\u202b", "\u202c")
    assert bidi.marks(["plain", " ", "text."], 0) == (none, none, none)


_WORDS = st.one_of(
    *(st.text(f"{own}.,!-", min_size=1, max_size=6) for own in ("abc", "אבג", "محب"))
)


@given(words=st.lists(_WORDS, min_size=1, max_size=5), start=st.sampled_from([0, 1]))
def test_marked_words_read_alone_as_in_their_line(words: list[str], start: int) -> None:
    tokens = " ".join(words).replace(" ", "| |").split("|")
    order = bidi.visual_order(tuple("".join(tokens)), 1)
    at = 0
    for token, (before, after) in zip(tokens, bidi.marks(tokens, 1), strict=True):
        inside = [i - at for i in order if at <= i < at + len(token)]
        alone = bidi.visual_order(tuple(before + token + after), start)
        assert [i - len(before) for i in alone if 0 <= i - len(before) < len(token)] == inside
        at += len(token)
