"""Rules about the text of cues: lines, breaks, and what tools misread."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from sentigram.check.fix.rebreaking import best_breaks, boundary_cost, tokens_of
from sentigram.check.rules.catalogue import Finding
from sentigram.check.rules.findings import Context, number, quoted
from sentigram.formats.markup import PIECES, SRT_OVERRIDE, SRT_TAG, VTT_STAMP, VTT_TAG
from sentigram.formats.values import Caption, n_chars
from sentigram.style.text.breaks import BOUND

_TOP_HEAVY, _TOP_HEAVY_FROM = 2.0, 0.6  # times the lower line; share of a full line
_WIDER = 1.05  # times the longest line, that a line with a better break may have
_ROOMY = 0.8  # a better break counts where no line of it would come near its limit
_DIALOGUE = ("-", "–", "—", "‐", "[", "(", "♪", "#", ">>")
_ARROW = "-->"
_BREAK_CODE = re.compile(r"\\[Nnh]")
_HTML_TAG = re.compile(r"</?(?:[bius]|em|strong|font)(?:\s[^<>]*)?>", re.IGNORECASE)
_SRT_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_REFERENCE = re.compile(r"&(?:amp|lt|gt|nbsp|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});")
_BARE_AMPERSAND = re.compile(r"&(?!(?:[a-zA-Z]{2,10}|#\d{1,7}|#x[0-9a-fA-F]{1,6});)")
_ASS_BLOCK = re.compile(r"\{([^{}]*)\}")


def check(context: Context) -> Iterator[Finding]:
    """Every finding about text."""
    for caption in context.track.captions:
        yield from _empty(context, caption)
        yield from _stray(context, caption)
        if caption.texts:
            yield from _lengths(context, caption)
            yield from _breaks(context, caption)


def _empty(context: Context, caption: Caption) -> Iterator[Finding]:
    if caption.texts or caption.row == "placed" or r"\p" in caption.source:
        return
    yield context.found(
        "empty", caption, "the cue shows nothing", measured="0 characters", allowed="at least 1"
    )


def _lengths(context: Context, caption: Caption) -> Iterator[Finding]:
    rules = context.limits.rules
    if len(caption.texts) > rules.lines:
        yield context.found(
            "lines",
            caption,
            f"{len(caption.texts)} lines: {quoted(' / '.join(caption.texts))}",
            measured=f"{len(caption.texts)} lines",
            allowed=f"{rules.lines} lines",
        )
    longest = max(caption.texts, key=lambda text: n_chars(text, context.language))
    count = n_chars(longest, context.language)
    if count > rules.line_chars:
        yield context.found(
            "line-chars",
            caption,
            f"a line of {number(count)} characters: {quoted(longest)}",
            measured=f"{number(count)} characters",
            allowed=f"{rules.line_chars} characters",
        )


def _breaks(context: Context, caption: Caption) -> Iterator[Finding]:
    """Breaks inside a phrase where another break would do; shapes like a funnel."""
    lines = caption.texts
    if len(lines) < 2:
        return
    rules, language = context.limits.rules, context.language
    for upper, lower in pairwise(lines):
        if lower.startswith(_DIALOGUE) or upper.startswith(_DIALOGUE):
            continue
        cost = boundary_cost(upper, lower, language)
        if cost < BOUND / 2:
            continue
        room = rules.line_chars * _ROOMY / max(1.0, context.limits.size)
        if context.track.kind == "ass":  # letters may be large: who knows what fits
            room = min(room, _WIDER * max(len(upper), len(lower)))
        better = best_breaks(
            tokens_of(f"{upper}\n{lower}", language), room, 2, language, below=min(cost, BOUND)
        )
        if better is None or len(better) < 1:
            continue
        is_name = cost < BOUND
        yield context.found(
            "line-break",
            caption,
            f"{quoted(upper.split()[-1])} and {quoted(lower.split()[0])} belong together"
            + (" if they are a name" if is_name else ""),
            measured=f"break after {quoted(upper.split()[-1])}",
            allowed="a break between phrases",
            severity="advice" if is_name else None,
        )
        return
    top, bottom = n_chars(lines[0], language), n_chars(lines[-1], language)
    full = top >= _TOP_HEAVY_FROM * rules.line_chars
    ends = lines[0][-1:] in ".!?…,;:—–" or lines[-1].startswith(_DIALOGUE)
    if len(lines) == 2 and full and top > _TOP_HEAVY * bottom and not ends:
        yield context.found(
            "top-heavy",
            caption,
            f"{number(top)} characters over {number(bottom)}: {quoted(' / '.join(lines))}",
            measured=f"{number(top)} over {number(bottom)} characters",
            allowed=f"at most {number(_TOP_HEAVY)} times the lower line",
        )


def _stray(context: Context, caption: Caption) -> Iterator[Finding]:
    for what, why, is_mild in _strays(context.track.kind, caption.source):
        yield context.found(
            "stray-markup",
            caption,
            f"{quoted(what)} {why}",
            measured=quoted(what),
            allowed="none",
            severity="advice" if is_mild else None,
        )


def _strays(kind: str, source: str) -> Iterator[tuple[str, str, bool]]:
    """What is misread, why it matters, and whether it may be meant; the first of each kind."""
    if kind == "ass":
        yield from _ass_strays(source)
        return
    if kind == "ttml":
        return
    if _ARROW in source:
        yield _ARROW, "is read as a line of times by many programs", False
    if match := _BREAK_CODE.search(source):
        yield match[0], "is a line break of ASS: here it is shown as it is", False
    yield from _unknown_tags(kind, source)
    if kind == "srt" and (match := _REFERENCE.search(source)):
        yield match[0], "is a reference of HTML: SubRip shows it as it is", False
    if kind == "vtt" and (match := _BARE_AMPERSAND.search(source)):
        yield match[0], "begins a reference in WebVTT; write &amp;", True


def _unknown_tags(kind: str, source: str) -> Iterator[tuple[str, str, bool]]:
    pieces = [match[0] for match in PIECES.finditer(source) if match[0][0] in "{<"]
    braced = (piece for piece in pieces if piece[0] == "{" and not _is_known_brace(kind, piece))
    if found := next(braced, ""):
        yield found, "is shown by some players and eaten by others", False
    tagged = (piece for piece in pieces if piece[0] == "<" and not _is_known_tag(kind, piece))
    if found := next(tagged, ""):
        yield found, "is taken for a tag that nobody knows", False


def _is_known_brace(kind: str, piece: str) -> bool:
    r"""SubRip players obey `{\an8}`, those of WebVTT show it; other braces are text there."""
    return bool(SRT_OVERRIDE.fullmatch(piece)) == (kind == "srt")


def _is_known_tag(kind: str, piece: str) -> bool:
    if kind == "srt":
        known = SRT_TAG.fullmatch(piece) or _SRT_BREAK.fullmatch(piece)
        return known is not None or piece == "<"
    known = VTT_TAG.fullmatch(piece) or VTT_STAMP.fullmatch(piece)
    return known is not None or piece == "</>"


def _ass_strays(source: str) -> Iterator[tuple[str, str, bool]]:
    if match := _HTML_TAG.search(source):
        yield match[0], "is a tag of SubRip: ASS shows it as it is", False
    rest = _ASS_BLOCK.sub("", source.replace(r"\{", "").replace(r"\}", ""))
    if "{" in rest or "}" in rest:
        yield next(char for char in rest if char in "{}"), "has no partner", False
    if r"\{" in source or r"\}" in source:
        yield r"\{", "is a brace in libass and a tag everywhere else; write ｛ ｝", False
    for match in _ASS_BLOCK.finditer(source):
        if match[1].strip() and "\\" not in match[1]:
            yield match[0], "vanishes: text in braces is a comment", True
            return
