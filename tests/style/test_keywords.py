from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from sentigram.core.style import StyleKey
from sentigram.errors import MissingError, ThemeError
from sentigram.jobs.draw import draw
from sentigram.style.keywords import Selector, check_pattern, selected
from sentigram.style.look import Look
from sentigram.style.styling import assign, resolve, style
from sentigram.style.theme.advice import unselected, warnings_of
from sentigram.style.theme.theme import load
from tests import documents
from tests.fakes import Recorder

SAID = ["My", "fellow", "Americans,", "never", "“NEVER”", "stop", "climate-change", "talks."]


def found(*match: str) -> list[int]:
    return selected(SAID, [Selector("one", match, {})])


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        ("never", [0, 0, 0, 1, 1, 0, 0, 0]),
        ("Fellow americans", [0, 1, 1, 0, 0, 0, 0, 0]),
        ("climat*", [0, 0, 0, 0, 0, 0, 1, 0]),
        ("*s", [0, 0, 1, 0, 0, 0, 0, 1]),
        ("f*w amer*", [0, 1, 1, 0, 0, 0, 0, 0]),
        ("talks my", [0] * 8),
        ("eve", [0] * 8),
        ("n.ver", [0] * 8),
    ],
)
def test_words_and_phrases(match: str, expected: list[int]) -> None:
    assert found(match) == expected


def test_marks_tell_words_apart_and_however_a_letter_is_coded_it_is_the_same() -> None:
    said = ["की", "का", "cafe\u0301", "cafe"]
    assert selected(said, [Selector("one", ("की", "caf\u00e9"), {})]) == [1, 0, 1, 0]


def test_the_last_selector_wins() -> None:
    selectors = [Selector("a", ("never", "stop"), {}), Selector("b", ("never",), {})]
    assert selected(SAID, selectors) == [0, 0, 0, 2, 2, 1, 0, 0]


TAGS = ["PRON", "ADJ", "PROPN", "ADV", "ADV", "VERB", "NOUN", "NOUN"]


def test_parts_of_speech() -> None:
    nouns = Selector("a", (), {}, ("NOUN", "PROPN"))
    assert selected(SAID, [nouns], TAGS) == [0, 0, 1, 0, 0, 0, 1, 1]
    both = Selector("b", ("talks", "stop", "fellow americans"), {}, ("NOUN", "PROPN"))
    assert selected(SAID, [both], TAGS) == [0, 0, 1, 0, 0, 0, 0, 1]


def test_parts_of_speech_are_never_quietly_left_out() -> None:
    with pytest.raises(MissingError, match="asks for parts of speech"):
        selected(SAID, [Selector("a", (), {}, ("NOUN",))])
    with pytest.raises(MissingError, match="asks for parts of speech"):
        selected(SAID, [Selector("a", (), {}, ("NOUN",))], TAGS[1:])


def test_a_theme_names_parts_of_speech(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('[select.names]\ntag = ["PROPN", "NOUN"]\nunderline = true\n')
    theme = load(file=file)
    assert theme.needs_tags
    doc = documents.document(("plain Ann said so", "neutral"))
    words = assign(doc, theme, tags=("ADJ", "PROPN", "VERB", "ADV"))
    assert [word.runs[0].style.keyword for word in words] == [0, 1, 0, 0]
    file.write_text('[select.names]\ntag = "PROPPN"\n')
    with pytest.raises(ThemeError, match=r"'PROPPN' is not one of ADJ, .*did you mean"):
        load(file=file)
    file.write_text("[select.names]\nunderline = true\n")
    with pytest.raises(ThemeError, match="match is missing"):
        load(file=file)


def test_no_words_and_no_selectors() -> None:
    assert selected([], [Selector("a", ("never",), {})]) == []
    assert selected(SAID, []) == [0] * len(SAID)


@pytest.mark.parametrize("pattern", ["", "  ", "*", "a*b*c*d", "never *", "…", "x" * 61, "a\nb"])
def test_what_cannot_be_looked_for(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"is not a word|stars|without any letter"):
        check_pattern(pattern)


def test_no_pattern_takes_long() -> None:
    words = ["a" * 10_000, "a" * 80] * 50
    began = time.process_time()
    assert selected(words, [Selector("a", ("a*a*b",), {})]) == [0] * 100
    assert time.process_time() - began < 5  # no time is asserted but that it ends


def _theme(tmp_path: Path, **values: object):
    path = tmp_path / "mine.toml"
    rows = [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    path.write_text("[select.names]\n" + "\n".join(rows), encoding="utf-8")
    return load(file=path)


def test_a_word_that_is_set_apart_keeps_its_emotion(tmp_path: Path) -> None:
    theme = _theme(tmp_path, match=["ann", "b*n"], fill="#00e5ff", size=1.2, underline=True)
    document = documents.document(("Ann told Ben nothing today", "anger"))
    words = assign(document, theme)
    assert [word.runs[0].style.keyword for word in words] == [1, 0, 1, 0, 0]
    key = words[0].runs[0].style
    assert key.emotion == "anger"
    assert key.slug.endswith("k1")
    plain = resolve(theme, StyleKey("anger", key.level), motion="none")
    apart = resolve(theme, key, motion="none")
    assert (apart.family, apart.transform) == (plain.family, plain.transform)
    assert apart.fill == "#00e5ff"
    assert apart.underline
    assert apart.size_em == pytest.approx(1.2 * plain.size_em, abs=1e-3)
    assert {run.style.keyword for c in style(document, theme).cues for line in c.lines
            for word in line for run in word.runs} == {0, 1}  # fmt: skip


def test_a_colour_that_cannot_be_read_is_solved(tmp_path: Path) -> None:
    theme = _theme(tmp_path, match="ann", fill="#505050", weight=900)
    look = resolve(theme, StyleKey("neutral", 0, keyword=1), motion="none")
    assert look.fill != "#505050"
    assert look.weight > 500


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[select.a]\nfill = '#ffffff'\n", "match is missing"),
        ("[select.a]\nmatch = ['a*b*c*d']\n", "more than 2 stars"),
        ("[select.a]\nmatch = []\n", "a list of 1 to 200"),
        ("[select.a]\nmatch = 'x'\nfamily = 'Poppins'\n", "no such key"),
        ("[select.A]\nmatch = 'x'\n", "names use a-z"),
        ("select = 3\n", "write one table per kind of word"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ThemeError, match=reason):
        load(file=path)


def test_words_set_apart_by_colour_alone_or_never_said_are_told(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        '[select.red]\nmatch = "hello"\nfill = "#ff0000"\n'
        '[select.zoo]\nmatch = "zebra*"\nunderline = true\n',
        encoding="utf-8",
    )
    theme = load(file=path)
    (warning,) = warnings_of(theme)
    assert "select.red sets words apart by colour only; add weight" in warning
    made = documents.document(("hello my friends", "neutral"))
    told = [f"theme {theme.name}: select.zoo: no word that is said falls under it"]
    assert list(unselected(theme, made, ())) == told
    recorder = Recorder()
    draw(made, None, {"srt": tmp_path / "a.srt"}, recorder, look=Look(theme=path))
    assert told[0] in recorder.notes
