"""Make the nets for faces that ship, from the packages that carry them.

    pip download --no-deps mediapipe==0.10.21
    npm pack @vladmandic/face-api@1.7.15
    python benchmarks/convert_faces.py mediapipe-*.whl vladmandic-face-api-*.tgz --out FOLDER

Nothing of the packages is installed or run. With `--check`, the detector is also held against the
original in LiteRT (`pip install ai-edge-litert`). The expression net is held against a second
implementation of it in tests/emotion/encoders/faces.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from sentigram.emotion.encoders.faces.detector import DETECTOR, NAME
from sentigram.emotion.encoders.faces.expression import EXPRESSION
from sentigram.store.shipped import write_card
from sentigram.training.shipped.faces.detector import detector_graph
from sentigram.training.shipped.faces.expression import expression_graph, read_weights

TFLITE = "mediapipe/modules/face_detection/face_detection_short_range.tflite"
MANIFEST = "package/model/face_expression_model-weights_manifest.json"
WEIGHTS = "package/model/face_expression_model.bin"
_SHA256 = {
    TFLITE: "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
    WEIGHTS: "9a9840f2cf1f4c7eab95f197512569345c00d2426754d4608b92af30e0300f3d",
}

LICENCE = """\
Licences of the nets for faces
==============================

Files: faces_detector.onnx, faces_expression.onnx, faces.card.json

faces_detector.onnx: the short-range face detector of MediaPipe (BlazeFace) by
Google, as the package mediapipe 0.10.21 carries it
(mediapipe/modules/face_detection/face_detection_short_range.tflite), under the
Apache License 2.0, which stands below. Changed: the graph was written anew as
ONNX; its weights are the same numbers.

faces_expression.onnx: the expression net of face-api.js by Vincent Mühler, as
the package @vladmandic/face-api 1.7.15 carries it
(model/face_expression_model.bin), under the MIT licence, which stands below.
Changed: the graph was written anew as ONNX; its weights are the same numbers.

--------------------------------------------------------------------------------
face-api

"""


def main() -> int:
    """Convert, and write the files that ship."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("wheel", type=Path, help="mediapipe-0.10.21-….whl")
    parser.add_argument("archive", type=Path, help="vladmandic-face-api-1.7.15.tgz")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--check", action="store_true", help="compare with LiteRT")
    given = parser.parse_args()
    with zipfile.ZipFile(given.wheel) as wheel:
        tflite = wheel.read(TFLITE)
        apache = wheel.read("mediapipe-0.10.21.dist-info/LICENSE").decode()
    with tarfile.open(given.archive) as archive:
        manifest, weights, mit = (
            _read(archive, name) for name in (MANIFEST, WEIGHTS, "package/LICENSE")
        )
    for name, data in ((TFLITE, tflite), (WEIGHTS, weights)):
        if hashlib.sha256(data).hexdigest() != _SHA256[name]:
            sys.exit(f"{name} is not the file that was looked at: another version?")
    detector = detector_graph(tflite).SerializeToString()
    expression = expression_graph(read_weights(manifest, weights)).SerializeToString()
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / DETECTOR).write_bytes(detector)
    (given.out / EXPRESSION).write_bytes(expression)
    licence = f"{LICENCE}{mit.decode().strip()}\n\n{'-' * 80}\nMediaPipe\n\n{apache.strip()}\n"
    (given.out / f"{NAME}.LICENSE.txt").write_text(licence, encoding="utf-8")
    write_card(given.out, NAME, _about(), [DETECTOR, EXPRESSION])
    print(f"{DETECTOR} {len(detector):,} bytes, {EXPRESSION} {len(expression):,} bytes")
    if given.check:
        print("largest difference of the detector from LiteRT:", *_differences(tflite, detector))
    return 0


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    if file is None:
        sys.exit(f"{name} is not in the archive")
    return file.read()


def _about() -> dict[str, Any]:
    return {
        "name": "blazeface-short-range-and-face-api-expression",
        "version": "1",
        "licence": "Apache-2.0 AND MIT",
        "what": "faces in pictures (MediaPipe's short-range detector, arXiv:1907.05047) and "
        "numbers for how they look (face-api's expression net): inputs to train on",
        "made_from": f"package mediapipe 0.10.21, file {TFLITE}; package @vladmandic/face-api "
        f"1.7.15, file {WEIGHTS}; graphs written anew, weights unchanged",
        "claims": "no accuracy of emotion was measured, and none is claimed",
    }


def _differences(tflite: bytes, made: bytes) -> list[str]:
    """Of scores and boxes, over pictures of noise and of one colour."""
    import onnxruntime
    from ai_edge_litert.interpreter import Interpreter

    session = onnxruntime.InferenceSession(made)
    original = Interpreter(model_content=tflite)
    original.allocate_tensors()
    given = original.get_input_details()[0]["index"]
    places = sorted(original.get_output_details(), key=lambda o: int(o["shape"][-1]))
    noise = np.random.default_rng(0).uniform(-1, 1, (3, 1, 128, 128, 3)).astype(np.float32)
    worst = [0.0, 0.0]
    for picture in (*noise, np.zeros_like(noise[0])):
        original.set_tensor(given, picture)
        original.invoke()
        scores, boxes = session.run(
            ["scores", "boxes"], {"pictures": picture.transpose(0, 3, 1, 2)}
        )
        for i, (place, values) in enumerate(zip(places, (scores[..., None], boxes), strict=True)):
            wanted = original.get_tensor(place["index"])
            worst[i] = max(worst[i], float(np.abs(wanted - values).max()))
    return [f"{value:.1e}" for value in worst]


if __name__ == "__main__":
    raise SystemExit(main())
