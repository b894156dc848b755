"""Words per second of the fusion step alone: run by `full_engine.py --fusion`."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import machine
import numpy as np
import random_models

from sentigram.core.document import EnginePart

if TYPE_CHECKING:
    from sentigram.emotion.encoders.compute import Compute
    from sentigram.emotion.encoders.tokens import EncoderInfo, Kind
    from sentigram.emotion.networks.inputs import Sequences
    from sentigram.emotion.networks.reader import Block, FusedEmotionModel

_REPEATS = 3
_FUSION_WORDS, _WORDS_A_WORD, _TOKENS_A_WORD, _TOKEN_STEP = 1024, 7, 20, 4
_READINGS = 3
_BATCH_WORDS = 256  # as FusedEmotionModel
_MATRIX = {"cpu": 2048, "cuda": 8192}


@dataclass(frozen=True, slots=True)
class Named:
    """Stands for an encoder where only tokens that are already made are fused."""

    info: EncoderInfo
    part: EnginePart


def measure(device: str) -> None:
    """Words per second, and how much of what the processor multiplies at best."""
    from sentigram.emotion.encoders.compute import resolve
    from sentigram.emotion.encoders.tokens import EncoderInfo

    with tempfile.TemporaryDirectory(prefix="sentigram-") as name:
        infos = (
            EncoderInfo("words", "text", 768, "random"),
            EncoderInfo("voice", "audio", 1024, "random"),
        )
        card = random_models.write_checkpoint(Path(name) / "fusion", *infos)
        print(
            f"fusion of hidden 384 on {_WORDS_A_WORD} words of 768 and {_TOKENS_A_WORD} tokens of "
            f"1,024 a word, batches of {_BATCH_WORDS}, float32; median of {_REPEATS}\n"
        )
        found = resolve(device, "float32").device
        devices: list[str] = ["cpu"] if device == "cpu" or found == "cpu" else [found]
        if device == "auto" and found == "cuda":
            devices.insert(0, "cpu")
        for place in devices:
            _fusion_on(resolve(place, "float32"), card, infos)


def _fusion_on(compute: Compute, card: Path, infos: Sequence[EncoderInfo]) -> None:
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from sentigram.emotion.networks.reader import FusedEmotionModel

    parts = {i.kind: Named(i, EnginePart("encoder", i.id)) for i in infos}
    model = FusedEmotionModel(card, compute=compute, encoders=parts, batch_words=_BATCH_WORDS)  # type: ignore[arg-type]
    block = _block(infos)
    whole = _typical(lambda: model.fuse(block), compute)
    with FlopCounterMode(display=False) as counter:
        model.fuse(block)
    forward = _network_seconds(model, compute)
    n = _MATRIX[compute.device]
    a, b = (torch.randn(n, n, device=compute.device) for _ in range(2))
    best = 2 * n**3 / _typical(lambda: a @ b, compute)
    per_word = counter.get_total_flops() / 2 / block.n_words
    print(f"{machine.described(compute)}")
    print(
        f"  {per_word / 1e6:.1f} million multiply-adds a word, read {_READINGS} times: with "
        "both modalities and with each alone"
    )
    print(f"  one float32 product of {n} x {n} matrices: {best / 1e9:,.0f} GFLOP/s")
    for name, seconds in (("whole step", whole), ("network alone", forward)):
        speed = block.n_words / seconds
        reached = 2 * per_word * speed
        print(
            f"  {name:<14} {speed:10,.0f} words/s   {reached / 1e9:8,.1f} GFLOP/s = "
            f"{reached / best:.0%} of that"
        )


def _network_seconds(model: FusedEmotionModel, compute: Compute) -> float:
    """Time of the network on all words, their tokens on the device and in batches already."""
    import torch

    from sentigram.emotion.networks.checkpoint import load_checkpoint
    from sentigram.emotion.networks.inputs import Sequences

    network = load_checkpoint(model._path)[0].to(compute.device)  # noqa: SLF001
    tokens: dict[Kind, Sequences] = {}
    lengths: dict[Kind, int] = {"text": _WORDS_A_WORD, "audio": _TOKENS_A_WORD}
    for kind, n in lengths.items():
        width = network.config.widths[kind]
        values = torch.randn(_BATCH_WORDS, n, width, device=compute.device)
        mask = torch.ones(_BATCH_WORDS, n, dtype=torch.bool, device=compute.device)
        tokens[kind] = Sequences(values, mask, mask)

    def run() -> None:
        with torch.inference_mode():
            for _ in range(_READINGS * _FUSION_WORDS // _BATCH_WORDS):
                network(tokens)

    return _typical(run, compute)


def _block(infos: Sequence[EncoderInfo]) -> Block:
    """Random tokens of a stretch of speech, each word's window on them."""
    from sentigram.emotion.networks.reader import Block

    drawn = np.random.default_rng(0)
    values: dict[Any, Any] = {}
    places: dict[Any, Any] = {}
    for info, n, step in zip(infos, (_WORDS_A_WORD, _TOKENS_A_WORD), (1, _TOKEN_STEP), strict=True):
        starts = np.arange(0, _FUSION_WORDS * step, step)
        places[info.kind] = np.stack([starts, starts, starts + n], axis=1)
        values[info.kind] = drawn.standard_normal((starts[-1] + n, info.width), np.float32)
    return Block(values, places)


def _typical(run: Callable[[], object], compute: Compute) -> float:
    """Median seconds of some runs, after one that is not counted."""
    import torch

    taken = []
    for number in range(_REPEATS + 1):
        started = time.perf_counter()
        run()
        if compute.device == "cuda":
            torch.cuda.synchronize()
        if number:
            taken.append(time.perf_counter() - started)
    return statistics.median(taken)
