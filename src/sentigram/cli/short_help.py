"""The help of commands with many options: the common ones, and all of them for `--help-all`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperCommand

_ALL, _SHORT = "sentigram.help_all", "sentigram.help_short"
COMMON = frozenset(
    {
        *("json", "quiet", "strict", "report", "help", "help-all"),
        *("to", "out", "overwrite", "preview"),
        *("culture", "age", "preset", "profile", "style", "motion", "theme"),
        *("transcript", "language", "engine"),
        *("workers", "cluster", "shard"),
    }
)
"""What `--help` shows, without the hyphens."""
_OF_ONE_COMMAND = {"render": frozenset({"speakers"})}  # whose help has room for it

EXIT_CODES = (
    "Exit codes: 0 done; 1 some failed, or --strict; 2 options; 3 input; 4 something missing; "
    "5 fault of Sentigram; 130 interrupted."
)


class ShortHelp(TyperCommand):
    """A command whose `--help` shows the common options only."""

    def get_params(self, ctx: Any) -> list[Any]:
        """All parameters, or, while a short help is made, the common ones."""
        parameters: list[Any] = super().get_params(ctx)
        if not ctx.meta.get(_SHORT):
            return parameters
        shown = COMMON | _OF_ONE_COMMAND.get(self.name or "", frozenset())
        return [one for one in parameters if _is_common(one, shown)]

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Make the help that was asked for."""
        ctx.meta[_SHORT] = not ctx.meta.get(_ALL)
        super().format_help(ctx, formatter)
        ctx.meta[_SHORT] = False


def _is_common(parameter: Any, shown: frozenset[str]) -> bool:
    names = [name for name in parameter.opts if name.startswith("--")]
    return not names or any(name.removeprefix("--") in shown for name in names)


def show_all(ctx: typer.Context, wanted: bool) -> None:  # noqa: FBT001  (typer calls it so)
    """Print the help with every option, and leave: the callback of `--help-all`."""
    if wanted:
        ctx.meta[_ALL] = True
        typer.echo(ctx.get_help())
        raise typer.Exit


HELP_ALL = typer.Option(
    "--help-all", callback=show_all, is_eager=True, help="Show every option, and exit."
)


def epilog(examples: Sequence[str]) -> str:
    """What stands below the options: commands as they are typed, and the exit codes."""
    return "\n\n".join(["Examples:", *examples, EXIT_CODES])
