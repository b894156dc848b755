"""The nets for faces, from the files of their makers."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from sentigram.assets import weights
from sentigram.errors import InputError
from sentigram.store.shipped import read_card
from sentigram.training.shipped.faces.detector import detector_graph
from sentigram.training.shipped.faces.expression import numbers, read_weights
from sentigram.training.shipped.faces.tflite import read_graph
from sentigram.training.shipped.graphs import GraphBuilder
from tests.emotion.encoders.faces.packages import FACE_API, MEDIAPIPE, package

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "convert_faces.py"


def run(builder: GraphBuilder, made: str, values: np.ndarray, shape) -> np.ndarray:
    model = builder.model(inputs={"x": values.shape}, outputs={"y": (made, shape)}, name="one")
    (found,) = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": values})
    return found


def plain_convolution(values, kernel, *, stride):
    """TensorFlow's SAME, by loops: what is odd goes behind. (h, w, in) and (h, w, in, out)."""
    size, width = len(kernel), values.shape[0]
    n = -(-width // stride)
    missing = max(0, (n - 1) * stride + size - width)
    padded = np.pad(values, [(missing // 2, missing - missing // 2)] * 2 + [(0, 0)])
    out = np.zeros((n, n, kernel.shape[3]))
    for y in range(n):
        for x in range(n):
            piece = padded[y * stride : y * stride + size, x * stride : x * stride + size]
            out[y, x] = np.tensordot(piece, kernel, 3)
    return out


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("width", [7, 8])
def test_convolutions_are_padded_as_in_tensorflow(stride, width):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(width, width, 2)).astype(np.float32)
    kernel = rng.normal(size=(3, 3, 2, 5)).astype(np.float16)
    wanted = plain_convolution(values, kernel.astype(float), stride=stride)
    builder = GraphBuilder()
    halves = builder.half(kernel.transpose(3, 2, 0, 1))
    made = builder.convolution("x", halves, strides=(stride, stride))
    found = run(builder, made, values.transpose(2, 0, 1)[None], (1, 5, *wanted.shape[:2]))
    np.testing.assert_allclose(found[0].transpose(1, 2, 0), wanted, atol=1e-4)


def test_bytes_stand_for_numbers():
    builder = GraphBuilder()
    stored = np.array([0, 128, 255], np.uint8)
    made = builder.node("Add", "x", builder.bytes(stored, scale=0.5, least=-3.0))
    found = run(builder, made, np.zeros(3, np.float32), (3,))
    assert found.tolist() == [-3.0, 61.0, 124.5]
    assert numbers((stored, 0.5, -3.0)).tolist() == found.tolist()


def manifest(*entries):
    return json.dumps([{"weights": list(entries), "paths": ["x.bin"]}]).encode()


PLAIN = {"name": "a", "shape": [2], "dtype": "float32"}
BYTES = {
    "name": "b",
    "shape": [2, 3],
    "dtype": "float32",
    "quantization": {"dtype": "uint8", "scale": 0.1, "min": -1.0},
}


def test_weights_stand_one_after_another():
    data = struct.pack("<2f6B", 1.5, -2.0, *range(6))
    found = read_weights(manifest(PLAIN, BYTES), data)
    assert numbers(found["a"]).tolist() == [1.5, -2.0]
    np.testing.assert_allclose(numbers(found["b"]), np.arange(6).reshape(2, 3) / 10 - 1, atol=1e-6)


def test_other_weights_are_refused():
    data = struct.pack("<2f6B", 1.5, -2.0, *range(6))
    with pytest.raises(InputError, match="end before b"):
        read_weights(manifest(PLAIN, BYTES), data[:-1])
    with pytest.raises(InputError, match="3 bytes are left over"):
        read_weights(manifest(PLAIN, BYTES), data + b"abc")
    wide = {**BYTES, "quantization": {"dtype": "uint16", "scale": 1, "min": 0}}
    with pytest.raises(InputError, match="or are not bytes"):
        read_weights(manifest(wide), data)


def test_other_files_are_refused():
    with pytest.raises(InputError, match="not a TensorFlow Lite file: it has b'DATA'"):
        read_graph(b"SOMEDATA" + bytes(40))
    with pytest.raises(InputError, match="not a TensorFlow Lite file"):
        detector_graph(b"")


def test_what_ships_is_what_the_packages_hold(tmp_path):
    given = [str(package(MEDIAPIPE)), str(package(FACE_API))]
    subprocess.run([sys.executable, str(SCRIPT), *given, "--out", str(tmp_path)], check=True)
    for name in (*read_card("faces")["files"], "faces.card.json", "faces.LICENSE.txt"):
        assert (tmp_path / name).read_bytes() == (weights() / name).read_bytes(), name


def test_they_are_small_and_say_whose_they_are():
    card = read_card("faces")
    assert card["licence"] == "Apache-2.0 AND MIT"
    assert sum((weights() / name).stat().st_size for name in card["files"]) < 1_500_000
    notice = (weights() / "faces.LICENSE.txt").read_text(encoding="utf-8")
    for words in ("Apache License", "Version 2.0, January 2004", "MIT License", "Vladimir Mandic"):
        assert words in notice
    assert all(name in notice for name in card["files"])
