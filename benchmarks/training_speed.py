"""How fast the fusion networks learn from cached features, and how much memory that takes.

    python benchmarks/training_speed.py [--device cpu|cuda] [--precision no|bf16] [--batch 32]

Examples are as long as an utterance's: up to 25 words of 768 and up to 100 frames of 1,024, of
unequal length. Each network runs in a process of its own, one after the other; the ratio to
concatenation within one run is what can be compared between machines.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import subprocess
import sys
import time
from typing import Any

VARIANTS = ("text", "audio", "concat", "late", "cross", "vga")
D_TEXT, D_AUDIO, N_WORDS, N_FRAMES, N_CLASSES = 768, 1024, 25, 100, 6


def main() -> None:
    """Measure one network, or all in processes of their own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", choices=("no", "bf16"), default="no")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--variant", choices=VARIANTS)
    args = parser.parse_args()
    if args.variant:
        print(json.dumps(measure(args)))
        return
    print(f"{platform.processor() or platform.machine()}, {args.device}, {args.precision}")
    rows = {}
    for variant in VARIANTS:
        command = [sys.executable, __file__, *sys.argv[1:], "--variant", variant]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        rows[variant] = json.loads(done.stdout)
    print(f"{'network':<8} {'M param.':>8} {'samples/s':>10} {'to concat':>10} {'peak MB':>8}")
    for variant, row in rows.items():
        ratio = row["samples_per_s"] / rows["concat"]["samples_per_s"]
        print(
            f"{variant:<8} {row['parameters'] / 1e6:8.1f} {row['samples_per_s']:10.0f} "
            f"{ratio:10.2f} {row['peak_mb']:8.0f}"
        )


def measure(args: argparse.Namespace) -> dict[str, float]:
    """Samples per second of forward, backward and AdamW; peak memory of the process or the GPU."""
    import torch

    from sentigram.emotion.networks.fusion.config import FusionConfig
    from sentigram.emotion.networks.registry import build
    from sentigram.training.config import ObjectiveConfig
    from sentigram.training.fit.losses import Objective

    torch.manual_seed(0)
    device = torch.device(args.device)
    config = FusionConfig(variant=args.variant, widths={"text": D_TEXT, "audio": D_AUDIO})
    network = build(config, N_CLASSES).to(device)
    objective = Objective(ObjectiveConfig(), None)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-4)
    batches = [_batch(torch, args.batch, device) for _ in range(4)]

    def step(number: int) -> None:
        inputs, labels, vad = batches[number % len(batches)]
        with torch.autocast(device.type, torch.bfloat16, enabled=args.precision == "bf16"):
            total = objective(network(inputs), labels, vad).total
        total.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()

    for number in range(3):
        step(number)
    _wait(torch, device)
    started = time.perf_counter()
    for number in range(args.steps):
        step(number)
    _wait(torch, device)
    took = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if device.type == "cuda":
        peak = torch.cuda.max_memory_allocated() / 2**20
    return {
        "samples_per_s": args.batch * args.steps / took,
        "parameters": sum(p.numel() for p in network.parameters()),
        "peak_mb": peak,
    }


def _batch(torch: Any, size: int, device: Any) -> tuple[Any, ...]:
    from sentigram.emotion.networks.inputs import Sequences

    inputs = {}
    for kind, longest, width in (("text", N_WORDS, D_TEXT), ("audio", N_FRAMES, D_AUDIO)):
        lengths = torch.randint(longest // 4, longest + 1, (size, 1))
        mask = torch.arange(longest) < lengths
        values = torch.randn(size, longest, width) * mask[..., None]
        inputs[kind] = Sequences(values.to(device), mask.to(device), mask.to(device))
    labels = torch.randint(0, N_CLASSES, (size,), device=device)
    return (inputs, labels, torch.rand(size, 3, device=device) * 2 - 1)


def _wait(torch: Any, device: Any) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


if __name__ == "__main__":
    main()
