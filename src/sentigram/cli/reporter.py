"""Shows progress on stderr: live bars on a terminal, plain lines otherwise."""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import IO, Self, cast

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from sentigram.cli.flags import as_flags
from sentigram.core.document import Document
from sentigram.core.transcript import Word, join_words
from sentigram.errors import OutputError, brief

_STAGE_WIDTH = 10
_BAR_WIDTH = 14  # a line of 40 columns: a terminal that becomes narrower need not break it
_SAID_WIDTH = 38  # the same


class ConsoleReporter:
    """A Reporter for people.

    Args:
        quiet: Show warnings only.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._console = Console(file=cast("IO[str]", _Stderr()), highlight=False)
        self._live: _Live | None = None

    def __enter__(self) -> Self:
        if self._console.is_terminal and not self._quiet:
            self._live = _Live(
                TextColumn("  {task.description}"),
                BarColumn(bar_width=_BAR_WIDTH),
                TextColumn("{task.percentage:>3.0f} %"),
                TimeRemainingColumn(compact=True),
                console=self._console,
                transient=True,
                redirect_stderr=False,  # the console writes to stderr itself: it would go round
            )
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()

    @contextmanager
    def stage(self, name: str) -> Iterator[Callable[[float], None]]:
        """Show a stage while it runs, and how long it took when it is done."""
        started = time.perf_counter()
        if self._live is None:
            yield lambda _share: None
        else:
            live = self._live
            task = live.add_task(f"{name:<{_STAGE_WIDTH}}", total=1.0)
            try:
                yield lambda share: live.update(task, completed=share)
            finally:
                live.remove_task(task)
                live.said = ""
        self._say(f"  {name:<{_STAGE_WIDTH}} {time.perf_counter() - started:6.1f} s", style="dim")

    def note(self, text: str) -> None:
        """Say which choice was made."""
        self._say(f"  {as_flags(text)}")

    def title(self, text: str) -> None:
        """Say which file is next."""
        self._say(text, style="bold")

    def warn(self, text: str) -> None:
        """Say what the user should look at; shown even when quiet."""
        self._console.print(
            f"[yellow]warning:[/] {escape(printable(brief(as_flags(text))))}", soft_wrap=True
        )

    def recognized(self, words: Sequence[Word]) -> None:
        """Show the newest words below the bars, where there are bars: no log keeps what is said."""
        if self._live is not None:
            self._live.said = printable(join_words(tuple(words)))

    def words(self, document: Document) -> None:
        """Results show them."""

    def readings(self, document: Document) -> None:
        """Results show them."""

    def _say(self, text: str, *, style: str = "") -> None:
        if not self._quiet:
            self._console.print(escape(printable(brief(text))), style=style, soft_wrap=True)


class _Live(Progress):
    """Bars, and below them the end of what was said last."""

    said = ""

    def get_renderables(self) -> Iterable[RenderableType]:
        """The bars, and one line."""
        yield from super().get_renderables()
        if self.said:
            yield Text(_end_of(self.said, _SAID_WIDTH), style="dim", no_wrap=True)


def _end_of(text: str, n_cells: int) -> str:
    """As much of the end of a text as there is room for, after two spaces."""
    if cell_len(text) <= n_cells:
        return f"  {text}"
    kept = 0
    for at in range(len(text) - 1, -1, -1):
        kept += cell_len(text[at])
        if kept > n_cells - 1:
            return f"  …{text[at + 1 :]}"
    return ""


def printable(text: str) -> str:
    """Replace what would move a terminal's cursor or colours: file names may hold anything."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def say(*lines: str) -> None:
    """Say something on stderr that is no part of the progress."""
    _Stderr().write("sentigram: " + "".join(f"{printable(brief(line))}\n" for line in lines))


def in_one_line(text: str) -> str:
    """A text of another library, which may have several lines, as a message of one."""
    return "; ".join(line.strip() for line in text.splitlines() if line.strip())


def print_line(text: str) -> None:
    """Print one result line to stdout, as it is: scripts read it.

    As bytes, so that every path arrives as the file system has it, whatever the terminal's
    encoding; and at once, so that a reader that left is noticed here.

    Raises:
        BrokenPipeError: The reader left.
        OutputError: It cannot be written, as where its disk is full.
    """
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(os.fsencode(text) + b"\n")
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        to_nowhere(sys.stdout)
        message = f"standard output cannot be written ({error.strerror}); send it elsewhere"
        raise OutputError(message) from error


def to_nowhere(stream: IO[str]) -> None:
    """Let what is still written to a stream that does not work any more vanish."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


class _Stderr:
    """The process's stderr as it is at the time; where it is closed or full, work goes on."""

    encoding = property(lambda _self: getattr(sys.stderr, "encoding", None) or "utf-8")

    def write(self, text: str) -> int:
        """Write as much as can be."""
        if sys.stderr is not None:
            try:
                sys.stderr.write(text)
                sys.stderr.flush()
            except (OSError, ValueError):
                to_nowhere(sys.stderr)
        return len(text)

    def flush(self) -> None:
        """Nothing waits here."""

    def isatty(self) -> bool:
        """Whether a person watches."""
        return sys.stderr is not None and not sys.stderr.closed and sys.stderr.isatty()

    def fileno(self) -> int:
        """The handle, for the size of the terminal."""
        if sys.stderr is None:
            raise io.UnsupportedOperation
        return sys.stderr.fileno()
