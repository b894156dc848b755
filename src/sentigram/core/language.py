"""Languages: their codes and names, and which one a text is in.

A text is known by its script, by the commonest words of talk, and by its letters: words with
letters that a language does not have count against it. What is known of each language stands in
`languages.toml`.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources

from sentigram.errors import UsageError

_SAMPLE_CHARS = 20_000
_LEAST_WORDS = 8
# Talk has about half of its words in its own language's list; in a language that is not here,
# seldom so many in any.
_LEAST_SHARE = 0.18
_LEAST_LEAD = 1.15
_NATIVE_COUNTS = 0.35  # a word with letters that a language has
_FOREIGN_COUNTS = 1.5  # a word with letters that a language does not have, against one of its list
# Scripts of one language each, or of one that is far more common; and the share of letters.
_SCRIPTS = (
    ("ja", re.compile("[\u3041-\u3096\u30a1-\u30fa]"), 0.05),
    ("ko", re.compile("[\uac00-\ud7a3]"), 0.2),
    ("zh", re.compile("[\u4e00-\u9fff]"), 0.2),
    ("th", re.compile("[\u0e01-\u0e5b]"), 0.2),
    ("el", re.compile("[\u0370-\u03ff\u1f00-\u1fff]"), 0.4),
    ("ka", re.compile("[\u10a0-\u10ff]"), 0.4),
    ("hy", re.compile("[\u0530-\u058f]"), 0.4),
    ("bn", re.compile("[\u0980-\u09ff]"), 0.4),
    ("pa", re.compile("[\u0a00-\u0a7f]"), 0.4),
    ("gu", re.compile("[\u0a80-\u0aff]"), 0.4),
    ("or", re.compile("[\u0b00-\u0b7f]"), 0.4),
    ("ta", re.compile("[\u0b80-\u0bff]"), 0.3),
    ("te", re.compile("[\u0c00-\u0c7f]"), 0.3),
    ("kn", re.compile("[\u0c80-\u0cff]"), 0.3),
    ("ml", re.compile("[\u0d00-\u0d7f]"), 0.3),
    ("si", re.compile("[\u0d80-\u0dff]"), 0.3),
    ("lo", re.compile("[\u0e80-\u0eff]"), 0.3),
    ("my", re.compile("[\u1000-\u109f]"), 0.3),
    ("km", re.compile("[\u1780-\u17ff]"), 0.3),
    ("am", re.compile("[\u1200-\u137f]"), 0.4),
)
# Scripts of several languages; the first one where words do not tell.
_SHARED_SCRIPTS = (
    (("ar", "fa", "ur"), re.compile("[\u0620-\u06ff]")),
    (("he", "yi"), re.compile("[\u0590-\u05ff]")),
    (("hi", "mr"), re.compile("[\u0900-\u097f]")),
)
_SHARED = 0.4
_SIGNS = {"fa": frozenset("پچژگ"), "ur": frozenset("ٹڈڑںےھ")}  # that Arabic does not have
_TWINS = {frozenset(("hr", "sr")): "hr", frozenset(("id", "ms")): "id"}
_LATIN = re.compile("[a-z]")
_WORDS = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")

# Of no language, of several, or of one that nobody named.
_NONE = frozenset({"und", "mul", "zxx", "mis", "unk", "unknown", "none", "auto", "qaa", "xx"})
_LONGEST_CODE = 3
_NOT_LANGUAGES = ("names", "codes")  # in the table


@dataclass(frozen=True, slots=True)
class Language:
    """What texts of a language are known by.

    Attributes:
        code: ISO 639-1.
        name: In English.
        letters: Outside ASCII, in small letters, by frequency.
        words: Commonest ones, casefolded.
        common: Commonest characters, where words mean little.
        encodings: Of before UTF-8, as Python names them, the likeliest first.
    """

    code: str
    name: str
    letters: str = ""
    words: frozenset[str] = frozenset()
    common: frozenset[str] = frozenset()
    encodings: tuple[str, ...] = ()


@cache
def languages() -> dict[str, Language]:
    """All languages that texts are known of, by code."""
    return {
        code: Language(
            code,
            about["name"],
            about.get("letters", "").replace(" ", ""),
            frozenset(about.get("words", "").casefold().split()),
            frozenset(about.get("common", "")),
            tuple(about.get("encodings", "").split()),
        )
        for code, about in _table().items()
        if code not in _NOT_LANGUAGES
    }


@cache
def _table() -> dict[str, dict[str, str]]:
    file = resources.files("sentigram.core").joinpath("languages.toml")
    table: dict[str, dict[str, str]] = tomllib.loads(file.read_text(encoding="utf-8"))
    return table


@cache
def _codes_of_names() -> dict[str, str]:
    """Codes of two letters by names, and by codes of three."""
    table = _table()
    codes = {code: short for short, listed in table["codes"].items() for code in listed.split()}
    codes |= {name.casefold(): code for code, name in table["names"].items()}
    for code, about in table.items():
        if code not in _NOT_LANGUAGES:
            called = (about["name"], *about.get("also", "").split())
            codes |= dict.fromkeys(map(str.casefold, called), code)
    return codes


def language_code(tag: str) -> str:
    """The code of a language as files and people name it: `en-US`, `spa`, `Spanish`, `español`.

    Returns:
        ISO 639-1 where there is such a code, else the tag's own of three letters; "" where it
        names no language.
    """
    parts: list[str] = re.findall(r"[^\W\d_]+", unicodedata.normalize("NFC", tag).casefold())
    if not parts or parts[0] in _NONE:
        return ""
    known = _codes_of_names()
    whole = " ".join(parts)
    for name in (whole, parts[0]):
        if name in known:
            return known[name]
    if parts[0].isascii() and 1 < len(parts[0]) <= _LONGEST_CODE:
        return parts[0]
    return next((known[part] for part in parts if part in known), "")  # "Brazilian Portuguese"


def iso_639_1(tag: str) -> str:
    """The two-letter code of a language as files and people name it, "" where it has none."""
    code = language_code(tag)
    return code if len(code) == 2 else ""


def language_option(text: str) -> str | None:
    """The code of a language that somebody asks for; None for "" and "auto".

    Raises:
        UsageError: There is no such language.
    """
    if text.strip().casefold() in ("", "auto"):
        return None
    code = language_code(text)
    if not code or (len(code) == 2 and code not in languages() and code not in _other_codes()):
        message = (
            f"`language {text!r}`: no such language is known; write its code or English name, for "
            "example en, ja, pt-BR or Spanish"
        )
        raise UsageError(message)
    return code


def language_name(code: str) -> str:
    """A language's English name, its code where that is not known."""
    name: str = _table()["names"].get(code, code)
    return languages()[code].name if code in languages() else name


