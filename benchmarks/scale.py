"""An archive of a million hours on paper: discrete events, with stage times that were measured.

    python benchmarks/scale.py                       # the tables of docs/scale.md, some minutes
    python benchmarks/scale.py --hours 10000         # a smaller archive, seconds
    python benchmarks/scale.py --prices prices.toml  # money instead of worker-hours
    python benchmarks/scale.py --check               # against measured runs on 1, 2 and 4 workers

A driver gives the longest file that is left to each worker that is free, one at a time; the worker
fetches it over its own link and the archive's, which all share, works, and puts the results back.
Workers are lost at random, and what they were at is given out again. Nothing is fetched ahead.

What is not in it: machines that differ, starts of machines, other users of the storage, faults of
whole regions. Prices: a TOML file with a table for each kind, `[cpu-2]`, that has `hour`,
`currency`, `source` and `date`.
"""

from __future__ import annotations

import argparse
import heapq
import json
import math
import random
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of worker.

    Attributes:
        name: As in a price file.
        factor: Seconds of work for a second of speech.
        start_s: Seconds for a file of any length.
        link_mb_s: Megabytes in a second that it can fetch.
        source: Where the figures are from.
    """

    name: str
    factor: float
    start_s: float
    link_mb_s: float
    source: str


@dataclass(frozen=True, slots=True)
class Archive:
    """What is to be done.

    Attributes:
        hours: Of speech.
        minutes: The median length of a file; lengths are lognormal.
        spread: Of the logarithm of lengths.
        longest_hours: No file is longer.
        mb_per_minute: Of a recording.
        results_mb_per_minute: Of what is made of it.
    """

    hours: float = 1e6
    minutes: float = 20.0
    spread: float = 0.9
    longest_hours: float = 12.0
    mb_per_minute: float = 15.0
    results_mb_per_minute: float = 0.1

    def lengths_s(self, *, seed: int = 1) -> list[float]:
        """Lengths of the files in seconds, the longest first."""
        rng, left, lengths = random.Random(seed), self.hours * 3600, []
        while left > 0:
            drawn = 60 * self.minutes * math.exp(rng.gauss(0, self.spread))
            lengths.append(min(drawn, 3600 * self.longest_hours, left))
            left -= lengths[-1]
        return sorted(lengths, reverse=True)


@dataclass(frozen=True, slots=True)
class Cluster:
    """What does it.

    Attributes:
        kind: Of each worker.
        n_workers: How many.
        driver_s: What the driver does for a file, one file after another.
        storage_mb_s: Megabytes in a second that the archive gives to all workers together.
        lost_per_hour: How often a worker is lost.
        back_s: Until another stands in its place, with the models loaded.
        load_s: Until the first models are loaded.
    """

    kind: Kind
    n_workers: int
    driver_s: float = 0.002
    storage_mb_s: float = 5_000.0
    lost_per_hour: float = 1 / 200
    back_s: float = 120.0
    load_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it.

    Attributes:
        elapsed_s: Until the last result is there.
        worker_s: Seconds of all workers, idle ones too.
        work_s: Seconds of work that counted.
        n_again: Files that were given out again.
        waits_s: Seconds that workers waited for the driver and the storage.
    """

    elapsed_s: float
    worker_s: float
    work_s: float
    n_again: int
    waits_s: float

    @property
    def efficiency(self) -> float:
        """The share of the workers' time that was work that counted."""
        return self.work_s / self.worker_s


