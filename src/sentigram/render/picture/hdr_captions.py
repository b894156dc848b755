"""The colours of an ASS text for a picture of high dynamic range.

libass draws the numbers that it is told. Over PQ, white written as 255 would be 10,000 cd/m²: so
each colour is written as the code that it has there, with white at 203 cd/m².
"""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

from sentigram.media.hdr import coded

# In ASS, &HBBGGRR& or &HAABBGGRR; two digits alone are a transparency, and stay.
_COLOUR = re.compile(r"&H([0-9A-Fa-f]{2})?([0-9A-Fa-f]{6})(?![0-9A-Fa-f])")
_TAGS = re.compile(r"\{[^{}]*\}")


def for_hdr(text: str, transfer: Literal["pq", "hlg"]) -> str:
    """An ASS text whose styles and tags have the codes of a transfer as colours.

    Args:
        text: With sRGB colours.
        transfer: pq or hlg.
    """

    def recoloured(part: str) -> str:
        return _COLOUR.sub(lambda found: f"&H{found[1] or ''}{_coded(found[2], transfer)}", part)

    lines = []
    for line in text.split("\n"):
        if line.startswith("Style:"):
            lines.append(recoloured(line))
        elif line.startswith("Dialogue:"):  # what is said may look like a colour
            lines.append(_TAGS.sub(lambda tags: recoloured(tags[0]), line))
        else:
            lines.append(line)
    return "\n".join(lines)


@cache
def _coded(bgr: str, transfer: Literal["pq", "hlg"]) -> str:
    blue, green, red = bytes.fromhex(bgr)
    red, green, blue = coded((red, green, blue), transfer)
    return f"{blue:02X}{green:02X}{red:02X}"
