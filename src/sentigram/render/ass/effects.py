"""ASS for viewers: every word is an event of its own, so that it can move and no other does.

The lines that people edit lie in the same file as Comment events, those made from them carry the
effect `fx`: to go back, delete the one kind and turn the other into dialogue. Drawings lie below
the words: a box per line where the theme wants one, and a bar under the word that is being said.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sentigram.core.emotion import NEUTRAL
from sentigram.core.protocols import Progress, RenderJob, no_progress
from sentigram.core.style import Cue, Motion, StyledTrack, StyleKey, TextStyle
from sentigram.core.time import Span
from sentigram.formats.ass import colour, event_line, number, written
from sentigram.render.ass import attached_fonts, editors, effect_motion, event_text, styles
from sentigram.render.ass.skew import skew_px
from sentigram.style.layout.places import (
    ASCENT_EM,
    BOX_PADDING_EM,
    DESCENT_EM,
    LABEL,
    PlacedLine,
    PlacedWord,
    Placer,
)

_BOXES, _BARS, _WORDS = 0, 1, 2  # layers
_EFFECT = "fx"
# `\an5` holds an event by the middle of its line's height, which is this far above the baseline:
# half the height of capitals, so that words grow and turn around the middle of their letters.
_MIDDLE_EM = (ASCENT_EM - DESCENT_EM) / 2
# The bar under the active word, in em of the base size: below the baseline, its height, its rim.
_BAR_AT_EM, _BAR_HEIGHT_EM, _BAR_RIM_EM = 0.17, 0.075, 0.03
_BOX_SIDE_EM = 0.3  # beside a line's letters; BBC: about half a letter


class EffectsRenderer:
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

    A bar marks the word that is being said, where the track wants it; it stands still, whatever
    `motion` says.

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
    for line in placer.place(cue):
        box = _box_colour(track, line)
        if box:
            yield _fx(cue, span, _box(track, placer, line, box), styles.SHAPES, _BOXES)
        for placed in line.words:
            said = _said(placed, span)
            if track.marks_active and said.duration_ms:
                yield _fx(cue, said, _bar(track, placed), styles.SHAPES, _BARS)
            text = _word(track, placed, span, motion)
            if text:
                style = styles.style_name(placed.word.runs[0].style)
                yield _fx(cue, span, text, style, _WORDS)


def _fx(cue: Cue, span: Span, text: str, style: str, layer: int) -> str:
    return event_line(
        "Dialogue", span, text, style=style, speaker=cue.speaker, layer=layer, effect=_EFFECT
    )


def _word(track: StyledTrack, placed: PlacedWord, span: Span, motion: Motion) -> str:
    """A word where it belongs, with its motion; "" where escaping leaves nothing of it."""
    parts = event_text.parts_of(track, (placed.word,))
    if not parts:
        return ""
    first = placed.word.runs[0].style
    style = track.styles[first]
    x = placed.center_px + skew_px(track, placed)
    y = placed.baseline_px - _MIDDLE_EM * placed.em_px
    moving = effect_motion.move(
        style.animation,
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
            flat = r"\bord0" if track.styles[part.key].box else ""
            body += f"{{{place}{reset}{part.over}{flat}{moving.letters}}}"
            body += placed.marks[0] if place else ""
            place, look = "", (part.key, part.over)
        body += text
    return body + placed.marks[1]


def _said(placed: PlacedWord, cue: Span) -> Span:
    """When a word is marked as being said, within its cue; a label never is."""
    if placed.word.index == LABEL:
        return Span(cue.start_ms, cue.start_ms)
    word = event_text.rounded(placed.word.span)
    start_ms = min(max(word.start_ms, cue.start_ms), cue.end_ms)
    return Span(start_ms, max(start_ms, min(word.end_ms, cue.end_ms)))


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
    pad, side = BOX_PADDING_EM * canvas.base_px, _BOX_SIDE_EM * canvas.base_px
    left = max(frame.side_px, line.left_px - side)
    right = min(canvas.width_px - frame.side_px, line.right_px + side)
    size = (right - left, line.bottom_px - line.top_px + 2 * pad)
    return _rectangle(left, line.top_px - pad, size, rf"\1c{colour(box)}")


def _rectangle(left: float, top: float, size: tuple[float, float], tags: str) -> str:
    r"""A filled rectangle; drawn in whole pixels, as not every player takes fractions."""
    width, height = (max(1, round(value)) for value in size)
    place = rf"\an7\pos({round(left)},{round(top)}){tags}\p1"
    return f"{{{place}}}m 0 0 l {width} 0 {width} {height} 0 {height}"
