"""How subtitles that Sentigram wrote say so, and how they are told from a person's.

Results lie beside the video under the names that sidecars have. Taking `talk.srt` of the last run
for a person's transcript would turn mishearings into words of full confidence.
"""

from __future__ import annotations

import re
from pathlib import Path

from sentigram.core.document import SUFFIX
from sentigram.core.text import letters_of
from sentigram.data_files import read_json
from sentigram.errors import SentigramError, TranscriptError
from sentigram.formats import read_text
from sentigram.reading import DOCUMENT

MARKER = "Sentigram"
"""Begins a comment line of our ASS (`; Sentigram …`), a note of our VTT (`NOTE Sentigram …`) and
the title of a track in an .mkv that we made."""

SRT_MARK = "\n" * 4
"""Empty lines after the last one of our SRT: SRT has no comments, and no program minds them there.
Spaces behind the first times, which said so before, lost that cue in programs that are strict."""

LOOK = "Look:"
"""Begins what our ASS, VTT and TTML say of the looks that set their times: `Look: shorts, pop`."""

# As many spaces stand in the last of those lines as a look's place here.
_SRT_LOOKS = (
    *("", "pop", "shorts", "shorts, pop", "pop, shorts"),
    *("broadcast", "shorts, broadcast", "broadcast, shorts"),
)

# Only what we write in our own head counts: a recording's name, a theme's, or words that are said
# may hold the same letters.
_NAMES = r"(?P<looks>[a-z-]{1,40}(?:, [a-z-]{1,40}){0,9})"
_STATED = {
    ".ass": re.compile(
        rf"^; Made by {MARKER}\b.*\n(?:;.*\n)*?(?P<line>; {LOOK} {_NAMES}\n)", re.MULTILINE
    ),
    ".vtt": re.compile(
        rf"^NOTE\nMade by {MARKER}\b.*\n(?:.+\n)*?(?P<line>{LOOK} {_NAMES}\n)", re.MULTILINE
    ),
    ".ttml": re.compile(
        rf"<ttm:desc>Made by {MARKER}: [^<]*?\.(?P<line> {LOOK} {_NAMES}\.) Theme: "
    ),
}
_SRT_END = re.compile(r"[^\n]\n(\n{3}( *)\n)\Z")
_COMMENT = re.compile(rf"^(?:;|NOTE)\s*(?:Made by )?{MARKER}\b", re.MULTILINE)
_FIRST_MARKED = re.compile(r"\s*\d+\r?\n[\d:,]+ --> [\d:,]+ {2}\r?\n")  # of earlier versions
_HEAD = 2000


def is_own(path: Path, text: str, *, stem: str) -> bool:
    """Whether Sentigram wrote a subtitle file.

    It did if the file carries our mark, or says word for word what the Document beside it heard.
    Words of a Document that were given prove nothing: they are a person's.

    Args:
        path: The subtitle file.
        text: What it holds, cleaned.
        stem: Of the video, which the Document is named after.
    """
    if _COMMENT.search(text[:_HEAD]):
        return True
    if path.suffix.lower() == ".srt" and is_own_srt(text):
        return True
    heard = _heard_words(path.with_name(stem + SUFFIX))
    return bool(heard) and heard == _spoken(text, path)


def is_own_srt(text: str) -> bool:
    """Whether SubRip has the mark of this version, or that of earlier ones."""
    return srt_mark_of(text) != "" or _FIRST_MARKED.match(text) is not None


def srt_mark(looks: str) -> str:
    """The empty lines that end our SRT.

    Args:
        looks: `shorts, pop`; of looks that SRT has no mark for, none is told.
    """
    told = ", ".join(name for name in looks.split(", ") if name in _SRT_LOOKS)
    return SRT_MARK[:-1] + " " * _SRT_LOOKS.index(told) + SRT_MARK[-1]


def srt_mark_of(text: str) -> str:
    """The empty lines that end SubRip of ours, "" where it is another's."""
    marked = _SRT_END.search(text[-_HEAD:])
    return marked[1] if marked and len(marked[2]) < len(_SRT_LOOKS) else ""


def looks_of(text: str, suffix: str) -> tuple[str, ...]:
    """The looks that a subtitle file of ours says it was made in; none of another's.

    Args:
        text: What it holds.
        suffix: With its dot.
    """
    if suffix == ".srt":
        mark = srt_mark_of(text)
        told = _SRT_LOOKS[mark.count(" ")]
    else:
        stated = _stated(text, suffix)
        told = stated["looks"] if stated else ""
    return tuple(filter(None, told.split(", ")))


def with_looks(text: str, suffix: str, looks: str) -> str:
    """A subtitle file of ours that says other looks than it said; another's stays as it is.

    Args:
        text: What it holds.
        suffix: With its dot.
        looks: As `srt_mark` has them, "" for none.
    """
    if suffix == ".srt":
        mark = srt_mark_of(text)
        return text.removesuffix(mark) + srt_mark(looks) if mark else text
    stated = _stated(text, suffix)
    if stated is None:
        return text
    line = stated["line"].replace(f"{LOOK} {stated['looks']}", f"{LOOK} {looks}") if looks else ""
    return text[: stated.start("line")] + line + text[stated.end("line") :]


def _stated(text: str, suffix: str) -> re.Match[str] | None:
    pattern = _STATED.get(suffix)
    return pattern.search(text[:_HEAD]) if pattern else None


def _heard_words(path: Path) -> str:
    """The letters of a Document whose words were heard, "" where there is none."""
    try:
        data = read_json(path, DOCUMENT)
        words = [word for utterance in data["utterances"] for word in utterance["words"]]
        if all(word.get("source", "given") == "given" for word in words):
            return ""
        return letters_of("".join(word["text"] for word in words))
    except (SentigramError, OSError, ValueError, KeyError, TypeError, AttributeError):
        return ""  # not a Document that we wrote: it proves nothing


def _spoken(text: str, path: Path) -> str:
    try:
        track = read_text(text, path.suffix, path.name)
    except TranscriptError:
        return ""
    cues = sorted(track.spoken, key=lambda cue: cue.start_ms)
    return letters_of("".join("".join(w.text for w in cue.words) or cue.text for cue in cues))
