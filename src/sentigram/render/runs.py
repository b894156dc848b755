"""Lines of a cue as stretches of text in one style each: what XML formats are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sentigram.core.emotion import NEUTRAL
from sentigram.core.style import Cue, StyledTrack, StyleKey, TextStyle
from sentigram.core.text import one_line

PLAIN = StyleKey(NEUTRAL, 0)


@dataclass(frozen=True, slots=True)
class StyledStretch:
    """Letters and spaces of one line that share a style; nothing is escaped."""

    text: str
    style: StyleKey


def segments(cue: Cue, track: StyledTrack) -> tuple[tuple[StyledStretch, ...], ...]:
    """The lines of a cue that have something to read, labels and dashes first, in plain case.

    Of what `one_line` leaves, XML 1.0 can hold everything once it is escaped (production 2, Char).
    A space between two styles goes with the word before it, unless that would underline it.
    """
    lines = []
    for line in cue.lines:
        parts: list[StyledStretch] = []
        for word in line:
            texts = [(one_line(track.plain(run)), run.style) for run in word.runs]
            if not any(text.strip() for text, _ in texts):
                continue
            if parts and not word.joined:
                _add_space(parts, texts[0][1], track.styles)
            for text, style in texts:
                _add(parts, text, style)
        if parts:
            lines.append(parts)
    for number, parts in enumerate(lines):
        told = one_line(cue.opening(number))
        text = told.strip()
        opening = f"{text} " if text and told.endswith(" ") else text
        if opening and parts[0].style == PLAIN:
            parts[0] = StyledStretch(opening + parts[0].text, PLAIN)
        elif opening:
            parts.insert(0, StyledStretch(opening, PLAIN))
    return tuple(map(tuple, lines))


def _add(parts: list[StyledStretch], text: str, style: StyleKey) -> None:
    if parts and parts[-1].style == style:
        parts[-1] = StyledStretch(parts[-1].text + text, style)
    elif text:
        parts.append(StyledStretch(text, style))


def _add_space(
    parts: list[StyledStretch], style: StyleKey, styles: Mapping[StyleKey, TextStyle]
) -> None:
    before = parts[-1].style
    if before != style and styles[before].underline:
        _add(parts, " ", PLAIN if styles[style].underline else style)
    else:
        _add(parts, " ", before)
