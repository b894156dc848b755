"""The seal of a Document: by it one knows whether a person changed it, and which words.

It holds a hash of the whole, and four letters for each word with its times and its reading. A page,
an editor and an older version carry it along unread, so that what they save no longer fits it. It
guards against losing corrections, not against deceit: anybody can make one.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from sentigram.core.document import Document, Seal, dumps, word_json

_MARK_BYTES = 3
_MARK_LETTERS = 4  # of base64


@dataclass(frozen=True, slots=True)
class Change:
    """A stretch of words that a person changed, put in or took away.

    Attributes:
        start: Index of its first word in the Document; where words are missing, of the one after.
        end: Index after its last word; the same as `start` where words were only taken away.
        n_before: How many words stood here when Sentigram wrote them.
    """

    start: int
    end: int
    n_before: int


def sealed(document: Document) -> Document:
    """The Document with a seal that fits it, in place of any that it has."""
    return replace(document, seal=Seal(digest_of(document), "".join(_marks(document))))


def digest_of(document: Document) -> str:
    """Hash of a Document without its seal: what the seal holds of one that nobody changed."""
    return hashlib.sha256(dumps(replace(document, seal=None)).encode()).hexdigest()


def resealed(document: Document) -> Document:
    """A copy that Sentigram writes of a Document that a person may have changed.

    The whole is sealed anew; the marks of the words stay, so that changed ones are known in it too.
    """
    if document.seal is None:
        return document
    return replace(document, seal=replace(document.seal, sha256=digest_of(document)))


def is_untouched(document: Document) -> bool:
    """Whether nobody changed it since Sentigram wrote it; False where that cannot be known."""
    return document.seal is not None and document.seal.sha256 == digest_of(document)


def holds_corrections(document: Document) -> bool:
    """Whether a person changed it, or what it is a copy of; True where that cannot be known."""
    seal = document.seal
    return seal is None or not is_untouched(document) or seal.words != "".join(_marks(document))


def corrected_words(document: Document) -> frozenset[str]:
    """Words with their readings, as the file has them, that a person changed or put in."""
    words = zip(document.transcript.words(), document.track.readings, strict=True)
    lines = [word_json(word, reading) for word, reading in words]
    return frozenset(line for c in changes(document) for line in lines[c.start : c.end])


def changes(document: Document) -> tuple[Change, ...]:
    """Where words are not as Sentigram wrote them, in order; all words where nothing is known."""
    now = _marks(document)
    if document.seal is None:
        return (Change(0, len(now), 0),) if now else ()
    written = document.seal.words
    before = [written[i : i + _MARK_LETTERS] for i in range(0, len(written), _MARK_LETTERS)]
    return tuple(
        Change(start, end, first - last)
        for what, last, first, start, end in _opcodes(before, now)
        if what != "equal"
    )


def _opcodes(before: Sequence[str], now: Sequence[str]) -> list[tuple[str, int, int, int, int]]:
    return list(SequenceMatcher(None, before, now, autojunk=False).get_opcodes())


def _marks(document: Document) -> list[str]:
    words = zip(document.transcript.words(), document.track.readings, strict=True)
    return [_mark(word_json(word, reading)) for word, reading in words]


def _mark(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()[:_MARK_BYTES]).decode()
