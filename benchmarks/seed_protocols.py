"""What the seeds' ways of measuring add to a figure: each protocol on data without any label in it.

    python benchmarks/seed_protocols.py [--seeds 5]

Noise and random labels, so that an honest score is chance. `copied` is the share of scored
examples of which a copy is in training. Means over seeds, with the range.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from sentigram.training.audit import audit
from sentigram.training.seed_protocols import PROTOCOLS, Outcome


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    seeds = range(parser.parse_args().seeds)
    print(
        "| seed | protocol | score without labels | honest score | chance | copied | audit fails |"
    )
    print("|---|---|---|---|---|---|---|")
    began = time.perf_counter()
    for protocol in PROTOCOLS.values():
        seeded = [protocol.run(seed, False) for seed in seeds]  # noqa: FBT003
        honest = [protocol.run(seed, True) for seed in seeds]  # noqa: FBT003
        copied = np.mean([outcome.copied for outcome in seeded])
        sound = ", ".join(failures(honest[0])) or "none"
        cells = (
            protocol.seen_in,
            protocol.about,
            spread(seeded),
            spread(honest),
            f"{seeded[0].chance:.2f}",
            f"{100 * copied:.0f} %",
            f"{', '.join(failures(seeded[0]))} (honest: {sound})",
        )
        print(f"| {' | '.join(cells)} |", flush=True)
    print(f"\n{len(seeds)} seeds, {time.perf_counter() - began:.0f} s")


def spread(outcomes: list[Outcome]) -> str:
    """Mean and range."""
    scores = [outcome.score for outcome in outcomes]
    return f"{np.mean(scores):.2f} ({min(scores):.2f}–{max(scores):.2f})"


def failures(outcome: Outcome) -> list[str]:
    """Rules that the audit fails an outcome for."""
    found = audit(outcome.examples, outcome.plan, record=outcome.record)
    return sorted({finding.rule for finding in found if finding.severity == "fail"})


if __name__ == "__main__":
    main()
