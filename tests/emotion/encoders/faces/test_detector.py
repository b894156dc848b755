"""The detector against the original graph, and on a face that is moved about."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from sentigram.emotion.encoders.faces import detector
from sentigram.emotion.encoders.faces.detector import (
    DETECTOR,
    Face,
    FaceDetector,
    distinct,
    squares,
)
from sentigram.errors import MissingError
from tests.emotion.encoders.faces.pictures import FOLDER, astronaut, pattern, placed


@pytest.fixture(scope="module")
def faces() -> FaceDetector:
    return FaceDetector()


def test_it_is_the_original_graph():
    """What LiteRT (ai-edge-litert 2.3.0) makes of mediapipe 0.10.21's own file."""
    wanted = json.loads((FOLDER / "reference.json").read_text())["detector"]
    picture = pattern(128).astype(np.float32).transpose(2, 0, 1)[None] / 127.5 - 1
    scores, boxes = detector.open_net(DETECTOR).run(["scores", "boxes"], {"pictures": picture})
    assert scores.shape == (1, 896)
    assert boxes.shape == (1, 896, 16)
    np.testing.assert_allclose(scores[0, wanted["places"]], wanted["scores"], atol=1e-3)
    np.testing.assert_allclose(boxes[0, wanted["places"]], wanted["boxes"], atol=1e-3)


def test_it_finds_a_face_and_its_eyes(faces):
    (face,) = faces.find(astronaut())
    assert face.score > 0.9
    assert face.right_eye == pytest.approx((63, 78), abs=4)
    assert face.left_eye == pytest.approx((99, 79), abs=4)
    assert (face.left, face.top) == pytest.approx((36, 54), abs=6)
    assert face.width == pytest.approx(face.height, rel=0.02)


@pytest.mark.parametrize("picture", [pattern(200), np.full((90, 160, 3), 128, np.uint8)])
def test_it_finds_none_where_there_is_none(faces, picture):
    assert faces.find(picture) == ()


@pytest.mark.parametrize(("left", "top"), [(0, 0), (480, 200), (250, 90)])
def test_it_finds_it_anywhere(faces, left, top):
    found = faces.find(placed(astronaut(), left=left, top=top, size=(640, 360)))
    assert [face.right_eye for face in found] == [pytest.approx((left + 63, top + 78), abs=6)]


def test_small_faces_are_found_and_the_largest_comes_first(faces):
    small = np.asarray(Image.fromarray(astronaut()).resize((100, 100)))
    picture = placed(astronaut(), left=700, top=300, size=(1280, 720))
    picture[50:150, 100:200] = small
    found = faces.find(picture)
    assert [round(face.width) for face in found] == pytest.approx([88, 55], abs=8)
    assert [face.left for face in found] == pytest.approx([736, 123], abs=8)
    assert faces.largest(picture) == found[0]


def test_the_largest_face_may_be_small(faces):
    small = np.asarray(Image.fromarray(astronaut()).resize((100, 100)))
    picture = placed(small, left=60, top=500, size=(1280, 720))
    assert faces.largest(picture) == faces.find(picture)[0]
    assert faces.largest(placed(astronaut()[:40], left=0, top=0, size=(320, 180))) is None


def test_squares_cover_a_picture():
    for width, height in ((640, 360), (360, 640), (500, 500), (1920, 800), (33, 30)):
        seen = np.zeros((height, width), int)
        views = [view for level in squares(width, height) for view in level]
        assert views[0][2] == max(width, height)  # all of it
        for left, top, side in views[1:]:
            assert min(left, top) >= 0
            assert left + side <= width + 1e-6
            assert top + side <= height + 1e-6
            seen[int(top) : int(np.ceil(top + side)), int(left) : int(np.ceil(left + side))] += 1
        assert seen.min() >= 1


def test_one_face_is_found_once():
    def face(left, width, score):
        return Face(left, 0, width, width, score, (0, 0), (1, 0))

    sure, shifted, within = face(0, 100, 0.9), face(20, 100, 0.8), face(30, 40, 0.95)
    apart, beside = face(200, 100, 0.7), face(80, 100, 0.7)
    assert distinct([sure, shifted, apart]) == [sure, apart]
    assert distinct([sure, within]) == [within]  # the surer one
    assert distinct([sure, beside]) == [sure, beside]


def test_damaged_weights_are_named(tmp_path):
    with pytest.raises(MissingError, match="faces model is missing"):
        FaceDetector(tmp_path)
