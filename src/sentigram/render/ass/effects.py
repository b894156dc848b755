r"""ASS for viewers: every word is an event of its own, so that it can move and no other does.

The lines that people edit lie in the same file as Comment events, those made from them carry the
effect `fx`: to go back, delete the one kind and turn the other into dialogue. Drawings lie below
the words: a box per line where the theme wants one, and a bar under the word that is being said.

An event may grow, tilt and glow without pushing another, but its `\pos` cannot be animated. A word
is therefore moved by a tiny turn around a point far away: `\org` 20,000 pixels off and `\frz` of a
hundredth of a degree lift it by pixels and tilt it by less than one can see.

Amplitudes are small, so that a word never leaves the box that the layout keeps for it and the eye
stays on the line: a reader's eye is drawn by a word's beginning to move, not by how far it goes.
Every motion ends at rest, within two seconds of its word's start. Letters change in brightness at
most twice a second (WCAG 2.3.1 allows three flashes).

With `\pos`, libass centres the box from the first to the last glyph, and takes as the left edge of
a cluster where its first glyph is drawn (`compute_string_bbox`, libass 0.17). In Arabic type that
glyph is often the dots of a letter, which HarfBuzz offsets from its edge by up to a fifth of an em:
words would stand that much to one side. HarfBuzz is asked for the same offsets, to undo them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from sentigram.core.emotion import NEUTRAL
from sentigram.core.protocols import Progress, Renderer, RenderJob, no_progress
from sentigram.core.style import Animation, Cue, Motion, StyledRun, StyledTrack, StyleKey, TextStyle
from sentigram.core.text import is_sound
from sentigram.core.time import Span
from sentigram.formats.ass import colour, event_line, number, written
from sentigram.render.ass import attached_fonts, editors, event_text, styles
from sentigram.render.ass.line_motion import FADE_MS, STRENGTH, fade
from sentigram.style.layout.fitting import shown_text
from sentigram.style.layout.places import (
    BOX_PADDING_EM,
    BOX_SIDE_EM,
    LABEL,
    PlacedLine,
    PlacedWord,
    Placer,
)
from sentigram.style.text import bidi, fonts
from sentigram.style.text.measure import hb_font


def skew_px(track: StyledTrack, placed: PlacedWord) -> float:
    """How far to the right of its place a word has to be put, in pixels."""
    runs = [run for run in placed.word.runs if run.text]
    text = "".join(run.text for run in runs)
    if text.isascii():
        return 0.0
    left, right = (runs[-1], runs[0]) if bidi.first_strong(text) else (runs[0], runs[-1])
    left_px = (
        min(0.0, _edges_px(track, left)[0]) if any(placed.marks) else _edges_px(track, left)[0]
    )
    right_px = (
        max(0.0, _edges_px(track, right)[1]) if any(placed.marks) else _edges_px(track, right)[1]
    )
    return (left_px + right_px) / 2


def _edges_px(track: StyledTrack, run: StyledRun) -> tuple[float, float]:
    look = track.styles[run.style]
    pieces = fonts.pieces(run.text, look.family, look.weight, look.italic, track.language)
    if bidi.first_strong(run.text):
        pieces = pieces[::-1]
    em_px = look.size_em * track.canvas.base_px
    first, last = pieces[0], pieces[-1]
    left_em = 0.0 if first.face is None else _edges_em(first.text, first.face)[0]
    right_em = 0.0 if last.face is None else _edges_em(last.text, last.face)[1]
    return left_em * em_px, right_em * em_px


@cache
def _edges_em(text: str, face: fonts.Face) -> tuple[float, float]:
    """What libass takes as the two ends of a text, from where they are: to the right positive."""
    import uharfbuzz

    font, units_per_em = hb_font(face)
    buffer = uharfbuzz.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    uharfbuzz.shape(font, buffer, {})
    edges: list[tuple[int, int]] = []
    pen, cluster = 0, None
    for info, position in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        if info.cluster != cluster:
            cluster = info.cluster
            start = pen + position.x_offset
            edges.append((start, start))
        edges[-1] = (edges[-1][0], edges[-1][1] + position.x_advance)
        pen += position.x_advance
    left = min(start for start, _ in edges)
    right = max(end for _, end in edges) - pen
    return left / units_per_em, right / units_per_em


Kind = Literal["up", "side", "turn", "grow", "glow"]
_PIVOT_PX = 20_000  # how far away a word is turned around: the tilt of a 5 px hop is 0.014 degrees

# Kind of motion of each animation, and its steps from the word's start: (ms, amount).
# Amounts: up and side in em of the word, turn in degrees, grow and glow in shares.
_STEPS: dict[Animation, tuple[Kind, tuple[tuple[int, float], ...]]] = {
    "bounce": ("up", ((120, 0.18), (120, 0.0), (80, 0.07), (80, 0.0))),
    "shake": ("side", (*((50, x) for x in (0.06, -0.06, 0.05, -0.05, 0.03, -0.02)), (50, 0.0))),
    "tremble": ("up", (*((70, y) for y in (0.04, -0.04) * 4), (70, 0.0))),
    "sway": ("turn", ((350, 2.4), (600, -2.0), (450, 0.0))),
    "pulse": ("grow", ((220, 0.09), (330, 0.0), (220, 0.09), (330, 0.0))),
    "pop": ("grow", ((40, -0.08), (110, 0.12), (250, 0.0))),
    "glow": ("glow", ((400, 1.0), (700, 0.0))),
}
_SHARE: Mapping[Motion, float] = {"none": 0.0, "subtle": 0.4, "full": 1.0}  # of these amounts
_GLOW_BORDER, _GLOW_BLUR_EM = 0.6, 0.04  # at its height: the outline's growth, and its softness


@dataclass(frozen=True, slots=True)
class WordMove:
    r"""Tags of one word's motion.

    Attributes:
        once: For the whole event: where it is turned around.
        letters: For each run of letters, again after every `\r`.
    """

    once: str = ""
    letters: str = ""


AT_REST = WordMove()


def move(
    animation: Animation,
    *,
    motion: Motion,
    word: Span,
    cue: Span,
    center: tuple[float, float],
    em_px: float,
    outline_px: float,
) -> WordMove:
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
        return WordMove(letters=fade(cue, strength))
    kind, steps = _STEPS[animation]
    if cue.duration_ms == 0 or (kind == "glow" and outline_px <= 0):
        return AT_REST
    share = _SHARE[motion]
    made = [(ms, _tag(kind, amount * share, em_px, outline_px)) for ms, amount in steps]
    x, y = center
    pivots = {"up": (x - _PIVOT_PX, y), "side": (x, y + _PIVOT_PX)}
    once = ""
    if kind in pivots:
        pivot_x, pivot_y = pivots[kind]
        once = rf"\org({number(pivot_x)},{number(pivot_y)})"
    return WordMove(once, transitions(made, word.start_ms - cue.start_ms, cue.duration_ms))


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


_BOXES, _BARS, _WORDS = 0, 1, 2  # layers
_EFFECT = "fx"
# The bar under the active word, in em of the base size: below the baseline, its height, its rim.
_BAR_AT_EM, _BAR_HEIGHT_EM, _BAR_RIM_EM = 0.17, 0.075, 0.03
# The box behind it: above and below its baseline in em of its letters, beside it in em of the base.
_GROUND_UP_EM, _GROUND_DOWN_EM, _GROUND_SIDE_EM = 0.98, 0.32, 0.11
_GROWN, _GROW_MS = 1.08, 90  # how much larger it gets: neighbours are not touched


class EffectsRenderer(Renderer):
    """Writes ASS with an event per word, the editable lines as comments, and the fonts."""

    def render(self, job: RenderJob, out: Path, *, progress: Progress = no_progress) -> None:
        """Write the whole file."""
        text = effects_text(job.track, title=job.document.media.name, motion=job.motion)
        editors.write_ass(text, out)
        progress(1.0)


def effects_text(
    track: StyledTrack,
    *,
    title: str,
    motion: Motion,
    embed_fonts: bool = True,
    comments: bool = True,
) -> str:
    """Write a track as ASS that shows each word by itself.

    The word that is being said is marked, where the track wants it: by a bar, which stands still
    itself, by a colour, a box or its size.

    Args:
        track: Cues laid out on a canvas the size of the picture.
        title: Shown by editors, usually the media file's name.
        motion: How much words may move.
        embed_fonts: Whether to add the `[Fonts]` section.
        comments: Whether to keep the editable lines as Comment events.

    Returns:
        The file's text, without byte order mark.
    """
    placer = Placer(track)
    events = (
        line
        for cue in track.cues
        for line in _cue(placer, track, cue, motion=motion, comments=comments)
    )
    about = (
        "Lines with the effect fx are made from the comments, one per word.",
        "To edit, delete them and turn the comments into dialogue.",
    )
    return written(
        editors.header(track, title, motion, about),
        styles.rows(track, shapes=True),
        events,
        attached_fonts.section(track) if embed_fonts else (),
    )


def _cue(
    placer: Placer, track: StyledTrack, cue: Cue, *, motion: Motion, comments: bool
) -> Iterator[str]:
    comment = event_text.editable(track, cue, motion=motion, kind="Comment")
    if not comment:
        return
    if comments:
        yield comment
    span = event_text.rounded(cue.span)
    for at, line in enumerate(placer.place(cue)):
        speakers = cue.speakers[at : at + 1] if cue.voices else cue.speakers
        box = _box_colour(track, line)
        if box:
            yield _fx(speakers, span, _box(track, placer, line, box), styles.SHAPES, _BOXES)
        for placed in line.words:
            said = _said(placed, span)
            is_marked = track.marks_active(motion) and said.duration_ms > 0
            if is_marked and (shape := _mark_shape(track, placed)):
                yield _fx(speakers, said, shape, styles.SHAPES, _BARS)
            text = _word(track, placed, span, motion, said if is_marked else None)
            if text:
                style = styles.style_name(placed.word.runs[0].style)
                yield _fx(speakers, span, text, style, _WORDS)


def _fx(speakers: Sequence[str], span: Span, text: str, style: str, layer: int) -> str:
    return event_line(
        "Dialogue", span, text, style=style, speakers=speakers, layer=layer, effect=_EFFECT
    )


def _word(
    track: StyledTrack, placed: PlacedWord, span: Span, motion: Motion, said: Span | None
) -> str:
    """A word where it belongs, with its motion; "" where escaping leaves nothing of it.

    Args:
        track: Styles, and how words are marked.
        placed: The word.
        span: Of its event.
        motion: How much may move.
        said: When it is marked, None for never.
    """
    parts = event_text.parts_of(track, (placed.word,))
    if not parts:
        return ""
    first = placed.word.runs[0].style
    style = track.styles[first]
    x = placed.center_px + skew_px(track, placed)
    y = placed.baseline_px - attached_fonts.middle_em(style) * placed.em_px
    is_grown = said is not None and track.mark.kind == "size"
    moving = move(
        "none" if is_grown and _is_growing(style.animation) else style.animation,
        motion=motion,
        word=placed.word.span,
        cue=span,
        center=(x, y),
        em_px=placed.em_px,
        outline_px=0.0 if style.box else styles.outline_px(track, style),
    )
    place = rf"\an5\pos({number(x)},{number(y)}){moving.once}"
    body, look = "", (first, "")
    texts = event_text.kept_edges([part.text for part in parts])
    for part, text in zip(parts, texts, strict=True):
        if place or (part.key, part.over) != look:
            name = styles.style_name(part.key) if part.key != first else ""
            reset = r"\r" + name if name or not place else ""
            look_now = track.styles[part.key]
            flat = r"\bord0" if look_now.box else ""
            lit = _lit(track, look_now, said, span) if said else ""
            body += f"{{{place}{reset}{part.over}{flat}{moving.letters}{lit}}}"
            body += placed.marks[0] if place else ""
            place, look = "", (part.key, part.over)
        body += text
    return body + placed.marks[1]


def _said(placed: PlacedWord, cue: Span) -> Span:
    """When a word is marked as being said, within its cue; a label or a sound never is."""
    if placed.word.index == LABEL or is_sound(shown_text(placed.word)):
        return Span(cue.start_ms, cue.start_ms)
    word = event_text.rounded(placed.word.span)
    start_ms = min(max(word.start_ms, cue.start_ms), cue.end_ms)
    return Span(start_ms, max(start_ms, min(word.end_ms, cue.end_ms)))


def _is_growing(animation: Animation) -> bool:
    return animation in _STEPS and _STEPS[animation][0] == "grow"


def _lit(track: StyledTrack, style: TextStyle, said: Span, cue: Span) -> str:
    r"""Letters while their word is said: another colour, or larger; then as they were."""
    start_ms, end_ms = said.start_ms - cue.start_ms, said.end_ms - cue.start_ms
    mark = track.mark
    if start_ms == end_ms:  # a label, which nobody says
        return ""
    if mark.kind == "size":
        grown = number(100 * _GROWN)
        return (
            rf"\t({start_ms},{start_ms + _GROW_MS},\fscx{grown}\fscy{grown})"
            rf"\t({end_ms},{end_ms + _GROW_MS},\fscx100\fscy100)"
        )
    if mark.kind == "bar":
        return ""
    lit, plain = rf"\1c{colour(mark.fill)}", rf"\1c{colour(style.fill)}"
    if mark.kind == "box":
        lit, plain = lit + r"\bord0", plain + rf"\bord{number(_border_px(track, style))}"
    elif mark.outline != style.outline:
        lit, plain = lit + rf"\3c{colour(mark.outline)}", plain + rf"\3c{colour(style.outline)}"
    # A change from 0 to 0 would last as long as the event: that is how \t says "all of it".
    begun = rf"\t({start_ms},{start_ms},{lit})" if start_ms else lit
    return rf"{begun}\t({end_ms},{end_ms},{plain})"


def _border_px(track: StyledTrack, style: TextStyle) -> float:
    return 0.0 if style.box else styles.outline_px(track, style)


def _mark_shape(track: StyledTrack, placed: PlacedWord) -> str:
    """What is drawn under the word that is being said, "" where its letters alone change."""
    if track.mark.kind == "bar":
        return _bar(track, placed)
    return _ground(track, placed) if track.mark.kind == "box" else ""


def _ground(track: StyledTrack, placed: PlacedWord) -> str:
    """A box behind one word."""
    em_px = placed.em_px
    pad_px = _GROUND_SIDE_EM * track.canvas.base_px
    top = placed.baseline_px - _GROUND_UP_EM * em_px
    size = (placed.width_px + 2 * pad_px, (_GROUND_UP_EM + _GROUND_DOWN_EM) * em_px)
    left = placed.center_px - placed.width_px / 2 - pad_px
    return _rectangle(left, top, size, rf"\1c{colour(track.mark.ground)}")


def _bar(track: StyledTrack, placed: PlacedWord) -> str:
    """A bar in the word's own colours, which the theme has checked for contrast."""
    style = track.styles[placed.word.runs[0].style]
    base_px = track.canvas.base_px
    left = placed.center_px - placed.width_px / 2
    tags = rf"\1c{colour(style.fill)}\3c{colour(style.outline)}"
    if not style.box:
        tags += rf"\bord{number(max(_BAR_RIM_EM, style.outline_em / 2) * base_px)}"
    top = placed.baseline_px + _BAR_AT_EM * base_px
    size = (placed.width_px, max(2.0, _BAR_HEIGHT_EM * base_px))
    return _rectangle(left, top, size, tags)


