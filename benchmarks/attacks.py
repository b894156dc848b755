"""Hostile inputs and conditions, each tried on the command as a stranger's file would meet it.

    python benchmarks/attacks.py                # all of them, as a table
    python benchmarks/attacks.py --only media   # those whose name begins so
    python benchmarks/attacks.py --only serve   # those on the server, which are requests
    python benchmarks/attacks.py --quick        # those that the tests try too

Each attack gets a folder of its own, a temporary folder, a cache and a home, and runs as a process
with limits of time, memory and output. It has failed where the exit code is not one that is right,
where a traceback or "internal error" is said, where more memory or output was taken, where anything
is left in the temporary folder or beside the results, or where a file that was there has changed.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib import import_module
from pathlib import Path

import server_attacks
from attack_kinds.attack import Attack

KINDS = ("names", "documents", "texts", "media", "models", "machine")
_SERVE = "serve"  # a kind of its own: what is attacked runs already
_SOURCES = Path(__file__).resolve().parents[1]
_TIMEOUT_S = 150
_MOST_OUTPUT = 40_000  # characters on both streams
_BY_SIGNAL = 128  # and above: who sent it knows why
_FORBIDDEN = ("Traceback", "internal error")
_WORDS = {
    0: "done",
    1: "done, with what was found in it",
    2: "refused (2)",
    3: "refused in words (3)",
    4: "what is missing is named (4)",
}
_LIBRARIES = ("fontTools", "UserWarning", "RuntimeWarning", "DeprecationWarning")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attack.

    Attributes:
        code: Exit code; negative for a signal.
        seconds: On the clock.
        peak_mb: Memory of the process or of its largest child.
        output: What both streams said.
        faults: What went wrong, "" where nothing did.
    """

    code: int
    seconds: float
    peak_mb: int
    output: str
    faults: tuple[str, ...]


def attacks(only: str = "", *, quick: bool = False) -> Iterator[Attack]:
    """Every attack, by its kind."""
    for kind in KINDS:
        for one in import_module(f"attack_kinds.{kind}").attacks():
            if one.id.startswith(only) and (one.is_quick or not quick):
                yield one


def tried(attack: Attack, samples: Path) -> Outcome | None:
    """Try an attack; None where this machine cannot.

    Args:
        attack: It.
        samples: A folder for media that attacks share.
    """
    if attack.needs_root and (os.geteuid() != 0 or not _is_open(_SOURCES / "src" / "sentigram")):
        return None
    with tempfile.TemporaryDirectory(prefix="attack-") as name:
        root = Path(name)
        folders = {key: root / key for key in ("work", "tmp", "cache", "home")}
        for folder in folders.values():
            folder.mkdir(mode=0o777)
            folder.chmod(0o777)
        root.chmod(0o755)
        attack.make(folders["work"], samples)
        before = _listing(folders["work"])
        mounts = [(root / place, options) for place, options in attack.mounts]
        try:
            for place, options in mounts:
                subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], check=True)
            code, seconds, peak_mb, output = _run(attack, folders)
            left = (
                [path.name for path in folders["tmp"].iterdir()] if folders["tmp"].exists() else []
            )
        except subprocess.CalledProcessError:
            return None  # a container that may not mount
        finally:
            for place, _ in reversed(mounts):
                subprocess.run(["umount", place], check=False, capture_output=True)
        faults = [*_said(attack, code, output), *_left(before, folders["work"], left)]
        if peak_mb > attack.most_mb:
            faults.append(f"{peak_mb} MB")
        return Outcome(code, seconds, peak_mb, output, tuple(faults))


def _is_open(folder: Path) -> bool:
    """Whether everybody may read what is in a folder: nobody runs our sources from it."""
    return all(place.stat().st_mode & 0o005 == 0o005 for place in (folder, *folder.parents))


