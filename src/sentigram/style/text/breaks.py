"""Where lines and cues may break: how much each place between two words costs.

The rules are those of the Netflix and BBC subtitle guides: break after punctuation, before a
conjunction or a preposition, never between article and noun, auxiliary and verb, or two names.
Scripts without spaces break between phrases, which BudouX finds, and by kinsoku rules: a line
neither begins with a closing mark or a small kana nor ends with an opening one.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

SENTENCE, CLAUSE, PHRASE, PLAIN, BOUND = 0.0, 0.1, 0.3, 0.6, 4.0
# Poor, but no guide forbids it: "just / wait", "freaked / out", "Ann's / book", "you, ask / what".
CLINGING = 1.5

_SENTENCE_END = (".", "!", "?", "…", "。", "！", "？", "؟", "।")
_CLAUSE_END = (",", ";", ":", "—", "–", "、", "，", "；", "：", "،")
_CLOSING = "\"'”’»)]』」）】"
_OPENING = '"“«([¿¡'
_MARKS = ".,!?;:…—–-" + _CLOSING
_NO_START = frozenset(
    "、。，．！？：；」』）】》〉…ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ,.!?:;)]}%"
)
_NO_END = frozenset("「『（【《〈([{$£€¥#¿¡")
_INITIAL = re.compile(r"[^\W\d_]\.")
_NOUNS_ARE_CAPITAL = frozenset({"de"})  # two capitals in a row say nothing about names
_HAN = re.compile(r"[㐀-鿿]")


@dataclass(frozen=True, slots=True)
class _Words:
    """Words of function_words.toml, which says what each list means; empty for other languages."""

    binding: frozenset[str]
    opening: frozenset[str]
    leaning: frozenset[str]
    closing: frozenset[str]
    objects: frozenset[str]
    clauses: frozenset[str]
    endings: tuple[str, ...]


@cache
def _words(language: str) -> _Words:
    text = (
        resources.files("sentigram.core")
        .joinpath("function_words.toml")
        .read_text(encoding="utf-8")
    )
    table = tomllib.loads(text).get(language, {})
    lists = {key: table.get(key, "").split() for key in _Words.__slots__}
    endings = tuple(lists.pop("endings"))
    return _Words(**{key: frozenset(words) for key, words in lists.items()}, endings=endings)


@cache
def break_cost(
    before: str, after: str, language: str = "", *, joined: bool = False, is_inside: bool = False
) -> float:
    """What it costs to break between two words: SENTENCE is best, BOUND all but forbidden.

    Args:
        before: The word that would end a line, with its punctuation.
        after: The word that would begin the next.
        language: ISO 639-1; English rules where it is "".
        joined: No space between them.
        is_inside: They belong to one phrase of a script without spaces.
    """
    words = _words(language or "en")
    word = _plain(before)
    bare = before.rstrip(_CLOSING)
    if after[0] in _NO_START or before[-1] in _NO_END:
        cost = BOUND
    elif bare.endswith(_SENTENCE_END) and word not in words.binding:
        is_initial = _INITIAL.fullmatch(bare) is not None and after[0].isupper() and word != "i."
        cost = BOUND if is_initial else SENTENCE
    elif bare.endswith(_CLAUSE_END):
        cost = CLAUSE
    elif joined:
        cost = BOUND if is_inside else PHRASE if language in _MODELS else PLAIN
    elif word in words.binding:
        cost = PLAIN if _is_over(words, word, _plain(after)) else BOUND
    elif before.istitle() and after[0].isupper() and language not in _NOUNS_ARE_CAPITAL:
        cost = BOUND / 2  # first and last name, mostly
    elif _clings(words, word, _plain(after)):
        cost = CLINGING
    else:
        cost = PHRASE if _plain(after) in words.opening else PLAIN
    return cost


def _plain(word: str) -> str:
    return word.casefold().replace("’", "'").lstrip(_OPENING)


def _is_over(words: _Words, before: str, after: str) -> bool:
    """Whether a word ends a phrase that mostly begins one: "told you / that", "so I am / but"."""
    return before not in words.opening and (
        after in words.clauses or (before in words.objects and after in words.opening)
    )


def _clings(words: _Words, before: str, after: str) -> bool:
    """Whether two words had better stay together; in a stutter (you-you) the last part counts."""
    last = before.rpartition("-")[2]
    return (
        before in words.leaning
        or last in words.leaning
        or last in words.binding
        or before.endswith(words.endings)
        or after.rstrip(_MARKS) in words.closing
    )


def break_costs(texts: Sequence[str], joined: Sequence[bool], language: str) -> list[float]:
    """What it costs to break before each word, the first included (0).

    Where spaces part words, the first of a clause clings to the second.

    Args:
        texts: Shown words.
        joined: Per word, whether it follows the one before it without a space.
        language: ISO 639-1.
    """
    inside = _inside(texts, joined, language)
    costs = [0.0] * len(texts)
    for i in range(1, len(texts)):
        cost = break_cost(texts[i - 1], texts[i], language, joined=joined[i], is_inside=i in inside)
        opens = costs[i - 1] <= CLAUSE < cost and not joined[i] and language not in _MODELS
        costs[i] = max(cost, CLINGING) if opens else cost
    return costs


def _inside(texts: Sequence[str], joined: Sequence[bool], language: str) -> set[int]:
    """Words that stand inside a phrase, not at its beginning."""
    inside: set[int] = set()
    if language not in _MODELS:
        return inside
    start = 0
    for end in range(1, len(texts) + 1):
        if end < len(texts) and joined[end]:
            continue
        if end - start > 1:
            edges = phrase_edges("".join(texts[start:end]), language)
            at = len(texts[start])
            for i in range(start + 1, end):
                if at not in edges:
                    inside.add(i)
                at += len(texts[i])
        start = end
    return inside


def phrase_edges(text: str, language: str) -> frozenset[int]:
    """Offsets in a text without spaces at which a phrase begins, 0 left out.

    Empty for languages other than Chinese, Japanese and Thai.
    """
    if language not in _MODELS:
        return frozenset()
    name = _MODELS[language]
    if language == "zh" and _is_traditional(text):
        name = "zh-hant"
    edges, at = [], 0
    for phrase in _parser(name).parse(text):
        edges.append(at)
        at += len(phrase)
    return frozenset(edges[1:])


_MODELS = {"ja": "ja", "zh": "zh-hans", "th": "th"}


def _is_traditional(text: str) -> bool:
    """Whether a Chinese text holds more characters of Big5 alone than of GB 2312 alone."""
    only = {"gb2312": 0, "big5": 0}
    for char in _HAN.findall(text):
        known = [name for name in only if _can_encode(char, name)]
        if len(known) == 1:
            only[known[0]] += 1
    return only["big5"] > only["gb2312"]


@cache
def _can_encode(char: str, encoding: str) -> bool:
    try:
        char.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


@cache
def _parser(name: str) -> Any:
    import json

    from budoux import Parser

    model = resources.files("budoux").joinpath("models", f"{name}.json")
    return Parser(json.loads(model.read_text(encoding="utf-8")))
