"""The characters that each fallback family keeps: what its languages write every day.

Chinese, Japanese and Korean follow the national standards of everyday characters, which Python's
own codecs know by row: JIS X 0208 level 1 with kana and symbols, GB 2312 together with level 1 of
Big5 (so that one face draws simplified and traditional text), KS X 1001 syllables. Other scripts
keep their Unicode blocks.
"""

from __future__ import annotations

from collections.abc import Iterable


def _range(first: int, last: int) -> set[int]:
    return set(range(first, last + 1))


def _rows(codec: str, rows: Iterable[int]) -> set[int]:
    """Every character of the rows (first bytes) of a two-byte codec."""
    found = set()
    for row in rows:
        for cell in range(0x40, 0xFF):
            char = bytes((row, cell)).decode(codec, errors="ignore")
            if len(char) == 1 and not char.isascii():
                found.add(ord(char))
    return found


# Marks that stand among the letters of every script: their face must not change in a word.
NEUTRAL = (
    {code for code in _range(0x20, 0x7E) if not chr(code).isalpha()}
    | _range(0xA0, 0xBF)
    | _range(0x2000, 0x206F)
    | _range(0x20A0, 0x20CF)
    | {0xD7, 0xF7, 0x2116, 0x2122}
    | {0x25CC}  # the dotted circle that carries a mark without a letter
)
_DANDA = _range(0x964, 0x965)
_WIDE_FORMS = _range(0xFF01, 0xFF9F)
_MUSIC = _range(0x2669, 0x266F)  # JIS X 0208 has one note; captions know more

# Of the phonetic alphabet, what languages of Africa and the Caucasus write, and the ʻokina.
_PHONETIC = set(map(ord, "ɓɔɖɗəɛɠɣɨɩɲʃʉʊʋʒʔʹʺʻʼ"))

CHARSETS: dict[str, set[int]] = {
    "Latn": _range(0x20, 0x24F) | _range(0x300, 0x36F) | _range(0x1E00, 0x1EFF) | _PHONETIC,
    "Grek": _range(0x370, 0x3FF) | _range(0x1F00, 0x1FFF),
    "Cyrl": _range(0x400, 0x52F),
    "Hira": _rows("euc_jp", range(0xA1, 0xA9)) | _WIDE_FORMS | _MUSIC,
    "Kana": _range(0x30A0, 0x30FF) | _range(0x31F0, 0x31FF),
    "Bopo": _range(0x3105, 0x312F),
    "Hang": _rows("euc_kr", [*range(0xA1, 0xA4), *range(0xB0, 0xC9)]) | _range(0x3131, 0x318E),
    "Arab": _range(0x600, 0x6FF) | _range(0x750, 0x77F) | _range(0xFDFA, 0xFDFD) | {0xFDF2},
    "Hebr": _range(0x591, 0x5F4) | _range(0xFB1D, 0xFB4F),
    "Deva": _range(0x900, 0x97F),
    "Beng": _range(0x980, 0x9FF) | _DANDA,
    "Guru": _range(0xA00, 0xA7F) | _DANDA,
    "Gujr": _range(0xA80, 0xAFF) | _DANDA,
    "Taml": _range(0xB80, 0xBFF) | _DANDA,
    "Telu": _range(0xC00, 0xC7F) | _DANDA,
    "Knda": _range(0xC80, 0xCFF) | _DANDA,
    "Mlym": _range(0xD00, 0xD7F) | _DANDA,
    "Sinh": _range(0xD80, 0xDFF) | _DANDA,
    "Thai": _range(0xE00, 0xE7F),
    "Laoo": _range(0xE80, 0xEFF),
    "Mymr": _range(0x1000, 0x109F),
    "Geor": _range(0x10A0, 0x10FF) | _range(0x1C90, 0x1CBF),
    "Armn": _range(0x530, 0x58F),
    "Ethi": _range(0x1200, 0x137F),
    "Khmr": _range(0x1780, 0x17FF),
    # All of the emoji font: signs, halves of flags, and what joins, encloses and selects them.
    "Zsye": _range(0x200D, 0xE007F),
}
_JAPANESE = _rows("euc_jp", range(0xB0, 0xD0))
_CHINESE = _rows("gb2312", range(0xA1, 0xF8)) | _rows("big5", range(0xA1, 0xC7)) | _WIDE_FORMS


def of(scripts: Iterable[str]) -> set[int]:
    """Code points that a family with these scripts keeps."""
    scripts = set(scripts)
    found = set(NEUTRAL).union(*(CHARSETS[script] for script in scripts - {"Hani"}))
    if "Hani" in scripts:
        found |= _JAPANESE if "Kana" in scripts else _CHINESE
    return found


def is_square(scripts: Iterable[str]) -> bool:
    """Whether the letters stand side by side unshaped, as East Asian ones do."""
    return not {"Hani", "Hang"}.isdisjoint(scripts)
