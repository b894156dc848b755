"""Text that tools misread: what is found of it, and what stands in its place when it is fixed."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

from sentigram.check.rules.catalogue import CheckFinding, Context, quoted
from sentigram.check.rules.open_tags import OPEN_BLOCK
from sentigram.formats import srt, vtt
from sentigram.formats.ass_speech import names_of
from sentigram.formats.ass_tags import escape
from sentigram.formats.markup import ARROW, markup_pieces
from sentigram.formats.track import Caption, SubtitleTrack

_BREAK_CODE = re.compile(r"\\[Nnh]")
_SPACED_BREAK = re.compile(r"(?<! ) *\\[Nn] *")  # from its first space: nothing is read twice
_HTML_TAG = re.compile(r"<(/?)(b|i|u|s|em|strong|font)(?:\s[^<>]*)?>", re.IGNORECASE)
_REFERENCE = re.compile(r"&(?:amp|lt|gt|nbsp|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});")
_BARE_AMPERSAND = re.compile(r"&(?!(?:[a-zA-Z]{2,10}|#\d{1,7}|#x[0-9a-fA-F]{1,6});)")
_ASS_BLOCK = re.compile(r"\{([^{}]*)\}")
_LONE_BRACE = re.compile(r"\{(?!\\[a-zA-Z0-9])")  # not of a tag that lacks its partner
_LOOK_ALIKES = str.maketrans({"{": "｛", "}": "｝", "<": "＜", ">": "＞"})
_MOST_NAMES = 8  # of one caption: as many control characters are no space
_ASS_NAMES = {"em": "i", "strong": "b"}


def stray(context: Context, caption: Caption) -> Iterator[CheckFinding]:
    """What is misread in a caption, the first of each kind."""
    finders = {"srt": _srt_strays, "vtt": _vtt_strays, "ass": _ass_strays}
    finder = finders.get(context.track.kind)
    source = without_names(caption.source, odd_names(context.track.kind, caption))
    for what, why, is_mild in finder(source) if finder else ():
        yield context.found(
            "stray-markup",
            caption,
            f"{quoted(what)} {why}",
            measured=quoted(what),
            allowed="none",
            severity="advice" if is_mild else None,
        )


def odd_names(kind: str, caption: Caption) -> tuple[str, ...]:
    """Names of who speaks in a caption that look like markup, as they stand in its source.

    The file says that they are names: shown before what is said, they are text.
    """
    names: list[str] = []
    if kind == "vtt":
        names = vtt.voices(caption.source)
    elif kind == "ass":
        names = [escape(name) for name in names_of(caption.speaker)]
    odd = (name for name in names if any(char in name for char in "<{"))
    return tuple(sorted(odd, key=len, reverse=True))[:_MOST_NAMES]


def without_names(source: str, names: Sequence[str]) -> str:
    """Source text with a control character, which no text has, in the place of each name."""
    for at, name in enumerate(names):
        source = source.replace(name, chr(at))
    return source


def with_names(source: str, names: Sequence[str]) -> str:
    """What `without_names` took names from, with them."""
    for at, name in enumerate(names):
        source = source.replace(chr(at), name)
    return source


def cleaned(kind: str, source: str) -> str:
    """Source text without what tools misread: look-alikes and references in its place."""
    if kind == "ass":
        return _clean_ass(source)
    source = _SPACED_BREAK.sub("\n", source.replace(ARROW, "→")).replace(r"\h", "\u00a0")
    made = _clean_srt(source) if kind == "srt" else _clean_vtt(source)
    # A blank line would end the cue.
    return re.sub(r"\n\s*\n+", "\n", made).strip("\n")


def with_unseen_marks(track: SubtitleTrack) -> frozenset[int]:
    """Captions, by index, whose times or number hold a mark that nobody sees."""
    if track.kind not in ("srt", "vtt") or not track.unseen:
        return frozenset()
    rows = track.text.split("\n")

    def has_mark(at: int) -> bool:
        number = rows[at - 2] if at > 1 else ""
        is_number = track.kind == "srt" and not any(c.isalpha() for c in number)
        return at in track.unseen or (is_number and at - 1 in track.unseen)

    return frozenset(one.index for one in track.captions if has_mark(one.line_number))


Stray = tuple[str, str, bool]
"""What is misread, why it matters, and whether it may be meant."""


def _srt_strays(source: str) -> Iterator[Stray]:
    yield from _codes(source)
    pieces = list(srt.pieces(source))
    source = OPEN_BLOCK.sub("", source)
    yield from _braces(p for p in srt.pieces(source) if p[0] == "{" and not srt.is_override(p))
    yield from _tags(p for p in pieces if p[0] == "<" and p != "<" and not srt.is_tag(p))
    if match := _REFERENCE.search(source):
        yield match[0], "is a reference of HTML: SubRip shows it as it is", False


def _vtt_strays(source: str) -> Iterator[Stray]:
    yield from _codes(source)
    pieces = list(vtt.pieces(source))
    yield from _braces(p for p in pieces if srt.is_override(p))  # others are text here
    yield from _tags(p for p in pieces if p[0] == "<" and p != "</>" and not vtt.is_tag(p))
    if match := _BARE_AMPERSAND.search(source):
        yield match[0], "begins a reference in WebVTT; write &amp;", True


def _codes(source: str) -> Iterator[Stray]:
    if ARROW in source:
        yield ARROW, "is read as a line of times by many programs", False
    if match := _BREAK_CODE.search(source):
        yield match[0], "is a line break of ASS: here it is shown as it is", False


def _braces(pieces: Iterator[str]) -> Iterator[Stray]:
    if found := next(pieces, ""):
        yield found, "is shown by some players and eaten by others", False


def _tags(pieces: Iterator[str]) -> Iterator[Stray]:
    if found := next(pieces, ""):
        yield found, "is taken for a tag that nobody knows", False


def _ass_strays(source: str) -> Iterator[Stray]:
    if match := _HTML_TAG.search(source):
        yield match[0], "is a tag of SubRip: ASS shows it as it is", False
    rest = _ASS_BLOCK.sub("", OPEN_BLOCK.sub("", source.replace(r"\{", "").replace(r"\}", "")))
    if "{" in rest or "}" in rest:
        yield next(char for char in rest if char in "{}"), "has no partner", False
    if r"\{" in source or r"\}" in source:
        yield r"\{", "is a brace in libass and a tag everywhere else; write ｛ ｝", False
    for match in _ASS_BLOCK.finditer(source):
        if match[1].strip() and "\\" not in match[1]:
            yield match[0], "vanishes: text in braces is a comment", True
            return


def _clean_srt(source: str) -> str:
    made, at = "", 0
    source = _REFERENCE.sub(lambda match: html.unescape(match[0]), source).replace(ARROW, "→")
    for piece in markup_pieces(source):
        is_known = srt.is_tag(piece) or piece == "<" or len(srt.source_lines(piece)) > 1
        is_stray = piece[0] in "{<" and not is_known and not OPEN_BLOCK.match(source, at)
        made += piece.translate(_LOOK_ALIKES) if is_stray else piece
        at += len(piece)
    return made


def _clean_vtt(source: str) -> str:
    made = ""
    for piece in vtt.pieces(source):
        if piece[0] == "<" and piece != "</>" and not vtt.is_tag(piece):
            made += piece.replace("<", "&lt;").replace(">", "&gt;")
        elif not srt.is_override(piece):
            made += piece
    return _BARE_AMPERSAND.sub("&amp;", made)


def _clean_ass(source: str) -> str:
    def tag(match: re.Match[str]) -> str:
        name = _ASS_NAMES.get(match[2].lower(), match[2].lower())
        if name == "font":
            return ""
        return rf"{{\{name}{0 if match[1] else 1}}}"

    source = source.replace(r"\{", "｛").replace(r"\}", "｝")
    source = _HTML_TAG.sub(tag, source)
    made, at = "", 0
    for match in _ASS_BLOCK.finditer(source):
        made += _LONE_BRACE.sub("｛", source[at : match.start()]).replace("}", "｝") + match[0]
        at = match.end()
    return made + _LONE_BRACE.sub("｛", source[at:]).replace("}", "｝")
