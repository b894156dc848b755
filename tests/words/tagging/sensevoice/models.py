"""SenseVoice networks with random weights, as they are published: a pickle and text."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
import yaml

from sentigram.words.tagging.sensevoice.features import WIDTH
from sentigram.words.tagging.sensevoice.files import EVENTS, read_files
from sentigram.words.tagging.sensevoice.tagger import build

TOKENS = ["<unk>", "<s>", "</s>", *(f"<|{event}|>" for event in EVENTS), *"abcdefgh"]
ENCODER = {
    "output_size": 32,
    "attention_heads": 4,
    "linear_units": 48,
    "num_blocks": 3,
    "tp_blocks": 2,
    "kernel_size": 11,
    "sanm_shfit": 0,
}
CONFIG = {
    "model": "SenseVoiceSmall",
    "encoder": "SenseVoiceEncoderSmall",
    "encoder_conf": {**ENCODER, "normalize_before": True, "input_layer": "pe"},
    "frontend": "WavFrontend",
    "frontend_conf": {
        "fs": 16000, "window": "hamming", "n_mels": 80, "lfr_m": 7, "lfr_n": 6, "cmvn_file": None,
    },
}  # fmt: skip


def save(folder: Path, *, config: dict | None = None, tokens: list[str] = TOKENS) -> Path:
    """Write a folder as it is on the hub."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text(yaml.safe_dump(config or CONFIG), encoding="utf-8")
    (folder / "tokens.json").write_text(json.dumps(tokens), encoding="utf-8")
    numbers = np.random.default_rng(1)
    shift = " ".join(f"{x:.6f}" for x in numbers.normal(-10, 1, WIDTH))
    factor = " ".join(f"{x:.6f}" for x in numbers.uniform(0.1, 0.3, WIDTH))
    (folder / "am.mvn").write_text(
        f"<Nnet>\n<Splice> {WIDTH} {WIDTH}\n[ 0 ]\n<AddShift> {WIDTH} {WIDTH}\n"
        f"<LearnRateCoef> 0 [ {shift} ]\n<Rescale> {WIDTH} {WIDTH}\n"
        f"<LearnRateCoef> 0 [ {factor} ]\n</Nnet>\n",
        encoding="utf-8",
    )
    if config is None:
        torch.save({"state_dict": random_network(folder).state_dict()}, folder / "model.pt")
    return folder


def random_network(folder: Path):
    """Norms and biases are random as well: their initial ones and zeros would hide faults."""
    before = torch.get_rng_state()
    torch.manual_seed(3)
    network = build(read_files(folder))
    for value in network.parameters():
        value.add_(0.1 * torch.randn_like(value))
    network.ctc.ctc_lo.weight.mul_(3)  # or all tokens are about as likely
    network.ctc.ctc_lo.bias[3:11] += 3  # or letters are what it says
    torch.set_rng_state(before)
    return network
