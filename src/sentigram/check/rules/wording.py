"""Rules about the text of cues: lines, breaks, and what tools misread."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from sentigram.check.fix.line_breaks import Token, best_breaks, boundary_cost
from sentigram.check.measures import n_chars
from sentigram.check.rules.ass_in_srt import found_tags
from sentigram.check.rules.catalogue import CheckFinding, Context, number, quoted
from sentigram.check.rules.open_tags import unclosed
from sentigram.check.rules.stray_markup import stray, with_unseen_marks
from sentigram.core.text import split
from sentigram.formats.track import Caption
from sentigram.style.text.breaks import BOUND

_TOP_HEAVY, _TOP_HEAVY_FROM = 2.0, 0.6  # times the lower line; share of a full line
_WIDER = 1.05  # times the longest line, that a line with a better break may have
_ROOMY = 0.8  # a better break counts where no line of it would come near its limit
_LOST = "\ufffd"
_DIALOGUE = ("-", "–", "—", "‐", "[", "(", "♪", "#", ">>")


def check(context: Context) -> Iterator[CheckFinding]:
    """Every finding about text."""
    marked = with_unseen_marks(context.track)
    for caption in context.track.captions:
        yield from _empty(context, caption)
        yield from unclosed(context, caption)
        yield from found_tags(context, caption)
        if caption.index in marked:
            yield _unseen(context, caption)
        yield from stray(context, caption)
        yield from _lost(context, caption)
        if caption.texts:
            yield from _lengths(context, caption)
            yield from _breaks(context, caption)


def _empty(context: Context, caption: Caption) -> Iterator[CheckFinding]:
    if caption.texts or caption.row == "placed" or r"\p" in caption.source:
        return
    yield context.found(
        "empty", caption, "the cue shows nothing", measured="0 characters", allowed="at least 1"
    )


def _unseen(context: Context, caption: Caption) -> CheckFinding:
    """A byte order mark, a joiner or a mark of direction in a cue's number or times."""
    return context.found(
        "unseen-mark",
        caption,
        "its number or its times hold a mark that nobody sees",
        measured="a mark",
        allowed="none",
    )


def _lost(context: Context, caption: Caption) -> Iterator[CheckFinding]:
    text = " ".join(caption.texts)
    if count := text.count(_LOST):
        yield context.found(
            "lost-letters",
            caption,
            f"{_LOST} stands for what could not be read: {quoted(text)}",
            measured="1 letter" if count == 1 else f"{count} letters",
            allowed="none",
        )


def _lengths(context: Context, caption: Caption) -> Iterator[CheckFinding]:
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


def _breaks(context: Context, caption: Caption) -> Iterator[CheckFinding]:
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
        words = [Token(word, word, joined) for word, joined in split(f"{upper}\n{lower}")]
        if not best_breaks(words, room, 2, language, below=min(cost, BOUND)):
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
