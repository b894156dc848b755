"""Finds the encoding of text that is older than UTF-8, by what it would say.

Almost any bytes are text in almost any of these encodings; only one of the texts is in a language.
So each is read, and judged by its words: those that have letters of one language only, and its
commonest ones, speak for it; capitals inside words, mixed scripts and signs between letters speak
against it. What does not win clearly is not known, and is not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from sentigram.core.language import Language, language_name, languages

_SAMPLE_BYTES = 4_000  # of lines that are not plain ASCII
_MOST_UNREADABLE = 0.02  # of the characters of a sample

# What a word with letters outside ASCII counts.
_NATIVE, _FOREIGN, _COMMON, _ALONE = 0.5, -2.0, 1.5, -1.0
_BY_RANK = 0.5  # more for frequent letters, less for rare ones
_PLAIN_COMMON = 0.4  # a common word of ASCII letters: it tells the language, not the encoding
_MIXED, _CAPITAL_INSIDE, _SIGN, _CONTROL = -3.0, -2.0, -2.0, -4.0
_OTHERS_AMONG = 4  # where a script is used, at least a fifth of a line is in it
_LATER = 0.15  # less for each encoding that is less usual for a language
# What a character of a script without letters counts.
_COMMON_CHARACTER, _KANA, _OTHER_SCRIPT = 0.8, 1.0, -1.0
_RARE = {"zh": -0.4, "ja": -0.2, "ko": -0.1}

# How clearly the best text must win over the next one, and how good it must be, a word.
_LEAD, _LEAD_SHARE, _LEAD_A_LETTER = 1.5, 0.15, 0.5
_TOLD_LEAD, _LEAST_A_WORD = 0.5, 0.3

_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_CAPITAL = re.compile(r"(?=.*[^\x00-\x7f]).*?[a-zß-öø-ÿа-яёα-ω][A-ZÀ-ÖØ-ÞА-ЯЁΑ-Ω]")
_USUAL_SIGNS = frozenset(
    "–—―‒‘’‚‛“”„‟«»‹›…•·¡¿°€£§©®™♪♫♥½¼¾²³ªº′″№\u00a0\u00ad\u200b\u200c\u200d\u200e\u200f´`"
    "、。，！？「」『』（）《》〈〉：；・～ー【】\u3000，．‥〜￥％"
    "،؛؟٪ـ٫٬฿ๆฯ΄।¨\ufeff"
)
_BETWEEN_LETTERS = frozenset("’‘·-\u00ad\u200b\u200c\u200d\u200e\u200fـ・ー")
_SCRIPTS = tuple(
    re.compile(f"[{ranges}]")
    for ranges in (
        "a-zA-Z\u00c0-\u024f\u1e00-\u1eff",
        "\u0370-\u03ff\u1f00-\u1fff",
        "\u0400-\u052f",
        "\u0590-\u05ff\ufb1d-\ufb4f",
        "\u0600-\u06ff\ufb50-\ufdff\ufe70-\ufefc",
        "\u0e01-\u0e5b",
        "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uff66-\uff9f",
    )
)
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
_KANA_RANGE = re.compile("[\u3041-\u3096\u30a1-\u30fa\u30fc]")
_HANGUL = re.compile("[\uac00-\ud7a3]")
_EITHER = str.maketrans("şţŞŢ", "șțȘȚ")
_TITLES = {
    "koi8_r": "KOI8-R",
    "koi8_u": "KOI8-U",
    "mac_roman": "Mac Roman",
    "mac_latin2": "Mac Central European",
    "mac_cyrillic": "Mac Cyrillic",
    "mac_greek": "Mac Greek",
    "mac_turkish": "Mac Turkish",
    "mac_croatian": "Mac Croatian",
    "mac_romanian": "Mac Romanian",
    "mac_iceland": "Mac Icelandic",
    "mac_arabic": "Mac Arabic",
    "mac_farsi": "Mac Farsi",
    "cp932": "Shift JIS",
    "euc_jp": "EUC-JP",
    "iso2022_jp": "ISO-2022-JP",
    "gb18030": "GB 18030",
    "big5hkscs": "Big5",
    "cp949": "EUC-KR",
}


@dataclass(frozen=True, slots=True)
class Guess:
    """What bytes are taken for.

    Attributes:
        encoding: As Python names it, "" where it cannot be known.
        language: ISO 639-1 of the text.
        rivals: Encodings in which it would be text as well, where it cannot be known.
    """

    encoding: str
    language: str = ""
    rivals: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """For messages: `Windows-1250 (Polish)`."""
        return f"{title(self.encoding)} ({language_name(self.language)})"


@dataclass(frozen=True, slots=True)
class _Reading:
    """A sample in one encoding, rated by the language that fits it best."""

    score: float
    encoding: str
    language: str
    text: str
    n_words: int


@dataclass(frozen=True, slots=True)
class _Sample:
    """What a text is rated by, whatever the language.

    Attributes:
        accented: Words with letters outside ASCII, casefolded.
        plain: The others.
        characters: All that are not ASCII and no space.
        penalty: For what no language has.
    """

    accented: tuple[str, ...]
    plain: tuple[str, ...]
    characters: tuple[str, ...]
    penalty: float


def title(encoding: str) -> str:
    """What people call an encoding."""
    if match := re.fullmatch(r"cp(125\d|874)", encoding):
        return f"Windows-{match[1]}"
    if match := re.fullmatch(r"iso8859_(\d+)", encoding):
        return f"ISO 8859-{match[1]}"
    if match := re.fullmatch(r"cp(\d+)", encoding):
        return _TITLES.get(encoding, f"DOS {match[1]}")
    return _TITLES.get(encoding, encoding)


def guess(data: bytes, language: str = "") -> Guess:
    """The encoding of bytes that are not UTF-8.

    Args:
        data: Of a whole file.
        language: ISO 639-1 of the text, "" when unknown: it settles what the bytes leave open.
    """
    sample = sample_of(data)
    known = languages().get(language)
    if known is not None and known.encodings:
        told = sorted(_readings(sample, known), key=lambda one: -one.score)
        if told and _is_clear(told, _TOLD_LEAD):
            return Guess(told[0].encoding, language)
    readings = sorted(_all_readings(sample), key=lambda one: -one.score)
    if readings and _is_clear(readings, _LEAD):
        return Guess(readings[0].encoding, readings[0].language)
    rivals = tuple(dict.fromkeys(one.encoding for one in readings if one.score > 0))[:3]
    return Guess("", rivals=rivals)


def sample_of(data: bytes) -> bytes:
    """The first lines that are not plain ASCII."""
    kept: list[bytes] = []
    size = 0
    for line in data.split(b"\n"):
        if not line.isascii():
            kept.append(line[:_SAMPLE_BYTES])
            size += len(line)
        if size > _SAMPLE_BYTES:
            break
    return b"\n".join(kept)


def _is_clear(readings: list[_Reading], lead: float) -> bool:
    """Whether the best reading is good, and better than the best one of another text."""
    best = readings[0]
    if best.score <= 0 or best.score < _LEAST_A_WORD * best.n_words:
        return False
    other = next((one for one in readings if _same(one.text) != _same(best.text)), None)
    if other is None:
        return True
    if lead == _LEAD:
        lead = max(lead, min(_LEAD_SHARE * best.score, _LEAD_A_LETTER * _apart(best, other)))
    return best.score - other.score >= lead


def _apart(one: _Reading, other: _Reading) -> int:
    """In how many characters two readings differ."""
    if len(one.text) != len(other.text):
        return len(one.text)
    return sum(a != b for a, b in zip(one.text, other.text, strict=True))


def _same(text: str) -> str:
    """A text without a difference that is none: Romanian is written with either letter."""
    return text.translate(_EITHER)


@cache
def _encodings() -> dict[str, tuple[str, ...]]:
    """Languages of each encoding."""
    of: dict[str, list[str]] = {}
    for one in languages().values():
        for encoding in one.encodings:
            of.setdefault(encoding, []).append(one.code)
    return {encoding: tuple(codes) for encoding, codes in of.items()}


def _all_readings(sample: bytes) -> Iterator[_Reading]:
    for encoding, codes in _encodings().items():
        text = _decoded(sample, encoding)
        if text is not None:
            seen = _seen(text)
            rated = ((_score(seen, languages()[c], encoding), c) for c in codes)
            score, code = max(rated)
            yield _Reading(score, encoding, code, text, _n_words(seen, languages()[code]))


def _readings(sample: bytes, language: Language) -> Iterator[_Reading]:
    for encoding in language.encodings:
        text = _decoded(sample, encoding)
        if text is not None:
            seen = _seen(text)
            score = _score(seen, language, encoding)
            yield _Reading(score, encoding, language.code, text, _n_words(seen, language))


def _n_words(seen: _Sample, language: Language) -> int:
    return len(seen.characters) if language.common else len(seen.accented)


def _decoded(sample: bytes, encoding: str) -> str | None:
    """A sample in an encoding, None where too much of it would mean nothing."""
    text = sample.decode(encoding, "replace")
    return None if text.count("\ufffd") > _MOST_UNREADABLE * len(text) else text


def _seen(text: str) -> _Sample:
    accented: list[str] = []
    plain: list[str] = []
    penalty = 0.0
    for match in _TOKEN.finditer(text):
        word = match[0]
        folded = word.casefold().replace("’", "'")
        if word.isascii():
            plain.append(folded)
            continue
        accented.append(folded)
        scripts = sum(script.search(word) is not None for script in _SCRIPTS)
        penalty += _MIXED * (scripts > 1) + _CAPITAL_INSIDE * bool(_CAPITAL.match(word))
    n_others = sum(not _SCRIPTS[0].search(word) for word in accented)
    if _OTHERS_AMONG * n_others < len(plain):  # single letters of another script in Latin text
        penalty += _MIXED * n_others
    for match in _NOT_ASCII.finditer(text):
        c, at = match[0], match.start()
        if c.isalpha() or c.isspace():
            continue
        is_between = text[at - 1 : at].isalpha() and text[at + 1 : at + 2].isalpha()
        if "\x80" <= c <= "\x9f" or c == "\ufffd":
            penalty += _CONTROL
        elif not _is_mark(c) and (
            c not in _USUAL_SIGNS or (is_between and c not in _BETWEEN_LETTERS and ord(c) < 0x3000)
        ):
            penalty += _SIGN
    characters = tuple(c for c in text if c > "\x7f" and not c.isspace())
    return _Sample(tuple(accented), tuple(plain), characters, penalty)


def _is_mark(c: str) -> bool:
    """Whether a character is a vowel sign or an accent that stands by itself."""
    return (
        "\u0300" <= c <= "\u036f"
        or "\u0591" <= c <= "\u05c7"
        or "\u0e30" <= c <= "\u0e4e"
        or ("\u064b" <= c <= "\u0655")
    )


def _score(seen: _Sample, language: Language, encoding: str) -> float:
    later = -_LATER * language.encodings.index(encoding)
    if language.common:
        return later + sum(_of_character(c, language) for c in seen.characters)
    if language.code == "th":
        return later + seen.penalty + sum(_of_letter(c, language) for c in seen.characters)
    plain = _PLAIN_COMMON * sum(word in language.words for word in seen.plain)
    accented = sum(_of_word(word, language) for word in seen.accented)
    return later + seen.penalty + plain + accented


def _of_word(word: str, language: Language) -> float:
    if word in language.words:
        return _NATIVE + _COMMON * (len(word) > 1)
    ranks = _ranks(language)
    letters = [c for c in word if c > "\x7f" and c.isalpha()]
    if any(c not in ranks for c in letters):
        return _FOREIGN
    if len(word) == 1:
        return _ALONE
    return _NATIVE + _BY_RANK * sum(ranks[c] for c in letters) / max(1, len(letters))


def _of_letter(c: str, language: Language) -> float:
    rank = _ranks(language).get(c)
    return 0.1 + 0.1 * rank if rank is not None else 0.0 if c in _USUAL_SIGNS else -1.0


@cache
def _ranks(language: Language) -> dict[str, float]:
    """From 1 for a language's commonest letter outside ASCII to -1 for its rarest."""
    count = max(1, len(language.letters) - 1)
    return {c: 1 - 2 * at / count for at, c in reversed(list(enumerate(language.letters)))}


def _of_character(c: str, language: Language) -> float:
    """What a character says for Chinese, Japanese or Korean."""
    code = language.code
    if c in language.common:
        return _COMMON_CHARACTER
    if _KANA_RANGE.match(c):
        return _KANA if code == "ja" else _OTHER_SCRIPT
    if _HANGUL.match(c):
        return _RARE["ko"] if code == "ko" else _OTHER_SCRIPT
    if _HAN.match(c):
        return _RARE[code] if code != "ko" else _OTHER_SCRIPT
    if c in _USUAL_SIGNS or "\uff01" <= c <= "\uff5e":
        return 0.0
    return _OTHER_SCRIPT
