"""Documents on disk: read, cut, and brought together with the media that they are of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sentigram.core.document import Document, loads
from sentigram.core.media import MediaInfo
from sentigram.core.time import Span, format_clock
from sentigram.core.transcript import Utterance
from sentigram.errors import DocumentError, InputError

_DOCUMENT_LIMIT_BYTES = 512 * 1024 * 1024


def read_document(path: Path) -> Document:
    """Read a Document from a file.

    Raises:
        DocumentError: It is not there, not readable, or not a valid Document.
    """
    try:
        if path.stat().st_size > _DOCUMENT_LIMIT_BYTES:
            message = f"{path}: larger than a Document of a day of speech; refused"
            raise DocumentError(message)
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path}: cannot be read as a Document ({error})"
        raise DocumentError(message) from error
    return loads(text, name=str(path))


def find_media(document_path: Path, document: Document) -> MediaInfo | None:
    """Probe the media file that a Document names, if it lies beside it."""
    from sentigram.media.probe import probe  # noqa: PLC0415

    name = document.media.name
    beside = document_path.parent / name
    if Path(name).name != name or not beside.is_file():  # a Document is hostile: no other folder
        return None
    return probe(beside)


def cut_document(document: Document, span: Span) -> Document:
    """Keep the words that lie in a span.

    Raises:
        InputError: No word lies in it.
    """
    utterances: list[Utterance] = []
    readings = []
    remaining = iter(document.track.readings)
    for utterance in document.transcript.utterances:
        pairs = [(word, next(remaining)) for word in utterance.words]
        kept = [(word, reading) for word, reading in pairs if word.span.overlap_ms(span)]
        if kept:
            words = tuple(word for word, _ in kept)
            utterances.append(
                replace(
                    utterance,
                    span=Span(words[0].span.start_ms, words[-1].span.end_ms),
                    words=words,
                )
            )
            readings += [reading for _, reading in kept]
    if not utterances:
        message = (
            f"{document.media.name}: nothing is said between {format_clock(span.start_ms)} "
            f"and {format_clock(span.end_ms)}"
        )
        raise InputError(message)
    return replace(
        document,
        transcript=replace(document.transcript, utterances=tuple(utterances)),
        track=replace(document.track, readings=tuple(readings)),
    )
