"""Progress on a terminal whose width changes: no line is broken, and none is left behind."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

_WIDTHS = (100, 44, 60, 120)
_SCRIPT = """
import os
import sys
from sentigram.cli.reporter import ConsoleReporter
from sentigram.core.time import Span
from sentigram.core.transcript import Word
with ConsoleReporter() as reporter:
    reporter.note("before")
    for name in ("hear", "read"):
        with reporter.stage(name) as progress:
            said = "\x1b[2J Ask not what your country can do for <you>"
            reporter.recognized([Word(text, Span(0, 1)) for text in said.split()])
            for width in range({n}):
                progress(width / {n})
                reporter._live.refresh()
                os.write(1, b"?")  # live progress takes stdout over
                sys.stdin.readline()
    reporter.note("after")
"""
_CONTROL = re.compile(r"\x1b\[([?\d;]*)([A-Za-z])")


def _resize(terminal: int, columns: int) -> None:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))


def _shown(output: str) -> Iterator[str]:
    """What stands on the screen at the end: a terminal with as much as progress asks of it."""
    rows, row, column, at = [""], 0, 0, 0
    while at < len(output):
        if control := _CONTROL.match(output, at):
            count = int(control[1]) if control[1].isdecimal() else 1
            if control[2] == "A":
                row = max(0, row - count)
            elif control[2] == "K":
                rows[row] = "" if control[1] == "2" else rows[row][:column]
            at = control.end()
            continue
        char, at = output[at], at + 1
        if char == "\n":
            row, column = row + 1, 0
            rows += [""] * (row == len(rows))
        elif char == "\r":
            column = 0
        else:
            rows[row] = rows[row][:column].ljust(column) + char + rows[row][column + 1 :]
            column += 1
    return (line.rstrip() for line in rows if line.strip())


def test_lines_stay_whole_when_the_width_changes() -> None:
    terminal, side = pty.openpty()
    _resize(terminal, _WIDTHS[0])
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    with (
        ThreadPoolExecutor(1) as other,  # reads while the process writes: a terminal holds 4 kB
        subprocess.Popen(
            [sys.executable, "-c", _SCRIPT.format(n=len(_WIDTHS))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=side,
            env=environment | {"TERM": "xterm-256color"},
        ) as process,
    ):
        written = other.submit(_all_of, terminal)
        assert process.stdin is not None
        assert process.stdout is not None
        for width in (*_WIDTHS[1:], *_WIDTHS, _WIDTHS[0]):
            assert process.stdout.read(1) == b"?"
            _resize(terminal, width)
            process.stdin.write(b"\n")
            process.stdin.flush()
        process.stdin.close()
        process.wait()
        os.close(side)
        output = written.result()
    assert process.returncode == 0
    plain = _CONTROL.sub("", output)
    drawn = [part for part in re.split(r"[\r\n]+", plain) if "%" in part]
    assert len(drawn) >= 2 * len(_WIDTHS)
    assert max(map(len, drawn)) <= min(_WIDTHS)  # so that no width breaks one
    said = {part for part in re.split(r"[\r\n]+", plain) if part.endswith("<you>")}
    assert said == {"  …ot what your country can do for <you>"}  # the end of what was recognized
    assert [re.sub(r"\d+\.\d s", "S", line) for line in _shown(output)] == [
        "  before",
        "  hear          S",
        "  read          S",
        "  after",
    ]


def _all_of(terminal: int) -> str:
    """What was written to a terminal that nobody writes to any more."""
    parts = []
    try:
        while part := os.read(terminal, 65536):
            parts.append(part)
    except OSError:  # Linux says so where the other side is closed
        pass
    os.close(terminal)
    return b"".join(parts).decode()
