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
    number: Annotated[
        str,
        typer.Option("--run", metavar="N", help="Which of several runs, from 1; or all of them."),
    ] = "1",
    examples: Annotated[
        int, typer.Option(min=0, help="Test examples to draw, a class after another.")
    ] = _EXAMPLES,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="RUN/explain/SYSTEM by default; in it run-N where all are."
        ),
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
    from sentigram.training.inside.trained import chosen_runs, chosen_system, runs_of

    name = chosen_system(run, system)
    numbers = chosen_runs(run, name, number)
    folder = run / "explain" / name if out is None else out
    found = []
    with ConsoleReporter(quiet=quiet) as reporter:
        for each in numbers:
            place = folder / f"run-{each}" if number == "all" else folder
            with reporter.stage(f"look, run {each}") as progress:
                found.append(
                    look(
                        run, place, system=name, number=each, n_examples=examples, progress=progress
                    )
                )
        if (n := runs_of(run, name)) > len(numbers):
            reporter.note(f"run {numbers[0]} of {n}; --run all looks into each")
    if as_json:
        said = [
            {
                "system": one.system,
                "run": one.run,
                "files": [str(path) for path in one.files],
                "examples": one.examples,
                "gates": [asdict(row) for row in one.gates],
            }
            for one in found
        ]
        print_line(json.dumps(said if number == "all" else said[0], indent=1))
    else:
        for one in found:
            print_line(str(one.files[0]))
