"""What the seeds' ways of measuring add to a figure: each protocol on data without any label in it.

    python benchmarks/seed_protocols.py [--seeds 5]

Noise and random labels, so that an honest score is chance. `copied` is the share of scored
examples of which a copy is in training. Means over seeds, with the range. Every seed is audited:
rules that fail in some only carry the number of seeds.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter

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
        cells = (
            protocol.seen_in,
            protocol.about,
            spread(seeded),
            spread(honest),
            f"{seeded[0].chance:.2f}",
            f"{100 * copied:.0f} %",
            f"{failures(seeded)} (honest: {failures(honest)})",
        )
        print(f"| {' | '.join(cells)} |", flush=True)
    print(f"\n{len(seeds)} seeds, {time.perf_counter() - began:.0f} s")


def spread(outcomes: list[Outcome]) -> str:
    """Mean and range."""
    scores = [outcome.score for outcome in outcomes]
    return f"{np.mean(scores):.2f} ({min(scores):.2f}–{max(scores):.2f})"


def failures(outcomes: list[Outcome]) -> str:
    """Rules that the audit fails outcomes for, and how many where it is not all of them."""
    found: Counter[str] = Counter()
    for outcome in outcomes:
        findings = audit(outcome.examples, outcome.plan, record=outcome.record)
        found.update({finding.rule for finding in findings if finding.severity == "fail"})
    n = len(outcomes)
    named = (rule if k == n else f"{rule} ({k} of {n})" for rule, k in sorted(found.items()))
    return ", ".join(named) or "none"


if __name__ == "__main__":
    main()
