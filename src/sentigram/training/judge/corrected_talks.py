"""Documents that people corrected, beside those that the model wrote: grouped, matched by word.

A person who corrects emotions may correct words as well: change their text, join, split, add or
remove some. Words are therefore matched by when they are said. The model's words are what is
counted; each has the label of the corrected word that it shares most time with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sentigram.core.document import SUFFIX, Document, read_document
from sentigram.core.emotion import WordEmotion
from sentigram.core.text import letters_of
from sentigram.core.time import format_clock
from sentigram.core.transcript import Word
from sentigram.errors import InputError, UsageError

MADE_ROLE = "made corrections"
"""The role of a part in a Document's engine list that says: a program made these corrections."""

_MATCHED_SHARE = 0.5  # a word lies where another does if it shares half of the shorter of the two
_SAME_TIMES = 0.5  # of the words of one recording, however corrected, at least so many lie alike
_SAME_TEXTS = 0.2  # and so many are spelt alike; between different talks it is a few per cent


@dataclass(frozen=True, slots=True)
class Correction:
    """What one person said about the words of one talk.

    Attributes:
        corrector: The person's name, from the file's.
        path: Of the corrected Document.
        document: The corrected Document.
        labels: One per word of the model; None where the corrected Document has no such word.
        touched: One per word of the model: text, times, label, intensity or probabilities differ.
        n_added: Corrected words that lie where the model has none.
        is_made: A program made it, for a test.
    """

    corrector: str
    path: Path
    document: Document
    labels: tuple[str | None, ...]
    touched: tuple[bool, ...]
    n_added: int
    is_made: bool

    @property
    def n_removed(self) -> int:
        """Words of the model that the corrected Document does not have."""
        return self.labels.count(None)


@dataclass(frozen=True, slots=True)
class Talk:
    """One recording: what the model wrote, and what people made of it.

    Attributes:
        path: Of the model's Document.
        document: What the model wrote.
        corrections: At least one.
    """

    path: Path
    document: Document
    corrections: tuple[Correction, ...]

    @property
    def name(self) -> str:
        """The recording's file name."""
        return self.document.media.name


def read_talks(paths: Sequence[Path]) -> tuple[Talk, ...]:
    """Read Documents, group them by recording, and match their words.

    Args:
        paths: Of Documents. Those of one recording have the same media name and duration; the
            first of each recording is the model's.

    Raises:
        UsageError: A path is given twice.
        DocumentError: One of them is no Document.
        InputError: A recording has only one Document, no words, or Documents that are clearly of
            different recordings.
    """
    twice = sorted({str(path) for path in paths if list(paths).count(path) > 1})
    if twice:
        message = f"{', '.join(twice)}: given twice; give each Document once"
        raise UsageError(message)
    groups: dict[tuple[str, int], list[tuple[Path, Document]]] = {}
    for path in paths:
        document = read_document(path)
        key = (document.media.name, document.media.duration_ms)
        groups.setdefault(key, []).append((path, document))
    for (name, duration_ms), members in groups.items():
        if len(members) == 1:
            message = (
                f"{members[0][0]}: no other of these Documents is of {name} "
                f"({format_clock(duration_ms)}); each recording needs the model's Document and, "
                "after it, at least one corrected Document with the same media name and duration"
            )
            raise InputError(message)
    return tuple(_talk(members) for members in groups.values())


def is_made(document: Document) -> bool:
    """Whether a Document says that a program made its corrections."""
    return any(part.role == MADE_ROLE for part in document.engine)


def _talk(members: Sequence[tuple[Path, Document]]) -> Talk:
    (path, document), *corrected = members
    if not document.track.readings:
        message = f"{path}: has no words to compare"
        raise InputError(message)
    names = _correctors(document.media.name, [where for where, _ in corrected])
    return Talk(
        path,
        document,
        tuple(
            _correction(path, document, name, *member)
            for name, member in zip(names, corrected, strict=True)
        ),
    )