def simulate(
    lengths_s: Sequence[float], archive: Archive, on: Cluster, *, seed: int = 1
) -> Outcome:
    """Work through an archive.

    Args:
        lengths_s: Of the files, the longest first.
        archive: How large they are.
        on: What does it.
        seed: Of who is lost when.
    """
    rng = random.Random(seed)
    kind = on.kind
    waiting = [(-length, i) for i, length in enumerate(lengths_s)]  # sorted is a heap already
    free = [(on.load_s, worker, "free", 0.0) for worker in range(on.n_workers)]
    heapq.heapify(free)
    driver = reading = writing = 0.0  # when each has time again
    work = waits = ended = 0.0
    n_again = 0
    losing = on.lost_per_hour / 3600
    while free:
        now, worker, what, length = heapq.heappop(free)
        if what == "put":
            size = length / 60 * archive.results_mb_per_minute
            writing = max(writing, now) + size / on.storage_mb_s
            done = max(writing, now + size / kind.link_mb_s)
            ended = max(ended, done)
            heapq.heappush(free, (done, worker, "free", 0.0))
            continue
        if not waiting:
            continue  # the worker has nothing more to do
        length = -heapq.heappop(waiting)[0]
        driver = max(driver, now) + on.driver_s
        size = length / 60 * archive.mb_per_minute
        reading = max(reading, driver) + size / on.storage_mb_s
        fetched = max(reading, driver + size / kind.link_mb_s)
        needs = kind.start_s + kind.factor * length
        waits += fetched - now - size / kind.link_mb_s
        lost_after = rng.expovariate(losing) if losing else math.inf
        if lost_after < fetched - now + needs:
            n_again += 1
            heapq.heappush(waiting, (-length, len(lengths_s) + n_again))
            heapq.heappush(free, (now + lost_after + on.back_s, worker, "free", 0.0))
            continue
        work += needs
        heapq.heappush(free, (fetched + needs, worker, "put", length))
    return Outcome(ended, ended * on.n_workers, work, n_again, waits)


# What speed.py and full_engine.py print on two cores of an AMD EPYC; a GPU was not at hand.
KINDS = (
    Kind("cpu-2", 0.089, 0.6, 100.0, "docs/speed.md, bundled engine, 2 cores"),
    Kind("cpu-2-full", 0.121, 2.0, 100.0, "docs/speed.md, full engine without Whisper, 2 cores"),
    Kind("gpu-assumed", 0.01, 1.0, 500.0, "assumed, not measured: a hundred times real time"),
)


def table(archive: Archive, prices: dict[str, Any], counts: Sequence[int]) -> Iterator[str]:
    """The rows of docs/scale.md."""
    lengths = archive.lengths_s()
    terabytes = archive.hours * 60 * archive.mb_per_minute / 1e6
    made = archive.hours * 60 * archive.results_mb_per_minute / 1e6
    longest = f"the longest {lengths[0] / 3600:.1f} h"
    yield f"{archive.hours:,.0f} hours in {len(lengths):,} files, {longest}"
    yield f"{terabytes:,.0f} TB of recordings, {made:,.1f} TB of results"
    yield ""
    yield (
        "| workers | kind | days | worker-hours | cost of an hour of speech | efficiency "
        "| given out again | waiting |"
    )
    yield "|--:|---|--:|--:|--:|--:|--:|--:|"
    for kind in KINDS:
        for count in counts:
            found = simulate(lengths, archive, Cluster(kind, count))
            yield _row(archive, prices, kind, count, found)


def _row(archive: Archive, prices: dict[str, Any], kind: Kind, count: int, found: Outcome) -> str:
    hours = found.worker_s / 3600
    price = prices.get(kind.name)
    cost = f"{hours / archive.hours:.3f} worker-hours"
    if price is not None:
        cost = f"{hours / archive.hours * price['hour']:.4f} {price['currency']}"
    return (
        f"| {count:,} | {kind.name} | {found.elapsed_s / 86_400:,.1f} | {hours:,.0f} | {cost} "
        f"| {found.efficiency:.2f} | {found.n_again:,} | {found.waits_s / found.worker_s:.1%} |"
    )


def limits(archive: Archive) -> Iterator[str]:
    """Where it stops being linear, and what moves that."""
    lengths = archive.lengths_s()
    kind = KINDS[0]
    yield "| 10,000 workers, but … | days | efficiency | waiting |"
    yield "|---|--:|--:|--:|"
    base = Cluster(kind, 10_000)
    fast = replace(base, storage_mb_s=50_000.0)
    total_mb_s = base.n_workers * archive.mb_per_minute / 60 / kind.factor
    changes = (
        ("as above", base),
        ("storage of 50 GB/s", fast),
        ("50 GB/s, a driver of 20 ms a file", replace(fast, driver_s=0.02)),
        ("50 GB/s, a driver of 200 ms a file", replace(fast, driver_s=0.2)),
        ("50 GB/s, workers lost every 10 hours", replace(fast, lost_per_hour=0.1)),
        ("50 GB/s, nobody lost", replace(fast, lost_per_hour=0.0)),
    )
    for name, cluster in changes:
        found = simulate(lengths, archive, cluster)
        yield (
            f"| {name} | {found.elapsed_s / 86_400:,.2f} | {found.efficiency:.2f} "
            f"| {found.waits_s / found.worker_s:.1%} |"
        )
    yield ""
    yield f"So many workers take {total_mb_s / 1000:,.0f} GB of recordings in a second."


