"""YouTube's timed text, format 3: what pens make of styles."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sentigram.core.protocols import Progress, Renderer, RenderJob, no_progress
from sentigram.core.style import Side, StyledTrack, TextStyle
from sentigram.formats import srv3
from sentigram.render.runs import segments

_OUTLINE_EDGE = 3
_BOLD_FROM = 600
# Font styles that YouTube offers: 1 typewriter, 2 serif, 5 casual, 7 small capitals; 0 sans serif.
_FONT_STYLES = {
    "Courier Prime": 1,
    "Merriweather": 2,
    "Fredoka": 5,
    "Chelsea Market": 5,
    "Bebas Neue": 7,
}


class Srv3Renderer(Renderer):
    """Writes YouTube's timed text, format 3."""

    def render(self, job: RenderJob, out: Path, *, progress: Progress = no_progress) -> None:
        """Write the whole file, UTF-8."""
        out.write_text(srv3_text(job.track), encoding="utf-8", newline="\n")
        progress(1.0)


def srv3_text(track: StyledTrack) -> str:
    """Write a track as timed text: a pen per style, and a window at the bottom of each side."""
    canvas = track.canvas
    keys = sorted(track.styles)
    numbers = {key: number for number, key in enumerate(keys, start=1)}
    cues = (
        (
            cue.span.start_ms,
            cue.span.end_ms,
            [[(part.text, numbers[part.style]) for part in line] for line in segments(cue, track)],
            cue.side,
        )
        for cue in track.cues
    )
    low = 1 - max(canvas.bottom, (1 - canvas.safe) / 2)  # where the lowest line stands
    pens = [_pen(track.styles[key]) for key in keys]
    edge = canvas.column_side
    lefts: Mapping[Side, float] = {"middle": 0.5, "left": edge, "right": 1 - edge}
    used = {cue.side for cue in track.cues} | {"middle"}
    places = {side: (100 * left, 100 * low) for side, left in lefts.items() if side in used}
    return srv3.written(cues, pens=pens, places=places)


def _pen(style: TextStyle) -> dict[str, str]:
    pen = {
        "fc": srv3.pen_colour(style.fill),
        "fo": str(srv3.OPAQUE),
        "bo": str(srv3.OPAQUE if style.box else 0),
        "b": str(int(style.weight >= _BOLD_FROM)),
        "i": str(int(style.italic)),
        "u": str(int(style.underline)),
        "sz": srv3.pen_size(style.size_em),
    }
    if style.box:
        pen["bc"] = style.box
    elif style.outline_em:
        pen |= {"et": str(_OUTLINE_EDGE), "ec": style.outline}
    if style.family in _FONT_STYLES:
        pen["fs"] = str(_FONT_STYLES[style.family])
    return pen
