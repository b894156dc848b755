"""Formats that draw no type keep the spelling of words; capitals are an emotion's look."""

from __future__ import annotations

import html
import re

import pytest

from sentigram.render.ass.editors import ass_text
from sentigram.render.plain import srt_text, vtt_text
from sentigram.render.srv3 import srv3_text
from sentigram.render.ttml import ttml_text
from sentigram.style import styling
from sentigram.style.theme.theme import load
from tests.documents import document

WORDS = "McGee has no Straße and soooo little iPad time!"
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
PLAIN = {
    "srt": srt_text,
    "vtt": vtt_text,
    "ttml": lambda track: ttml_text(track, title="talk"),
    "srv3": srv3_text,
}


def _track(text: str, *, capitals: bool = False):
    return styling.style(document((text, "anger")), load(), capitals=capitals)


def _words(text: str) -> str:
    """Letters of a file without tags and line breaks."""
    text = re.sub(r"<br[^>]*>|[\n\u200b]", " ", text)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", text)).split())


@pytest.mark.parametrize("kind", PLAIN)
def test_spelling_is_kept_unless_capitals_are_asked_for(kind):
    assert WORDS in _words(PLAIN[kind](_track(WORDS)))
    shouted = "MCGEE HAS NO STRASSE AND SOOOO LITTLE IPAD TIME!"
    assert shouted in _words(PLAIN[kind](_track(WORDS, capitals=True)))


def test_type_is_drawn_in_capitals_either_way():
    for capitals in (False, True):
        text = ass_text(_track(WORDS, capitals=capitals), title="talk", motion="none")
        assert "MCGEE HAS NO STRASSE" in re.sub(r"\{[^}]*\}", "", text)


def test_a_word_that_is_divided_keeps_its_spelling():
    text = srt_text(_track(f"{LONG}straße"))
    letters = "".join(line for line in text.splitlines() if line.isalpha())
    assert letters == f"{LONG}straße"
