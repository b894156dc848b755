"""Kills at random moments, and what a second run makes of what is left.

    python benchmarks/kills.py --kills 100 --seed 1
    python benchmarks/kills.py --kills 5 --only batch --cut 8

`render` and `batch` are killed (SIGKILL, as a machine without memory does it) at a random moment
and run again to the end. The results must be those of a run that nobody disturbed, to the letter
(videos: to the picture), and nothing may be left: no part of a file beside the results, nothing in
the temporary folder, no process. A run that ended before its kill does not count.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sentigram.jobs.record import FOLDER as RECORDS
from sentigram.media.ffmpeg import find_ffmpeg

_ROOT = Path(__file__).resolve().parents[1]
_TALK = _ROOT / "examples" / "talk.mp4"
_KINDS = "html,ass,srt,json"
_VIDEO_EACH = 5  # one of so many also burns the video
_SETTLE_S = 1.0  # until what a killed process started has noticed


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run works: what it makes, and what it may leave nowhere."""

    work: Path
    made: Path
    temporary: Path
    cache: Path

    @classmethod
    def below(cls, root: Path) -> Place:
        """Make its folders."""
        place = cls(*(root / name for name in ("work", "made", "tmp", "cache")))
        for folder in (place.work, place.made, place.temporary, place.cache):
            folder.mkdir(parents=True)
        (place.work / _TALK.name).symlink_to(root.parent / _TALK.name)
        return place


def _started(command: str, kinds: str, place: Place) -> subprocess.Popen[bytes]:
    source = place.work if command == "batch" else place.work / _TALK.name
    argv = [command, str(source), "--to", kinds, "--out", str(place.made), "--quiet"]
    argv += ["--engine", "bundled", "--encoder-preset", "ultrafast"]
    environment = {
        **os.environ,
        "TMPDIR": str(place.temporary),
        "SENTIGRAM_CACHE": str(place.cache),
        "PYTHONPATH": f"{_ROOT / 'src'}",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "sentigram", *argv],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _to_the_end(command: str, kinds: str, place: Place) -> tuple[int, str]:
    process = _started(command, kinds, place)
    output, _ = process.communicate(timeout=600)
    return process.returncode, output.decode("utf-8", "replace")


def _results(place: Place) -> dict[str, str]:
    """What was made."""
    return {
        path.name: _pictures(path) if path.suffix == ".mp4" else path.read_text(encoding="utf-8")
        for path in sorted(place.made.rglob("*"))
        if path.is_file() and not path.name.startswith(".") and path.parent.name != RECORDS
    }


def _pictures(path: Path) -> str:
    argv = [find_ffmpeg().path, "-nostdin", "-v", "error", "-i", str(path), "-f", "md5", "-"]
    return subprocess.run(argv, capture_output=True, check=True).stdout.decode()


def _left(place: Place, since: frozenset[int]) -> list[str]:
    """What is left where nothing may be."""
    hidden = [path for path in place.made.rglob(".*") if path.is_file()]
    hidden += place.made.rglob("*.lock")
    left = [
        str(path.relative_to(place.made.parent)) for path in (*hidden, *place.temporary.iterdir())
    ]
    return left + [f"process {pid}" for pid in _processes(place) - since]


def _processes(place: Place) -> frozenset[int]:
    """Processes that work below a place."""
    marks = (os.fsencode(place.temporary.parent),)
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            said = (folder / "cmdline").read_bytes()
            variables = (folder / "environ").read_bytes()
        except OSError:
            continue
        if int(folder.name) != os.getpid() and (
            marks[0] in variables or (b"ffmpeg" in said and marks[0] in said)
        ):
            found.add(int(folder.name))
    return frozenset(found)


def _killed(command: str, kinds: str, place: Place, after_s: float) -> bool:
    """Start, and kill after a while; False where the run was done before."""
    process = _started(command, kinds, place)
    try:
        process.communicate(timeout=after_s)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.communicate()
        return True
    return False


def _undisturbed(root: Path) -> Mapping[tuple[str, str], tuple[dict[str, str], float]]:
    """What each command makes of each set of kinds, and how long that takes."""
    found = {}
    for command in ("render", "batch"):
        for kinds in (_KINDS, f"{_KINDS},video"):
            place = Place.below(root / f"{command}-{kinds.count(',')}")
            started = time.perf_counter()
            code, output = _to_the_end(command, kinds, place)
            if code:
                sys.exit(output)
            found[command, kinds] = _results(place), time.perf_counter() - started
    return found


def main() -> None:
    """Kill, run again, compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=("render", "batch"))
    parser.add_argument("--cut", type=float, default=60, help="only so many seconds of the talk")
    options = parser.parse_args()
    dice = random.Random(options.seed)
    n_failed = n_killed = n_runs = 0
    with tempfile.TemporaryDirectory(prefix="kills-") as name:
        argv = [find_ffmpeg().path, "-v", "error", "-i", str(_TALK), "-t", str(options.cut)]
        argv += ["-preset", "ultrafast", str(Path(name) / _TALK.name)]
        subprocess.run(argv, check=True, stdin=subprocess.DEVNULL)
        usual = _undisturbed(Path(name))
        print(
            "| kill | command | after s | again | left by the kill | faults |\n"
            "|---|---|---|---|---|---|"
        )
        while n_killed < options.kills:
            n_runs += 1
            command = options.only or dice.choice(("render", "batch"))
            kinds = _KINDS + ",video" * (n_runs % _VIDEO_EACH == 0)
            results, seconds = usual[command, kinds]
            place = Place.below(Path(name) / f"kill-{n_runs}")
            after_s = dice.uniform(0, seconds)
            if not _killed(command, kinds, place, after_s):
                continue
            n_killed += 1
            time.sleep(_SETTLE_S)
            orphans = _processes(place)
            by_kill = _left(place, frozenset())
            for path in place.made.glob("*"):  # results that are whole are not asked for again
                if command == "render" and not path.name.startswith("."):
                    path.unlink()
            code, output = _to_the_end(command, kinds, place)
            faults = [f"exit {code}"] if code else []
            again = _results(place)
            faults += [f"other {key}" for key in results if again.get(key) != results[key]]
            faults += _left(place, frozenset()) + [f"{len(orphans)} run on"] * bool(orphans)
            n_failed += bool(faults)
            row = f"{n_runs} | {command} | {after_s:.1f} | {code} | {len(by_kill)}"
            print(f"| {row} | {'; '.join(faults) or 'none'} |", flush=True)
            if code:
                print(f"<!-- {output[-800:]} -->")
            for pid in orphans & _processes(place):
                os.kill(pid, signal.SIGKILL)
    print(f"\n{n_runs} runs, {n_killed} killed, {n_failed} with faults")
    sys.exit(bool(n_failed))


if __name__ == "__main__":
    main()
