"""Settings tried side by side, and chosen on validation: for each fold by its own.

A validation set of one fold is tested on in another, so one choice for all folds would have seen
test examples. Each fold takes the cell that was best on its own validation examples (Varma & Simon
2006); test examples choose nothing, and what is reported is what was chosen.

RUN/cells/SETTINGS/  a run of its own for each cell
RUN/grid.json        scores on validation, and which cell each fold took
RUN/…                a run whose networks are those that were chosen
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from statistics import mean, stdev
from typing import TYPE_CHECKING, Any

from sentigram.core.protocols import Reporter
from sentigram.data_files import read_json
from sentigram.errors import UsageError
from sentigram.files import write_text
from sentigram.reading import RUN_FILE
from sentigram.training.audit.protocol_record import Selection
from sentigram.training.config import ExperimentConfig, check_config, with_settings
from sentigram.training.fit.experiment import Bench, System, open_bench, run, systems

if TYPE_CHECKING:
    from accelerate import Accelerator

_CELLS, _GRID = "cells", "grid.json"
_FIXED = ("name", "split", "data.manifests", "data.classes", "data.map", "data.style",
          "training.select", "training.runs", "training.seed", "baselines", "augment")  # fmt: skip
_SCORES = {"ua": "validation_ua", "macro_f1": "validation_macro_f1", "loss": "validation_loss"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One choice of settings.

    Attributes:
        name: Its settings, as they are given, and as its folder is called.
        config: The experiment with them, without baselines.
    """

    name: str
    config: ExperimentConfig


@dataclass(frozen=True, slots=True)
class Grid:
    """What came of it.

    Attributes:
        select: The validation metric that it was chosen by.
        scores: Cell → fold → the best epoch's score on validation, a mean over runs.
        chosen: Fold → cell.
    """

    select: str
    scores: Mapping[str, Mapping[str, float]]
    chosen: Mapping[str, str]

    @property
    def best(self) -> str:
        """The best cell on average, which one network for use is trained by."""
        return max(self.scores, key=lambda name: _signed(mean(self.scores[name].values()), self))


def cells_of(given: dict[str, Any], axes: Sequence[str], *, where: str) -> tuple[Cell, ...]:
    """Every combination of values.

    Args:
        given: The experiment, as YAML says it.
        axes: `section.key=value,value`, YAML values.
        where: Names the experiment in messages.

    Raises:
        UsageError: An axis is malformed, or of a setting that decides what is tested.
        InputError: A value is wrong.
    """
    choices = [[f"{key}={value}" for value in values] for key, values in map(_axis, axes)]
    cells = []
    for settings in product(*choices):
        config = check_config(
            with_settings(given, settings), where=f"{where}, {', '.join(settings)}"
        )
        name = re.sub(r"[^A-Za-z0-9._=+,-]+", "-", ",".join(settings))
        cells.append(Cell(name, config.model_copy(update={"baselines": ()})))
    if len({cell.name for cell in cells}) < len(cells):
        message = f"--grid {' '.join(axes)}: the same settings twice"
        raise UsageError(message)
    return tuple(cells)


def selections(bench: Bench) -> tuple[Selection, ...]:
    """What a grid chooses, for the record of how numbers are made."""
    return tuple(
        Selection("settings of the grid", "validation", fold.validation, fold.name)
        for fold in bench.plan.folds
    )