def _run(attack: Attack, folders: Mapping[str, Path]) -> tuple[int, float, int, str]:
    environment = {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "HOME": str(folders["home"]),
        "TMPDIR": str(folders["tmp"]),
        "SENTIGRAM_CACHE": str(folders["cache"]),
        "PYTHONPATH": f"{_SOURCES / 'src'}{os.pathsep}{_SOURCES}",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    environment |= {key: value.format(**folders) for key, value in attack.env.items()}
    environment = {key: value for key, value in environment.items() if value != "-"}

    def limit() -> None:
        for which, value in attack.limits.items():
            last = 2 * value if which == "CPU" else value  # the hard one of seconds kills
            resource.setrlimit(getattr(resource, f"RLIMIT_{which}"), (value, last))

    command = [*attack.wrap, sys.executable, "-m", "sentigram", *attack.argv]
    work = str(folders["work"])
    command = [part.replace("{work}", work) for part in command]
    started = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command,
            cwd=folders["work"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            preexec_fn=limit,  # noqa: PLW1509  (nothing here has threads)
            start_new_session=True,
        )
        for after_s, number in attack.signals:
            time.sleep(after_s)
            process.send_signal(number)
        code, peak_mb = _waited(process)
        said.seek(0)
        output = said.read(4_000_000).decode("utf-8", "replace")
    return code, time.perf_counter() - started, peak_mb, output


def _waited(process: subprocess.Popen[bytes]) -> tuple[int, int]:
    """The exit code, and the memory of the largest process."""
    end = time.monotonic() + _TIMEOUT_S
    while time.monotonic() < end:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode, usage.ru_maxrss // 1024
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return 124, 0


def _said(attack: Attack, code: int, output: str) -> Iterator[str]:
    if code not in attack.codes:
        yield f"exit {code}"
    yield from (word for word in (*_FORBIDDEN, *_LIBRARIES) if word in output)
    if len(output) > _MOST_OUTPUT:
        yield f"{len(output)} characters of output"
    if any(ord(c) < 32 and c not in "\n\r\t" for c in output):
        yield "control characters"
    if 1 < code < _BY_SIGNAL and not output.strip():
        yield "not a word"


def _left(before: Mapping[str, str], work: Path, in_temp: Sequence[str]) -> Iterator[str]:
    yield from (f"left in the temporary folder: {name}" for name in in_temp)
    after = _listing(work)
    yield from (f"left: {name}" for name in after if "/.sentigram-" in name and name not in before)
    yield from (f"changed: {name}" for name in before if after.get(name) != before[name])


def _listing(folder: Path) -> dict[str, str]:
    """Files and links with what is in them."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            found[f"/{path.relative_to(folder)}"] = f"-> {path.readlink()}"
        elif path.is_file():
            found[f"/{path.relative_to(folder)}"] = sha256(path.read_bytes()).hexdigest()
    return found


def _told(outcome: Outcome | None) -> str:
    """What came of it, in words."""
    if outcome is None:
        return "not here: needs root, or to mount"
    if outcome.faults:
        return f"**{', '.join(outcome.faults):.300}**"
    return _WORDS.get(outcome.code, f"ended ({outcome.code})")


def main() -> None:
    """Try them, and print a row for each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--only", default="")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--verbose", action="store_true", help="what each of them said")
    options = parser.parse_args()
    n_tried = n_failed = 0
    print("| what | outcome | again |\n|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="attack-samples-") as samples:
        Path(samples).chmod(0o755)
        for attack in attacks(options.only, quick=options.quick):
            outcome = tried(attack, Path(samples))
            n_tried += outcome is not None
            n_failed += bool(outcome and outcome.faults)
            print(f"| {attack.what} | {_told(outcome)} | `{attack.id}` |", flush=True)
            if outcome and (options.verbose or outcome.faults):
                about = f"{outcome.seconds:.1f} s, {outcome.peak_mb} MB"
                print(f"<!-- {about}: {outcome.output[-1500:]} -->", flush=True)
    if not options.quick and (options.only or _SERVE).startswith(_SERVE):
        for row, is_right in server_attacks.rows(options.only):
            n_tried += 1
            n_failed += not is_right
            print(row, flush=True)
    print(f"\n{n_tried} tried, {n_failed} failed")
    sys.exit(bool(n_failed))


if __name__ == "__main__":
    main()
