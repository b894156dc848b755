"""Cues: which words stand together, in which lines, and how long they stay.

Numbers follow the Netflix timed-text and BBC subtitle guides: at most 42 characters in a line
(less for East Asian scripts and upright video) and two lines, 833 to 7000 ms, 20 characters a
second for adults and 17 for children, two frames between cues, 68 % of a 16:9 picture's width.
The parts are: `fitting` measures words and divides long ones, `breaking` knows good places to
break, `cueing` chooses cues and lines, `timing` their times.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from sentigram.core.style import Canvas, Cue, StyledWord, StyleKey, TextStyle
from sentigram.core.transcript import Transcript
from sentigram.style.layout.cues import choose
from sentigram.style.layout.fitting import atoms as fit
from sentigram.style.layout.fitting import shown_text
from sentigram.style.layout.limits import LayoutRules
from sentigram.style.layout.timing import Slot, times
from sentigram.style.text.measure import Measure

__all__ = ["lay_out", "shown_text"]


def lay_out(
    transcript: Transcript,
    words: Sequence[StyledWord],
    styles: Mapping[StyleKey, TextStyle],
    canvas: Canvas,
    rules: LayoutRules,
    *,
    end_ms: int = 0,
    shots_ms: Sequence[int] = (),
) -> tuple[Cue, ...]:
    """Put words into cues.

    Every word is shown once, in order. A word too wide for a line is divided into pieces that
    share its index and its time; no hyphen is added. Speech that is faster than the reading speed
    for so long that no division helps stays verbatim: its cues are shown as long as there is room.

    Args:
        transcript: Utterances; cues never join two speakers.
        words: Every word, styled.
        styles: What their keys look like; the neutral one too where speakers are named.
        canvas: Picture.
        rules: See LayoutRules.
        end_ms: End of the media, which no cue outlasts; 0 when unknown.
        shots_ms: Where the picture changes; see `timing.times`.

    Returns:
        Cues in order of time, not overlapping; their times are whole centiseconds.
    """
    fitted = fit(transcript, words, Measure(canvas, styles, language=rules.language), rules)
    drafts = choose(fitted, rules, end_ms=end_ms)
    slots = [
        Slot(
            fitted.words[draft.start].span.start_ms,
            fitted.words[draft.end - 1].span.end_ms,
            draft.need_ms,
            draft.reading_ms,
        )
        for draft in drafts
    ]
    spans = times(slots, rules, end_ms=end_ms, shots_ms=shots_ms)
    return tuple(
        Cue(
            span=span,
            lines=tuple(
                fitted.words[a:b] for a, b in pairwise((draft.start, *draft.breaks, draft.end))
            ),
            speaker=fitted.speakers[draft.start],
            label=fitted.labels[draft.start],
        )
        for draft, span in zip(drafts, spans, strict=True)
    )
