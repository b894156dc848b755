"""Direction of text: in which order the words of a line stand on the screen (UAX #9).

A renderer that places words one by one must order them itself; one that draws whole lines leaves
that to the player. Levels come from python-bidi, whose algorithm, like libass as ffmpeg builds it,
knows neither isolates nor paired brackets; isolates are read as if they were not there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

# ISO 639: languages that are written from right to left in their usual script.
_RIGHT_TO_LEFT = frozenset(
    {"ar", "arc", "ckb", "dv", "fa", "he", "iw", "nqo", "ps", "sd", "syr", "ug", "ur", "yi"}
)
LTR_MARK, RTL_MARK, ARABIC_MARK = "\u200e", "\u200f", "\u061c"
_LTR_EMBEDDING, _RTL_EMBEDDING, _POP = "\u202a", "\u202b", "\u202c"
Marks = tuple[str, str]
NO_MARKS: Marks = ("", "")
_SIDES = ("", RTL_MARK, LTR_MARK, ARABIC_MARK)
# What may surround a word, the simplest first; an embedding also holds a full stop that follows a
# Latin word to its left.
_MARKS: tuple[Marks, ...] = (
    NO_MARKS,
    *((side, side) for side in _SIDES[1:]),
    *((before, after) for before in _SIDES for after in _SIDES if before != after),
    *((_RTL_EMBEDDING + before, after + _POP) for before in _SIDES for after in _SIDES),
)
CONTROLS = (LTR_MARK, RTL_MARK, ARABIC_MARK, _LTR_EMBEDDING, _RTL_EMBEDDING, _POP)
# Hebrew, Arabic, Syriac, Thaana, NKo and their presentation forms; the old scripts of plane 1;
# and the marks that turn other text around.
_TURNING = re.compile(
    "[\u0590-\u08ff\u200f\u202b\u202e\u2067\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff"
    "\U0001e800-\U0001efff]"
)
# Types that python-bidi does not expect: breaks end a line, which a word cannot; unassigned
# characters and isolates have no class there.
_AS_NEUTRAL, _AS_NOTHING, _AS_LETTER = "\ufffc", "\u200b", "a"
_STAND_INS = {
    "B": _AS_NEUTRAL,
    "S": _AS_NEUTRAL,
    "": _AS_LETTER,
    **dict.fromkeys(("LRI", "RLI", "FSI", "PDI"), _AS_NOTHING),
}


def is_right_to_left(text: str) -> bool:
    """Whether the text holds letters or marks that run from right to left."""
    return _TURNING.search(text) is not None


def base_level(text: str, language: str = "") -> int:
    """Direction of a paragraph: 0 from left to right, 1 from right to left.

    Text with any letter from right to left goes that way where its language does, even if it
    begins with a Latin name; otherwise the first strong letter decides (UAX #9, P2 and P3).

    Args:
        text: All lines of a caption: both of its lines run the same way.
        language: ISO 639-1, "" when unknown.
    """
    if not is_right_to_left(text):
        return 0
    if language in _RIGHT_TO_LEFT or language.partition("-")[0] in _RIGHT_TO_LEFT:
        return 1
    return first_strong(text)


def first_strong(text: str) -> int:
    """What a player that looks for the first strong letter takes as the direction."""
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind in ("L", "R", "AL"):
            return int(kind != "L")
    return 0


def visual_order(tokens: Sequence[str], base: int) -> tuple[int, ...]:
    """Indices of tokens from left to right on the screen.

    Args:
        tokens: Words and the spaces between them, in the order in which they are read.
        base: 0 or 1, see `base_level`.
    """
    text = "".join(tokens)
    if base == 0 and not is_right_to_left(text):
        return tuple(range(len(tokens)))
    place = {char: at for at, char in enumerate(_display_order(text, base))}
    keys, start, last = [], 0, -1
    for token in tokens:
        seen = [place[i] for i in range(start, start + len(token)) if i in place]
        last = min(seen, default=last)  # of marks alone: beside the token before
        keys.append(last)
        start += len(token)
    return tuple(sorted(range(len(tokens)), key=lambda i: (keys[i], i)))


def cuts(tokens: Sequence[str], base: int) -> tuple[tuple[int, ...], ...]:
    """For each token where it has to be divided: its letters do not stand together in the line.

    The full stop after the last of several Latin words, at the end of a Hebrew line, stands to the
    left of all of them.
    """
    text = "".join(tokens)
    if base == 0 and not is_right_to_left(text):
        return ((),) * len(tokens)
    place = {char: at for at, char in enumerate(_display_order(text, base))}
    made: list[tuple[int, ...]] = []
    start = 0
    for token in tokens:
        seen = [(i, place[start + i]) for i in range(len(token)) if start + i in place]
        places = [at for _, at in seen]
        is_whole = not places or max(places) - min(places) < len(places)
        leaps = [i for (_, a), (i, b) in pairwise(seen) if abs(a - b) > 1]
        made.append(() if is_whole else tuple(leaps))
        start += len(token)
    return tuple(made)


def marks(tokens: Sequence[str], base: int) -> tuple[Marks, ...]:
    """For each token the invisible characters before and after it that keep its letters in order.

    A token drawn alone has lost its line: the full stop after a Hebrew word would jump to its
    other side. There are none where the token alone reads as it does in the line.
    """
    text = "".join(tokens)
    if base == 0 and not is_right_to_left(text):
        return (NO_MARKS,) * len(tokens)
    place = {char: at for at, char in enumerate(_display_order(text, base))}
    levels = _levels(text, base)
    made, start = [], 0
    for token in tokens:
        inside = [i for i in range(start, start + len(token)) if i in place]
        wanted = tuple(i - start for i in sorted(inside, key=place.__getitem__))
        turned = tuple(levels[i] % 2 for i in inside)
        made.append(_marks(token, wanted, turned, base))
        start += len(token)
    return tuple(made)


def _marks(token: str, wanted: tuple[int, ...], turned: tuple[int, ...], base: int) -> Marks:
    """The first marks with which a token alone has its order, whichever way a player starts."""
    for around in _MARKS:
        if all(_alone(token, around, start) == (wanted, turned) for start in (0, 1)):
            return around
    return (_RTL_EMBEDDING if base else _LTR_EMBEDDING, _POP)


@lru_cache(maxsize=4096)
def _alone(token: str, around: Marks, base: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Order and direction of a token's characters, drawn as a line of its own."""
    before, after = around
    marked, shift = f"{before}{token}{after}", len(before)
    inside = range(shift, shift + len(token))
    order = tuple(i - shift for i in _display_order(marked, base) if i in inside)
    levels = _levels(marked, base)
    return order, tuple(levels[i] % 2 for i in inside if i in levels)


def _display_order(text: str, base: int) -> tuple[int, ...]:
    """Indices of characters from left to right; embedding controls are left out (rule X9)."""
    return tuple(index for index, _ in _resolved(text, base))


def _levels(text: str, base: int) -> dict[int, int]:
    return dict(_resolved(text, base))


@lru_cache(maxsize=1024)
def _resolved(text: str, base: int) -> tuple[tuple[int, int], ...]:
    """(index, level) of each character, from left to right."""
    from bidi import algorithm

    storage: dict[str, Any] = algorithm.get_empty_storage()
    storage["base_level"], storage["base_dir"] = base, ("L", "R")[base]
    algorithm.get_embedding_levels("".join(map(_expected, text)), storage)
    for index, char in enumerate(storage["chars"]):
        char["index"] = index
    algorithm.explicit_embed_and_overrides(storage)
    algorithm.resolve_weak_types(storage)
    algorithm.resolve_neutral_types(storage, debug=False)
    algorithm.resolve_implicit_levels(storage, debug=False)
    algorithm.reorder_resolved_levels(storage, debug=False)
    return tuple((char["index"], char["level"]) for char in storage["chars"])


@cache
def _expected(char: str) -> str:
    return _STAND_INS.get(unicodedata.bidirectional(char), char)
