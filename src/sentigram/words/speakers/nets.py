"""The two nets that tell speakers apart, loaded once in a process."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from sentigram import assets
from sentigram.store.shipped import read_card

NAME = "speakers"
SEGMENTATION = "speakers_segmentation.onnx"
VOICES = "speakers_voices.onnx"


@cache
def shipped_net(file: str) -> Any:
    """One of the nets that ship, as an `onnxruntime.InferenceSession`.

    Raises:
        MissingError: Its weights are absent or damaged.
    """
    read_card(NAME)
    return open_net(assets.weights() / file)


def open_net(path: Path) -> Any:
    """A net in one thread: several parts of a recording are worked on at once instead."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
