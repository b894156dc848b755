"""Documents that lie: numbers, orders, names and sizes that cannot be."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

from attack_kinds.attack import (
    DONE,
    EITHER,
    PAGE,
    REFUSED,
    RENDER,
    Attack,
    document,
    file,
)

Change = Callable[[dict[str, Any]], None]


def _changed(change: Change) -> Callable[[], str]:
    def made() -> str:
        data = deepcopy(document())
        change(data)
        return json.dumps(data)

    return made


def _replaced(old: str, new: str) -> Callable[[], str]:
    return lambda: json.dumps(document()).replace(old, new, 1)


def _word(**changes: Any) -> Change:
    return lambda data: data["utterances"][0]["words"][1].update(changes)


def _media(**changes: Any) -> Change:
    return lambda data: data["media"].update(changes)


def _top(**changes: Any) -> Change:
    return lambda data: data.update(changes)


def _speakers(data: dict[str, Any]) -> None:
    word = data["utterances"][0]["words"][0]
    data["media"]["duration_ms"] = 10_000_000
    data["utterances"] = [
        {
            "id": f"u{n}",
            "start_ms": 800 * n,
            "end_ms": 800 * n + 800,
            "speaker": f"Person {n}",
            "words": [word | {"start_ms": 800 * n, "end_ms": 800 * n + 800}],
        }
        for n in range(10_000)
    ]


def _many_words(data: dict[str, Any]) -> None:
    word = data["utterances"][0]["words"][0]
    words = [word | {"start_ms": n, "end_ms": n + 1} for n in range(20_000)]
    data["utterances"][0].update(end_ms=20_000, words=words)


def _swapped(data: dict[str, Any]) -> None:
    words = data["utterances"][0]["words"]
    words[0], words[2] = words[2], words[0]


_CASES: tuple[tuple[str, str, Callable[[], str | bytes], frozenset[int]], ...] = (
    ("twice", "a key twice, the second a lie", _replaced("{", '{"schema": "x", '), DONE),
    ("nan", "NaN among probabilities", _replaced("0.9", "NaN"), REFUSED),
    ("infinity", "-Infinity as an intensity", _replaced("0.7", "-Infinity"), REFUSED),
    ("minus-zero", "-0 as a time", _replaced('"start_ms": 0', '"start_ms": -0'), EITHER),
    ("1e400", "1e400 as an intensity", _replaced("0.7", "1e400"), REFUSED),
    ("digits", "a time of 5,000 digits", _replaced('"end_ms": 400', '"end_ms": ' + "9" * 5000), REFUSED),
    ("far", "a word at 10¹⁸ ms", _changed(_word(end_ms=10**18)), EITHER),
    ("deep", "an unknown field 100,000 levels deep", _replaced("{", '{"x": ' + "[" * 10**5 + "]" * 10**5 + ", "), EITHER),
    ("unknown", "an unknown field of 10 MB", _changed(_top(other="x" * 10**7)), DONE),
    ("proto", "fields called __proto__ and constructor", _changed(_top(__proto__={"a": 1}, constructor=1)), DONE),
    ("order", "words out of order", _changed(_swapped), REFUSED),
    ("overlap", "words that overlap", _changed(_word(start_ms=100)), REFUSED),
    ("backwards", "a word that ends before it begins", _changed(_word(start_ms=700, end_ms=500)), REFUSED),
    ("beyond", "words beyond the end of the media", _changed(_media(duration_ms=1)), EITHER),
    ("markup", "labels that are markup", _changed(_top(labels=["neutral", "<b>"])), REFUSED),
    ("label-twice", "a label twice", _changed(_top(labels=["neutral", "joy", "joy"])), REFUSED),
    ("labels", "65 labels", _changed(_top(labels=["neutral", *(f"e{n}" for n in range(64))])), REFUSED),
    ("speakers", "10,000 speakers", _changed(_speakers), DONE),
    ("flood", "20,000 words of 1 ms", _changed(_many_words), DONE),
    ("long-word", "a word of 10 MB", _changed(_word(text="x" * 10**7)), REFUSED),
    ("marks", "a word of 490 combining marks", _changed(_word(text="a" + "\u0301" * 490)), EITHER),
    ("joiners", "a word of 480 joiners", _changed(_word(text="a" + "\u200d" * 480)), EITHER),
    ("override", "a word that turns all direction", _changed(_word(text="\u202eabc")), EITHER),
    ("surrogate", "half of a surrogate pair", _replaced("happy.", "\\ud800"), EITHER),
    ("line", "a line break in a word", _changed(_word(text="a\nb")), REFUSED),
    ("nul", "a NUL in a word", _changed(_word(text="a\0b")), EITHER),
    ("schema", "a schema name of 5 MB", _changed(_top(schema="x" * 5_000_000)), REFUSED),
    ("language", "a language that is a path", _changed(_top(language="../../../etc")), EITHER),
    ("fps-zero", "1/0 frames a second", _changed(_media(fps="1/0")), REFUSED),
    ("fps-tiny", "one frame in 10⁹ seconds", _changed(_media(fps="1/1000000000")), EITHER),
    ("fps-text", "frames a second as 10⁶ digits", _changed(_media(fps="1" * 10**6)), REFUSED),
    ("wide", "a picture 10⁹ pixels wide", _changed(_media(width_px=10**9)), EITHER),
    ("flat", "a picture one pixel high", _changed(_media(height_px=1)), EITHER),
    ("shots", "100,000 shots, in reverse", _changed(_media(shots_ms=list(range(10**5, 0, -1)))), REFUSED),
    ("many-shots", "200,000 shots", _changed(_media(shots_ms=list(range(200_000)))), EITHER),
    ("notes", "100,000 notes", _changed(_top(notes=["x"] * 10**5)), EITHER),
    ("parts", "20,000 parts of an engine", _changed(_top(engine=[{"role": "r", "id": "i"}] * 20_000)), EITHER),
    ("no-words", "an utterance without words", _changed(_top(utterances=[{"id": "u", "start_ms": 0, "end_ms": 1, "words": []}])), REFUSED),
    ("nothing", "no utterance at all", _changed(_top(utterances=[])), EITHER),
    ("name-dots", "a video called ..", _changed(_media(name="..")), EITHER),
    ("name-url", "a video that is an address", _changed(_media(name="http://127.0.0.1:9/x.mp4")), EITHER),
    ("name-device", "a video called /dev/zero", _changed(_media(name="/dev/zero")), EITHER),
    ("name-concat", "a video called concat:a|b", _changed(_media(name="concat:a|b")), EITHER),
    ("utf-16", "in UTF-16", lambda: json.dumps(document()).encode("utf-16"), REFUSED),
    ("empty", "empty", lambda: b"", REFUSED),
    ("null", "null", lambda: b"null", REFUSED),
    ("list", "a million lists", lambda: b"[" + b"[]," * 10**6 + b"[]]", REFUSED),
    ("probs", "probabilities of 10³⁰⁸", _replaced("0.9", "1e308"), REFUSED),
    ("bools", "true as a number", _replaced("0.7", "true"), REFUSED),
)  # fmt: skip


_PAGES = {"proto", "speakers", "override", "surrogate", "language", "unknown", "parts", "name-url"}
_QUICK = {"digits", "deep"}


def attacks() -> Iterator[Attack]:
    """Every Document, rendered as subtitles or as a page."""
    for name, what, content, codes in _CASES:
        yield Attack(
            id=f"documents-{name}",
            what=f"a Document: {what}",
            make=file("talk.sentigram.json", content),
            argv=PAGE if name in _PAGES else RENDER,
            codes=codes,
            is_quick=name in _QUICK,
        )
