r"""Motion of words that each have an event of their own.

An event may grow, tilt and glow without pushing another, but its `\pos` cannot be animated. A word
is therefore moved by a tiny turn around a point far away: `\org` 20,000 pixels off and `\frz` of a
hundredth of a degree lift it by pixels and tilt it by less than one can see.

Amplitudes are small, so that a word never leaves the box that the layout keeps for it and the eye
stays on the line: a reader's eye is drawn by a word's beginning to move, not by how far it goes.
Every motion ends at rest, within two seconds of its word's start. Letters change in brightness at
most twice a second (WCAG 2.3.1 allows three flashes).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sentigram.core.style import Animation, Motion
from sentigram.core.time import Span
from sentigram.formats.ass import number
from sentigram.render.ass.line_motion import FADE_MS, STRENGTH, fade

Kind = Literal["up", "side", "turn", "grow", "glow"]
_PIVOT_PX = 20_000  # how far away a word is turned around: the tilt of a 5 px hop is 0.014 degrees

# Kind of motion of each animation, and its steps from the word's start: (ms, amount).
# Amounts: up and side in em of the word, turn in degrees, grow and glow in shares.
_STEPS: dict[Animation, tuple[Kind, tuple[tuple[int, float], ...]]] = {
    "bounce": ("up", ((120, 0.11), (120, 0.0), (80, 0.04), (80, 0.0))),
    "shake": ("side", (*((50, x) for x in (0.05, -0.05, 0.04, -0.04, 0.025, -0.015)), (50, 0.0))),
    "tremble": ("up", (*((70, y) for y in (0.025, -0.025) * 4), (70, 0.0))),
    "sway": ("turn", ((350, 1.6), (600, -1.3), (450, 0.0))),
    "pulse": ("grow", ((220, 0.06), (330, 0.0), (220, 0.06), (330, 0.0))),
    "pop": ("grow", ((40, -0.05), (110, 0.08), (250, 0.0))),
    "glow": ("glow", ((400, 1.0), (700, 0.0))),
}
_GLOW_BORDER, _GLOW_BLUR_EM = 0.6, 0.04  # at its height: the outline's growth, and its softness


@dataclass(frozen=True, slots=True)
class Move:
    r"""Tags of one word's motion.

    Attributes:
        once: For the whole event: where it is turned around.
        letters: For each run of letters, again after every `\r`.
    """

    once: str = ""
    letters: str = ""


AT_REST = Move()


def move(
    animation: Animation,
    *,
    motion: Motion,
    word: Span,
    cue: Span,
    center: tuple[float, float],
    em_px: float,
    outline_px: float,
) -> Move:
    """How a word moves.

    Args:
        animation: Of its style.
        motion: How much may move; with none, nothing does.
        word: When it is said.
        cue: Its event, as rounded in the file: tags count from its start.
        center: Where it stands, (x, y) in pixels.
        em_px: Font size of its letters.
        outline_px: Width of its outline at rest; 0 where it lies on a box.
    """
    strength = STRENGTH[motion]
    if strength == 0 or animation == "none":
        return AT_REST
    if animation == "fade":
        return Move(letters=fade(cue, strength))
    kind, steps = _STEPS[animation]
    if cue.duration_ms == 0 or (kind == "glow" and outline_px <= 0):
        return AT_REST
    made = [(ms, _tag(kind, amount * strength, em_px, outline_px)) for ms, amount in steps]
    x, y = center
    pivots = {"up": (x - _PIVOT_PX, y), "side": (x, y + _PIVOT_PX)}
    once = ""
    if kind in pivots:
        pivot_x, pivot_y = pivots[kind]
        once = rf"\org({number(pivot_x)},{number(pivot_y)})"
    return Move(once, transitions(made, word.start_ms - cue.start_ms, cue.duration_ms))


def transitions(steps: Sequence[tuple[int, str]], start_ms: int, length_ms: int) -> str:
    r"""One `\t` after the other, begun early enough to end with the event, faster if need be."""
    total_ms = sum(ms for ms, _ in steps)
    pace = min(1.0, length_ms / total_ms)
    at_ms = max(0.0, min(start_ms, length_ms - total_ms))
    made = ""
    for ms, tag in steps:
        made += rf"\t({round(at_ms)},{round(at_ms + ms * pace)},{tag})"
        at_ms += ms * pace
    return made


def longest_ms() -> int:
    """How long the longest animation lasts."""
    return max(FADE_MS, *(sum(ms for ms, _ in steps) for _, steps in _STEPS.values()))


def _tag(kind: Kind, amount: float, em_px: float, outline_px: float) -> str:
    if kind in ("up", "side"):
        return rf"\frz{number(math.degrees(math.asin(amount * em_px / _PIVOT_PX)), 5)}"
    if kind == "turn":
        return rf"\frz{number(amount, 3)}"
    if kind == "grow":
        percent = number(100 * (1 + amount))
        return rf"\fscx{percent}\fscy{percent}"
    border, blur = outline_px * (1 + _GLOW_BORDER * amount), _GLOW_BLUR_EM * em_px * amount
    return rf"\bord{number(border)}\blur{number(blur)}"
