"""How colours look to viewers who lack one kind of cone, and how far two colours lie apart.

Simulation: G. M. Machado, M. M. Oliveira, L. A. F. Fernandes, "A Physiologically-based Model for
Simulation of Color Vision Deficiency", IEEE Transactions on Visualization and Computer Graphics
15(6), 2009, the matrices of severity 1.0, applied to linear RGB.

Difference: Euclidean distance in OKLab (Ottosson 2020). Black and white are 1 apart; about 0.02 is
just seen when two patches touch.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Literal, cast

from sentigram.style.colour.contrast import from_hex, from_linear, linear_of

Vision = Literal["protanopia", "deuteranopia", "tritanopia"]
Matrix = tuple[tuple[float, float, float], ...]

# Four times what is just seen side by side: words of two emotions rarely stand side by side.
LEAST_DIFFERENCE = 0.08

MATRICES: Mapping[Vision, Matrix] = MappingProxyType(
    {
        "protanopia": (
            (0.152286, 1.052583, -0.204868),
            (0.114503, 0.786281, 0.099216),
            (-0.003882, -0.048116, 1.051998),
        ),
        "deuteranopia": (
            (0.367322, 0.860646, -0.227968),
            (0.280085, 0.672501, 0.047413),
            (-0.011820, 0.042940, 0.968881),
        ),
        "tritanopia": (
            (1.255528, -0.076749, -0.178779),
            (-0.078411, 0.930809, 0.147602),
            (0.004733, 0.691367, 0.303900),
        ),
    }
)


def visions(profiles: tuple[str, ...]) -> tuple[Vision, ...]:
    """The dichromacies among the names of worn profiles."""
    return tuple(cast("Vision", name) for name in profiles if name in MATRICES)


@cache
def simulated(color: str, vision: Vision) -> str:
    """What a `#rrggbb` looks like under a dichromacy, clipped to sRGB."""
    rgb = linear_of(color)
    seen = [sum(k * v for k, v in zip(row, rgb, strict=True)) for row in MATRICES[vision]]
    return from_linear((seen[0], seen[1], seen[2]))


@cache
def difference(one: str, other: str) -> float:
    """Distance of two `#rrggbb` in OKLab: 0 for the same colour, 1 from black to white."""
    return math.dist(_lab(one), _lab(other))


def _lab(color: str) -> tuple[float, float, float]:
    """Lightness, a and b of OKLab."""
    polar = from_hex(color)
    angle = math.radians(polar.hue)
    return polar.lightness, polar.chroma * math.cos(angle), polar.chroma * math.sin(angle)
