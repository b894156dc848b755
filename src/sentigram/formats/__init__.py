"""Subtitle grammars: one module each that recognizes, reads and writes it.

A grammar is a module with what `Grammar` asks for, and a row of `GRAMMARS`; one whose files can be
corrected has what `EditableGrammar` asks for as well. All of them are read into one value, a
`SubtitleTrack`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Protocol, cast

from sentigram.errors import TranscriptError
from sentigram.formats.decoding import decoded
from sentigram.formats.parsing import broken
from sentigram.formats.track import LONGEST_CUE, Caption, NewCue, SubtitleTrack

GRAMMARS = {
    "srt": "sentigram.formats.srt",
    "vtt": "sentigram.formats.vtt",
    "ass": "sentigram.formats.ass",
    "ttml": "sentigram.formats.ttml",
    "others": "sentigram.formats.others",
    "timed": "sentigram.formats.timed_text",
    "txt": "sentigram.formats.txt",
    "json": "sentigram.formats.whisper_json",
}
_MERE_TEXT = "txt"  # as which any text can be read


class Grammar(Protocol):
    """What a grammar's module holds.

    Attributes:
        SUFFIXES: Of its files, in lower case.
        SIGNED: Its files hold a mark that no others have: it counts more than a file's name.
    """

    SUFFIXES: tuple[str, ...]
    SIGNED: bool

    def recognizes(self, text: str) -> bool:
        """Whether a cleaned text is of this grammar."""
        ...

    def read(self, text: str, name: str, *, fps: Fraction | None = None) -> SubtitleTrack:
        """Read a cleaned text.

        Args:
            text: It.
            name: How messages call it.
            fps: Frames a second of the video, for files that count in frames.

        Raises:
            TranscriptError: It is broken; with the line.
        """
        ...


class EditableGrammar(Grammar, Protocol):
    """What the module of a grammar holds whose files can be corrected.

    Attributes:
        LINE_BREAK: What divides the lines of a source text.
    """

    LINE_BREAK: str

    def pieces(self, source: str) -> Iterator[str]:
        """A source text in tags and the text between."""
        ...

    def is_tag(self, piece: str) -> bool:
        """Whether players obey a piece, and do not show it."""
        ...

    def shown_lines(self, source: str) -> list[str]:
        """The lines of a source text as viewers see them."""
        ...

    def source_lines(self, source: str) -> list[str]:
        """The lines of a source text, with their tags."""
        ...

    def divided(self, first: str, second: str) -> tuple[str, str] | None:
        """Two parts of a source text with all that they need, None where it cannot be divided."""
        ...

    def rewritten(self, track: SubtitleTrack, drafts: Sequence[NewCue]) -> str:
        """The file with other captions in it."""
        ...


def read(path: Path, *, fps: Fraction | None = None, language: str = "") -> SubtitleTrack:
    """Read subtitles or a transcript of any format; what a file holds counts more than its name.

    Args:
        path: In any encoding that can be known.
        fps: Frames a second of the video, for files that count in frames.
        language: ISO 639-1, for files that are older than UTF-8; "" when unknown.

    Raises:
        TranscriptError: It cannot be read; with the line where it is broken.
    """
    made = decoded(path, language)
    track = read_text(made.text, path.suffix, str(path), fps=fps)
    return replace(
        track,
        remarks=(*made.remarks, *track.remarks),
        is_damaged=made.is_damaged,
        unseen=made.unseen,
    )


def read_text(text: str, suffix: str, name: str, *, fps: Fraction | None = None) -> SubtitleTrack:
    """Read a cleaned text of any format.

    Args:
        text: As `decoding` gives it.
        suffix: Of the file, with its dot.
        name: How messages call it.
        fps: See `read`.

    Raises:
        TranscriptError: See `read`.
    """
    kind = kind_of(text, suffix)
    if not kind:
        message = f"{name}: not a transcript; give one of {', '.join(suffixes())}"
        raise TranscriptError(message)
    track = grammar(kind).read(text, name, fps=fps)
    _refuse_long_cues(track)
    return track


def _refuse_long_cues(track: SubtitleTrack) -> None:
    """Raise where a text stands under one time that nobody could say in it, nor read."""
    shown = ((one.line_number, _length(one)) for one in track.captions)
    said = ((one.line_number, len(one.text)) for one in track.spoken if not one.words)
    for line_number, length in chain(shown, said if track.has_times else ()):
        if length > LONGEST_CUE:
            message = (
                f"a cue of {length:,} characters; the longest that is read has {LONGEST_CUE:,}: "
                "divide it, or give its words as plain text (.txt), which needs no times"
            )
            raise broken(track.name, line_number, message)


def _length(caption: Caption) -> int:
    return sum(len(run.text) for line in caption.lines for run in line)


def kind_of(text: str, suffix: str) -> str:
    """The row that fits what a file holds: people rename files, and tools misname them."""
    named = next((kind for kind in GRAMMARS if suffix.lower() in grammar(kind).SUFFIXES), "")
    for kind in GRAMMARS:
        if grammar(kind).SIGNED and grammar(kind).recognizes(text):
            return kind
    if named not in ("", _MERE_TEXT):
        return named
    for kind in GRAMMARS:
        if kind != _MERE_TEXT and grammar(kind).recognizes(text):
            return kind
    return _MERE_TEXT if named or not suffix else ""


def suffixes() -> tuple[str, ...]:
    """Of all files that can be read, those of the commonest formats first."""
    return tuple(suffix for kind in GRAMMARS for suffix in grammar(kind).SUFFIXES)


def grammar(kind: str) -> Grammar:
    """The module of a row."""
    return cast("Grammar", import_module(GRAMMARS[kind]))


def editable(kind: str) -> EditableGrammar | None:
    """The grammar of a track whose file can be corrected, else None."""
    module = import_module(GRAMMARS[kind]) if kind in GRAMMARS else None
    return cast("EditableGrammar", module) if hasattr(module, "rewritten") else None
