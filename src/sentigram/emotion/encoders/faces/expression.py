"""How a face looks, by face-api's expression net: 256 numbers, and scores of seven expressions.

The scores are inputs to learn from. How often they name what somebody feels is not measured here,
and nothing relies on it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from sentigram.core.arrays import Floats32
from sentigram.emotion.encoders.faces.detector import Face, Pixels, open_net

EXPRESSION = "faces_expression.onnx"
SIZE_PX = 112
N_FEATURES = 256
EXPRESSIONS = ("neutral", "happy", "sad", "angry", "fearful", "disgusted", "surprised")
WIDTH = N_FEATURES + len(EXPRESSIONS)

_MARGIN = 1.3  # side of the square that is shown, over the longer side of the box


class ExpressionNet:
    """Describes faces.

    Args:
        folder: Of the weights; the package's own by default.
        n_threads: Threads of onnxruntime.

    Raises:
        MissingError: A weight file is absent or damaged.
    """

    def __init__(self, folder: Path | None = None, *, n_threads: int = 1) -> None:
        self._session = open_net(EXPRESSION, folder, n_threads=n_threads)

    def describe(self, crops: Sequence[Pixels]) -> Floats32:
        """The layer before the scores, then the scores, which sum to 1: float32 (n, WIDTH).

        Args:
            crops: uint8 (SIZE_PX, SIZE_PX, 3) RGB each, from `upright`.
        """
        if not crops:
            return np.zeros((0, WIDTH), np.float32)
        faces = np.stack(crops).astype(np.float32).transpose(0, 3, 1, 2)
        found = self._session.run(["features", "scores"], {"faces": faces})
        return np.concatenate(found, axis=1).astype(np.float32)


def upright(picture: Pixels, face: Face) -> Pixels:
    """A face with its eyes level, uint8 (SIZE_PX, SIZE_PX, 3), black outside of the picture.

    Args:
        picture: uint8 (height, width, 3), RGB.
        face: Where it is.
    """
    x, y = face.left + face.width / 2, face.top + face.height / 2
    half = _MARGIN * max(face.width, face.height) / 2
    (right_x, right_y), (left_x, left_y) = face.right_eye, face.left_eye
    tilt = math.degrees(math.atan2(left_y - right_y, left_x - right_x))
    reach = half * math.sqrt(2) + 1  # what a turned square can need
    around = Image.fromarray(picture).crop(_box(x, y, reach))
    turned = around.rotate(tilt, Image.Resampling.BILINEAR)
    inner = turned.crop(_box(turned.width / 2, turned.height / 2, half))
    return np.asarray(inner.resize((SIZE_PX, SIZE_PX), Image.Resampling.BILINEAR))


def _box(x: float, y: float, half: float) -> tuple[int, int, int, int]:
    left, top = round(x - half), round(y - half)
    side = max(1, round(2 * half))
    return left, top, left + side, top + side
