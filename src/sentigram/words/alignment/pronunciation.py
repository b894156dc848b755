"""How written English is spoken: words to say, and phones for those that no dictionary has.

Phones are those of CMUdict without stress, as the US English model of pocketsphinx uses them.
The letter rules are a last resort for names; they need only be near enough to find the word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

Lookup = Callable[[str], str | None]
"""Phones of a word, separated by spaces, or None."""

_ONES = (  # noqa: SIM905
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()  # noqa: SIM905
_SCALES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"))
_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth",
    "nine": "ninth", "twelve": "twelfth",
}  # fmt: skip
_SAID = {
    "mr": "mister", "mrs": "missus", "ms": "miz", "dr": "doctor", "st": "saint", "vs": "versus",
    "etc": "et cetera", "jr": "junior", "sr": "senior", "ok": "okay", "prof": "professor",
    "&": "and", "+": "plus", "=": "equals", "@": "at", "%": "percent", "°": "degrees",
    "km": "kilometers", "cm": "centimeters", "mm": "millimeters", "kg": "kilograms",
    "ml": "milliliters", "mph": "miles per hour", "kmh": "kilometers per hour", "ft": "feet",
    "lbs": "pounds", "lb": "pounds", "oz": "ounces", "hz": "hertz", "khz": "kilohertz",
    "mhz": "megahertz", "ghz": "gigahertz", "mb": "megabytes", "gb": "gigabytes",
    "tb": "terabytes", "k": "k", "m": "meters", "bn": "billion", "°c": "degrees celsius",
    "°f": "degrees fahrenheit",
}  # fmt: skip
_ONLY_AFTER_NUMBERS = frozenset({"k", "m", "ft", "ml", "mm", "cm", "mb", "tb", "oz", "lb", "lbs"})
_MONEY = {"$": "dollars", "£": "pounds", "€": "euros", "¥": "yen"}
_PHONES = {"yknow": "Y AH N OW", "y'know": "Y AH N OW", "mhm": "M HH M", "miz": "M IH Z"}

_NUMBER = re.compile(
    r"(?P<money>[$£€¥])?(?P<whole>\d{1,3}(?:,\d{3})+|\d+)(?:(?P<point>[.:])(?P<part>\d+))?"
    r"(?P<ordinal>st|nd|rd|th)?(?P<plural>'?s)?(?P<unit>%|°?[a-z]*)"
)
_SOUNDLESS = re.compile(r"\[[^\]]*\]|\([^)]*\)|\*[^*]*\*|<[^>]*>|[♪♫♬#]+")
_TOKEN = re.compile(
    r"[$£€¥]?\d[\d,.:]*\d(?:[a-z%°']+)?|[$£€¥]?\d[a-z%°']*|[^\W\d_]+(?:['.][^\W\d_]+)*|[&+=@%]"
)


def spoken(text: str) -> tuple[str, ...]:
    """The words that are said where a written word stands, in lower case; none for a sound tag.

    >>> spoken("Twenty-one,"), spoken("42%"), spoken("[applause]")
    (('twenty', 'one'), ('forty', 'two', 'percent'), ())
    """
    plain = _latin(_SOUNDLESS.sub(" ", text))
    out: list[str] = []
    for match in _TOKEN.finditer(plain.lower()):
        token = match.group().strip(".,:")
        if any(c.isdigit() for c in token):
            out += _numeric(token)
        elif _is_spelled(token, plain[match.start() : match.end()]):
            out += [letter for letter in token if letter.isalpha()]
        elif token in _SAID and token not in _ONLY_AFTER_NUMBERS:
            out += _SAID[token].split()
        else:
            out.append(token.replace(".", ""))
    return tuple(word for word in out if re.fullmatch(r"[a-z']*[a-z][a-z']*", word))


def phones(word: str, lookup: Lookup) -> str:
    """Phones of a spoken word, from the dictionary, from its parts, or from its letters."""
    known = _PHONES.get(word) or lookup(word)
    if known:
        return known
    return _with_ending(word, lookup) or _compound(word, lookup) or _by_letters(word)


def cardinal(number: int) -> list[str]:
    """A whole number in words."""
    if number < 20:
        return [_ONES[number]]
    if number < 100:
        tens, ones = divmod(number, 10)
        return [_TENS[tens], *([_ONES[ones]] if ones else [])]
    if number < 1000:
        hundreds, rest = divmod(number, 100)
        return [_ONES[hundreds], "hundred", *(cardinal(rest) if rest else [])]
    for scale, name in _SCALES:
        if number >= scale:
            many, rest = divmod(number, scale)
            return [*cardinal(many), name, *(cardinal(rest) if rest else [])]
    raise AssertionError(number)


def _latin(text: str) -> str:
    text = text.replace("’", "'").replace("‘", "'")
    marks = unicodedata.normalize("NFKD", text)
    return "".join(c for c in marks if not unicodedata.combining(c))


def _is_spelled(token: str, written: str) -> bool:
    """U.S., NASA-like words without a vowel, and short capitals such as FBI are spelled."""
    if "." in token:
        return all(len(part) == 1 for part in token.split("."))
    return 2 <= len(token) <= 5 and written.isupper() and not re.search(r"[aeiouy]", token)


def _numeric(token: str) -> list[str]:
    match = _NUMBER.fullmatch(token)
    if match is None or len(match["whole"]) > 15:
        return [word for c in token if c.isdigit() for word in cardinal(int(c))]
    number = int(match["whole"].replace(",", ""))
    said = _plain_number(match["whole"], number, is_bare=not (match["money"] or match["unit"]))
    if match["ordinal"]:
        said = _last(said, _ordinal)
    if match["plural"]:
        said = _last(said, lambda word: word[:-1] + "ies" if word.endswith("y") else word + "s")
    part = match["part"]
    if part and match["point"] == ":":
        said = cardinal(number) + ([] if int(part) == 0 else _clock(part))
    elif part and match["money"]:
        return [*said, _MONEY[match["money"]], *cardinal(int(part[:2].ljust(2, "0")))]
    elif part:
        said = [*cardinal(number), "point", *(_ONES[int(c)] for c in part)]
    unit = _SAID.get(match["unit"], match["unit"]).split()
    return [*said, *unit, *([_MONEY[match["money"]]] if match["money"] else [])]


def _plain_number(digits: str, number: int, *, is_bare: bool) -> list[str]:
    if digits.startswith("0") and len(digits) > 1:
        return [_ONES[int(c)] for c in digits]
    is_year = is_bare and len(digits) == 4 and (1100 <= number < 2000 or 2010 <= number < 2100)
    if not is_year:
        return cardinal(number)
    century, rest = divmod(number, 100)
    if not rest:
        return [*cardinal(century), "hundred"]
    return [*cardinal(century), *(["oh"] if rest < 10 else []), *cardinal(rest)]


def _clock(part: str) -> list[str]:
    return ["oh", *cardinal(int(part))] if part.startswith("0") else cardinal(int(part))


def _last(words: list[str], change: Callable[[str], str]) -> list[str]:
    return [*words[:-1], change(words[-1])]


def _ordinal(word: str) -> str:
    if word in _ORDINALS:
        return _ORDINALS[word]
    return word[:-1] + "ieth" if word.endswith("y") else word + "th"


_ENDINGS = (
    ("'s", "Z"), ("s'", "Z"), ("'ll", "AH L"), ("'d", "D"), ("'ve", "V"), ("'re", "ER"),
    ("n't", "AH N T"), ("in'", "IH N"), ("ing", "IH NG"), ("ness", "N AH S"), ("less", "L AH S"),
    ("ment", "M AH N T"), ("ly", "L IY"), ("ed", "D"), ("er", "ER"), ("es", "IH Z"), ("s", "Z"),
)  # fmt: skip


def _with_ending(word: str, lookup: Lookup) -> str | None:
    for ending, sound in _ENDINGS:
        if not word.endswith(ending):
            continue
        base = word.removesuffix(ending)
        for stem in (base, base + "e", base[:-1] if base[-2:-1] == base[-1:] else base):
            stem_phones = lookup(stem) if len(stem) >= 2 else None
            if stem_phones:
                return f"{stem_phones} {sound}"
    return None


def _compound(word: str, lookup: Lookup) -> str | None:
    for cut in sorted(range(3, len(word) - 2), key=lambda cut: abs(2 * cut - len(word))):
        left, right = lookup(word[:cut]), lookup(word[cut:])
        if left and right:
            return f"{left} {right}"
    return None


_AT_START = {"kn": "N", "gn": "N", "wr": "R", "ps": "S", "x": "Z", "y": "Y", "mc": "M AH K"}
_GRAPHEMES = {
    "tion": "SH AH N", "sion": "ZH AH N", "cious": "SH AH S", "tious": "SH AH S", "ture": "CH ER",
    "eigh": "EY", "ough": "AO", "augh": "AO", "igh": "AY", "tch": "CH", "dge": "JH", "eau": "OW",
    "ch": "CH", "sh": "SH", "th": "TH", "ph": "F", "wh": "W", "ck": "K", "ng": "NG", "qu": "K W",
    "gh": "G", "zh": "ZH", "kh": "K", "ee": "IY", "ea": "IY", "oo": "UW", "ou": "AW", "ow": "OW",
    "oi": "OY", "oy": "OY", "ai": "EY", "ay": "EY", "au": "AO", "aw": "AO", "ey": "IY",
    "ie": "IY", "ei": "EY", "oa": "OW", "ue": "UW", "ui": "UW", "ew": "UW", "eu": "Y UW",
    "er": "ER", "ir": "ER", "ur": "ER", "ar": "AA R", "or": "AO R", "a": "AE", "b": "B", "c": "K",
    "d": "D", "e": "EH", "f": "F", "g": "G", "h": "HH", "i": "IH", "j": "JH", "k": "K", "l": "L",
    "m": "M", "n": "N", "o": "AA", "p": "P", "q": "K", "r": "R", "s": "S", "t": "T", "u": "AH",
    "v": "V", "w": "W", "x": "K S", "y": "IH", "z": "Z",
}  # fmt: skip
_AT_END = {"a": "AH", "e": "", "i": "IY", "o": "OW", "u": "UW", "y": "IY", "es": "Z"}
_LONG = {"a": "EY", "e": "IY", "i": "AY", "o": "OW", "u": "UW", "y": "AY"}


def _by_letters(word: str) -> str:
    letters = re.sub(r"([b-df-hj-np-tv-z])\1", r"\1", re.sub(r"[^a-z]", "", word))
    out: list[str] = []
    i = 0
    while i < len(letters):
        rest = letters[i:]
        start = next((g for g in _AT_START if i == 0 and rest.startswith(g)), "")
        if start and len(rest) > len(start):
            out.append(_AT_START[start])
            i += len(start)
        elif rest in _AT_END and out:
            out.append(_AT_END[rest])
            break
        elif re.match(r"[aeiouy][b-df-hj-np-tv-z]e$", rest):  # a silent e makes it long
            out.append(_LONG[rest[0]])
            i += 1
        elif re.match(r"[cg][eiy]", rest):
            out.append("S" if rest[0] == "c" else "JH")
            i += 1
        else:
            grapheme = next(rest[:n] for n in (5, 4, 3, 2, 1) if rest[:n] in _GRAPHEMES)
            out.append(_GRAPHEMES[grapheme])
            i += len(grapheme)
    return " ".join(sound for sound in out if sound) or "AH"
