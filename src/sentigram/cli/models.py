"""`sentigram models`: which models are installed."""

from __future__ import annotations

import json
from typing import Annotated

import typer

app = typer.Typer(help="List the models that are installed.", no_args_is_help=True)


@app.command("list")
def list_(*, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the parts of the bundled engine with their sizes and licences."""
    from sentigram.cards import installed  # noqa: PLC0415
    from sentigram.cli.reporter import print_line  # noqa: PLC0415

    rows = installed()
    if as_json:
        print_line(json.dumps([row.as_json() for row in rows], indent=1))
        return
    for row in rows:
        state = f"{row.size_bytes / 1e6:6.1f} MB" if row.problem == "" else f"— {row.problem}"
        print_line(f"{row.role:<14} {row.id:<28} {state:<12} {row.licence}")