def run_grid(
    bench: Bench,
    cells: Sequence[Cell],
    out: Path,
    *,
    accelerator: Accelerator,
    reporter: Reporter,
) -> Grid:
    """Train every cell, choose, and make a run of the chosen networks and the baselines.

    Args:
        bench: The experiment without the grid; its own settings are only a cell if they are named.
        cells: From `cells_of`.
        out: The run's folder; what is done in it is not done again.
        accelerator: Device, precision, processes.
        reporter: Told what goes on.

    Raises:
        UsageError: A cell divides the examples otherwise, or its network cannot learn.
    """
    rows = systems(bench)
    own = rows[0].name
    scores: dict[str, dict[str, float]] = {}
    select = bench.config.training.select
    names: dict[str, str] = {}
    for number, cell in enumerate(cells):
        reporter.note(f"cell {number + 1}/{len(cells)}: {cell.name}")
        inside = _bench(bench, cell)
        (system,) = systems(inside)
        names[cell.name] = system.name
        folder = out / _CELLS / cell.name
        run(inside, [system], folder, accelerator=accelerator, reporter=reporter)
        scores[cell.name] = {
            fold.name: _score(folder, system, fold.name, inside.config) for fold in bench.plan.folds
        }
    unset = Grid(select, scores, {})
    chosen = {
        fold.name: max(scores, key=lambda name: _signed(scores[name][fold.name], unset))
        for fold in bench.plan.folds
    }
    grid = replace(unset, chosen=chosen)
    if accelerator.is_main_process:
        for fold, cell_name in chosen.items():
            for number in range(bench.config.training.runs):
                inner = Path(f"run-{number}") / fold
                place = out / "parts" / own / inner
                shutil.rmtree(place, ignore_errors=True)
                shutil.copytree(
                    out / _CELLS / cell_name / "parts" / names[cell_name] / inner, place
                )
        write_text(out / _GRID, json.dumps(asdict(grid), indent=1) + "\n", overwrite=True)
    accelerator.wait_for_everyone()
    run(bench, rows, out, accelerator=accelerator, reporter=reporter)
    return grid


def table(grid: Grid) -> tuple[tuple[str, ...], list[tuple[str, ...]], str]:
    """The header, a row for each cell, best first, and what is to be said below."""
    header = ("settings", f"validation {grid.select}, mean ± deviation over folds", "chosen for")
    order = sorted(grid.scores, key=lambda name: -_signed(mean(grid.scores[name].values()), grid))
    rows: list[tuple[str, ...]] = []
    for name in order:
        values = list(grid.scores[name].values())
        deviation = f" ± {stdev(values):.3f}" if len(values) > 1 else ""
        folds = [fold for fold, cell in grid.chosen.items() if cell == name]
        rows.append((name, f"{mean(values):.3f}{deviation}", ", ".join(folds) or "–"))
    note = (
        "Chosen by validation only, each fold by its own; test examples chose nothing. Figures on "
        "validation are of what was chosen by them, and flatter it; the report's are not."
    )
    return header, rows, note


def _axis(text: str) -> tuple[str, list[str]]:
    """A key, and its values; commas within brackets are part of a value."""
    key, equals, values = text.partition("=")
    found = list(_values(values))
    if not equals or not all(key.split(".")) or not all(found):
        message = f"--grid {text}: write section.key=value,value, such as objective.vad=.1,.3,.5"
        raise UsageError(message)
    if any(key == fixed or key.startswith(f"{fixed}.") for fixed in _FIXED):
        message = f"--grid {text}: {key} is the same for all cells: it decides what is compared"
        raise UsageError(message)
    return key, found


def _values(text: str) -> Iterator[str]:
    depth, part = 0, ""
    for char in text:
        depth += (char in "[{") - (char in "]}")
        if char == "," and not depth:
            yield part.strip()
            part = ""
        else:
            part += char
    yield part.strip()


def _bench(bench: Bench, cell: Cell) -> Bench:
    """The bench of a cell: the same examples, divided the same."""
    if cell.config.data == bench.config.data:
        return replace(bench, config=cell.config)
    other = open_bench(cell.config)
    if other.plan != bench.plan:
        message = f"--grid: {cell.name} divides the examples otherwise; run it by itself"
        raise UsageError(message)
    return other


def _score(folder: Path, system: System, fold: str, config: ExperimentConfig) -> float:
    """The score on validation of the epoch that was chosen, a mean over runs."""
    key = _SCORES[config.training.select]
    best = min if config.training.select == "loss" else max
    found = []
    for number in range(config.training.runs):
        path = folder / "parts" / system.name / f"run-{number}" / fold / "history.json"
        found.append(best(float(epoch[key]) for epoch in read_json(path, RUN_FILE)))
    return mean(found)


def _signed(score: float, grid: Grid) -> float:
    return -score if grid.select == "loss" else score
