"""One person under two names: how like their voices are, and how like those of two people.

    python benchmarks/voice_twins.py --data FOLDER [--clips 12]

The clips of each speaker of RAVDESS, nEMO and EmoDB are dealt to two names, calm ones to the first
as far as they go, so that the names differ in mood too. Pairs of names are compared as the audit
does, of one corpus each, with as many clips a name as the table says.
"""

from __future__ import annotations

import argparse
from itertools import combinations
from pathlib import Path

import numpy as np

from sentigram.training.corpora import emodb, nemo, ravdess
from sentigram.training.corpora.item import Item
from sentigram.training.dataset.clips import load
from sentigram.training.dataset.voiceprint import FEWEST, THRESHOLD, alike_voices, voiceprint

CORPORA = {"ravdess": ravdess, "nemo": nemo, "emodb": emodb}


def names_of(items: list[Item], n_clips: int) -> dict[str, list[Item]]:
    """Two names for each speaker, with clips that differ in mood where they can."""
    dealt: dict[str, list[Item]] = {}
    for speaker in sorted({item.speaker for item in items}):
        own = sorted(
            (item for item in items if item.speaker == speaker and item.audio is not None),
            key=lambda item: (item.labels[0] not in ("neutral", "calm", "sadness"), item.id),
        )
        half = len(own) // 2
        rng = np.random.default_rng(0)
        for side, clips in enumerate((own[:half], own[half:])):
            chosen = rng.permutation(len(clips))[:n_clips]
            dealt[f"{speaker}#{side}"] = [clips[i] for i in chosen]
    return dealt


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--clips", type=int, default=12, help="of a name, at most")
    asked = parser.parse_args()
    print(
        f"| corpus, clips a name | one person, found above {THRESHOLD} | least alike | "
        "two people, found | most alike |\n|---|---|---|---|---|"
    )
    for name, corpus in CORPORA.items():
        dealt = names_of(list(corpus.read(asked.data / name)), asked.clips)
        prints = {
            who: [voiceprint(load(clip.audio)) for clip in clips if clip.audio is not None]
            for who, clips in dealt.items()
        }
        for n in sorted({FEWEST, min(6, asked.clips), asked.clips}):
            some = {who: own[:n] for who, own in prints.items()}
            print(f"| {name}, {n} | {_row(some)} |", flush=True)


def _row(prints: dict[str, list[str]]) -> str:
    found = set(alike_voices(prints))
    cosines = {(a, b): _cosine({a: prints[a], b: prints[b]}) for a, b in combinations(prints, 2)}
    same = {pair for pair in cosines if pair[0].split("#")[0] == pair[1].split("#")[0]}
    others = set(cosines) - same
    return (
        f"{len(found & same)} of {len(same)} | {min(cosines[p] for p in same):.2f} | "
        f"{len(found & others)} of {len(others):,} | {max(cosines[p] for p in others):.2f}"
    )


def _cosine(pair: dict[str, list[str]]) -> float:
    """The threshold at which a pair is no longer found, to a hundredth."""
    low, high = -1.0, 1.0
    while high - low > 0.005:
        middle = (low + high) / 2
        low, high = (middle, high) if alike_voices(pair, threshold=middle) else (low, middle)
    return low


if __name__ == "__main__":
    main()
