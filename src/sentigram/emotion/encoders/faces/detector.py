"""Finds faces with MediaPipe's short-range detector (BlazeFace), which sees 128 × 128 pixels.

It is made for faces that fill much of a picture. So a picture is seen whole, and in squares of its
shorter side, and of half of that, which overlap by half: a face whose box is a fourteenth of the
shorter side is found, too. What is found more than once counts once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sentigram import assets
from sentigram.core.arrays import Floats32, Floats64
from sentigram.store.shipped import read_card

NAME = "faces"
DETECTOR = "faces_detector.onnx"
SIZE_PX = 128

_LEAST_SCORE = 0.7  # MediaPipe has .5; many squares of a picture are many chances to be wrong
_SAME = 0.3  # share of overlap above which two boxes are one face: MediaPipe's
_INSIDE = 0.6  # share of the smaller box within the other
_STEPS = ((8, 2), (16, 6))  # pixels between places of the grid, boxes at each place
_N_KEYPOINTS = 6
_SQUARE = 1.2  # pictures less oblong than this are seen as one square

_AT_ONCE = 4  # squares; more together take longer each

Pixels = NDArray[np.uint8]
View = tuple[float, float, float]
"""Left, top and side of a square, in pixels of a picture."""


@dataclass(frozen=True, slots=True)
class Face:
    """One face in a picture, in its pixels.

    Attributes:
        left: Of the box, which reaches from the brows to the chin; it may reach out of the picture.
        top: Of the box.
        width: Of the box.
        height: Of the box.
        score: How sure the detector is, 0.7 … 1.
        right_eye: (x, y), that of the person: on the left of the picture.
        left_eye: (x, y).
    """

    left: float
    top: float
    width: float
    height: float
    score: float
    right_eye: tuple[float, float]
    left_eye: tuple[float, float]

    @property
    def area(self) -> float:
        """Of the box."""
        return self.width * self.height


class FaceDetector:
    """Finds the faces of pictures.

    Args:
        folder: Of the weights; the package's own by default.
        n_threads: Threads of onnxruntime.

    Raises:
        MissingError: A weight file is absent or damaged.
    """

    def __init__(self, folder: Path | None = None, *, n_threads: int = 1) -> None:
        self._session = open_net(DETECTOR, folder, n_threads=n_threads)

    def find(self, picture: Pixels) -> tuple[Face, ...]:
        """The faces of a picture, the largest first.

        Args:
            picture: uint8 (height, width, 3), RGB.
        """
        height, width, _ = picture.shape
        views = [view for level in squares(width, height) for view in level]
        return self._in(Image.fromarray(picture), views)

    def largest(self, picture: Pixels) -> Face | None:
        """The largest face of a picture; smaller squares are looked at where larger ones show none.

        Args:
            picture: uint8 (height, width, 3), RGB.
        """
        height, width, _ = picture.shape
        image = Image.fromarray(picture)
        levels = (self._in(image, level) for level in squares(width, height))
        return next((found[0] for found in levels if found), None)

    def _in(self, image: Image.Image, views: Sequence[View]) -> tuple[Face, ...]:
        found: list[Face] = []
        for at in range(0, len(views), _AT_ONCE):
            some = views[at : at + _AT_ONCE]
            seen = np.stack([_view(image, *view) for view in some])
            scores, boxes = self._session.run(["scores", "boxes"], {"pictures": seen})
            for view, logits, raw in zip(some, scores, boxes, strict=True):
                found += _faces(logits, raw, view)
        return tuple(sorted(distinct(found), key=lambda face: -face.area))


def open_net(file: str, folder: Path | None = None, *, n_threads: int = 1) -> Any:
    """An `onnxruntime.InferenceSession` of one of the nets for faces.

    Args:
        file: Its name.
        folder: Of the weights; the package's own by default.
        n_threads: Threads of onnxruntime.

    Raises:
        MissingError: A weight file is absent or damaged.
    """
    import onnxruntime

    folder = folder or assets.weights()
    read_card(NAME, folder=folder)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = n_threads
    return onnxruntime.InferenceSession(
        str(folder / file), options, providers=["CPUExecutionProvider"]
    )


def squares(width: int, height: int) -> Iterator[list[View]]:
    """What of a picture the detector is shown, from large squares to small ones.

    Yields:
        The picture as a whole, and the squares of its shorter side; then those of half of that.
    """
    longer, shorter = max(width, height), min(width, height)
    whole = ((width - longer) / 2, (height - longer) / 2, float(longer))
    sides = (float(shorter),) if longer > _SQUARE * shorter else ()
    yield [whole, *_squares(width, height, sides)]
    yield _squares(width, height, (shorter / 2,))


def distinct(faces: Sequence[Face]) -> list[Face]:
    """One of those that lie on each other: the surest one."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda face: -face.score):
        if not any(_is_same(face, other) for other in kept):
            kept.append(face)
    return kept


def _squares(width: int, height: int, sides: Sequence[float]) -> list[View]:
    return [
        (float(left), float(top), side)
        for side in sides
        for top in _places(height, side)
        for left in _places(width, side)
    ]


def _places(length: float, side: float) -> Floats64:
    """Where squares begin, so that they overlap by half or more."""
    room = length - side
    return np.linspace(0, room, int(np.ceil(2 * room / side)) + 1)


def _view(image: Image.Image, left: float, top: float, side: float) -> Floats32:
    """A square of a picture, black where it reaches out, float32 (3, SIZE_PX, SIZE_PX), −1 … 1."""
    box = (round(left), round(top), round(left + side), round(top + side))
    small = image.crop(box).resize((SIZE_PX, SIZE_PX), Image.Resampling.BILINEAR)
    return np.asarray(small, np.float32).transpose(2, 0, 1) / 127.5 - 1


def _faces(logits: Floats32, raw: Floats32, view: View) -> Iterator[Face]:
    """What the detector says of a square: logits (896,), raw (896, 16).

    A box is its centre from a place of the grid, its size, and six points, all in pixels of 128.
    """
    left, top, side = view
    centres = _centres()
    for at in np.flatnonzero(logits > np.log(_LEAST_SCORE / (1 - _LEAST_SCORE))):
        pairs = raw[at].reshape(-1, 2).astype(np.float64) / SIZE_PX  # centre, size, points
        width, height = pairs[1] * side
        x, y = (pairs[0] + centres[at]) * side + (left, top)
        eyes = (pairs[2:4] + centres[at]) * side + (left, top)
        score = 1 / (1 + np.exp(-np.float64(logits[at])))
        yield Face(
            left=float(x - width / 2),
            top=float(y - height / 2),
            width=float(width),
            height=float(height),
            score=float(score),
            right_eye=(float(eyes[0, 0]), float(eyes[0, 1])),
            left_eye=(float(eyes[1, 0]), float(eyes[1, 1])),
        )


@cache
def _centres() -> Floats64:
    """The grid's places, (896, 2), x before y, in shares of the square."""
    parts = []
    for step, n_boxes in _STEPS:
        n = SIZE_PX // step
        y, x = np.divmod(np.arange(n * n), n)
        places = (np.stack([x, y], axis=1) + 0.5) / n
        parts.append(np.repeat(places, n_boxes, axis=0))
    return np.concatenate(parts)


def _is_same(one: Face, other: Face) -> bool:
    across = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    down = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    shared = max(0.0, across) * max(0.0, down)
    smaller = min(one.area, other.area)
    return shared > _SAME * (one.area + other.area - shared) or shared > _INSIDE * smaller
