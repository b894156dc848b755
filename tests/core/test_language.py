"""Languages, by their codes and by their commonest words."""

from __future__ import annotations

import pytest

from sentigram.core.language import detect, iso_639_1, language_code


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I have been there, and it was the best of all the days of my life.", "en"),
        ("Ich habe das nicht gewusst, und es war auch nicht die Zeit dafür, sagt er.", "de"),
        ("これは日本語の字幕です", "ja"),
        ("这是一个中文字幕", "zh"),
        ("이것은 자막입니다", "ko"),
        ("Hm.", ""),
        ("zxcv qwer asdf zxcv qwer asdf zxcv qwer asdf", ""),
    ],
)
def test_languages_are_found_from_letters_and_common_words(text: str, language: str) -> None:
    assert detect(text) == language


@pytest.mark.parametrize(
    ("tag", "code"),
    [("eng", "en"), ("ger", "de"), ("EN-us", "en"), ("pt_BR", "pt"), ("x", ""), ("", "")],
)
def test_language_codes(tag: str, code: str) -> None:
    assert iso_639_1(tag) == code


def test_languages_without_a_short_code_keep_theirs() -> None:
    assert language_code("fil-PH") == "fil"
