"""The `sentigram` command: its commands, its settings, and the exit code of each failure."""

from __future__ import annotations

import logging
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from sentigram.cli import (
    audit,
    batch,
    calibrate,
    check,
    doctor,
    evaluate,
    models,
    prepare,
    render,
    report,
    settings_file,
    studies,
    themes,
    train,
)
from sentigram.cli.flags import as_flags
from sentigram.errors import InputError, SentigramError, brief

_INTERRUPTED = 130  # 128 + SIGINT, as shells have it
_INTERNAL = 5


class _Group(TyperGroup):
    """Maps the exception tree of `sentigram.errors` to exit codes: here and nowhere else."""

    def invoke(self, ctx: Any) -> object:
        try:
            return super().invoke(ctx)
        except SentigramError as error:
            _complain(as_flags(str(error)))
            raise typer.Exit(error.exit_code) from error
        except KeyboardInterrupt:
            _complain("interrupted; nothing half-written was left behind")
            raise typer.Exit(_INTERRUPTED) from None
        except BrokenPipeError:  # the reader, such as head, has what it wanted
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None
        except (typer.Exit, typer.Abort):
            raise
        except typer.TyperException as error:  # it shows and exits by itself
            error.message = brief(error.message)
            raise
        except OSError as error:
            where = "" if error.filename is None else f"{error.filename}: "
            _complain(f"{where}{error.strerror or error}")
            raise typer.Exit(InputError.exit_code) from error
        except Exception as error:
            _complain(
                f"internal error: {type(error).__name__}: {error}",
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
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("render")(render.render)
app.command("batch")(batch.batch)
app.command("check")(check.check)
app.add_typer(themes.app, name="themes")
models.app.command("calibrate")(calibrate.calibrate)
app.add_typer(models.app, name="models")
app.command("doctor")(doctor.doctor)
_TRAINING = "Train and evaluate"
app.command("prepare", rich_help_panel=_TRAINING)(prepare.prepare)
app.command("audit", rich_help_panel=_TRAINING)(audit.audit)
app.command("train", rich_help_panel=_TRAINING)(train.train)
app.command("evaluate", rich_help_panel=_TRAINING)(evaluate.evaluate)
app.command("ablate", rich_help_panel=_TRAINING)(studies.ablate)
app.command("finetune", rich_help_panel=_TRAINING)(studies.finetune)
app.command("fewshot", rich_help_panel=_TRAINING)(studies.fewshot)
app.command("adapt", rich_help_panel=_TRAINING)(studies.adapt)
app.command("report", rich_help_panel=_TRAINING)(report.report)


def _version(wanted: bool) -> None:  # noqa: FBT001  (typer calls it so)
    if wanted:
        from sentigram import __version__

        typer.echo(f"sentigram {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    ctx: typer.Context,
    *,
    version: Annotated[  # noqa: ARG001  (its callback does the work)
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    ctx.default_map = settings_file.defaults(ctx)


def entry() -> None:
    """Run the command line and leave with its exit code: the console script."""
    if not os.environ.get("SENTIGRAM_DEBUG"):
        _hold_back_logs()
    # Ended politely, the terminal closed, or the time that it may take over: clean up as well.
    for name in ("SIGTERM", "SIGHUP", "SIGXCPU"):
        number = getattr(signal, name, None)  # Windows has but the first
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _leave)
    sys.exit(main())


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
        something, 2 usage, 3 bad input, 4 missing model or tool, 5 internal error,
        130 interrupted.
    """
    try:
        app(args=None if argv is None else list(argv))
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0
    return 0


def _complain(*lines: str) -> None:
    from sentigram.cli.reporter import printable

    sys.stderr.write("sentigram: " + "".join(f"{printable(brief(line))}\n" for line in lines))
