"""`faces` and `faces-frames`: how the face in a clip looks, by the clip, or three times a second.

Pictures are taken from the clip evenly in time. Of each one, one face counts, the largest: in talk,
mostly that of whoever is filmed, who need not be the one who speaks. A picture without a face is no
part of means; how many there were stands beside them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.emotion.encoders.faces.detector import NAME, FaceDetector, Pixels
from sentigram.emotion.encoders.faces.expression import WIDTH, ExpressionNet, upright
from sentigram.emotion.encoders.tokens import EncoderInfo
from sentigram.errors import InputError
from sentigram.media.probe import open_media
from sentigram.store.shipped import read_card

PICTURES_PER_SECOND = 3
CLIP_WIDTH = 2 * WIDTH + 1
FRAME_WIDTH = WIDTH + 1

_LONGEST_PX = 1280  # larger pictures are made smaller
_OBLONG = 4.0  # pixels are no wider or narrower than this
_VERSION = "1"


@dataclass(frozen=True, slots=True, eq=False)
class ClipFaces:
    """The pictures of a clip.

    Attributes:
        values: float32 (n_pictures, WIDTH) of the largest face; zeros where there is none.
        shown: bool (n_pictures,) whether there is one.
    """

    values: Floats32
    shown: Any

    def pooled(self) -> Floats32:
        """Means and deviations over pictures with a face, and their share, (1, CLIP_WIDTH)."""
        own = self.values[self.shown].astype(np.float64)
        if not len(own):
            return np.zeros((1, CLIP_WIDTH), np.float32)
        parts = [own.mean(axis=0), own.std(axis=0), [self.shown.mean()]]
        return np.concatenate(parts).astype(np.float32)[None]

    def sequence(self) -> Floats32:
        """Each picture, and whether it has a face, (n_pictures, FRAME_WIDTH)."""
        return np.concatenate([self.values, self.shown[:, None]], axis=1, dtype=np.float32)


class FaceReader:
    """Finds and describes the largest face in pictures.

    Raises:
        MissingError: A weight file is absent or damaged.
    """

    def __init__(self) -> None:
        self._detector = FaceDetector()
        self._net = ExpressionNet()

    def read(self, pictures: Iterator[Pixels]) -> ClipFaces:
        """Describe pictures, uint8 (height, width, 3) RGB each, holding one at a time."""
        crops = []
        for picture in pictures:
            face = self._detector.largest(picture)
            crops.append(None if face is None else upright(picture, face))
        shown = np.array([crop is not None for crop in crops], bool)
        values = np.zeros((len(crops), WIDTH), np.float32)
        values[shown] = self._net.describe([crop for crop in crops if crop is not None])
        return ClipFaces(values, shown)


class FaceFeatures:
    """One vector per clip, float32 (1, CLIP_WIDTH): zeros where no picture shows a face."""

    name = "faces"
    width = CLIP_WIDTH

    def __init__(self) -> None:
        self._n_clips = 0
        self._n_empty = 0

    @cached_property
    def info(self) -> EncoderInfo:
        """The nets' name, version and digests."""
        card = read_card(NAME)
        digests = "".join(sorted(entry["sha256"] for entry in card["files"].values()))
        what = (
            f"{card['name']} {card['version']}, the largest face, "
            f"{PICTURES_PER_SECOND} pictures a second {_VERSION}"
        )
        digest = hashlib.sha256(digests.encode()).hexdigest()
        return EncoderInfo(self.name, "visual", self.width, what, digest)

    @property
    def remarks(self) -> tuple[str, ...]:
        """How many of the clips that were encoded show no face."""
        if not self._n_empty:
            return ()
        return (f"{self.name}: {self._n_empty} of {self._n_clips} clips show no face",)

    def encode(self, batch: Sequence[str] | Sequence[Path]) -> list[Floats32]:
        """Encode clips given by path.

        Raises:
            InputError: A clip has no picture, or it cannot be decoded.
        """
        found = []
        for path in batch:
            faces = self._reader.read(pictures_of(Path(path)))
            self._n_clips += 1
            self._n_empty += not faces.shown.any()
            found.append(self._tokens(faces))
        return found

    @cached_property
    def _reader(self) -> FaceReader:
        return FaceReader()

    def _tokens(self, faces: ClipFaces) -> Floats32:
        return faces.pooled()


class FaceFrames(FaceFeatures):
    """Tokens in time, float32 (n_pictures, FRAME_WIDTH)."""

    name = "faces-frames"
    width = FRAME_WIDTH

    def _tokens(self, faces: ClipFaces) -> Floats32:
        return faces.sequence()


def pictures_of(path: Path) -> Iterator[Pixels]:
    """Pictures of a clip as displayed, PICTURES_PER_SECOND of them, the first one first.

    Yields:
        uint8 (height, width, 3), RGB, no side over 1280 pixels.

    Raises:
        InputError: The clip has no picture, or it cannot be decoded.
        MediaError: It is no media file.
    """
    import av

    with open_media(path) as source:
        streams = [
            s for s in source.streams.video if not s.disposition & s.disposition.attached_pic
        ]
        if not streams:
            message = f"{path}: has no picture, so no faces; leave `faces` out for this corpus"
            raise InputError(message)
        n_taken, begin_s = 0, None
        try:
            for number, frame in enumerate(source.decode(streams[0])):
                rate = float(streams[0].average_rate or PICTURES_PER_SECOND)
                at_s = frame.time if frame.time is not None else number / rate
                begin_s = at_s if begin_s is None else begin_s
                if (at_s - begin_s) * PICTURES_PER_SECOND >= n_taken:
                    n_taken += 1
                    yield _displayed(frame, float(streams[0].sample_aspect_ratio or 1))
        except av.FFmpegError as error:
            message = f"{path}: its picture cannot be decoded ({error}); leave the clip out"
            raise InputError(message) from error
        if not n_taken:
            message = f"{path}: its picture holds no frame; leave the clip out"
            raise InputError(message)


def _displayed(frame: Any, pixel: float) -> Pixels:
    """A frame in square pixels, turned as it is shown; pixel is a pixel's width over its height."""
    width, height = frame.width * min(max(pixel, 1 / _OBLONG), _OBLONG), frame.height
    scale = min(1.0, _LONGEST_PX / max(width, height))
    size = {"width": max(1, round(width * scale)), "height": max(1, round(height * scale))}
    pixels = frame.reformat(**size, format="rgb24").to_ndarray()
    return np.ascontiguousarray(np.rot90(pixels, frame.rotation // 90))
