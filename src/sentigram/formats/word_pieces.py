"""Times of words from stretches of text that have times: words, parts of words, or several.

Programs write the time of a word beside a text that is not the one to show: without punctuation,
or cut where the recognizer's tokens end. Both have the same letters in the same order; by these a
text gets its times.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sentigram.core.text import letters, runs_on, split
from sentigram.formats.track import TimedWord

_REACH = 80  # letters within which a text and its pieces find together again
_SURE = 4  # letters of a word that is found again by itself
_LEAST_SHARE = 0.5  # of the words of a text that must be found for it to be the text of the pieces

# Scripts without spaces that no list of letters can cut: there a piece is the word.
_UNCUT = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")


@dataclass(frozen=True, slots=True)
class WordPiece:
    """A stretch of text with its time.

    Attributes:
        text: With the spaces around it, where the file has them.
        start_ms: None where the file does not say.
        end_ms: As start_ms.
        confidence: In [0, 1].
        speaker: "" when unknown.
    """

    text: str
    start_ms: int | None
    end_ms: int | None
    confidence: float = 1.0
    speaker: str = ""


Said = tuple[TimedWord, str]
"""A word, and who says it."""


def text_of(pieces: Sequence[WordPiece], whole: str = "") -> str:
    """The running text of pieces.

    Where there is no space between two of them is told by the whole text, if it holds them: some
    programs write ` word`, others `word`. Else the former is assumed if any piece is written so.
    """
    spaced = any(piece.text[:1].isspace() for piece in pieces)
    out: list[str] = []
    position = 0
    for piece in pieces:
        text = piece.text.strip()
        at = whole.find(text, position, position + len(text) + _REACH) if whole else -1
        if at >= 0:
            position = at + len(text)
            is_glued = at > 0 and not whole[at - 1].isspace()
        elif spaced:
            is_glued = not piece.text[:1].isspace()
        else:
            is_glued = bool(out) and (runs_on(out[-1], text) or not letters(text))
        if out and not is_glued:
            out.append(" ")
        out.append(text)
    return "".join(out)


def timed(whole: str, pieces: Sequence[WordPiece]) -> list[Said]:
    """The words of a text whose pieces say the same; where they do not, what the pieces say."""
    (words,), is_same = _fitted([whole], pieces)
    if is_same:
        return words
    return _fitted([text_of(pieces, whole)], pieces)[0][0]


def timed_texts(texts: Sequence[str], pieces: Sequence[WordPiece]) -> list[list[Said]] | None:
    """The words of several texts in a row; None where the pieces are of another text."""
    words, is_same = _fitted(texts, pieces)
    n_found = sum(word.start_ms is not None for text in words for word, _ in text)
    return words if is_same or n_found >= _LEAST_SHARE * sum(map(len, words)) else None


@dataclass(frozen=True, slots=True)
class _Letters:
    """The letters of pieces: of each, which piece it is of and where in it."""

    text: str
    owners: list[int]
    places: list[int]
    counts: list[int]


def _fitted(texts: Sequence[str], pieces: Sequence[WordPiece]) -> tuple[list[list[Said]], bool]:
    """The words of texts with their times, and whether texts and pieces have the same letters."""
    stream = _letters_of(pieces)
    words = [[(word, joined, _key(word) or word) for word, joined in split(text)] for text in texts]
    keys = [key for text in words for _, _, key in text]
    found = iter(_found(keys, stream))
    is_same = _key("".join(keys)) == _key(stream.text)
    out: list[list[Said]] = []
    for text in words:
        said: list[Said] = []
        for word, joined, key in text:
            at = next(found)
            speaker = said[-1][1] if said else ""
            if at is None:
                said.append((TimedWord(word, None, None, 1.0, joined), speaker))
            else:
                said += _said(word, (at, at + len(key)), stream, pieces, speaker, joined=joined)
        out.append(said)
    return out, is_same


def _letters_of(pieces: Sequence[WordPiece]) -> _Letters:
    keys: list[str] = []
    owners: list[int] = []
    places: list[int] = []
    counts: list[int] = []
    for i, piece in enumerate(pieces):
        key = _key(piece.text)
        if not key and piece.text[:1].isspace():  # a mark that stands alone
            key = piece.text.strip()
        keys.append(key)
        owners += [i] * len(key)
        places += range(len(key))
        counts.append(len(key))
    return _Letters("".join(keys), owners, places, counts)


def _key(text: str) -> str:
    return "".join(c.casefold() for c in text if c.isalnum())


def _found(keys: Sequence[str], stream: _Letters) -> Iterable[int | None]:
    """Where each word begins in the stream; None for words that are not in it."""
    at = 0
    for i, key in enumerate(keys):
        if not stream.text.startswith(key, at):
            again = _again(key, keys[i + 1] if i + 1 < len(keys) else "", stream, at)
            if again is None:
                yield None
                continue
            at = again
        yield at
        at += len(key)


def _again(key: str, following: str, stream: _Letters, at: int) -> int | None:
    """Where a word that is not at a place comes soon after it."""
    end = at + _REACH + len(key)
    place = stream.text.find(key, at, end)
    while place >= 0:
        is_start = stream.places[place] == 0
        is_sure = len(key) >= _SURE or (
            following and stream.text.startswith(following, place + len(key))
        )
        if is_start and is_sure:
            return place
        place = stream.text.find(key, place + 1, end)
    return None


def _said(
    word: str,
    span: tuple[int, int],
    stream: _Letters,
    pieces: Sequence[WordPiece],
    speaker: str,
    *,
    joined: bool,
) -> list[Said]:
    """A word with its time; in scripts that `split` cannot cut, one word per piece."""
    first, last = span
    out: list[Said] = []
    cuts = _cuts(word, stream, first) if _UNCUT.search(word) else []
    edges = [(0, first), *cuts]
    for n, (begin, low) in enumerate(edges):
        end, high = edges[n + 1] if n + 1 < len(edges) else (len(word), last)
        start_ms, end_ms = _time(stream, pieces, low, high)
        own = pieces[stream.owners[low]]
        parts = {stream.owners[i] for i in range(low, high)}
        confidence = min(pieces[i].confidence for i in parts)
        text = TimedWord(word[begin:end], start_ms, end_ms, confidence, joined or n > 0)
        out.append((text, own.speaker or speaker))
    return out


def _cuts(word: str, stream: _Letters, first: int) -> list[tuple[int, int]]:
    """Where pieces begin inside a word: as a place in it, and in the stream."""
    cuts: list[tuple[int, int]] = []
    at = first
    for i, c in enumerate(word):
        if not c.isalnum():
            continue
        if at > first and stream.places[at] == 0:
            cuts.append((i, at))
        at += len(c.casefold())
    return cuts


def _time(
    stream: _Letters, pieces: Sequence[WordPiece], low: int, high: int
) -> tuple[int | None, int | None]:
    """From the first letter's start to the last one's end: letters share the time of a piece."""
    first, last = stream.owners[low], stream.owners[high - 1]
    a, b = pieces[first], pieces[last]
    if a.start_ms is None or a.end_ms is None or b.start_ms is None or b.end_ms is None:
        return None, None
    start_ms = a.start_ms + (a.end_ms - a.start_ms) * stream.places[low] // stream.counts[first]
    done = stream.places[high - 1] + 1
    return start_ms, b.start_ms + (b.end_ms - b.start_ms) * done // stream.counts[last]
