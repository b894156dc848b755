"""Faces in pictures that packages carry: benchmarks/face_pictures.py names each and its licence."""

from __future__ import annotations

import io

import numpy as np
import pytest
from face_pictures import FACES, Count, count, pictures, small
from PIL import Image

from sentigram.emotion.encoders.faces.detector import Face, FaceDetector
from tests.emotion.encoders.faces import packages
from tests.emotion.encoders.faces.pictures import FOLDER


@pytest.fixture(scope="module")
def faces() -> FaceDetector:
    return FaceDetector()


def _of(faces: FaceDetector, name: str, data: bytes) -> Count:
    picture = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    return count(faces.find(picture), FACES.get(name, ()))


def test_no_face_is_seen_in_a_flower_or_a_temple(faces):
    found = [_of(faces, name, data) for name, data in pictures([])]
    assert sum(found, Count()) == Count(pictures=2)


def test_the_faces_of_real_pictures_are_found(faces):
    sources = [packages.package(packages.FACE_API), packages.package(packages.SCIKIT_IMAGE)]
    sums = Count()
    for name, data in pictures(sources):
        if name in FACES:
            sums += _of(faces, name, data)
    assert sums == Count(marked=24, found=24, wrong=0, pictures=8)


def test_small_faces_and_backgrounds_that_the_threshold_was_not_chosen_on(faces):
    source = packages.package(packages.SCIKIT_IMAGE)
    data = dict(pictures([source]))["lfw_subset.npy"]
    sums = sum((count(faces.find(picture), marks) for picture, marks in small(data)), Count())
    assert sums.found >= 95
    assert sums.wrong <= 3


def test_a_mark_counts_once():
    def face(x, y):
        return Face(x - 5, y - 5, 10, 10, 1, (0, 0), (1, 0))

    marks = ((10, 10, 10), (50, 50, 10))
    assert count((face(12, 10), face(11, 9), face(90, 90)), marks) == Count(2, 1, 2, 1)
    assert count((face(51, 50), face(10, 13)), marks) == Count(2, 2, 0, 1)
    assert count((face(16, 10),), marks) == Count(2, 0, 1, 1)


def test_the_marks_are_of_the_picture_that_is_here():
    """The committed piece of the astronaut, at the place that its description says."""
    ((x, y, width),) = FACES["astronaut.png"]
    left, top, scale = 130, 10, 160 / 188
    (face,) = FaceDetector().find(np.asarray(Image.open(FOLDER / "astronaut.jpg").convert("RGB")))
    assert (x - left) * scale == pytest.approx(face.left + face.width / 2, abs=6)
    assert (y - top) * scale == pytest.approx(face.top + face.height / 2, abs=6)
    assert width * scale == pytest.approx(face.width, abs=12)
