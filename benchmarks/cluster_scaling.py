"""How well an archive uses more workers, and what a file costs beside its work.

    python benchmarks/cluster_scaling.py                   # all three
    python benchmarks/cluster_scaling.py --only real       # 2 workers against 1, bundled engine
    python benchmarks/cluster_scaling.py --only simulated  # workers that wait as for a GPU, 1 to 64
    python benchmarks/cluster_scaling.py --only overhead   # files that take no time

Efficiency is the time of one worker over n times that of n workers, for as many files: 1 is
perfect. It is counted from the moment when all workers are at work to the end, when some have
nothing left to do; what their start takes is told apart. `real` needs as many idle cores as it has
workers: on a busy machine it measures the others.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from imageio_ffmpeg import get_ffmpeg_exe
from waiting_engine import WaitingEngine

from sentigram.core.protocols import SilentReporter
from sentigram.jobs.cluster.archive import Archive, Crew
from sentigram.jobs.cluster.pace import Pace
from sentigram.jobs.cluster.units import Share
from sentigram.jobs.engine import Engine
from sentigram.jobs.job import Settings

ROOT = Path(__file__).resolve().parents[1]
TALK = ROOT / "examples" / "talk.mp4"


@dataclass(frozen=True)
class Run:
    """One run.

    Attributes:
        start_seconds: Until all workers were at work.
        per_file_seconds: From then to the end, for each file that was done in that time.
    """

    start_seconds: float
    per_file_seconds: float


def main() -> None:
    """Measure, and print tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=("real", "simulated", "overhead"))
    parser.add_argument("--most", type=int, default=64, help="simulated workers")
    parser.add_argument("--seconds", type=float, default=6.0, help="that a simulated file takes")
    asked = parser.parse_args()
    busy = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, load {busy:.1f} before the start")
    with tempfile.TemporaryDirectory() as home:
        if asked.only in (None, "overhead"):
            overhead(Path(home))
        if asked.only in (None, "real"):
            real(Path(home))
        if asked.only in (None, "simulated"):
            simulated(Path(home), asked.most, asked.seconds)


def overhead(home: Path, n_files: int = 400) -> None:
    """Files that take no time: what is left is decoding, records and the way to a worker."""
    folder = copies(home / "tiny", n_files, seconds=0.5)
    settings = Settings(kinds=("json",), engine=WaitingEngine(seconds=0.0))
    print("\n| a file of half a second that takes no time to hear | ms |\n|---|---|")
    for name, crew in (("in this process", Crew()), ("by a worker of Ray", Crew(n_workers=1))):
        wipe(folder)
        print(f"| {name} | {run(folder, settings, crew).per_file_seconds * 1000:.1f} |")
    again = run(folder, settings, Crew(n_workers=1))
    print(f"| by a worker of Ray, where all is done | {again.per_file_seconds * 1000:.1f} |")


def real(home: Path, n_files: int = 16) -> None:
    """The bundled engine, one thread for each worker."""
    folder = copies(home / "real", n_files, seconds=20.0)
    settings = Settings(kinds=("json",), engine=Engine("bundled"))
    print("\n| workers, bundled engine, one thread each | start, s | a file, s | efficiency |")
    print("|---|---|---|---|")
    alone = 0.0
    for n_workers in (1, 2):
        wipe(folder)
        made = run(folder, settings, Crew(n_workers=n_workers))
        alone = alone or made.per_file_seconds
        row(n_workers, made, alone)


def simulated(home: Path, most: int, seconds: float, each: int = 6) -> None:
    """Workers that wait; cores are shared out so thinly that all of them have room."""
    print(f"\n| workers that wait {seconds:g} s a file | start, s | a file, s | efficiency |")
    print("|---|---|---|---|")
    alone = 0.0
    n_workers = 1
    while n_workers <= most:
        folder = copies(home / f"waiting-{n_workers}", n_workers * each, seconds=0.5)
        settings = Settings(kinds=("json",), engine=WaitingEngine(seconds=seconds))
        share = Share(cores=min(1.0, (os.cpu_count() or 1) / n_workers))
        made = run(folder, settings, Crew(n_workers=n_workers, share=share))
        alone = alone or made.per_file_seconds
        row(n_workers, made, alone)
        n_workers *= 4


def row(n_workers: int, made: Run, alone: float) -> None:
    """Print a line."""
    efficiency = alone / (n_workers * made.per_file_seconds)
    print(
        f"| {n_workers} | {made.start_seconds:.1f} | {made.per_file_seconds:.2f} "
        f"| {efficiency:.2f} |",
        flush=True,
    )


def run(folder: Path, settings: Settings, crew: Crew) -> Run:
    """Do a folder once."""
    wanted = crew.n_workers or 1
    begun = time.perf_counter()
    full: list[tuple[float, int]] = []  # when all workers were at work, and what was done by then

    def on_pace(pace: Pace) -> None:
        if not full and pace.n_workers == wanted:
            full.append((time.perf_counter(), pace.n_done))

    with Archive(folder, settings, SilentReporter(), crew=crew, on_pace=on_pace) as archive:
        entries = archive.run()
        ended = time.perf_counter()
    failed = [entry.error for entry in entries if entry.status == "failed"]
    if failed or not full:
        sys.exit(
            f"{len(failed)} failed: {failed}" if failed else "the workers never were all there"
        )
    at, n_before = full[0]
    return Run(at - begun, (ended - at) / (len(entries) - n_before))


def copies(folder: Path, n_files: int, *, seconds: float) -> Path:
    """Recordings of the example talk that differ in a sample."""
    folder.mkdir(parents=True)
    one = folder.parent / "one.wav"
    command = ["-nostdin", "-v", "error", "-y", "-i", str(TALK), "-t", str(seconds), "-ac", "1"]
    subprocess.run([get_ffmpeg_exe(), *command, str(one)], check=True)
    sound = bytearray(one.read_bytes())
    for number in range(n_files):
        sound[-2:] = number.to_bytes(2, "little")
        (folder / f"{number:05}.wav").write_bytes(sound)
    return folder


def wipe(folder: Path) -> None:
    """Forget what was made."""
    shutil.rmtree(folder / ".sentigram", ignore_errors=True)
    for path in folder.glob("*.json"):
        path.unlink()


if __name__ == "__main__":
    main()
