"""A machine that fails: full and read-only disks, other users, limits, signals, clocks, variables."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

from attack_kinds.attack import DONE, EITHER, RENDER, Attack, Make, document_file, video_file

_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--")
_HEAR = ("render", "talk.mp4", "--to", "srt,json", "--out", "{work}/made", "--quiet")
_BURN = ("render", "talk.sentigram.json", "--to", "video,srt", "--size", "64x64", "--out", "made")
_CLOCK = """import time
_real, _n = time.time, [0]
def _jumping():
    _n[0] += 1
    return _real() + (-1) ** _n[0] * 10**9
time.time = _jumping
time.perf_counter = lambda: _real() - 10 * next(_count)
import itertools
_count = itertools.count()
"""


def _both(work: Path, samples: Path) -> None:
    document_file(work, samples)
    video_file(work, samples)


def _private(work: Path, samples: Path) -> None:
    _both(work, samples)
    for path in work.iterdir():
        path.chmod(0o600)
    (work / "made").mkdir(mode=0o755)


def _sticky(work: Path, samples: Path) -> None:
    _both(work, samples)
    (work / "made").mkdir()
    (work / "made" / "talk.srt").write_text("of somebody else")
    (work / "made").chmod(0o1777)


def _planted(work: Path, samples: Path) -> None:
    """A cache that anybody may write, with a link where the program would keep things."""
    video_file(work, samples)
    (work / "target").mkdir()
    (work / "target" / "kept.txt").write_text("mine")
    (work / "cache").mkdir(mode=0o777)
    (work / "cache" / "heard").symlink_to(work / "target")


def _strange_times(work: Path, samples: Path) -> None:
    _both(work, samples)
    os.utime(work / "talk.sentigram.json", (2**33, 2**33))
    os.utime(work / "talk.mp4", (-1, -(10**9)))


def _clock(work: Path, samples: Path) -> None:
    _both(work, samples)
    (work / "clock").mkdir()
    (work / "clock" / "sitecustomize.py").write_text(_CLOCK)


def _program(text: str) -> Make:
    def make(work: Path, samples: Path) -> None:
        _both(work, samples)
        (work / "ffmpeg").write_text(f"#!/bin/sh\n{text}\n")
        (work / "ffmpeg").chmod(0o755)

    return make


def _in(variables: dict[str, str], what: str, name: str, **more: object) -> Attack:
    return Attack(
        id=f"machine-{name}", what=what, make=document_file, argv=RENDER, env=variables, codes=DONE, **more  # type: ignore[arg-type]
    )  # fmt: skip


def attacks() -> Iterator[Attack]:
    """Each condition, under a render."""
    yield from _disks()
    yield from _users()
    yield from _limits()
    yield from _signals()
    yield from _variables()
    yield from _programs()


def _disks() -> Iterator[Attack]:
    fails = EITHER | {4}
    for name, place, size, argv in (
        ("temporary", "tmp", "64k", _HEAR),
        ("cache", "cache", "16k", _HEAR),
        ("home", "home", "4k", _HEAR),
    ):
        yield Attack(
            id=f"machine-full-{name}", what=f"a full disk where the {name} folder is", make=video_file,
            argv=argv, codes=fails, mounts=((place, f"size={size}"),), needs_root=True,
        )  # fmt: skip
        yield Attack(
            id=f"machine-read-only-{name}", what=f"a disk that cannot be written where the {name} folder is",
            make=video_file, argv=argv, codes=fails, mounts=((place, "ro"),), needs_root=True,
        )  # fmt: skip
    for name, options in (("full", "size=24k"), ("inodes", "nr_inodes=2"), ("read-only", "ro")):
        yield Attack(
            id=f"machine-results-{name}", what=f"results on a disk that is {name}", make=document_file,
            argv=(*RENDER[:-1], "{work}/../home"), codes=frozenset({3}), mounts=(("home", options),), needs_root=True,
        )  # fmt: skip


def _users() -> Iterator[Attack]:
    yield Attack(
        id="machine-nobody", what="nobody, in a folder whose files are root's", make=_private,
        argv=RENDER, codes=frozenset({2, 3}), wrap=_NOBODY, needs_root=True, is_quick=True,
    )  # fmt: skip
    yield Attack(
        id="machine-sticky", what="nobody replaces a file of root's in a sticky folder", make=_sticky,
        argv=(*RENDER, "--overwrite"), codes=frozenset({3}), wrap=_NOBODY, needs_root=True,
    )  # fmt: skip
    yield Attack(
        id="machine-planted-cache", what="a link planted in the cache", make=_planted,
        argv=_HEAR, codes=EITHER, env={"SENTIGRAM_CACHE": "{work}/cache"},
    )  # fmt: skip
    yield Attack(
        id="machine-umask", what="a umask that lets nobody read", make=document_file,
        argv=RENDER, codes=DONE, wrap=("sh", "-c", 'umask 0777; exec "$@"', "sh"),
    )  # fmt: skip


def _limits() -> Iterator[Attack]:
    fails = EITHER | {4, -signal.SIGXCPU, -signal.SIGKILL, 128 + signal.SIGXCPU}
    for name, which, value, make, argv in (
        ("memory", "AS", 600_000_000, document_file, RENDER),
        ("memory-hearing", "AS", 900_000_000, video_file, _HEAR),
        ("handles", "NOFILE", 24, document_file, RENDER),
        ("handles-hearing", "NOFILE", 24, video_file, _HEAR),
        ("file-size", "FSIZE", 20_000, document_file, RENDER),
        ("file-size-hearing", "FSIZE", 20_000, video_file, _HEAR),
        ("seconds", "CPU", 2, video_file, _HEAR),
        ("stack", "STACK", 256_000, document_file, RENDER),
        ("core", "CORE", 0, document_file, RENDER),
        ("lock", "MEMLOCK", 0, document_file, RENDER),
    ):
        yield Attack(
            id=f"machine-limit-{name}", what=f"a limit: RLIMIT_{which} {value:,}", make=make, argv=argv,
            codes=fails, limits={which: value}, is_quick=name == "file-size",
        )  # fmt: skip
    yield Attack(
        id="machine-limit-processes", what="nobody may start a process or a thread", make=video_file,
        argv=_HEAR, codes=fails, limits={"NPROC": 1}, wrap=_NOBODY, needs_root=True,
    )  # fmt: skip


def _signals() -> Iterator[Attack]:
    for name, numbers in (
        ("term", ((0.9, signal.SIGTERM),)),
        ("hangup", ((0.9, signal.SIGHUP),)),
        ("pipe", ((0.9, signal.SIGPIPE),)),
        ("file-size", ((0.9, signal.SIGXFSZ),)),
        ("stop", ((0.7, signal.SIGSTOP), (1.0, signal.SIGCONT))),
        ("window", ((0.7, signal.SIGWINCH), (0.1, signal.SIGWINCH))),
        ("twice", ((0.9, signal.SIGINT), (0.05, signal.SIGINT))),
        ("user", ((0.9, signal.SIGUSR1),)),
    ):
        codes = EITHER | {130, *(128 + number for _, number in numbers)}
        codes |= {"user": {-signal.SIGUSR1}, "twice": {-signal.SIGINT}}.get(name, set())
        yield Attack(
            id=f"machine-signal-{name}", what=f"{' and '.join(n.name for _, n in numbers)} while it hears",
            make=video_file, argv=_HEAR, codes=codes, signals=numbers,
        )  # fmt: skip


def _variables() -> Iterator[Attack]:
    yield _in({"HOME": "-", "XDG_CACHE_HOME": "-", "SENTIGRAM_CACHE": "-"}, "no home", "no-home")
    yield _in({"TMPDIR": "/nowhere/at/all"}, "a temporary folder that is not there", "no-tmp")
    yield _in(
        {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        "ASCII alone",
        "ascii",
    )
    yield _in({"PYTHONIOENCODING": "ascii"}, "streams in ASCII", "io-ascii")
    yield _in({"PYTHONIOENCODING": "cp437"}, "streams of an old console", "io-cp437")
    yield _in({"COLUMNS": "1", "LINES": "0"}, "a terminal of one column", "one-column")
    yield _in({"COLUMNS": "-5"}, "a terminal of -5 columns", "less-columns")
    yield _in(
        {"TERM": "dumb", "NO_COLOR": "1", "FORCE_COLOR": "1"},
        "colours forbidden and forced",
        "colours",
    )
    yield _in({"PYTHONOPTIMIZE": "2"}, "no docstrings and no asserts", "optimized")
    yield _in({"PYTHONWARNINGS": "error"}, "warnings as errors", "warnings")
    yield _in(
        {"PYTHONHASHSEED": "4294967295", "TZ": "../../etc/passwd"},
        "a time zone that is a path",
        "zone",
    )
    yield _in({"PATH": "/nowhere"}, "an empty PATH", "no-path")
    yield Attack(
        id="machine-garbage", what="settings in variables that are garbage", make=document_file, argv=RENDER,
        codes=frozenset({2, 3}), env={"SENTIGRAM_CULTURE": "\x1b[31m" + "x" * 90_000},
    )  # fmt: skip
    yield Attack(
        id="machine-clock", what="a clock that jumps by decades", make=_clock, argv=RENDER, codes=DONE,
        wrap=("sh", "-c", 'PYTHONPATH="$PWD/clock:$PYTHONPATH" exec "$@"', "sh"),
    )  # fmt: skip
    yield Attack(
        id="machine-times", what="files of 1938 and of 2242", make=_strange_times, argv=RENDER, codes=DONE,
    )  # fmt: skip
    yield Attack(
        id="machine-gone", what="a current folder that is gone", make=document_file, argv=RENDER,
        codes=frozenset({3}), wrap=("sh", "-c", 'mkdir x; cd x; rmdir ../x; exec "$@"', "sh"),
    )  # fmt: skip
    yield Attack(
        id="machine-no-streams", what="no stdin, stdout or stderr", make=document_file, argv=RENDER,
        codes=EITHER, wrap=("sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"),
    )  # fmt: skip


def _programs() -> Iterator[Attack]:
    for name, what, text in (
        ("fails", "fails without a word", "exit 1"),
        ("talks", "prints 30 MB", "yes error | head -c 30000000 >&2; exit 1"),
        ("lies", "says that all went well", "exit 0"),
        ("dies", "dies of a signal", "kill -SEGV $$"),
        ("binary", "prints bytes that are no text", "head -c 90000 /dev/urandom >&2; exit 1"),
    ):
        yield Attack(
            id=f"machine-ffmpeg-{name}", what=f"an ffmpeg that {what}", make=_program(text), argv=_BURN,
            codes=frozenset({3, 4}), env={"SENTIGRAM_FFMPEG": "{work}/ffmpeg"}, is_quick=name == "talks",
        )  # fmt: skip
