"""Rules about what captions tell besides words: sounds in brackets, and songs between notes."""

from __future__ import annotations

from collections.abc import Iterator

from sentigram.check.rules.catalogue import CheckFinding, Context, quoted
from sentigram.core.text import NOTES
from sentigram.formats.track import Caption

_OPENING, _CLOSING = "[［【", "]］】"  # round ones may be an aside of the speaker


def check(context: Context) -> Iterator[CheckFinding]:
    """Every finding about sounds and songs."""
    for caption in context.spoken:
        text = " ".join(caption.texts).strip()
        if what := _unpaired(text):
            yield _found(context, caption, text, what)


def _unpaired(text: str) -> str:
    """What of a cue stands without its partner, "" where all is in pairs."""
    depth = 0
    for sign in text:
        depth += (sign in _OPENING) - (sign in _CLOSING)
        if depth < 0:
            return "a bracket that closes nothing"
    if depth:
        return "a bracket that is not closed"
    if not text.strip("".join(NOTES) + " "):  # a note by itself is music without words
        return ""
    begins, ends = text[0] in NOTES, text[-1] in NOTES
    if begins and not ends:
        return "no note at the end"
    return "no note at the beginning" if ends and not begins and text.count(text[-1]) == 1 else ""


def _found(context: Context, caption: Caption, text: str, what: str) -> CheckFinding:
    return context.found(
        "sound-marks",
        caption,
        f"{what}: {quoted(text)}",
        measured=what,
        allowed="[sounds] in brackets, ♪ songs between notes ♪",
        severity="advice" if "note" in what else None,  # a song may go on in the next cue
    )
