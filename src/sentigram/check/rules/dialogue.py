"""Rules about two people who speak in one cue: a line each, and a dash before both.

A dash opens a line (`-Yes.`, `- Yes.`). Inside of a line it opens another voice only where the line
opened with one and a sentence ended before it: elsewhere it may be punctuation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sentigram.check.rules.catalogue import CheckFinding, Context, quoted
from sentigram.formats.track import Caption
from sentigram.style.layout.guides import dashes

_MARKS = r"[\u200e\u200f\u2066-\u2069]*"
_OPENS = re.compile(rf"{_MARKS}[-\u2010\u2013\u2014](?=\s*[^\s\d-])")
_DASH = re.compile(rf"{_MARKS}[-\u2010\u2013\u2014]")
_SECOND = re.compile(
    r"[.?!\u2026\u3002\uff1f\uff01][\"\u201d'\u2019)\]]?\s+[-\u2010\u2013\u2014](?=\s*[^\s\d-])"
)
_CHEVRONS = re.compile(r"\S\s+(?:>{2,3}|\u226b)\s*\w")
_ENDED = re.compile(r"[.?!\u2026\u3002\uff1f\uff01][\"\u201d'\u2019)\]]?$")


def check(context: Context) -> Iterator[CheckFinding]:
    """Every finding about dialogues."""
    for caption in context.spoken:
        crowded = next(filter(_has_two, caption.texts), "")
        if crowded:
            yield _found(context, caption, f"two speakers in one line: {quoted(crowded)}")
        elif _is_alone(caption, context.language):
            text = quoted(" / ".join(caption.texts))
            yield _found(context, caption, f"a dash before one line only: {text}", is_advice=True)


def _has_two(text: str) -> bool:
    """Whether another person begins to speak inside of a line."""
    return bool(_OPENS.match(text) and _SECOND.search(text)) or bool(_CHEVRONS.search(text))


def _is_alone(caption: Caption, language: str) -> bool:
    """Whether one of two lines has a dash, where both speak and the language wants two dashes."""
    if len(caption.texts) != 2:
        return False
    first, second = (bool(_OPENS.match(text)) for text in caption.texts)
    if first == second or all(map(_DASH.match, caption.texts)):  # "-5" answers "-How many?"
        return False
    if second and (not dashes(language).first or not _ENDED.search(caption.texts[0])):
        return False  # a dash before the second voice is enough, or it is punctuation
    return not first or bool(_ENDED.search(caption.texts[0]))


def _found(
    context: Context, caption: Caption, message: str, *, is_advice: bool = False
) -> CheckFinding:
    return context.found(
        "two-speakers",
        caption,
        message,
        measured="one dash" if is_advice else "two speakers in a line",
        allowed="a line for each, and a dash before both",
        severity="advice" if is_advice else None,
    )
