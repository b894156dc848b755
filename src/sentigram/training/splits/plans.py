"""A plan as a value and as a file: which examples each fold trains on, chooses by and tests on."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from sentigram.data_files import json_of
from sentigram.errors import InputError
from sentigram.files import write_text
from sentigram.reading import RUN_FILE, read_text
from sentigram.training.dataset.manifest import Manifest

ROLES: Mapping[str, str] = {
    "train": "train",
    "dev": "validation",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
}
_VERSION = 1
_LONGEST_NAME = 80  # characters; four bytes each and a suffix still fit a file name's 255


@dataclass(frozen=True, slots=True)
class Fold:
    """One division of the examples.

    Attributes:
        name: Such as `session1` or `fold-3`; fit for a folder.
        train: Example ids that weights are fitted on; an id twice counts twice.
        validation: Ids that epochs and settings are chosen by.
        test: Ids that are scored once.
    """

    name: str
    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]


@dataclass(frozen=True)
class SplitPlan:
    """All folds of an experiment.

    Attributes:
        scheme: How it was made, such as `leave-one-session-out`.
        seed: Of the draws.
        manifests: The sha256 of each manifest that it divides.
        folds: In order.
    """

    scheme: str
    seed: int
    manifests: tuple[str, ...]
    folds: tuple[Fold, ...]

    @cached_property
    def sha256(self) -> str:
        """Digest of everything above."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


def digest_of(said: Mapping[str, Any]) -> str:
    """The digest of what a plan's file says, whatever digest stands in it; "" where keys lack."""
    names = [field.name for field in fields(SplitPlan)]
    if not all(name in said for name in names):
        return ""
    text = json.dumps({name: said[name] for name in names}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def folder_names(names: Sequence[str]) -> list[str]:
    """Names of folds that are folders, each another one, also where case does not count.

    Networks of a fold lie in a folder of its name: `..` or one name twice would put them into
    other places, where another fold's are.

    Args:
        names: What the folds are called; those that are fit for folders stay.
    """
    plain = [re.sub(r"[^\w.-]", "_", name)[:_LONGEST_NAME] for name in names]
    plain = [name if name.strip(".") else "_" * max(1, len(name)) for name in plain]
    folded = [name.casefold() for name in plain]
    wanted = [
        name if folded.count(name.casefold()) == 1 else f"{name}-{number}"
        for number, name in enumerate(plain)
    ]
    taken: set[str] = set()
    found = []
    for name in wanted:  # a number may make the name of another
        unlike = name
        while unlike.casefold() in taken:
            unlike += "_"
        taken.add(unlike.casefold())
        found.append(unlike)
    return found


def write_plan(path: Path, plan: SplitPlan, *, overwrite: bool) -> None:
    """Write a plan as JSON, whole or not at all, with its digest.

    Raises:
        OutputError: The file cannot be written, or is in the way.
    """
    rows = {"version": _VERSION, "sha256": plan.sha256, **asdict(plan)}
    write_text(path, json.dumps(rows, indent=1) + "\n", overwrite=overwrite)


def read_plan(path: Path, manifests: Sequence[Manifest]) -> SplitPlan:
    """Read a plan that `write_plan` wrote, or a CSV with the columns id, split and maybe fold.

    A CSV may be anyone's: split is train, validation (dev, val, valid) or test, and ids may
    repeat, so that oversampled splits can be audited.

    Args:
        path: The plan.
        manifests: Whose examples it divides.

    Raises:
        InputError: Absent, malformed, changed after it was written, or of other manifests.
    """
    try:
        text = read_text(path, RUN_FILE)
    except OSError as error:
        message = f"{path}: no plan ({error.strerror}); sentigram train writes one as plan.json"
        raise InputError(message) from error
    except UnicodeDecodeError as error:
        message = f"{path}: not a plan (no UTF-8); give plan.json, or a CSV with id and split"
        raise InputError(message) from error
    hashes = tuple(manifest.sha256 for manifest in manifests)
    if path.suffix == ".csv":
        plan = SplitPlan(f"file {path.name}", 0, hashes, _csv_folds(path, text))
    else:
        plan = _parse(path, text)
        if set(plan.manifests) != set(hashes):
            message = (
                f"{path}: divides other manifests than those given; give the manifests that it "
                "was made for, or make a new plan"
            )
            raise InputError(message)
    known = {example.id for manifest in manifests for example in manifest.examples}
    named = {i for f in plan.folds for i in (*f.train, *f.validation, *f.test)}
    if unknown := named - known:
        message = (
            f"{path}: {len(unknown)} ids are in no manifest, such as {min(unknown)}; ids are "
            "corpus/item, as sentigram prepare writes them"
        )
        raise InputError(message)
    return plan


def _parse(path: Path, text: str) -> SplitPlan:
    try:
        given: dict[str, Any] = json_of(text, RUN_FILE, str(path))
        version, digest = given["version"], given["sha256"]
        folds = tuple(
            Fold(str(f["name"]), *(tuple(f[role]) for role in ("train", "validation", "test")))
            for f in given["folds"]
        )
        plan = SplitPlan(given["scheme"], given["seed"], tuple(given["manifests"]), folds)
        is_whole = plan.sha256 == digest
    except (ValueError, KeyError, TypeError) as error:
        message = f"{path}: not a plan ({error!r}); give the plan.json of a run, or a CSV"
        raise InputError(message) from error
    if version != _VERSION:
        message = f"{path}: plan version {version!r}; this release reads {_VERSION}"
        raise InputError(message)
    names = [fold.name for fold in folds]
    if not folds or names != folder_names(names):
        message = (
            f"{path}: its folds are called {', '.join(map(repr, names)) or 'nothing'}; networks "
            "are kept in folders of these names: give each fold another one, of letters, digits, "
            "dots, - and _"
        )
        raise InputError(message)
    if not is_whole:
        message = (
            f"{path}: was changed after it was written (its sha256 differs); restore it, or make "
            "a new plan in another run folder"
        )
        raise InputError(message)
    return plan


def _csv_folds(path: Path, text: str) -> tuple[Fold, ...]:
    try:
        rows = list(csv.DictReader(text.splitlines()))
    except csv.Error as error:
        message = f"{path}: not a plan in columns ({error}); give a CSV with id, split and fold"
        raise InputError(message) from error
    if not rows or not {"id", "split"} <= rows[0].keys():
        message = f"{path}: expected a header with id and split, and fold if there are several"
        raise InputError(message)
    folds: dict[str, dict[str, list[str]]] = {}
    for number, row in enumerate(rows, start=2):
        role = ROLES.get((row["split"] or "").strip().lower())
        if role is None or not row["id"]:
            message = (
                f"{path}, line {number}: split {row['split']!r}; write train, validation or test"
            )
            raise InputError(message)
        fold = folds.setdefault(row.get("fold") or "all", {r: [] for r in set(ROLES.values())})
        fold[role].append(row["id"])
    return tuple(
        Fold(name, *(tuple(parts[role]) for role in ("train", "validation", "test")))
        for name, parts in zip(folder_names(list(folds)), folds.values(), strict=True)
    )