@cache
def _other_codes() -> frozenset[str]:
    return frozenset({*_table()["names"], *_table()["codes"]})


def detect(text: str) -> str:
    """ISO 639-1 code of a text, "" where it is not clear."""
    sample = unicodedata.normalize("NFC", text[:_SAMPLE_CHARS])
    letters = sum(char.isalpha() for char in sample)
    for language, script, share in _SCRIPTS:
        if letters and len(script.findall(sample)) >= share * letters:
            return language
    words = [word.casefold().replace("’", "'") for word in _WORDS.findall(sample)]
    for shared, script in _SHARED_SCRIPTS:
        if letters and len(script.findall(sample)) >= _SHARED * letters:
            return _of_script(words, shared)
    if len(words) < _LEAST_WORDS:
        return ""
    ranked = ranking(words)
    (best, first), (second, rival) = ranked[:2]
    if best < _LEAST_SHARE:
        return ""
    if best >= _LEAST_LEAD * second:
        return first
    return _sooner(words, first, rival)


def _sooner(words: list[str], first: str, rival: str) -> str:
    """One of two languages that share most of their words, by those that only one has."""
    one, other = languages()[first], languages()[rival]
    for_one = sum(word in one.words and word not in other.words for word in words)
    for_other = sum(word in other.words and word not in one.words for word in words)
    if for_one >= for_other + 2 and for_one >= 1.5 * for_other:
        return first
    usual = _TWINS.get(frozenset((first, rival)), "")
    return usual if for_one == for_other or (usual == first and for_one > for_other) else ""


def _of_script(words: list[str], codes: tuple[str, ...]) -> str:
    """The language of a script that several share."""
    ranked = ranking(words, codes)
    if len(ranked) > 1 and ranked[0][0] > 0 and ranked[0][0] >= _LEAST_LEAD * ranked[1][0]:
        return ranked[0][1]
    used = set("".join(words))
    return next((code for code in reversed(codes) if used & _SIGNS.get(code, set())), codes[0])


def ranking(words: list[str], codes: Iterable[str] = ()) -> list[tuple[float, str]]:
    """Languages by how well words fit them, in [-1.5, 1]: the share of a list's words.

    Args:
        words: In small letters.
        codes: Of the languages to look at; all if there are none.
    """
    known = languages()
    rated = []
    for code in codes or known:
        one = known[code]
        if not one.words:
            continue
        hits = sum(word in one.words for word in words)
        accented = [word for word in words if not word.isascii()]
        strange = sum(is_foreign(word, one) for word in accented)
        native = sum(bool(_LATIN.search(word)) for word in accented) - strange
        points = hits + _NATIVE_COUNTS * max(0, native) - _FOREIGN_COUNTS * strange
        rated.append((points / max(1, len(words)), code))
    return sorted(rated, reverse=True)


def is_foreign(word: str, language: Language) -> bool:
    """Whether a word in small letters has letters that a language does not have."""
    return any(c not in language.letters for c in word if not c.isascii() and c.isalpha())


def unread(name: str, language: str) -> str:
    """Why a model does not heed words: half a sentence.

    Args:
        name: How messages call the model.
        language: ISO 639-1 code, "" where nobody knows it.
    """
    if not language:
        return "the language of the words is not known; name it: `language CODE`"
    return f"{name} does not read {language!r}"
