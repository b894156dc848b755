r"""How far libass misses the middle of a word that it is told to centre.

With `\pos`, libass centres the box from the first to the last glyph, and takes as the left edge of
a cluster where its first glyph is drawn (`compute_string_bbox`, libass 0.17). In Arabic type that
glyph is often the dots of a letter, which HarfBuzz offsets from its edge by up to a fifth of an em:
words would stand that much to one side. HarfBuzz is asked for the same offsets, to undo them.
"""

from __future__ import annotations

from functools import cache

from sentigram.core.style import StyledRun, StyledTrack
from sentigram.style.layout.places import PlacedWord
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
