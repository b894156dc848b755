"""`sentigram models`: bring, list, check and remove models."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sentigram.cli.reporter import ConsoleReporter
    from sentigram.store.catalogue import Entry
    from sentigram.store.pull import Origin

app = typer.Typer(help="Bring, list, check and remove models.", no_args_is_help=True)

_DAMAGED = 1
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Names = Annotated[list[str] | None, typer.Argument(help="Names of models; all if none.")]
_Folder = Annotated[
    Path | None,
    typer.Option(help="Where models are kept; SENTIGRAM_MODELS, or the user's cache, if not said."),
]


@app.command("list")
def list_(*, folder: _Folder = None, as_json: _Json = False) -> None:
    """List bundled and stored models, and those that can be brought, with sizes and licences."""
    from sentigram.cli.reporter import print_line
    from sentigram.store.listing import listed

    rows = listed(folder)
    if as_json:
        print_line(json.dumps([row.as_json() for row in rows], indent=1))
        return
    for row in rows:
        print_line(
            f"{row.role:<26} {row.id:<28} {row.size_text:>12}  {row.licence:<22} {row.state}"
        )


@app.command()
def pull(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Names, OWNER/NAME on the hub, or folders; the set large if none."),
    ] = None,
    *,
    of_set: Annotated[str | None, typer.Option("--set", help="small or large.")] = None,
    role: Annotated[
        str | None, typer.Option(help="What models outside the catalogue are for.")
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option(
            "--from", help="A folder with the models, or a file, instead of the internet."
        ),
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Do not use the internet.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Bring them even if here.")] = False,
    folder: _Folder = None,
) -> None:
    """Bring models to this machine: fetched once, checked, and taken up where it broke off."""
    from sentigram.cli.reporter import ConsoleReporter
    from sentigram.reading import size_text
    from sentigram.store.pull import Origin, wanted

    chosen = wanted(names or (), of_set=of_set, role=role)
    origin = Origin(store=folder, source=source, offline=offline, again=again)
    with ConsoleReporter() as reporter:
        if len(chosen) > 1:
            total = size_text(sum(model.size_bytes for model in chosen))
            reporter.note(f"{', '.join(model.name for model in chosen)}: about {total}")
        for model in chosen:
            _pull_one(model, origin, reporter)


def _pull_one(model: Entry, origin: Origin, reporter: ConsoleReporter) -> None:
    from sentigram.cli.reporter import print_line
    from sentigram.store.pull import pull as bring

    with reporter.stage(model.name) as progress:
        stored = bring(
            model,
            origin,
            progress=lambda done, total: progress(done / max(total, 1)),
            note=reporter.note,
        )
    print_line(str(stored.folder))


@app.command()
def verify(names: _Names = None, *, folder: _Folder = None, as_json: _Json = False) -> None:
    """Read every file of stored models and compare its checksum; exit 1 if one is damaged."""
    from sentigram.cli.reporter import print_line
    from sentigram.store.installed import problems, stored_folders
    from sentigram.store.removal import stored_folder

    folders = [stored_folder(name, folder) for name in names or ()] or stored_folders(folder)
    found = {one.name: problems(one, deep=True) for one in folders}
    if as_json:
        print_line(json.dumps(found, indent=1))
    else:
        for name, complaints in found.items():
            print_line(f"{'DAMAGED' if complaints else 'whole  '} {name}")
            for complaint in complaints:
                print_line(f"        {complaint}")
            if complaints:
                print_line(f"        → sentigram models pull {name} --again")
        if not found:
            print_line("no models are stored; bring some with: sentigram models pull")
    if any(found.values()):
        raise typer.Exit(_DAMAGED)


@app.command()
def path(
    name: Annotated[str | None, typer.Argument(help="A model; the store if none.")] = None,
    *,
    folder: _Folder = None,
) -> None:
    """Print the folder of the store, or of one model."""
    from sentigram.cli.reporter import print_line
    from sentigram.store.folder import store_folder
    from sentigram.store.removal import stored_folder

    print_line(str(store_folder(folder) if name is None else stored_folder(name, folder)))


@app.command()
def remove(
    names: Annotated[list[str], typer.Argument(help="Names of stored models.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    folder: _Folder = None,
) -> None:
    """Remove models from the store, after asking."""
    from sentigram.cli.reporter import ConsoleReporter
    from sentigram.errors import UsageError
    from sentigram.reading import size_text
    from sentigram.store.removal import remove_model, size_of, stored_folder

    folders = [stored_folder(name, folder) for name in names]
    sizes = ", ".join(f"{one.name} ({size_text(size_of(one))})" for one in folders)
    if not yes:
        if not sys.stdin.isatty():
            message = f"this would remove {sizes}, and nobody can be asked here; add --yes"
            raise UsageError(message)
        typer.confirm(f"Remove {sizes}?", abort=True, err=True)
    reporter = ConsoleReporter()
    for one in folders:
        remove_model(one, note=reporter.note)
    reporter.note(f"removed {sizes}")


@app.command()
def convert(
    file: Annotated[Path, typer.Argument(help="model.pt, pytorch_model.bin or the like.")],
    *,
    out: Annotated[Path, typer.Option(help="The folder for model.safetensors.")],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace one there.")] = False,
) -> None:
    """Turn a pickled checkpoint into safetensors, without running what is in it."""
    from sentigram.cli.reporter import print_line
    from sentigram.store.convert import convert_checkpoint

    print_line(str(convert_checkpoint(file, out, overwrite=overwrite)))
