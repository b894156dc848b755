"""Languages, by their codes and by their commonest words."""

from __future__ import annotations

import codecs
import tomllib
from pathlib import Path

import pytest

from sentigram.core.language import (
    detect,
    iso_639_1,
    language_code,
    language_name,
    language_option,
    languages,
)
from sentigram.errors import UsageError
from tests.sentences import SENTENCES

TALK = tomllib.loads((Path(__file__).parents[1] / "talk.toml").read_text(encoding="utf-8"))


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


@pytest.mark.parametrize("tag", TALK)
def test_talk_is_known_by_eight_words_mostly_and_hardly_ever_wrongly(tag: str) -> None:
    """Every eight and every fifteen words of each text."""
    code = tag[:2]
    words = TALK[tag].replace("– ", "").split()
    if len(words) < 40:  # written without spaces
        assert detect(TALK[tag][:20]) == code
        return
    for n_words in (8, 15):
        found = [detect(" ".join(words[at : at + n_words])) for at in range(len(words) - n_words)]
        assert found.count(code) >= 0.5 * len(found)
        assert len(found) - found.count(code) - found.count("") <= 0.07 * len(found)
        assert code == "en" or "en" not in found
    assert detect(TALK[tag]) == code


def test_scripts_tell_their_language() -> None:
    for language, (text, _) in SENTENCES.items():
        if language not in ("en", "ru", "vi", "yue", "hi"):
            assert detect(text) == language
        assert detect(text) != "en" or language == "en"


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("spanish", "es"),
        ("Spanish", "es"),
        ("español", "es"),
        ("Español (Latinoamérica)", "es"),
        ("Chinese (Simplified)", "zh"),
        ("Brazilian Portuguese", "pt"),
        ("Scottish Gaelic", "gd"),
        ("Norsk Bokmål", "no"),
        ("nb-NO", "no"),
        ("es_MX", "es"),
        ("zh-Hant-TW", "zh"),
        ("cmn", "zh"),
        ("jp", "ja"),
        ("und", ""),
        ("mul", ""),
        ("gibberish", ""),
        ("!?", ""),
    ],
)
def test_languages_by_the_names_that_people_and_files_have_for_them(tag: str, code: str) -> None:
    assert language_code(tag) == code
    assert iso_639_1(tag) == code


def test_a_language_that_somebody_asks_for() -> None:
    assert [language_option(text) for text in ("", "auto", "German", "PT-br", "haw")] == [
        None,
        None,
        "de",
        "pt",
        "haw",
    ]
    for text in ("klingonish", "qx", "12"):
        with pytest.raises(UsageError, match=f"`language '{text}'`: no such language is known"):
            language_option(text)


def test_the_table_of_languages() -> None:
    assert language_name("pl") == "Polish"
    assert language_name("haw") == "Hawaiian"
    assert language_name("qqq") == "qqq"
    for one in languages().values():
        assert language_code(one.name) == one.code
        assert all(word == word.casefold() for word in one.words)
        letters = set("".join(one.words)) - set("'-·")
        strange = {c for c in letters if not c.isascii()} - set(one.letters)
        assert not one.encodings or not strange - {"\u200c"}, (one.code, strange)
        for encoding in one.encodings:
            codecs.lookup(encoding)
