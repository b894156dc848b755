"""A stretch of what was styled: it looks as it does in the whole.

Runs of one style, cues and lines depend on the words before and after them. So the whole is styled
and laid out, and a preview takes its words out of that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sentigram.core.emotion import NEUTRAL
from sentigram.core.style import Cue, StyledLook, StyledTrack, StyledWord, StyleKey
from sentigram.core.time import Span
from sentigram.style.layout.places import LABEL
from sentigram.style.layout.sounds import is_of_sound
from sentigram.style.layout.timing import STEP_MS, ceil_step, floor_step


def cut_track(track: StyledTrack, words: range, span: Span) -> StyledTrack:
    """Keep the cues of some words; they are numbered from 0 again.

    Args:
        track: Of the whole Document.
        words: Numbers of the words that stay, one after another.
        span: When they are said; a cue that loses words is shown inside of it.
    """
    cues = tuple(_cues(track.cues, words, span))
    noted = None if track.noted is None else tuple(_cues(track.noted, words, span))
    used = {run.style for cue in cues for line in cue.lines for word in line for run in word.runs}
    used.add(StyleKey(NEUTRAL, 0))
    styles = {key: style for key, style in track.styles.items() if key in used}
    # How many notes and names of a stretch had no room is not known.
    return replace(track, cues=cues, noted=noted, n_unsaid=0, n_unnamed=0, styles=styles)


def cut_looks(looks: Sequence[StyledLook], words: range) -> tuple[StyledLook, ...]:
    """Keep some words, numbered from 0 again; looks that shared all of them share these."""
    cut: dict[int, tuple[StyledWord, ...]] = {}
    for look in looks:
        if id(look.words) not in cut:
            kept = look.words[words.start : words.stop]
            cut[id(look.words)] = tuple(_renumbered(word, words.start) for word in kept)
    return tuple(replace(look, words=cut[id(look.words)]) for look in looks)


def _cues(cues: Sequence[Cue], words: range, span: Span) -> Iterator[Cue]:
    for cue in cues:
        if is_of_sound(cue):
            if cue.span.overlap_ms(span):
                yield replace(cue, span=_inside(cue.span, span))
            continue
        lines = _lines(cue, words)
        if not any(lines):
            continue
        kept = tuple(
            tuple(_renumbered(word, words.start) for word in line) for line in lines if line
        )
        if lines == cue.lines:
            yield replace(cue, lines=kept)
        elif cue.voices and len(kept) == 1:  # one of two who speak
            speaker = cue.voices[0 if lines[0] else 1].speaker
            yield Cue(_inside(cue.span, span), kept, speaker)
        else:
            is_begun = cue.lines[0][:1] == lines[0][:1]
            label = cue.label if is_begun else ""
            yield replace(cue, span=_inside(cue.span, span), lines=kept, label=label)


def _lines(cue: Cue, words: range) -> tuple[tuple[StyledWord, ...], ...]:
    """What stays of each line: some words, and the notes before them."""
    lines, said = [], LABEL
    for line in reversed(cue.lines):
        kept: list[StyledWord] = []
        for word in reversed(line):
            said = said if word.index == LABEL else word.index
            kept += [word] if said in words else []
        lines.append(tuple(reversed(kept)))
    return tuple(reversed(lines))


def _inside(cue: Span, span: Span) -> Span:
    """What of a cue's time lies in a span, on the grid of cue times."""
    start_ms = max(cue.start_ms, ceil_step(span.start_ms))
    return Span(start_ms, max(start_ms + STEP_MS, min(cue.end_ms, floor_step(span.end_ms))))


def _renumbered(word: StyledWord, by: int) -> StyledWord:
    return word if word.index == LABEL else replace(word, index=word.index - by)
