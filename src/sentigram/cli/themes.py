"""`sentigram themes`: what the emotions look like."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

if TYPE_CHECKING:
    from sentigram.core.style import Style
    from sentigram.style.theme.theme import Theme

app = typer.Typer(help="List, show and preview themes.", no_args_is_help=True)

_ANOTHER = "another name"
_Culture = Annotated[str, typer.Option(help="western, eastern or universal.")]
_Age = Annotated[str, typer.Option(help="child, teen, adult or senior.")]
_Profile = Annotated[
    str,
    typer.Option(
        help="Comma-separated, the last wins: netflix, bbc, shorts, sdh; low-vision, dyslexia, "
        "reduced-motion; deuteranopia, protanopia, tritanopia."
    ),
]
_Preset = Annotated[str, typer.Option(help="minimal, pop, box, karaoke, broadcast or cinema.")]
_Style = Annotated[str, typer.Option(help="categories, dimensions, prosody or plain.")]
_File = Annotated[Path | None, typer.Option("--theme", help="A theme file of yours.")]


@app.command("list")
def list_(*, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List cultures, ages, presets, profiles and styles."""
    from sentigram.cli.reporter import print_line
    from sentigram.style.theme.layers import (
        about,
        ages,
        cultures,
        known_presets,
        known_profiles,
        known_styles,
    )

    described = {
        kind: {name: about(name) for name in names}
        for kind, names in (
            ("culture", cultures()),
            ("age", ages()),
            ("preset", known_presets()),
            ("profile", known_profiles()),
            ("style", known_styles()),
        )
    }
    if as_json:
        print_line(json.dumps(described, indent=1))
        return
    for kind, rows in described.items():
        for name, text in rows.items():
            print_line(f"{kind:<8} {name:<15} {text}")


@app.command()
def show(
    *,
    culture: _Culture = "western",
    age: _Age = "adult",
    preset: _Preset = "",
    profile: _Profile = "",
    style: _Style = "categories",
    theme: _File = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show how every emotion looks at full strength, in words and numbers.

    With `--style dimensions` or `prosody` it is both ends of what words are drawn by.
    """
    from dataclasses import asdict

    from sentigram.cli.reporter import print_line
    from sentigram.core.style import N_LEVELS, StyleKey
    from sentigram.style.styling import ends_of, resolve
    from sentigram.style.theme.advice import undrawn

    loaded = _load(culture, age, preset, profile, style, theme)
    keys = {name: StyleKey(name, 0 if name == "neutral" else N_LEVELS) for name in loaded.drawn}
    if loaded.dimensions and not loaded.is_plain:
        keys = {"neutral": keys["neutral"], **dict(ends_of(loaded))}
    styles = {name: resolve(loaded, key, motion="full") for name, key in keys.items()}
    if as_json:
        print_line(json.dumps({name: asdict(style) for name, style in styles.items()}, indent=1))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(
        "dimension" if loaded.dimensions else "emotion",
        "font",
        "size",
        "colour",
        "outline",
        "case",
        "motion",
        box=None,
    )
    for name, drawn in styles.items():
        slant = " italic" if drawn.italic else ""
        table.add_row(
            Text(name),
            f"{drawn.family} {drawn.weight}{slant}",
            f"{drawn.size_em:.2f}",
            Text("██ ", style=drawn.fill).append(drawn.fill, style="default"),
            (drawn.box and f"box {drawn.box}") or f"{drawn.outline} {drawn.outline_em:.2f}",
            drawn.transform,
            drawn.animation,
        )
    Console().print(table)
    if loaded.is_plain:
        print_line(undrawn(loaded.plain_by))


@app.command()
def preview(
    out: Annotated[Path, typer.Argument(help="The HTML file to write.")] = Path(
        "sentigram-theme.html"
    ),
    *,
    culture: _Culture = "western",
    age: _Age = "adult",
    preset: _Preset = "",
    profile: _Profile = "",
    style: _Style = "categories",
    theme: _File = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file.")] = False,
) -> None:
    """Write a sheet of every emotion at every strength, on dark and on light."""
    from sentigram.cli.reporter import print_line
    from sentigram.files import check_free, write_text
    from sentigram.style.theme.sheet import preview_html

    check_free([out], overwrite=overwrite, instead=_ANOTHER)
    text = preview_html(_load(culture, age, preset, profile, style, theme))
    write_text(out, text, overwrite=overwrite, instead=_ANOTHER)
    print_line(str(out))


@app.command()
def validate(
    *,
    culture: _Culture = "western",
    age: _Age = "adult",
    preset: _Preset = "",
    profile: _Profile = "",
    style: _Style = "categories",
    theme: _File = None,
) -> None:
    """Check a theme: wrong keys and values are errors, what had better be changed is listed."""
    from sentigram.cli.reporter import print_line
    from sentigram.core.emotion import RAISED, plain_name
    from sentigram.style.theme.advice import undrawn, warnings_of

    loaded = _load(culture, age, preset, profile, style, theme)
    found = warnings_of(loaded)
    for warning in found:
        print_line(f"warning: {warning}")
    if loaded.is_plain:
        print_line(undrawn(loaded.plain_by))
    n_emotions = len(loaded.emotions) - 1
    emotions = f"{n_emotions} emotions, {plain_name(RAISED)}, contrast {loaded.contrast:g}:1"
    print_line(f"{loaded.name}: {emotions}, {len(found) or 'no'} warning{'s' * (len(found) != 1)}")


def _load(
    culture: str, age: str, preset: str, profile: str, style: str, file: Path | None
) -> Theme:
    from sentigram.core.option import listed
    from sentigram.style.look import Look
    from sentigram.style.theme.theme import load

    look = Look(
        preset=preset, profiles=listed(profile), style=cast("Style", style)
    )  # checked there
    return load(culture=culture, age=age, profiles=look.worn, style=look.style, file=file)