def _correction(
    model_path: Path, model: Document, corrector: str, path: Path, corrected: Document
) -> Correction:
    ours, theirs = tuple(model.transcript.words()), tuple(corrected.transcript.words())
    partners = match_words(ours, theirs)
    added = match_words(theirs, ours).count(None)
    _check_same(model_path, path, ours, theirs, partners, added)
    is_comparable = model.track.labels == corrected.track.labels
    labels: list[str | None] = []
    touched = []
    for word, reading, at in zip(ours, model.track.readings, partners, strict=True):
        if at is None:
            labels.append(None)
            touched.append(True)
            continue
        theirs_read = corrected.track.readings[at]
        labels.append(theirs_read.label)
        touched.append(
            word.text != theirs[at].text
            or word.span != theirs[at].span
            or not _is_same(reading, theirs_read, with_probs=is_comparable)
        )
    is_program = is_made(model) or is_made(corrected)
    return Correction(corrector, path, corrected, tuple(labels), tuple(touched), added, is_program)


def match_words(words: Sequence[Word], others: Sequence[Word]) -> tuple[int | None, ...]:
    """For each word the one that it shares most time with, the earlier of two; None without one.

    Args:
        words: In order of time, without overlap.
        others: The same.
    """
    found: list[int | None] = []
    first = 0
    for word in words:
        while first < len(others) and others[first].span.end_ms <= word.span.start_ms:
            first += 1
        best, shared_ms = None, 0
        for at in range(first, len(others)):
            other = others[at].span
            if other.start_ms >= word.span.end_ms:
                break
            overlap_ms = word.span.overlap_ms(other)
            shorter_ms = min(word.span.duration_ms, other.duration_ms)
            if overlap_ms > shared_ms and overlap_ms >= _MATCHED_SHARE * shorter_ms:
                best, shared_ms = at, overlap_ms
        found.append(best)
    return tuple(found)


def _check_same(
    model_path: Path,
    path: Path,
    ours: Sequence[Word],
    theirs: Sequence[Word],
    partners: Sequence[int | None],
    n_added: int,
) -> None:
    """Refuse Documents of different recordings: their words lie or read otherwise."""
    pairs = [(word, theirs[at]) for word, at in zip(ours, partners, strict=True) if at is not None]
    n_alike = sum(_spelling(word) == _spelling(other) for word, other in pairs)
    for n, n_words, share, what in (
        (len(pairs), len(ours), _SAME_TIMES, f"words of {model_path} lie where it has words"),
        (len(theirs) - n_added, len(theirs), _SAME_TIMES, f"of its words lie as in {model_path}"),
        (n_alike, len(pairs), _SAME_TEXTS, f"words at the same times are spelt as in {model_path}"),
    ):
        if n < share * n_words or n_words == 0:
            message = (
                f"{path}: only {n} of {n_words} {what}: these are different recordings, or "
                "different transcripts; give a Document and what people made of that very file"
            )
            raise InputError(message)


def _spelling(word: Word) -> str:
    """A word without its punctuation and capitals."""
    return letters_of(word.text) or word.text


def _is_same(reading: WordEmotion, other: WordEmotion, *, with_probs: bool) -> bool:
    is_alike = (reading.label, reading.intensity) == (other.label, other.intensity)
    return is_alike and (not with_probs or reading.probs == other.probs)


def _correctors(media: str, paths: Sequence[Path]) -> tuple[str, ...]:
    """People's names: what `talk.ann.sentigram.json` says beside `talk`, else the folder's name.

    A whole path stands for itself where two people of one talk would have one name.
    """
    names = [_corrector(media, path) for path in paths]
    return tuple(
        name if names.count(name) == 1 else str(path)
        for name, path in zip(names, paths, strict=True)
    )


def _corrector(media: str, path: Path) -> str:
    stem = path.name.removesuffix(".json").removesuffix(SUFFIX.removesuffix(".json"))
    rest = stem.removeprefix(Path(media).stem).strip(" .-_")
    return rest or path.parent.name or str(path)
