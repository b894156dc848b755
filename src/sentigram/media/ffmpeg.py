"""Finds ffmpeg and runs it: the one place in Sentigram that starts another program.

What it is told to do is built in `sentigram.media.commands`; here it is found, started without a
shell and without standard input, watched, and ended when something goes wrong.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO

from sentigram.core.protocols import Progress, no_progress
from sentigram.errors import MediaError, MissingError, OutputError, resource_error

VARIABLE = "SENTIGRAM_FFMPEG"

_QUIET = ("-nostdin", "-hide_banner", "-v", "error", "-progress", "pipe:1", "-y")
_ALWAYS_COUNTS_FROM_USED = 6
_KEPT_LINES = 200  # of what ffmpeg complains about; a broken file makes it say thousands
_SHOWN_LINES = 3
_CAPTURE_TIMEOUT_S = 30
_PIPES_OF_A_PROCESS = 4  # its three streams, and what tells that it started
_FULL_DISK = ("No space left on device", "Disk quota exceeded", "File too large")
# `[mov,mp4,m4a @ 0x55d1c7a0] `: who complains says nothing to a user.
_CONTEXT = re.compile(r"^(?:\[[^\]]* @ 0x[0-9a-f]+\]\s*)+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_REPEATED = re.compile(r"^\s*Last message repeated")
_FOLLOW_UPS = re.compile(
    r"^(?:Conversion failed!|Error (?:opening|while opening) (?:input|output) files?:?"
    r"|Task finished with error code|Terminating thread with return code)"
)


@dataclass(frozen=True, slots=True)
class FFmpeg:
    """An ffmpeg program.

    Attributes:
        path: The executable.
        version: As it names itself.
        has_libass: Whether it can draw ASS subtitles.
    """

    path: str
    version: str
    has_libass: bool

    @property
    def always_counts_from_used(self) -> bool:
        """Where times jump, it counts from the streams that it reads, whatever else it is told."""
        major = re.match(r"n?(\d+)\.", self.version)  # a build of today's source has none
        return major is None or int(major[1]) >= _ALWAYS_COUNTS_FROM_USED


def find_ffmpeg() -> FFmpeg:
    """Find the ffmpeg to use; asked once for each setting of SENTIGRAM_FFMPEG and PATH.

    In this order: what the environment variable SENTIGRAM_FFMPEG names, a system ffmpeg that has
    libass, the one of the package imageio-ffmpeg, a system ffmpeg without libass.

    Raises:
        MissingError: None of them is there or runs.
    """
    return _find(os.environ.get(VARIABLE, ""), os.environ.get("PATH", ""))


def require_libass(ffmpeg: FFmpeg) -> None:
    """Make sure that subtitles can be drawn.

    Raises:
        MissingError: This ffmpeg was built without libass.
    """
    if not ffmpeg.has_libass:
        message = (
            f"{ffmpeg.path}: this ffmpeg was built without libass and cannot draw subtitles; "
            f"pip install imageio-ffmpeg, or set {VARIABLE} to an ffmpeg with libass"
        )
        raise MissingError(message)


@cache
def encoders(ffmpeg: FFmpeg) -> frozenset[str]:
    """Names of all encoders that an ffmpeg was built with."""
    listed = _capture([ffmpeg.path, "-hide_banner", "-encoders"])
    names = (line.split() for line in listed.splitlines())
    return frozenset(parts[1] for parts in names if len(parts) > 1 and parts[0][0] in "VAS")


@cache
def pixel_formats(ffmpeg: FFmpeg, encoder: str) -> frozenset[str]:
    """Names of the pixel formats that an encoder takes."""
    listed = _capture([ffmpeg.path, "-hide_banner", "-h", f"encoder={encoder}"])
    lines = (line.partition("Supported pixel formats:") for line in listed.splitlines())
    return frozenset(name for _, found, names in lines if found for name in names.split())


def run(
    argv: Sequence[str],
    *,
    cwd: Path | None = None,
    total_ms: int | None = None,
    progress: Progress = no_progress,
) -> tuple[str, ...]:
    """Run an ffmpeg command of `sentigram.media.commands` to its end.

    The child ends with this call, whatever happens: an exception here, Ctrl-C included, kills it,
    and where this process is killed itself, so is the child (not on Windows).

    Args:
        argv: Program and arguments, without options about logging.
        cwd: Folder to run in.
        total_ms: Length of what is made, to tell progress by; None to tell only the end.
        progress: Told the share that is done.

    Returns:
        What ffmpeg complained about though it went on, cleaned; empty when all is well.

    Raises:
        MediaError: ffmpeg failed; with the last lines that it wrote.
        OutputError: The disk is full.
        MissingError: The program cannot be started.
        ResourceError: The machine lacks memory or file handles for it.
    """
    process = _start([argv[0], *_QUIET, *argv[1:]], cwd)
    if process.stdout is None or process.stderr is None:
        raise AssertionError  # both are pipes
    lines: deque[str] = deque(maxlen=_KEPT_LINES)
    reader = threading.Thread(target=_collect, args=(process.stderr, lines), daemon=True)
    reader.start()
    try:
        with _ending_with_us(process.pid):
            _watch(process.stdout, total_ms, progress)
            code = process.wait()
    except BaseException:
        process.kill()
        raise
    finally:
        process.wait()
        reader.join()
        process.stdout.close()
        process.stderr.close()
    complaints = clean(lines)
    if code != 0 or _is_full(complaints):  # 5.1 ends as if all were well when its disk is full
        raise _failure(code, complaints)
    progress(1.0)
    return complaints


def clean(lines: Sequence[str] | deque[str]) -> tuple[str, ...]:
    """What ffmpeg wrote, as a person wants to read it: no addresses, no repeats, one per thing."""
    kept: dict[str, None] = {}
    for raw in lines:
        line = _CONTROL.sub(" ", _CONTEXT.sub("", raw)).strip()
        if line and not _REPEATED.match(line):
            kept[line] = None
    return tuple(kept)


def _is_full(complaints: tuple[str, ...]) -> bool:
    return any(sign in line for line in complaints for sign in _FULL_DISK)


def _failure(code: int, complaints: tuple[str, ...]) -> MediaError | OutputError:
    if _is_full(complaints):
        return OutputError(
            "the disk is full (ffmpeg could not write its result): free some space, give `out DIR` "
            "on another disk, or set TMPDIR to a folder with more room"
        )
    telling = [line for line in complaints if not _FOLLOW_UPS.match(line)] or list(complaints)
    said = "; ".join(telling[-_SHOWN_LINES:]) or f"exit status {code}, without a word"
    return MediaError(f"ffmpeg failed: {said}")


def _watch(stdout: IO[bytes], total_ms: int | None, progress: Progress) -> None:
    """Follow `-progress`: lines `key=value`; out_time_us (`N/A` at first) is what is written."""
    for raw in stdout:
        key, _, value = raw.decode("ascii", "replace").partition("=")
        if key == "out_time_us" and total_ms and value.strip().isdecimal():
            progress(min(1.0, int(value) / 1000 / total_ms))


def _collect(stream: IO[bytes], lines: deque[str]) -> None:
    for raw in stream:
        lines.append(raw.decode("utf-8", "replace").rstrip())


def _start(argv: Sequence[str], cwd: Path | None) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            list(argv),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except (OSError, MemoryError) as error:
        lack = resource_error(error)
        if lack is not None:
            raise lack from error
        message = (
            f"{argv[0]}: cannot be started ({getattr(error, 'strerror', None) or error}); "
            f"install ffmpeg, or pip install imageio-ffmpeg, or correct {VARIABLE}"
        )
        raise MissingError(message) from error


@contextmanager
def _ending_with_us(pid: int) -> Iterator[None]:
    """Let a child be killed when this process is gone without having been able to do so.

    A shell in a session of its own waits for a word from here, or for the end of the pipe that it
    would come through, which is the end of this process. Code between fork and exec, which could
    ask Linux to do that, may hang where there are threads.
    """
    try:
        watcher = subprocess.Popen(
            ["/bin/sh", "-c", 'read -r _ || kill -9 "$1"', "sh", str(pid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:  # Windows, or no further process: there, the child may outlive us
        yield
        return
    try:
        yield
    finally:
        watcher.communicate(b"done\n")


def _capture(argv: Sequence[str]) -> str:
    """What a short command writes to its standard output.

    Raises:
        MissingError: It cannot be started, fails, or does not end.
    """
    with _start(argv, None) as process:
        try:
            out, _ = process.communicate(timeout=_CAPTURE_TIMEOUT_S)
        except BaseException as error:
            process.kill()
            if isinstance(error, subprocess.TimeoutExpired):
                message = f"{argv[0]}: does not answer; correct {VARIABLE} or install ffmpeg"
                raise MissingError(message) from error
            raise
    if process.returncode != 0:
        message = (
            f"{argv[0]}: does not run (exit status {process.returncode}); "
            f"correct {VARIABLE} or install ffmpeg"
        )
        raise MissingError(message)
    return out.decode("utf-8", "replace")


def _describe(path: str) -> FFmpeg:
    first = _capture([path, "-version"]).splitlines()[:1]
    match = re.match(r"ffmpeg version (\S+)", first[0] if first else "")
    if match is None:
        message = f"{path}: is not ffmpeg; correct {VARIABLE} or install ffmpeg"
        raise MissingError(message)
    filters = {
        parts[1]
        for parts in (line.split() for line in _capture([path, "-filters"]).splitlines())
        if len(parts) > 1
    }
    return FFmpeg(path, match.group(1), {"ass", "subtitles"} <= filters)


@cache
def _find(wanted: str, search_path: str) -> FFmpeg:
    if wanted:
        return _describe(shutil.which(wanted, path=search_path) or wanted)
    system: FFmpeg | None = None
    on_path = shutil.which("ffmpeg", path=search_path)
    if on_path:
        with suppress(MissingError):  # a broken one must not hide the packaged one
            system = _describe(on_path)
    if system and system.has_libass:
        return system
    packaged = _packaged()
    found = packaged if packaged and (packaged.has_libass or not system) else system
    if found is None:
        _check_handles()
        message = (
            "ffmpeg is not installed: pip install imageio-ffmpeg, or install ffmpeg with your "
            f"system's packages, or set {VARIABLE} to its path"
        )
        raise MissingError(message)
    return found


def _check_handles() -> None:
    """Make sure that ffmpeg could be looked for.

    Raises:
        ResourceError: There are too few file handles to start a program.
    """
    pipes: list[int] = []
    try:
        for _ in range(_PIPES_OF_A_PROCESS):
            pipes += os.pipe()
    except OSError as error:
        raise resource_error(error) or error from error
    finally:
        for handle in pipes:
            os.close(handle)


def _packaged() -> FFmpeg | None:
    try:
        from imageio_ffmpeg import get_ffmpeg_exe

        return _describe(get_ffmpeg_exe())
    except (ImportError, RuntimeError, MissingError):
        return None
