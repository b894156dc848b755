"""How many altered copies of a clip the audit finds, and how many other clips it takes for copies.

    python benchmarks/altered_copies.py --data FOLDER [--clips 100]

FOLDER holds ravdess, emodb and nemo, one folder each. All clips of RAVDESS and EmoDB and every
third of nEMO are compared with each other: pairs that are found there are false, but for the one
recording that RAVDESS holds twice. Of some clips, drawn once, copies are made and compared with
their originals, by the outline and by the fingerprint.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

import av
import av.filter
import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.core.media import SAMPLE_RATE_HZ
from sentigram.training.augment.sound import coloured_noise, mix
from sentigram.training.corpora import emodb, nemo, ravdess
from sentigram.training.dataset.clips import load
from sentigram.training.dataset.fingerprint import THRESHOLD_BITS, distance, fingerprint
from sentigram.training.dataset.outline import THRESHOLD, altered_copies, likeness, outline

Change = Callable[[Floats32, np.random.Generator], Floats32]
_TWICE = frozenset({"03-01-03-01-02-01-07", "03-01-03-01-02-02-07"})  # one recording in RAVDESS
_CORPORA = MappingProxyType({"ravdess": (ravdess, 1), "emodb": (emodb, 1), "nemo": (nemo, 3)})


def pitched(samples: Floats32, semitones: float) -> Floats32:
    """Another pitch at the same tempo, float32 (n,); formants move along."""
    ratio = 2 ** (semitones / 12)
    return filtered(
        samples,
        ("asetrate", f"{round(SAMPLE_RATE_HZ * ratio)}"),
        ("aresample", f"{SAMPLE_RATE_HZ}"),
        ("atempo", f"{1 / ratio:.5f}"),
    )


def paced(samples: Floats32, factor: float) -> Floats32:
    """Another tempo at the same pitch, float32 (n,)."""
    return filtered(samples, ("atempo", f"{factor:.5f}"))


def sped(samples: Floats32, factor: float) -> Floats32:
    """Played faster: pitch and tempo together, float32 (n,)."""
    return filtered(
        samples,
        ("asetrate", f"{round(SAMPLE_RATE_HZ * factor)}"),
        ("aresample", f"{SAMPLE_RATE_HZ}"),
    )


def noisy(samples: Floats32, rng: np.random.Generator, snr_db: float) -> Floats32:
    """White to brown noise over it, float32 (n,)."""
    return mix(samples, coloured_noise(len(samples), rng, rng.uniform(0, 2)), snr_db)


CHANGES: Mapping[str, Change] = MappingProxyType(
    {
        "3 semitones up": lambda x, _rng: pitched(x, 3),
        "1.5 semitones up": lambda x, _rng: pitched(x, 1.5),
        "3 semitones down": lambda x, _rng: pitched(x, -3),
        "tempo × 1.1": lambda x, _rng: paced(x, 1.1),
        "tempo × 0.9": lambda x, _rng: paced(x, 0.9),
        "speed × 1.1": lambda x, _rng: sped(x, 1.1),
        "noise at 10 dB": lambda x, rng: noisy(x, rng, 10),
        "2 semitones up, noise at 15 dB": lambda x, rng: noisy(pitched(x, 2), rng, 15),
        "3 semitones down, tempo × 1.1, noise at 10 dB": lambda x, rng: noisy(
            paced(pitched(x, -3), 1.1), rng, 10
        ),
    }
)


def filtered(samples: Floats32, *steps: tuple[str, str]) -> Floats32:
    """Through filters of FFmpeg, float32 (m,)."""
    graph = av.filter.Graph()
    source = graph.add_abuffer(
        format="flt",
        sample_rate=SAMPLE_RATE_HZ,
        layout="mono",
        time_base=Fraction(1, SAMPLE_RATE_HZ),
    )
    chain = [source, *(graph.add(name, given) for name, given in steps)]
    chain.append(graph.add("abuffersink"))
    for before, after in pairwise(chain):
        before.link_to(after)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[None]), "flt", "mono")
    frame.sample_rate = SAMPLE_RATE_HZ
    graph.push(frame)
    graph.push(None)
    parts = []
    while True:
        try:
            parts.append(graph.pull().to_ndarray()[0])
        except (av.EOFError, av.BlockingIOError):
            return np.concatenate(parts).astype(np.float32)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--clips", type=int, default=100)
    given = parser.parse_args()
    found: dict[str, list[str]] = {}
    header = []
    for name, (corpus, step) in _CORPORA.items():
        items = [item for item in corpus.read(given.data / name) if item.audio][::step]
        clips = [load(item.audio) for item in items if item.audio]
        outlines = [outline(clip) for clip in clips]
        pairs = [
            (i, j)
            for i, j in altered_copies(outlines)
            if {Path(items[i].id).stem, Path(items[j].id).stem} != _TWICE
        ]
        others = sum(items[i].speaker != items[j].speaker for i, j in pairs)
        drawn = np.random.default_rng(0).permutation(len(clips))[: given.clips]
        n_pairs = len(clips) * (len(clips) - 1) // 2
        header.append(f"{name}: {len(clips)} clips, {len(drawn)} of them altered")
        alarms = f"{len(pairs)} of {n_pairs:,} ({others} of two speakers)"
        found.setdefault("pairs of different clips taken for copies", []).append(alarms)
        for what, change in CHANGES.items():
            copies = [change(clips[i], np.random.default_rng(i)) for i in drawn]
            alike = [
                likeness(outlines[i], outline(copy)) > THRESHOLD
                for i, copy in zip(drawn, copies, strict=True)
            ]
            near = [
                distance(fingerprint(clips[i]), fingerprint(copy)) <= THRESHOLD_BITS
                for i, copy in zip(drawn, copies, strict=True)
            ]
            found.setdefault(what, []).append(f"{np.mean(alike):.2f} ({np.mean(near):.2f})")
    print(f"| found by the outline (by the fingerprint) | {' | '.join(header)} |")
    print(f"|---|{'---|' * len(header)}")
    for what, cells in found.items():
        print(f"| {what} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
