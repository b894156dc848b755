"""How fast the fusion networks learn from cached features, and how much memory that takes.

    python benchmarks/training_speed.py [--device cpu|cuda] [--precision no|bf16|fp16] [--batch 32]

Examples are as long as an utterance's: up to 25 words of 768 and up to 100 frames of 1,024, of
unequal length. Each network runs in a process of its own, one after the other; the ratio to
concatenation within one run is what can be compared between machines. `network_speed.py` measures
all families.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import network_steps

if TYPE_CHECKING:
    from network_steps import Steps

VARIANTS = ("text", "audio", "concat", "late", "cross", "vga")
D_TEXT, D_AUDIO, N_WORDS, N_FRAMES, N_CLASSES = 768, 1024, 25, 100, 6
_N_BATCHES = 4


def main() -> None:
    """Measure one network, or all in processes of their own."""
    parser = network_steps.parser(__doc__, steps=10)
    parser.add_argument("--variant", choices=VARIANTS)
    args = network_steps.parsed(parser)
    if args.variant:
        network_steps.tell(measured(args))
        return
    options = network_steps.passed_on(args)
    rows = {
        variant: network_steps.apart(__file__, *options, f"--variant={variant}")
        for variant in VARIANTS
    }
    print(f"{network_steps.described(args)}\n")
    network_steps.print_table(rows, against="concat")


def measured(args: argparse.Namespace) -> Steps:
    """Forward, backward, clipping and AdamW; reading."""
    from sentigram.emotion.networks.fusion.config import FusionConfig
    from sentigram.emotion.networks.registry import build
    from sentigram.training.config import ObjectiveConfig

    config = FusionConfig(variant=args.variant, widths={"text": D_TEXT, "audio": D_AUDIO})
    tokens = {"text": (N_WORDS, D_TEXT), "audio": (N_FRAMES, D_AUDIO)}
    return network_steps.measured(
        lambda: build(config, N_CLASSES),
        ObjectiveConfig(),
        [
            network_steps.noise(tokens, args.batch, N_CLASSES, shortest=0.25, seed=seed)
            for seed in range(_N_BATCHES)
        ],
        args,
    )


if __name__ == "__main__":
    main()
