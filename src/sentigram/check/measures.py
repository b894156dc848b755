"""What a reader sees of captions, measured: characters, contrast, brightness, differences."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from sentigram.formats.track import Lettering, SubtitleTrack
from sentigram.style.colour.contrast import Ink, luminance, ratio, worst_ratio
from sentigram.style.styling import canvas_for

_HALF_WIDTH_COUNTS = 0.5
_WIDE_LANGUAGES = frozenset({"zh", "ja", "ko"})
_UNCOUNTED = frozenset({"Mn", "Me", "Cf", "Cc"})
_ASS_SIZE_PER_EM = 1.2  # what an ASS font size is to the em, in most fonts
_SEE_THROUGH, _INVISIBLE = 0.25, 0.9
_STARRED = re.compile(r"(?<![0-9A-Za-z*])\*([^\s*]+)\*(?![0-9A-Za-z*])")
_GROUNDS = ("#000000", "#ffffff")


def n_chars(text: str, language: str = "") -> float:
    """How many characters a reader sees; in Chinese, Japanese and Korean half-width ones are half.

    Marks above and below letters, joiners and direction marks do not count, nor do asterisks around
    a word, which mark emphasis: lines are laid out without them.
    """
    text = _STARRED.sub(_unmarked, text) if "*" in text else text
    if text.isascii() and language not in _WIDE_LANGUAGES:
        return len(text)
    total = 0.0
    for char in unicodedata.normalize("NFC", text):
        if unicodedata.category(char) in _UNCOUNTED:
            continue
        is_half = language in _WIDE_LANGUAGES and unicodedata.east_asian_width(char) not in "WFA"
        total += _HALF_WIDTH_COUNTS if is_half else 1
    return total


def _unmarked(starred: re.Match[str]) -> str:
    """What stands between asterisks, where it is a word."""
    return starred[1] if any(map(str.isalnum, starred[1])) else starred[0]


def usual_em_px(track: SubtitleTrack) -> float:
    """Em of usual captions in the file's own pixels."""
    return canvas_for(track.width_px, track.height_px).base_px


def outline_em(look: Lettering, usual_px: float) -> float:
    """Width of the outline in em of the letters, of usual ones where those are larger.

    An outline that is a halo around usual captions is one around larger letters too.
    """
    if not look.outline_px:
        return look.outline_em
    return look.outline_px / min(max(1.0, look.size_px / _ASS_SIZE_PER_EM), usual_px)


def contrast(look: Lettering, usual_px: float) -> float | None:
    """Contrast over the video that suits the letters least; None where nothing is known.

    What is see-through is judged as it is drawn over black and over white, the worse counts.
    """
    if not look.fill or look.fill_alpha >= _INVISIBLE:
        return None
    return _contrast(
        look.fill,
        look.fill_alpha,
        look.outline if look.outline_alpha <= _SEE_THROUGH else "",
        outline_em(look, usual_px),
        look.box,
        look.box_alpha,
    )


@cache
def _contrast(
    fill: str, fill_alpha: float, outline: str, outline_em: float, box: str, box_alpha: float
) -> float:
    ratios = []
    for ground in _GROUNDS:
        behind = _over(box, box_alpha, ground) if box else ground
        seen = _over(fill, fill_alpha, behind)
        if box:
            ratios.append(ratio(seen, behind))
        else:
            ratios.append(worst_ratio(Ink(seen, outline or seen, outline_em if outline else 0)))
    return min(ratios)


def _over(colour: str, alpha: float, ground: str) -> str:
    """A see-through colour as it is drawn over another."""
    if alpha <= 0:
        return colour
    mixed = (
        round(int(colour[i : i + 2], 16) * (1 - alpha) + int(ground[i : i + 2], 16) * alpha)
        for i in (1, 3, 5)
    )
    return "#" + "".join(f"{value:02x}" for value in mixed)


def brightness(fill: str, opacity: float) -> float:
    """Of letters, over black: 0 … 1."""
    return luminance(fill or "#ffffff") * opacity


def shape(look: Lettering) -> tuple[object, ...]:
    """All that tells letters from others without any colour."""
    return (
        look.family.casefold(),
        round(look.size_px, 2),
        look.weight,
        look.italic,
        look.underline,
        round(look.spacing_px, 2),
        round(look.stretch, 3),
    )


def colours(look: Lettering) -> tuple[object, ...]:
    """All that tells letters from others by colour alone."""
    return (
        look.fill,
        look.outline if look.outline_em or look.outline_px else "",
        look.box if look.box_alpha < 1 else "",
    )


def manner(look: Lettering) -> tuple[object, ...]:
    """What makes a style to the reader: all but the size, which stress alone may change."""
    return (look.fill, look.family.casefold(), look.weight, look.italic, look.underline)
