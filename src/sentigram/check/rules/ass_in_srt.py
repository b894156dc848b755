r"""Tags of ASS in SubRip: what players make of them, and what SubRip has in their place.

`{\an8}` alone in its braces is obeyed by ffmpeg, and so by mpv and Kodi, and by VLC. Every other
tag is left out by them, with all that stands in its braces; programs that know no ASS show it.

Sources: `handle_open_brace` of ffmpeg's libavcodec/htmlsubtitles.c; `ParseSubtitles` of VLC's
modules/codec/subsdec.c.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sentigram.check.rules.catalogue import CheckFinding, Context, quoted
from sentigram.check.rules.open_tags import balanced
from sentigram.formats import srt
from sentigram.formats.ass_tags import Tag, old_alignment, tags
from sentigram.formats.colours import ass_colour
from sentigram.formats.parsing import number_of
from sentigram.formats.track import Caption

_OBEYED = re.compile(r"\{\\an[1-9]\}")
_OF_SRT = frozenset({"b", "i", "u", "s"})
_BOLD_FROM = 600  # `\b` also takes weights
_DEFAULT_PLACE = 2


def found_tags(context: Context, caption: Caption) -> Iterator[CheckFinding]:
    """The first tag of ASS that players leave out, and the first that many obey."""
    if context.track.kind != "srt":
        return
    blocks = [piece for piece in srt.pieces(caption.source) if srt.is_override(piece)]
    dropped = next((block for block in blocks if not _OBEYED.fullmatch(block)), "")
    obeyed = next((block for block in blocks if _OBEYED.fullmatch(block)), "")
    if dropped:
        yield context.found(
            "ass-tag",
            caption,
            f"{quoted(dropped)} is a tag of ASS: players of SubRip leave it out or show it",
            measured=quoted(dropped),
            allowed="tags of SubRip: b, i, u, s, font",
        )
    if obeyed:
        yield context.found(
            "ass-tag",
            caption,
            f"{quoted(obeyed)} is a place: mpv and VLC obey it, others may show it",
            measured=quoted(obeyed),
            allowed="no place, where it is not known who plays the file",
            severity="advice",
            remedy="keep it for players; take it out for sites and televisions that show it",
        )


def in_srt(kind: str, source: str) -> str:
    r"""Source text of SubRip with its own tags in place of those of ASS; others stay.

    `\i`, `\b`, `\u`, `\s` and the colour are written as SubRip has them, a place stands alone and
    first, and what players leave out is left out. A text with a drawing stays as it is.
    """
    if kind != "srt":
        return source
    pieces = list(srt.pieces(source))
    blocks = [tuple(tags(piece[1:-1])) for piece in pieces if srt.is_override(piece)]
    is_drawn = any(tag.name == "p" and number_of(tag.value) for block in blocks for tag in block)
    if is_drawn or all(_OBEYED.fullmatch(piece) for piece in pieces if srt.is_override(piece)):
        return source
    place, made, worn = "", "", dict[str, bool]()
    for piece in pieces:
        if not srt.is_override(piece):
            made += piece
            continue
        for tag in tags(piece[1:-1]):
            if tag.name in ("an", "a"):
                place = place or _place(tag)
            else:
                made += _written(tag, worn)
    return balanced("srt", place + made)


def _place(tag: Tag) -> str:
    number = int(number_of(tag.value, _DEFAULT_PLACE))
    number = old_alignment(number) if tag.name == "a" else number
    return rf"{{\an{number}}}" if 1 <= number <= 9 and number != _DEFAULT_PLACE else ""


def _written(tag: Tag, worn: dict[str, bool]) -> str:
    """A tag as SubRip has it, "" where it has none.

    Args:
        tag: Of ASS.
        worn: Names of the tags of SubRip that are open here; changed.
    """
    if tag.name == "r":
        ends = "".join(f"</{name}>" for name in reversed(worn))
        worn.clear()
        return ends
    if tag.name in _OF_SRT:
        number = number_of(tag.value)
        is_on = number >= _BOLD_FROM or number in (1, -1) if tag.name == "b" else number != 0
        return _switched(tag.name, f"<{tag.name}>" if is_on else "", worn)
    if tag.name in ("c", "1c"):
        colour = f'<font color="{ass_colour(tag.value)[0]}">' if tag.value else ""
        return _switched("font", "", worn) + _switched("font", colour, worn)
    return ""


def _switched(name: str, beginning: str, worn: dict[str, bool]) -> str:
    """What begins or ends a tag that is not yet as it shall be."""
    if bool(beginning) == (name in worn):
        return ""
    if beginning:
        worn[name] = True
        return beginning
    del worn[name]
    return f"</{name}>"
