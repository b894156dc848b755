"""Which script each part of a text is written in, so that one font may draw the whole part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from sentigram.style.text.letters import clusters, is_emoji

EMOJI = "Zsye"  # ISO 15924 for emoji: pictures have a face of their own, as letters of a script do
_COMMON = frozenset({"Zyyy", "Zinh", "Zzzz"})
# Written together, and drawn by one font: Japanese mixes three scripts in a word.
_EAST_ASIAN = frozenset({"Hani", "Hira", "Kana", "Bopo"})

# Letters beyond ASCII that languages with the Latin script cannot do without, where a family that
# ships lacks some: ISO 639-1 codes and the languages' own alphabets.
ALPHABETS: Mapping[str, str] = MappingProxyType(
    {
        "az": "əğıöşüçƏĞİÖŞÜÇ",
        "bs": "čćđšžČĆĐŠŽ",
        "cs": "áčďéěíňóřšťúůýžÁČĎÉĚÍŇÓŘŠŤÚŮÝŽ",
        "cy": "âêîôûŵŷÂÊÎÔÛŴŶ",
        "eo": "ĉĝĥĵŝŭĈĜĤĴŜŬ",
        "ha": "ɓɗƙƁƊƘ",
        "hr": "čćđšžČĆĐŠŽ",
        "hu": "áéíóöőúüűÁÉÍÓÖŐÚÜŰ",
        "lt": "ąčęėįšųūžĄČĘĖĮŠŲŪŽ",
        "lv": "āčēģīķļņšūžĀČĒĢĪĶĻŅŠŪŽ",
        "mi": "āēīōūĀĒĪŌŪ",
        "mt": "ċġħżĊĠĦŻ",
        "pl": "ąćęłńóśźżĄĆĘŁŃÓŚŹŻ",
        "ro": "ăâîșțĂÂÎȘȚ",
        "sk": "áäčďéíĺľňóôŕšťúýžÁÄČĎÉÍĹĽŇÓÔŔŠŤÚÝŽ",
        "sl": "čšžČŠŽ",
        "sq": "çëÇË",
        "tr": "çğıöşüÇĞİÖŞÜ",
        "vi": "ăâđêôơưĂÂĐÊÔƠƯạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ",
        "yo": "ẹọṣẸỌṢ",
    }
)


@dataclass(frozen=True, slots=True)
class ScriptRun:
    """Grapheme clusters of one script, in the order of the text.

    Attributes:
        clusters: Parts that are never divided.
        scripts: ISO 15924 codes; `EMOJI` for pictures; none for what all scripts share: digits,
            marks.
    """

    clusters: tuple[str, ...]
    scripts: frozenset[str]


def segments(text: str) -> tuple[ScriptRun, ...]:
    """Divide a text wherever its script changes; what all scripts share stands alone.

    Args:
        text: Any text.

    Returns:
        Segments that together are the text.
    """
    out: list[tuple[list[str], set[str]]] = []
    for cluster in clusters(text):
        script = _script(cluster)
        found = {script} if script else set()
        if out and _together(out[-1][1], found):
            out[-1][0].append(cluster)
            out[-1][1].update(found)
        else:
            out.append(([cluster], found))
    return tuple(ScriptRun(tuple(parts), frozenset(found)) for parts, found in out)


def _together(before: set[str], after: set[str]) -> bool:
    return before == after or (bool(before and after) and before | after <= _EAST_ASIAN)


@lru_cache(maxsize=1 << 14)
def _script(cluster: str) -> str:
    """Script of the first character that has one, "" when none has."""
    if is_emoji(cluster):
        return EMOJI
    from fontTools import unicodedata

    found = (str(unicodedata.script(char)) for char in cluster)
    return next((script for script in found if script not in _COMMON), "")
