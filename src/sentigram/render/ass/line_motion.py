r"""Motion for words inside a line, made of the tags that move no other word.

libass advances the pen by a glyph's unscaled width, so shear (`\fax`), border (`\bord`), blur and
alpha leave the neighbours where they are; scaling and spacing would push them. The one-event-per-
cue flavour therefore leans letters where a page would lift them.

Nothing repeats faster than `_FASTEST_PULSE_MS`, so nothing flashes more than three times a second
(WCAG 2.3.1); leaning changes no brightness and may be quicker.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sentigram.core.style import Animation, Motion
from sentigram.core.time import Span

_FASTEST_PULSE_MS = 400
STRENGTH: Mapping[Motion, float] = {"none": 0.0, "subtle": 0.6, "full": 1.0}
FADE_MS = 450


@dataclass(frozen=True, slots=True)
class _Step:
    """A transition: where it ends, after how long, and to what."""

    duration_ms: int
    value: float


# Shear factors (0.1 leans about 6 degrees), from the word's start.
_LEANS: dict[Animation, tuple[_Step, ...]] = {
    "bounce": (_Step(90, -0.16), _Step(130, 0.10), _Step(130, -0.05), _Step(120, 0)),
    "shake": (
        *(_Step(60, lean) for lean in (0.12, -0.12, 0.10, -0.08, 0.05)),
        _Step(60, 0),
    ),
    "tremble": (*(_Step(80, lean) for lean in (0.05, -0.05) * 3), _Step(80, 0)),
    "sway": (_Step(400, -0.10), _Step(600, 0.08), _Step(400, 0)),
}
# Factors of the outline's width.
_SWELLS: dict[Animation, tuple[_Step, ...]] = {
    "pop": (_Step(80, 1.9), _Step(320, 1.0)),
    "pulse": (_Step(200, 1.6), _Step(300, 1.0), _Step(200, 1.6), _Step(300, 1.0)),
    "glow": (_Step(300, 1.6), _Step(500, 1.0)),
}
_GLOW_BLUR = 0.6  # of the outline's width, at the height of the glow


def tags(
    animation: Animation,
    *,
    motion: Motion,
    word: Span,
    cue: Span,
    outline_px: float,
    has_box: bool,
) -> str:
    """Override tags of one word.

    Args:
        animation: Of the word's style.
        motion: How much may move; with none, nothing does.
        word: When it is said.
        cue: The event, as rounded in the file: tags count from its start.
        outline_px: Width of the outline at rest.
        has_box: The outline is a box, which would lean, swell and fade with its letters: with
            one, nothing moves.

    Returns:
        Tags without braces, "" for none.
    """
    strength = STRENGTH[motion]
    if strength == 0 or animation == "none" or has_box:
        return ""
    if animation == "fade":
        return fade(cue, strength)
    start_ms = max(0, word.start_ms - cue.start_ms)
    if animation in _LEANS:
        leans = [(step.duration_ms, step.value * strength) for step in _LEANS[animation]]
        return _transitions([(ms, rf"\fax{_number(lean)}") for ms, lean in leans], start_ms, cue)
    if outline_px <= 0:
        return ""
    made = []
    for step in _SWELLS[animation]:
        swell = 1 + (step.value - 1) * strength
        tag = rf"\bord{_number(outline_px * swell)}"
        if animation == "glow":
            tag += rf"\blur{_number(outline_px * _GLOW_BLUR if step.value > 1 else 0)}"
        made.append((step.duration_ms, tag))
    return _transitions(made, start_ms, cue)


def fade(cue: Span, strength: float) -> str:
    """Tags that let letters appear slowly, from as clear as the strength says."""
    fade_ms = min(FADE_MS, cue.duration_ms // 3)
    hidden = round(255 * strength)
    return rf"\alpha&H{hidden:02X}&\t(0,{fade_ms},\alpha&H00&)" if fade_ms else ""


def _transitions(steps: Sequence[tuple[int, str]], start_ms: int, cue: Span) -> str:
    r"""One `\t` after the other, begun early enough to end with the event."""
    if start_ms + sum(ms for ms, _ in steps) > cue.duration_ms:
        start_ms = max(0, cue.duration_ms - sum(ms for ms, _ in steps))
    made = ""
    for ms, tag in steps:
        made += rf"\t({start_ms},{start_ms + ms},{tag})"
        start_ms += ms
    return made


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".") or "0"