def check(n_files: int) -> int:
    """Measured runs on 1, 2 and 4 workers of this machine beside simulated ones.

    Files differ in length; the factor and the start of a file are from the run on one worker, by
    least squares over its files. Workers of one thread share the cores that there are.
    """
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work, "archive")
        folder.mkdir()
        lengths = _make_files(folder, n_files)
        runs = {count: _measured(folder, Path(work, f"out-{count}"), count) for count in (1, 2, 4)}
    import os

    n_cores = len(os.sched_getaffinity(0))
    seconds = [runs[1][1][name] for name in sorted(lengths)]
    factor, start = _line([lengths[name] for name in sorted(lengths)], seconds)
    print(f"{n_files} files, {sum(lengths.values()):.0f} s of sound, {n_cores} cores")
    print(f"one worker: {factor:.4f} s for a second of sound, and {start:.2f} s for a file")
    print("\n| workers | measured | simulated |\n|--:|--:|--:|")
    archive = Archive(mb_per_minute=0.001, results_mb_per_minute=0.001)
    for count, (elapsed, _) in runs.items():
        slower = max(1.0, count / n_cores)
        kind = Kind("here", factor * slower, start * slower, 1e6, "measured above")
        load = runs[1][0] - sum(seconds)
        on = Cluster(kind, count, driver_s=0.0, lost_per_hour=0.0, load_s=load)
        found = simulate(sorted(lengths.values(), reverse=True), archive, on)
        print(f"| {count} | {elapsed:.1f} s | {found.elapsed_s:.1f} s |")
    return 0


def _make_files(folder: Path, n_files: int) -> dict[str, float]:
    """Pieces of the example talk, of different lengths."""
    from sentigram.media.ffmpeg import find_ffmpeg

    talk, lengths = ROOT / "examples" / "talk.mp4", {}
    for i in range(n_files):
        name, length = f"talk-{i:03d}.m4a", 10 + (i * 17) % 45
        cut = ["-i", str(talk), "-t", str(length), "-vn", "-c:a", "copy", str(folder / name)]
        subprocess.run([find_ffmpeg().path, "-v", "error", *cut], check=True)
        lengths[name] = float(length)
    return lengths


def _measured(folder: Path, out: Path, count: int) -> tuple[float, dict[str, float]]:
    """Seconds of a batch, and of each file."""
    report = out.with_suffix(".json")
    argv = ["batch", str(folder), "--out", str(out), "--workers", str(count), "--to", "json,srt"]
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "sentigram", *argv, "--report", str(report), "--quiet"],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    elapsed = time.perf_counter() - began
    entries = json.loads(report.read_text())
    return elapsed, {Path(entry["source"]).name: entry["seconds"] for entry in entries}


def _line(given: Sequence[float], found: Sequence[float]) -> tuple[float, float]:
    """Slope and height of the line of least squares, neither below 0."""
    n, mean_x, mean_y = len(given), sum(given) / len(given), sum(found) / len(found)
    spread = sum((x - mean_x) ** 2 for x in given)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in zip(given, found, strict=True)) / spread
    del n
    return max(slope, 0.0), max(mean_y - slope * mean_x, 0.0)


def main() -> int:
    """Print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--hours", type=float, default=1e6)
    parser.add_argument("--prices", type=Path, help="TOML, see above")
    parser.add_argument("--check", action="store_true", help="against measured runs")
    parser.add_argument("--files", type=int, default=24, help="for --check")
    given = parser.parse_args()
    if given.check:
        return check(given.files)
    prices = {} if given.prices is None else tomllib.loads(given.prices.read_text())
    archive = Archive(hours=given.hours)
    print("\n".join(table(archive, prices, (1, 100, 1_000, 10_000))))
    print()
    print("\n".join(limits(archive)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
