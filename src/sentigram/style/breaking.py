"""Where lines and cues may break: how much each place between two words costs.

The rules are those of the Netflix and BBC subtitle guides: break after punctuation, before a
conjunction or a preposition, never between article and noun, auxiliary and verb, or two names.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

SENTENCE, CLAUSE, PHRASE, PLAIN, BOUND = 0.0, 0.1, 0.3, 0.6, 4.0

_SENTENCE_END = (".", "!", "?", "…", "。", "！", "？", "؟", "।")
_CLAUSE_END = (",", ";", ":", "—", "–", "、", "，", "；", "：", "،")
_CLOSING = "\"'”’»)]』」）】"
_NO_START = frozenset(
    "、。，．！？：；」』）】》〉…ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ,.!?:;)]}%"
)
_NO_END = frozenset("「『（【《〈([{$£€¥#¿¡")


@cache
def _words(language: str) -> tuple[frozenset[str], frozenset[str]]:
    """Binding and opening words of a language; both empty for one that breaks.toml lacks."""
    text = resources.files("sentigram.style").joinpath("breaks.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text).get(language, {})
    return frozenset(table.get("binding", "").split()), frozenset(table.get("opening", "").split())


@cache
def break_cost(before: str, after: str, language: str = "", *, joined: bool = False) -> float:
    """What it costs to break between two words: SENTENCE is best, BOUND all but forbidden.

    Args:
        before: The word that would end a line, with its punctuation.
        after: The word that would begin the next.
        language: ISO 639-1; English rules where it is "".
        joined: No space between them.
    """
    binding, opening = _words(language or "en")
    word = before.casefold()
    bare = before.rstrip(_CLOSING)
    if after[0] in _NO_START or before[-1] in _NO_END:
        cost = BOUND
    elif bare.endswith(_SENTENCE_END) and word not in binding:
        cost = SENTENCE
    elif bare.endswith(_CLAUSE_END):
        cost = CLAUSE
    elif joined:
        cost = PLAIN
    elif word in binding:
        cost = BOUND
    elif before.istitle() and after[0].isupper():
        cost = BOUND / 2  # first and last name, mostly
    else:
        cost = PHRASE if after.casefold() in opening else PLAIN
    return cost
