"""Readings bound to the plan that they were made on: what is edited or trimmed later is seen.

Beside RUN/predictions.parquet lies RUN/readings.json, written in the same moment: the digest of the
file, of the plan, and of the ids of every system. Whoever writes all of a run's files anew, those
of its networks too, is not found out by this.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sentigram.core.counted import counted
from sentigram.data_files import read_json
from sentigram.errors import InputError
from sentigram.files import write_text
from sentigram.reading import RUN_FILE
from sentigram.store.shipped import sha256
from sentigram.training.judge.predictions import Predictions, read_predictions, write_predictions
from sentigram.training.splits.plans import SplitPlan, digest_of

SEAL, READINGS = "readings.json", "predictions.parquet"
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Checked:
    """What is known of a run's readings.

    Attributes:
        wrong: What does not fit; they are not what was written.
        unknown: What cannot be told.
    """

    wrong: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def said(self) -> tuple[str, ...]:
        """Both, as notes of a report."""
        return (
            *(f"these are not the readings that were written: {message}" for message in self.wrong),
            *self.unknown,
        )


def write_sealed(folder: Path, predictions: Sequence[Predictions], plan: SplitPlan) -> None:
    """Write the readings of a run, and what binds them to its plan.

    Args:
        folder: The run's.
        predictions: Of all systems.
        plan: That they were made on.

    Raises:
        OutputError: They cannot be written.
    """
    write_predictions(folder / READINGS, predictions)
    said = {
        "version": _VERSION,
        "sha256": sha256(folder / READINGS),
        "plan_sha256": plan.sha256,
        "systems": [
            {"system": part.system, "run": part.run, "ids_sha256": _ids_sha256(part)}
            for part in predictions
        ],
    }
    write_text(folder / SEAL, json.dumps(said, indent=1) + "\n", overwrite=True)


def check_readings(folder: Path, predictions: Sequence[Predictions]) -> Checked:
    """Compare a run's readings with its seal, its plan and what its networks said.

    Args:
        folder: The run's; one without plan and seal has nothing to be compared with.
        predictions: What predictions.parquet in it holds.

    Raises:
        InputError: A file is damaged.
    """
    plan, seal = _read(folder / "plan.json"), _read(folder / SEAL)
    unknown: list[str] = []
    wrong: list[str] = []
    if seal:
        if seal.get("sha256") != sha256(folder / READINGS):
            wrong.append(f"{READINGS} was changed after it was written (its sha256 differs)")
        if seal.get("plan_sha256") != digest_of(plan):
            wrong.append("plan.json is not the plan that they were made on")
        wrong += _other_ids(predictions, seal)
    elif plan:
        unknown.append(
            f"whether the readings were changed is not known: {SEAL} is absent, as in runs of "
            "earlier releases"
        )
    wrong += _untested(predictions, plan)
    wrong += _unlike_networks(folder, predictions)
    wrong += _without_own(folder, {part.system for part in predictions})
    if plan and not any(folder.glob(f"parts/*/run-*/*/{READINGS}")):
        unknown.append(
            "whether the readings are what networks said is not known: parts/ beside them has none"
        )
    return Checked(tuple(wrong), tuple(unknown))


def _ids_sha256(part: Predictions) -> str:
    rows = sorted(zip(part.folds.tolist(), part.ids.tolist(), strict=True))
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def _other_ids(predictions: Sequence[Predictions], seal: Mapping[str, Any]) -> Iterator[str]:
    written = {
        (row["system"], row["run"]): row["ids_sha256"]
        for row in seal.get("systems", ())
        if isinstance(row, dict) and row.keys() >= {"system", "run", "ids_sha256"}
    }
    found = {(part.system, part.run): _ids_sha256(part) for part in predictions}
    for system, run in dict.fromkeys((*written, *found)):
        key = system, run
        if key not in found:
            yield f"{_which(system, run)} is gone"
        elif key not in written:
            yield f"{_which(system, run)} was added"
        elif written[key] != found[key]:
            yield f"{_which(system, run)} has other examples"


def _untested(predictions: Sequence[Predictions], plan: Mapping[str, Any]) -> Iterator[str]:
    """Systems whose examples are not exactly those that the plan tests."""
    folds = plan.get("folds")
    if not folds:
        return
    try:
        wanted = {(fold["name"], name) for fold in folds for name in fold["test"]}
    except (TypeError, KeyError):
        return  # reading the plan says so
    for part in predictions:
        rows = list(zip(part.folds.tolist(), part.ids.tolist(), strict=True))
        lacks, more = len(wanted.difference(rows)), len(set(rows) - wanted)
        twice = len(rows) - len(set(rows))
        reasons = [
            f"lacks {lacks} of {len(wanted)} test examples" if lacks else "",
            f"has {more} that the plan does not test" if more else "",
            f"has {twice} twice" if twice else "",
        ]
        if any(reasons):
            yield f"{_which(part.system, part.run)} {' and '.join(filter(None, reasons))}"


def _unlike_networks(folder: Path, predictions: Sequence[Predictions]) -> Iterator[str]:
    """Systems whose readings are not those that lie beside their networks."""
    for part in predictions:
        place = {name: row for row, name in enumerate(part.ids.tolist())}
        differ = 0
        for path in sorted(
            (folder / "parts" / part.system / f"run-{part.run}").glob(f"*/{READINGS}")
        ):
            (own, *_) = read_predictions(path)
            rows = [place.get(name, -1) for name in own.ids.tolist()]
            there = np.array(rows, np.int64) >= 0
            at = np.array(rows, np.int64)[there]
            same = (part.logits[at] == own.logits[there]).all(axis=1)
            same &= part.truth[at] == own.truth[there]
            differ += int((~same).sum())
        if differ:
            what = f"of {_which(part.system, part.run)}"
            have = counted(differ, f"reading {what} is", f"readings {what} are")
            yield f"{have} not its networks'"


def _without_own(folder: Path, systems: Collection[str]) -> Iterator[str]:
    """Systems that have networks whose own readings are gone; those are written first.

    What is not reported, such as a setting of an adaptation that was not chosen, need not have any.
    """
    gone: dict[tuple[str, str], int] = {}
    for card in sorted(folder.glob("parts/*/run-*/*/*.card.json")):
        if card.parts[-4] in systems and not (card.parent / READINGS).is_file():
            key = card.parts[-4], card.parts[-3].removeprefix("run-")
            gone[key] = gone.get(key, 0) + 1
    for (system, run), n in gone.items():
        what = f"of {_which(system, int(run) if run.isdecimal() else run)}"
        yield f"the readings of {counted(n, f'network {what}', f'networks {what}')} are gone"


def _which(system: str, run: object) -> str:
    """A system and which of its runs, counted from 1 as everywhere that people read."""
    return f"{system}, run {run + 1 if isinstance(run, int) else run},"


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        given = read_json(path, RUN_FILE)
    except (OSError, ValueError) as error:
        message = f"{path}: not JSON ({error}); run the experiment again"
        raise InputError(message) from error
    return given if isinstance(given, dict) else {}
