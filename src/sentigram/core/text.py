"""Cuts text into words, and takes out what must not reach a caption."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

BRACKETS = {"[": "]", "(": ")", "（": "）", "［": "］", "【": "】"}
NOTES = frozenset("♪♫♬♩🎵🎶")  # around what is sung
LONGEST_WORD = 200  # characters; longer ones are cut, so that layout has something to break
_LONGEST_SPEAKER = 100

# Controls, and what overrides or isolates the direction of everything after it: in a caption that
# shows word by word their partner would be in another word. Marks (LRM, RLM) stay.
_REMOVED = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
# Marks that nobody sees: those, and the ones that stay because a text may need them.
_UNSEEN = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_BREAKS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
# What a written line cannot hold. No characters, the last two: XML cannot hold them, and Chromium
# ends a cue of WebVTT at U+FFFF.
_LINE_ENDS = re.compile(r"[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ufeff\ufffe\uffff]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")
# No-break spaces hold words together in typesetting, but what they hold together are words.
_SPACES = re.compile(r"[\s\u2800\u3164]+")
_POSSIBLE_BREAK = "\u200b"
# Between two letters they end a word, as in "you\u2014ask" or "you--ask"; a hyphen does not.
_DASHES = re.compile("[-\u2010-\u2015]+")
_HYPHENS = frozenset("-\u2010\u2011")
_INVISIBLE = frozenset({"Cf", "Cc", "Zs", "Zl", "Zp"})

# Scripts that are written without spaces and whose characters can stand alone.
_IDEOGRAPH = re.compile(
    "[\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3038-\u303b\u3041-\u3096\u309d-\u309f"
    "\u30a1-\u30fa\u30fd-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9d"
    "\U00020000-\U0003ffff]"
)
# What never begins a piece: small kana, the long-vowel mark, iteration marks, voicing marks.
_CLINGS = frozenset(
    "ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶー々ゝゞヽヾ〻ｧｨｩｪｫｬｭｮｯｰﾞﾟ"
    "ㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿ"
)


def clean(text: str) -> str:
    r"""Remove control characters and direction overrides; line breaks become `\n`."""
    return _REMOVED.sub("", _BREAKS.sub("\n", text))


def unseen_lines(text: str) -> frozenset[int]:
    """The lines of a text before it is cleaned, from 1, that hold a mark that nobody sees."""
    if _UNSEEN.search(text) is None:
        return frozenset()
    lines = _BREAKS.sub("\n", text).split("\n")
    return frozenset(n for n, line in enumerate(lines, 1) if _UNSEEN.search(line))


def one_line(text: str) -> str:
    """Text without line breaks, control characters and broken code units; nothing escaped."""
    text = _CONTROLS.sub("", _LINE_ENDS.sub(" ", text))
    return _SURROGATES.sub("\ufffd", text)


def is_visible(text: str) -> bool:
    """Whether there is anything to see: not only spaces, controls and joiners."""
    return any(not c.isspace() and unicodedata.category(c) not in _INVISIBLE for c in text)


def clean_speaker(text: str) -> str:
    """A speaker's name on one line, of a length that can be shown."""
    return _SPACES.sub(" ", clean(text)).strip()[:_LONGEST_SPEAKER].strip()


def letters(text: str) -> int:
    """Letters and digits: how long a word takes to say, as far as its spelling tells."""
    return sum(c.isalnum() for c in text)


def letters_of(text: str) -> str:
    """Its letters and digits, without case: what two spellings of a word have in common."""
    return "".join(c for c in text.casefold() if c.isalnum())


def is_sound(text: str) -> bool:
    """Whether a word of a transcript is a sound, such as `[applause]`: shown, and not said."""
    inner = text.strip("".join(NOTES) + "# ")
    if not inner:
        return any(c in NOTES for c in text)
    inner = inner.rstrip(".,;:!?…")
    closing = BRACKETS.get(inner[:1], "*" if inner.startswith("*") else "")
    return len(inner) > 1 and bool(closing) and inner.endswith(closing)


def split(text: str) -> Iterator[tuple[str, bool]]:
    """Cut text into words: (word, whether it follows the one before it without a space).

    Words end at spaces, and at a dash between letters, which stays with the word before it; Chinese
    and Japanese characters are words of their own, with the punctuation around them. Thai and its
    like have no mark for a word's end, so what stands between spaces stays whole.
    """
    previous = ""
    for match in re.finditer(r"(\s*)(\S+)", _spaced(clean(text))):
        space, token = match.groups()
        # A line break inside Chinese or Japanese is not a space.
        joined = bool(
            previous and "\n" in space and not space.strip("\n") and runs_on(previous, token)
        )
        for part in _parts(token):
            yield part, joined
            joined = True
            previous = part


def runs_on(before: str, after: str) -> bool:
    """Whether no space is written between two stretches: both are Chinese or Japanese there."""
    return bool(_IDEOGRAPH.match(after)) and _is_ideographic_end(before)


def _spaced(text: str) -> str:
    return _SPACES.sub(lambda m: "\n" if "\n" in m[0] and not m[0].strip("\n") else " ", text)


def _is_ideographic_end(word: str) -> bool:
    return any(_IDEOGRAPH.match(c) for c in word[-2:])


def _parts(token: str) -> Iterator[str]:
    for stretch in token.split(_POSSIBLE_BREAK):
        for half in _halves(stretch):
            for piece in _ideographs(half):
                for part in _short(piece):
                    if is_visible(part):
                        yield part


def _halves(token: str) -> Iterator[str]:
    """Cut behind dashes that stand between letters; an address stays whole."""
    start = seen = 0  # where the part begins, and up to where it was searched for a letter
    if "://" not in token and (dashes := list(_DASHES.finditer(token))):
        last = next((i for i in reversed(range(len(token))) if token[i].isalnum()), -1)
        has_letter = False
        for match in dashes:
            has_letter = has_letter or letters(token[seen : match.start()]) > 0
            seen = match.end()
            is_dash = len(match[0]) > 1 or match[0] not in _HYPHENS
            if is_dash and has_letter and seen <= last:
                yield token[start:seen]
                start, has_letter = seen, False
    yield token[start:]


def _ideographs(token: str) -> Iterator[str]:
    """Cut between ideographs, and between them and other scripts."""
    if not _IDEOGRAPH.search(token):
        yield token
        return
    start, last = 0, ""  # of the piece: where it begins, its last letter
    for i, c in enumerate(token):
        if last and _begins_piece(last, c):
            yield token[start:i]
            start, last = i, ""
        if c.isalnum():
            last = c
    yield token[start:]


def _begins_piece(last: str, c: str) -> bool:
    category = unicodedata.category(c)
    if category in ("Ps", "Pi"):
        return True
    if c in _CLINGS or category[0] in "PMS" or category == "Cf":
        return False
    return bool(_IDEOGRAPH.match(c) or _IDEOGRAPH.match(last))


def _short(word: str) -> Iterator[str]:
    """Cut a word that is too long, never before a mark that sits on the letter before it."""
    start = 0
    while len(word) - start > LONGEST_WORD:
        end = start + LONGEST_WORD
        while end > start and _sits_on_letter(word[end]):
            end -= 1
        end = end if end > start else start + LONGEST_WORD
        yield word[start:end]
        start = end
    yield word[start:]


def _sits_on_letter(c: str) -> bool:
    return c == "\u200d" or unicodedata.category(c)[0] == "M"
