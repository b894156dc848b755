"""Pictures for tests of faces.

`astronaut.jpg` is the face of Eileen Collins, from NASA's portrait GPN-2000-001177, which is in the
public domain: rows 10 to 198 and columns 130 to 318 of scikit-image's `data.astronaut()`, made 160
pixels wide. Its eyes are at about (63, 64) and (99, 64).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

FOLDER = Path(__file__).parent


def astronaut() -> np.ndarray:
    """uint8 (160, 160, 3)."""
    return np.asarray(Image.open(FOLDER / "astronaut.jpg").convert("RGB"))


def placed(face: np.ndarray, *, left: int, top: int, size: tuple[int, int]) -> np.ndarray:
    """A face on grey, uint8 (height, width, 3); size is (width, height)."""
    whole = np.full((size[1], size[0], 3), 128, np.uint8)
    whole[top : top + face.shape[0], left : left + face.shape[1]] = face
    return whole


def pattern(side: int) -> np.ndarray:
    """No picture of anything, the same everywhere, uint8 (side, side, 3)."""
    y, x, c = np.indices((side, side, 3))
    return ((7 * y + 13 * x + 29 * c + (y * x) // 8) % 256).astype(np.uint8)