def _box_colour(track: StyledTrack, line: PlacedLine) -> str:
    looks: list[TextStyle] = [track.styles[w.word.runs[0].style] for w in line.words]
    looks.append(track.styles[StyleKey(NEUTRAL, 0)])
    return next((look.box for look in looks if look.box), "")


def _box(track: StyledTrack, placer: Placer, line: PlacedLine, box: str) -> str:
    """A rectangle behind a line, padded as far as the safe area lets it."""
    canvas, frame = track.canvas, placer.frame
    pad, side = BOX_PADDING_EM * canvas.base_px, BOX_SIDE_EM * canvas.base_px
    left = max(frame.side_px, line.left_px - side)
    right = min(canvas.width_px - frame.side_px, line.right_px + side)
    size = (right - left, line.bottom_px - line.top_px + 2 * pad)
    return _rectangle(left, line.top_px - pad, size, rf"\1c{colour(box)}")


def _rectangle(left: float, top: float, size: tuple[float, float], tags: str) -> str:
    r"""A filled rectangle; drawn in whole pixels, as not every player takes fractions."""
    width, height = (max(1, round(value)) for value in size)
    place = rf"\an7\pos({round(left)},{round(top)}){tags}\p1"
    return f"{{{place}}}m 0 0 l {width} 0 {width} {height} 0 {height}"
