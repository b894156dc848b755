"""Cues on their way to a corrected file: their source text in words that keep their tags."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sentigram.check.fix.rebreaking import Token
from sentigram.core.text import split
from sentigram.formats.ass import plain
from sentigram.formats.markup import (
    BREAK,
    PIECES,
    SRT_OVERRIDE,
    SRT_TAG,
    VTT_STAMP,
    VTT_TAG,
    srt_runs,
    vtt_runs,
)
from sentigram.formats.values import Kind, Row, is_visible

_BLOCK = re.compile(r"\{[^{}]*\}")
_ASS_PIECES = re.compile(r"\{[^}]*\}|\\[Nn]|[^{\\]+|\\")
_ASS_AFTER = re.compile(r"\\[Nn]|[^\\]+|\\")  # behind the last brace that closes: linear time
# What cannot be divided between two events: times inside, places, and shapes.
_ASS_WHOLE = re.compile(r"\\(?:t\(|k|K|fad|move|pos|org|i?clip|p\d)")
_NOTES = ("♪", "♫")
_ASS_BREAK = re.compile(r"\\[Nn]")


@dataclass(frozen=True, slots=True)
class Draft:
    """A cue as it will be written.

    Attributes:
        start_ms: On the grid of the file's times.
        end_ms: As start_ms.
        source: Its text with tags.
        origin: Number of the cue that it comes from.
        row: Where it stands.
        keeps_text: The same text stands on another layer with other tags: both must stay alike.
    """

    start_ms: int
    end_ms: int
    source: str
    origin: int
    row: Row = "bottom"
    keeps_text: bool = False

    @property
    def duration_ms(self) -> int:
        """Length."""
        return self.end_ms - self.start_ms


def shown_lines(kind: Kind, source: str) -> tuple[str, ...]:
    """The lines that a viewer sees, without those that show nothing."""
    if kind == "ass":
        lines = plain(source).split("\n")
    else:
        runs = srt_runs(source)[0] if kind == "srt" else vtt_runs(source)
        lines = ["".join(run.text for run in line) for line in runs]
    return tuple(line.strip() for line in lines if is_visible(line))


def line_break(kind: Kind) -> str:
    """What divides lines in a source text."""
    return r"\N" if kind == "ass" else "\n"


def source_lines(kind: Kind, source: str) -> list[str]:
    """The lines of a source text."""
    return _ASS_BREAK.split(source) if kind == "ass" else BREAK.sub("\n", source).split("\n")


def sung(words: Sequence[Token]) -> tuple[Token, ...]:
    """Words without the notes that ended one line of a song and began the next."""
    notes = [word.source in _NOTES for word in words]
    inner = {i for i in range(len(words) - 1) if i and notes[i] and notes[i + 1]}
    inner |= {i + 1 for i in inner if i + 2 < len(words)}
    return tuple(word for i, word in enumerate(words) if i not in inner)


def tokens(kind: Kind, source: str) -> tuple[Token, ...]:
    """Words with the tags that touch them; a tag between spaces goes to the next word."""
    out: list[Token] = []
    waiting = ""
    for raw in _words(kind, source):
        text = "".join(shown_lines(kind, raw))
        if not text:
            waiting += raw
            continue
        if waiting == "" and text == raw and not text.isascii():
            out += [Token(part, part, joined) for part, joined in split(raw)]
        else:
            out.append(Token(waiting + raw, text))
        waiting = ""
    if waiting and out:
        out[-1] = Token(out[-1].source + waiting, out[-1].text, out[-1].joined)
    return tuple(out)


def _words(kind: Kind, source: str) -> Iterator[str]:
    """Stretches of source without a space outside of tags."""
    word = ""
    for piece in _pieces(kind, source):
        if _is_tag(kind, piece):
            word += piece
            continue
        if kind == "ass" and _ASS_BREAK.fullmatch(piece):
            piece = " "  # noqa: PLW2901
        for at, part in enumerate(re.split(r"[ \t\n]+", piece)):
            if at:
                if word:
                    yield word
                word = ""
            word += part
    if word:
        yield word


def _pieces(kind: Kind, source: str) -> Iterator[str]:
    if kind == "ass":
        end = source.rfind("}") + 1
        yield from (match[0] for match in _ASS_PIECES.finditer(source, 0, end))
        yield from (match[0] for match in _ASS_AFTER.finditer(source, end))
        return
    source = BREAK.sub("\n", source) if kind == "srt" else source
    yield from (match[0] for match in PIECES.finditer(source))


def _is_tag(kind: Kind, piece: str) -> bool:
    if kind == "ass":
        return piece[0] == "{" and piece[-1] == "}"
    if kind == "srt":
        return bool(SRT_TAG.fullmatch(piece) or SRT_OVERRIDE.fullmatch(piece))
    return bool(VTT_TAG.fullmatch(piece) or VTT_STAMP.fullmatch(piece))


def joined(kind: Kind, words: Sequence[Token], breaks: Sequence[int] = ()) -> str:
    """Words as source text, with line breaks before some of them."""
    made, starts = "", set(breaks)
    for at, word in enumerate(words):
        if at in starts:
            made += line_break(kind)
        elif at and not word.joined:
            made += " "
        made += word.source
    return made


def is_whole(kind: Kind, source: str) -> bool:
    """Whether a cue cannot be divided without changing what its tags do."""
    return kind == "ass" and _ASS_WHOLE.search(source) is not None


def divided(kind: Kind, first: str, second: str) -> tuple[str, str]:
    """Two parts of a source text, each with the tags that it needs to stand by itself."""
    if kind == "ass":
        blocks = "".join(block for block in _BLOCK.findall(first) if "\\" in block)
        return first, blocks.replace("}{", "") + second
    pattern = SRT_TAG if kind == "srt" else VTT_TAG
    stack: list[tuple[str, str]] = []
    for match in pattern.finditer(first):
        name = match[2]
        if not match[1]:
            stack.append((name, match[0]))
        else:
            for at in range(len(stack) - 1, -1, -1):
                if stack[at][0].lower() == name.lower():
                    del stack[at:]
                    break
    overrides = "".join(SRT_OVERRIDE.findall(first)) if kind == "srt" else ""
    closing = "".join(f"</{name}>" for name, _ in reversed(stack))
    return first + closing, overrides + "".join(raw for _, raw in stack) + second


_SRT_LOOK_ALIKES = str.maketrans({"{": "｛", "}": "｝", "<": "＜", ">": "＞"})
_REFERENCE = re.compile(r"&(?:amp|lt|gt|nbsp|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});")
_BARE_AMPERSAND = re.compile(r"&(?!(?:[a-zA-Z]{2,10}|#\d{1,7}|#x[0-9a-fA-F]{1,6});)")
_HTML_TAG = re.compile(r"<(/?)(b|i|u|s|em|strong|font)(?:\s[^<>]*)?>", re.IGNORECASE)
_SRT_LINE = re.compile(r"<br\s*/?>", re.IGNORECASE)
_ASS_NAMES = {"em": "i", "strong": "b"}


def cleaned(kind: Kind, source: str) -> str:
    """Source text without what tools misread: look-alikes and references in its place."""
    if kind == "ass":
        return _clean_ass(source)
    source = re.sub(r" *\\[Nn] *", "\n", source.replace("-->", "→")).replace(r"\h", "\u00a0")
    made = ""
    if kind == "srt":
        source = _REFERENCE.sub(lambda match: html.unescape(match[0]), source)
        for match in PIECES.finditer(source.replace("-->", "→")):
            piece = match[0]
            is_known = _is_tag(kind, piece) or _SRT_LINE.fullmatch(piece) or piece == "<"
            is_marked = piece[0] in "{<" and not is_known
            made += piece.translate(_SRT_LOOK_ALIKES) if is_marked else piece
    else:
        for match in PIECES.finditer(source):
            piece = match[0]
            if piece[0] == "<" and piece != "</>" and not _is_tag(kind, piece):
                piece = piece.replace("<", "&lt;").replace(">", "&gt;")
            made += "" if SRT_OVERRIDE.fullmatch(piece) else piece
        made = _BARE_AMPERSAND.sub("&amp;", made)
    # A blank line would end the cue.
    return re.sub(r"\n\s*\n+", "\n", made).strip("\n")


def _clean_ass(source: str) -> str:
    def tag(match: re.Match[str]) -> str:
        name = _ASS_NAMES.get(match[2].lower(), match[2].lower())
        if name == "font":
            return ""
        return rf"{{\{name}{0 if match[1] else 1}}}"

    source = source.replace(r"\{", "｛").replace(r"\}", "｝")
    source = _HTML_TAG.sub(tag, source)
    made, at = "", 0
    for match in _BLOCK.finditer(source):
        made += source[at : match.start()].replace("{", "｛").replace("}", "｝") + match[0]
        at = match.end()
    return made + source[at:].replace("{", "｛").replace("}", "｝")
