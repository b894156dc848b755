"""Packages that carry pictures and the original nets; tests that need them skip without them.

mkdir FOLDER && cd FOLDER
pip download --no-deps mediapipe==0.10.21 scikit-image==0.26.0
npm pack @vladmandic/face-api@1.7.15
SENTIGRAM_FACE_PACKAGES=FOLDER python -m pytest tests/emotion/encoders/faces
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def package(pattern: str) -> Path:
    """The file of this name in the folder of packages, or the test skips."""
    folder = os.environ.get("SENTIGRAM_FACE_PACKAGES", "")
    found = sorted(Path(folder).glob(pattern)) if folder else []
    if not found:
        pytest.skip(f"no {pattern} in SENTIGRAM_FACE_PACKAGES: see {Path(__file__).name}")
    return found[-1]


MEDIAPIPE = "mediapipe-0.10.21-*.whl"
FACE_API = "vladmandic-face-api-1.7.15.tgz"
SCIKIT_IMAGE = "scikit_image-0.26.0-*.whl"
