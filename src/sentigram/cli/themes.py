"""`sentigram themes`: what the emotions look like."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sentigram.style.theme import Theme

app = typer.Typer(help="List, show and preview themes.", no_args_is_help=True)

_Culture = Annotated[str, typer.Option(help="western, eastern or universal.")]
_Age = Annotated[str, typer.Option(help="child, teen, adult or senior.")]
_File = Annotated[Path | None, typer.Option("--theme", help="A theme file of yours.")]


@app.command("list")
def list_(*, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List cultures and ages."""
    from sentigram.assets import asset  # noqa: PLC0415
    from sentigram.cli.reporter import print_line  # noqa: PLC0415
    from sentigram.style.theme import ages, cultures  # noqa: PLC0415
    from sentigram.style.theme_file import read_layer  # noqa: PLC0415

    described = {
        kind: {
            name: str(read_layer(asset(f"templates/themes/{name}.toml")).top["description"])
            for name in names
        }
        for kind, names in (("culture", cultures()), ("age", ages()))
    }
    if as_json:
        print_line(json.dumps(described, indent=1))
        return
    for kind, rows in described.items():
        for name, text in rows.items():
            print_line(f"{kind:<8} {name:<10} {text}")


@app.command()
def show(
    *,
    culture: _Culture = "western",
    age: _Age = "adult",
    theme: _File = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show how every emotion looks at full strength, in words and numbers."""
    from dataclasses import asdict  # noqa: PLC0415

    from sentigram.cli.reporter import print_line  # noqa: PLC0415
    from sentigram.core.style import N_LEVELS, StyleKey  # noqa: PLC0415
    from sentigram.style.engine import resolve  # noqa: PLC0415

    loaded = _load(culture, age, theme)
    styles = {
        name: resolve(loaded, StyleKey(name, 0 if name == "neutral" else N_LEVELS), motion="full")
        for name in loaded.emotions
    }
    if as_json:
        print_line(json.dumps({name: asdict(style) for name, style in styles.items()}, indent=1))
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table("emotion", "font", "size", "colour", "outline", "case", "motion", box=None)
    for name, style in styles.items():
        slant = " italic" if style.italic else ""
        table.add_row(
            Text(name),
            f"{style.family} {style.weight}{slant}",
            f"{style.size_em:.2f}",
            Text("██ ", style=style.fill).append(style.fill, style="default"),
            (style.box and f"box {style.box}") or f"{style.outline} {style.outline_em:.2f}",
            style.transform,
            style.animation,
        )
    Console().print(table)


@app.command()
def preview(
    out: Annotated[Path, typer.Argument(help="The HTML file to write.")] = Path(
        "sentigram-theme.html"
    ),
    *,
    culture: _Culture = "western",
    age: _Age = "adult",
    theme: _File = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file.")] = False,
) -> None:
    """Write a sheet of every emotion at every strength, on dark and on light."""
    from sentigram.cli.reporter import print_line  # noqa: PLC0415
    from sentigram.outputs import check_free, write_text  # noqa: PLC0415
    from sentigram.style.preview import preview_html  # noqa: PLC0415

    check_free([out], overwrite=overwrite)
    write_text(out, preview_html(_load(culture, age, theme)), overwrite=overwrite)
    print_line(str(out))


def _load(culture: str, age: str, file: Path | None) -> Theme:
    from sentigram.style.theme import load  # noqa: PLC0415

    return load(culture=culture, age=age, file=file)
