"""`sentigram explain`: what the networks of a run look at."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from sentigram.cli import training_flags as flags

_EXAMPLES = 6


def explain(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")],
    *,
    system: Annotated[
        str | None, typer.Option(metavar="NAME", help="A row of its report; its own by default.")
    ] = None,
    examples: Annotated[
        int, typer.Option(min=0, help="Test examples to draw, a class after another.")
    ] = _EXAMPLES,
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="RUN/explain/SYSTEM by default.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print files and gates as JSON.")] = False,
    quiet: flags.Quiet = False,
) -> None:
    """Draw where networks look: Grad-CAM, attention over words and times, and mean gates.

    Every example is a test example of its fold. Pictures stand in explain.md and explain.html, with
    what they show in words.
    """
    flags.require_training()
    from sentigram.cli.reporter import ConsoleReporter, print_line
    from sentigram.training.inside.explain import explain as look
    from sentigram.training.inside.trained import chosen_system

    name = chosen_system(run, system)
    folder = run / "explain" / name if out is None else out
    with ConsoleReporter(quiet=quiet) as reporter, reporter.stage("look") as progress:
        found = look(run, folder, system=name, n_examples=examples, progress=progress)
    if as_json:
        said = {
            "system": found.system,
            "files": [str(path) for path in found.files],
            "examples": found.examples,
            "gates": [asdict(row) for row in found.gates],
        }
        print_line(json.dumps(said, indent=1))
    else:
        print_line(str(found.files[0]))
