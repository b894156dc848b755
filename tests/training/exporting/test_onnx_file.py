"""Checkpoints as ONNX: equal outputs from raw features, or nothing at all."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from sentigram.emotion.encoders.tokens import KINDS
from sentigram.emotion.networks.checkpoint import load_checkpoint, save_checkpoint
from sentigram.emotion.networks.inputs import Sequences
from sentigram.emotion.networks.scaling import InputStatistics, load_inputs, save_inputs
from sentigram.errors import OutputError, UsageError
from sentigram.training.exporting import onnx_file
from sentigram.training.exporting.onnx_file import export_onnx
from tests.emotion.networks.test_families import CASES, N_PIECES, Case, infos, made

CLASSES = ["anger", "happiness", "neutral", "sadness"]
QUICK = ("bert", "trimodal, without faces")  # tracing takes half a minute for the larger ones


def saved(folder: Path, case: Case, **card) -> Path:
    rng = np.random.default_rng(0)
    known = infos(case)
    statistics = {
        kind: InputStatistics(
            rng.normal(size=info.width).astype(np.float32),
            rng.uniform(0.5, 2, info.width).astype(np.float32),
        )
        for kind, info in known.items()
    }
    save_inputs(folder, statistics)
    about = {
        "classes": CLASSES,
        "encoders": {kind: asdict(info) for kind, info in known.items()},
        "calibration": {"temperature": 1.7},
        **card,
    }
    return save_checkpoint(folder, "network", made(case).float(), about)


def exported(name: str, folder: Path) -> None:
    """The file says of raw features what the network says of scaled ones, cooled."""
    case = CASES[name]
    card = saved(folder, case)
    done = export_onnx(card, folder / "out.onnx")
    assert done.largest_difference < 1e-4
    network, _ = load_checkpoint(card)
    about = json.loads(done.card.read_text())["onnx"]
    rng = np.random.default_rng(1)
    feed, inputs = {}, {}
    widths = {kind: info.width for kind, info in infos(case).items()}
    statistics = load_inputs(folder, widths)
    for kind in (kind for kind in KINDS if kind in widths):
        n = 333 if widths[kind] == 64 else 4
        raw = rng.normal(size=(2, n, widths[kind])).astype(np.float32)
        if case.numbers(kind) == "ids":
            raw = rng.integers(N_PIECES, size=raw.shape).astype(np.float32)
        mask = np.arange(n) < np.array([[n], [max(1, n // 3)]])
        feed |= {kind: raw, f"{kind}_mask": mask}
        inside = torch.from_numpy(mask)
        scaled = raw if case.numbers(kind) == "ids" else statistics[kind](raw)
        inputs[kind] = Sequences(torch.from_numpy(scaled), inside, inside)
    assert set(about["inputs"]) == set(feed)
    session = onnxruntime.InferenceSession(done.path, providers=["CPUExecutionProvider"])
    probabilities, vad = session.run(["probabilities", "vad"], feed)
    with torch.no_grad():
        output = network(inputs)
    expected = (output.logits / 1.7).softmax(dim=-1).numpy()
    np.testing.assert_allclose(probabilities, expected, atol=1e-4)
    np.testing.assert_allclose(vad, output.vad.numpy(), atol=1e-4)
    told = {one.key: json.loads(one.value) for one in onnx.load(done.path).metadata_props}
    assert told["classes"] == CLASSES
    assert told["temperature"] == 1.7
    for kind, info in infos(case).items():
        assert told["encoders"][kind]["name"] == info.name
        scaled_by = "none" if info.numbers == "ids" else "in the graph"
        assert told["normalization"][kind].startswith(scaled_by)


@pytest.mark.parametrize("name", QUICK)
def test_the_file_says_what_the_network_says(name: str, tmp_path: Path):
    exported(name, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in CASES if name not in QUICK])
def test_every_other_family_too(name: str, tmp_path: Path):
    exported(name, tmp_path)


def test_other_outputs_are_refused_and_nothing_is_written(tmp_path: Path, monkeypatch):
    card = saved(tmp_path, CASES["vggish"])
    monkeypatch.setattr(onnx_file, "_write", lambda *_args: None)
    monkeypatch.setattr(onnx_file, "_largest_difference", lambda *_args: 2e-4)
    with pytest.raises(UsageError, match=r"other outputs than the network, by up to 0\.0002"):
        export_onnx(card, tmp_path / "out.onnx")
    monkeypatch.setattr(onnx_file, "_largest_difference", lambda *_args: float("nan"))
    with pytest.raises(UsageError, match="nothing was written"):
        export_onnx(card, tmp_path / "out.onnx")
    assert not list(tmp_path.glob("out*"))
    (tmp_path / "out.card.json").write_text("mine")
    with pytest.raises(OutputError, match="exists"):
        export_onnx(card, tmp_path / "out.onnx")
    with pytest.raises(UsageError, match="would replace the checkpoint's own"):
        export_onnx(card, tmp_path / "network.onnx", overwrite=True)


def test_a_network_that_cannot_be_traced_is_named(tmp_path: Path, monkeypatch):
    def refuse(*_args, **_options):
        message = "data-dependent size"
        raise RuntimeError(message)

    monkeypatch.setattr(torch.onnx, "export", refuse)
    card = saved(tmp_path, CASES["vggish"])
    refused = r"family vggish cannot be written as ONNX.*data-dependent"
    with pytest.raises(UsageError, match=refused):
        export_onnx(card, tmp_path / "out.onnx")
    assert not list(tmp_path.glob("out*"))


def test_speakers_own_statistics_stay_outside_and_are_told(tmp_path: Path):
    network, card = load_checkpoint(
        saved(tmp_path, CASES["vggish"], normalize_audio="recording", context=2)
    )
    inside, known = onnx_file._scaling(tmp_path / "network.card.json", network, card)
    assert not inside
    graph = onnx_file._Graph(network, inside, temperature=1.0, has_marks=True)
    about = onnx_file._about(graph, card, known)
    assert about["inputs"] == ("audio", "audio_mask", "audio_marked")
    assert len(about["normalization"]["audio"]["mean"]) == 64
    given = onnx_file._inputs(graph, {"audio": 200}, 2, seed=0)
    expected = network({"audio": Sequences(*given)}).logits
    torch.testing.assert_close(graph(*given)[1], expected)
