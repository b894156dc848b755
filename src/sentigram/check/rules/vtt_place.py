"""Where cues of WebVTT are placed: by their settings, and by regions."""

from __future__ import annotations

from collections.abc import Iterator

from sentigram.check.rules.catalogue import CheckFinding, Context, quoted
from sentigram.formats.markup import ARROW
from sentigram.formats.vtt_place import layout_of, settings_of

_ROUNDING = 0.05  # of the edge: settings are whole numbers
_REMEDY = "change the cue's line, position, size or align, or its region"


def check(context: Context) -> Iterator[CheckFinding]:
    """Every cue that its own settings put near an edge; where players put the others is theirs."""
    if context.track.kind != "vtt":
        return
    layout = layout_of(context.track.text)
    rows = context.track.text.split("\n")
    edge = (1 - context.limits.canvas.safe) / 2
    for caption in context.spoken:
        written = " ".join(rows[caption.line_number - 1].partition(ARROW)[2].split()[1:])
        place = layout.place_of(settings_of(written), caption.texts)
        share = min((one for one in (place.beside, place.over) if one is not None), default=edge)
        if share < edge * (1 - _ROUNDING):
            yield context.found(
                "safe-area",
                caption,
                f"{quoted(written)} puts the text {share:.0%} of the picture from its edge"
                if share >= 0
                else f"{quoted(written)} puts the text {-share:.0%} of the picture past its edge",
                measured=f"{share:.1%}",
                allowed=f"{edge:.0%}",
                remedy=_REMEDY,
            )
        elif place.is_first_row:
            yield context.found(
                "safe-area",
                caption,
                f"{quoted(written)} puts the text into the first row: at the very edge, unless "
                "the player leaves a margin",
                measured="line:0",
                allowed="line:1, or a share of the height",
                severity="advice",
                remedy=_REMEDY,
            )
