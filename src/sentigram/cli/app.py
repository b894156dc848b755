"""The `sentigram` command: its commands, its settings, and the exit code of each failure."""

from __future__ import annotations

import logging
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from sentigram.cli import (
    audit,
    batch,
    calibrate,
    check,
    corpus,
    doctor,
    evaluate,
    explain,
    export,
    models,
    personalize,
    predict,
    prepare,
    render,
    report,
    serve,
    settings_file,
    studies,
    themes,
    train,
)
from sentigram.cli.flags import as_flags
from sentigram.cli.short_help import EXIT_CODES, ShortHelp, epilog
from sentigram.errors import InputError, ResourceError, SentigramError, brief, resource_error

_INTERRUPTED = 130  # 128 + SIGINT, as shells have it
_INTERNAL = 5


class _Group(TyperGroup):
    """Maps the exception tree of `sentigram.errors` to exit codes: here and nowhere else."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command, and its settings where it is going to run.

        `batch status FOLDER` is a command of its own; a folder may be called status, too.
        """
        if args[:2] == ["batch", "status"] and (len(args) > 2 or not Path("status").is_dir()):
            args = [batch.STATUS, *args[2:]]
        name, command, rest = super().resolve_command(ctx, args)
        options = rest[: rest.index("--")] if "--" in rest else rest
        if name is not None and not set(options) & set(ctx.help_option_names):
            ctx.default_map = settings_file.defaults(ctx, name)
        return name, command, rest

    def invoke(self, ctx: Any) -> object:
        try:
            _check_stdout()
            return super().invoke(ctx)
        except SentigramError as error:
            _complain(*map(as_flags, error.lines))
            raise typer.Exit(error.exit_code) from error
        except KeyboardInterrupt:
            _complain("interrupted; nothing half-written was left behind")
            raise typer.Exit(_INTERRUPTED) from None
        except BrokenPipeError:  # the reader, such as head, has what it wanted
            from sentigram.cli.reporter import to_nowhere

            to_nowhere(sys.stdout)
            raise typer.Exit(0) from None
        except (typer.Exit, typer.Abort):
            raise
        except typer.TyperException as error:  # it shows and exits by itself
            error.message = brief(error.message)
            raise
        except Exception as error:
            lack = resource_error(error)
            if lack is not None:
                _complain(str(lack))
                raise typer.Exit(lack.exit_code) from error
            if isinstance(error, OSError):
                where = "" if error.filename is None else f"{error.filename}: "
                _complain(f"{where}{error.strerror or error}")
                raise typer.Exit(InputError.exit_code) from error
            from sentigram.cli.reporter import in_one_line

            _complain(
                f"internal error: {type(error).__name__}: {in_one_line(str(error))}",
                "this is a fault of Sentigram: please report it with the output of",
                "  SENTIGRAM_DEBUG=1 sentigram …",
            )
            if os.environ.get("SENTIGRAM_DEBUG"):
                traceback.print_exc()
            raise typer.Exit(_INTERNAL) from error


app = typer.Typer(
    name="sentigram",
    cls=_Group,
    help="Turn a video into subtitles that look the way the words were said.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _name, _command, _examples in (
    ("render", render.render, render.EXAMPLES),
    ("batch", batch.batch, batch.EXAMPLES),
):
    app.command(_name, cls=ShortHelp, epilog=epilog(_examples))(_command)
app.command(batch.STATUS)(batch.status)
app.command("check")(check.check)
app.add_typer(themes.app, name="themes")
models.app.command("calibrate")(calibrate.calibrate)
app.add_typer(models.app, name="models")
app.command("serve")(serve.serve)
app.command("personalize")(personalize.personalize)
app.command("doctor")(doctor.doctor)
_TRAINING = "Train and evaluate"
app.command("prepare", rich_help_panel=_TRAINING)(prepare.prepare)
app.command("corpus", rich_help_panel=_TRAINING)(corpus.corpus)
app.command("audit", rich_help_panel=_TRAINING)(audit.audit)
app.command("train", rich_help_panel=_TRAINING)(train.train)
app.command("evaluate", rich_help_panel=_TRAINING)(evaluate.evaluate)
app.command("ablate", rich_help_panel=_TRAINING)(studies.ablate)
app.command("finetune", rich_help_panel=_TRAINING)(studies.finetune)
app.command("fewshot", rich_help_panel=_TRAINING)(studies.fewshot)
app.command("adapt", rich_help_panel=_TRAINING)(studies.adapt)
app.command("report", rich_help_panel=_TRAINING)(report.report)
app.command("explain", rich_help_panel=_TRAINING)(explain.explain)
app.command("predict", cls=predict.OptionalFile, rich_help_panel=_TRAINING)(predict.predict)
app.command("export", rich_help_panel=_TRAINING)(export.export)


def _version(wanted: bool) -> None:  # noqa: FBT001  (typer calls it so)
    if wanted:
        from sentigram import __version__

        typer.echo(f"sentigram {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Nothing but what all commands have in common."""


def entry() -> None:
    """Run the command line and leave with its exit code: the console script."""
    if not os.environ.get("SENTIGRAM_DEBUG"):
        _hold_back_logs()
    # Ended politely, the terminal closed, or the time that it may take over: clean up as well.
    for name in ("SIGTERM", "SIGHUP", "SIGXCPU"):
        number = getattr(signal, name, None)  # Windows has but the first
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _leave)
    if signal.getsignal(signal.SIGINT) == signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)
    _fill_standard_handles()
    sys.exit(main())


def _interrupt(number: int, _frame: object) -> None:
    """Stop the work; while that is cleaned up, further ones change nothing."""
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _fill_standard_handles() -> None:
    """Where one is closed, the next file that is opened would become what others print to."""
    for handle in range(3):
        try:
            os.fstat(handle)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest that is free


def _hold_back_logs() -> None:
    """Keep what libraries log of files and of themselves from the screen: messages say it."""
    logging.getLogger().addHandler(logging.NullHandler())
    logging.captureWarnings(capture=True)


def _leave(number: int, _frame: object) -> None:
    sys.exit(128 + number)  # as shells have it


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: Arguments without the program's name; the process's own if None.

    Returns:
        The exit code: 0 done, 1 a check failed, some files of a batch did, or `--strict` minds
        something, 2 usage, 3 bad input, 4 missing model or tool or too little of the machine,
        5 internal error, 130 interrupted.
    """
    try:
        app(args=None if argv is None else list(argv))
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0
    return 0


def _check_stdout() -> None:
    """Find out before the work whether its results can be named.

    Raises:
        ResourceError: Standard output is closed.
    """
    if sys.stdout is None:
        message = (
            "standard output is closed, so what is made could not be named; send it to a file, or "
            f"to {os.devnull}"
        )
        raise ResourceError(message)


def _complain(*lines: str) -> None:
    from sentigram.cli.reporter import say

    say(*lines)
