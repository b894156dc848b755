"""The expression net against face-api itself, and faces set upright."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from sentigram.emotion.encoders.faces.detector import FaceDetector
from sentigram.emotion.encoders.faces.expression import (
    EXPRESSIONS,
    N_FEATURES,
    SIZE_PX,
    WIDTH,
    ExpressionNet,
    upright,
)
from tests.emotion.encoders.faces.pictures import FOLDER, astronaut, pattern, placed


@pytest.fixture(scope="module")
def net() -> ExpressionNet:
    return ExpressionNet()


@pytest.fixture(scope="module")
def faces() -> FaceDetector:
    return FaceDetector()


def test_it_is_face_api(net):
    """What @vladmandic/face-api 1.7.15 makes of a picture, by benchmarks/face_api_reference.mjs."""
    wanted = json.loads((FOLDER / "reference.json").read_text())["expression"]
    (found,) = net.describe([pattern(SIZE_PX)])
    np.testing.assert_allclose(found[:N_FEATURES:16], wanted["features"], atol=1e-4)
    np.testing.assert_allclose(found[N_FEATURES:], wanted["scores"], atol=1e-5)


def test_one_face_does_not_change_another(net):
    pictures = [pattern(SIZE_PX), 255 - pattern(SIZE_PX), np.zeros((SIZE_PX, SIZE_PX, 3), np.uint8)]
    together = net.describe(pictures)
    assert together.shape == (3, WIDTH)
    apart = np.concatenate([net.describe([picture]) for picture in pictures])
    np.testing.assert_allclose(together, apart, atol=1e-5)
    np.testing.assert_allclose(together[:, N_FEATURES:].sum(axis=1), 1, atol=1e-5)
    assert net.describe([]).shape == (0, WIDTH)


@pytest.mark.parametrize("tilt", [0, 25, -25, 45])
def test_eyes_become_level(faces, net, tilt):
    turned = np.asarray(Image.fromarray(astronaut()).rotate(tilt, fillcolor=(128, 128, 128)))
    (face,) = faces.find(turned)
    if tilt:
        assert abs(face.right_eye[1] - face.left_eye[1]) > 8
    crop = upright(turned, face)
    assert crop.shape == (SIZE_PX, SIZE_PX, 3)
    (again,) = faces.find(placed(crop, left=40, top=40, size=(192, 192)))
    assert again.right_eye[1] == pytest.approx(again.left_eye[1], abs=4)
    assert again.left + again.width / 2 == pytest.approx(40 + SIZE_PX / 2, abs=8)
    # a broad smile stays one; what other faces are called is not asserted, and nothing relies on it
    assert EXPRESSIONS[net.describe([crop])[0, N_FEATURES:].argmax()] == "happy"


def test_a_face_at_the_edge_is_black_beyond(faces):
    (whole,) = faces.find(astronaut())
    cut = astronaut()[:, int(whole.left) + 12 :]
    (face, *_) = faces.find(cut)
    assert (upright(cut, face)[:, 0] == 0).mean() > 0.5
