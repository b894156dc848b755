"""Rules on what a plan leaves out: a test set that somebody picked tells about what was picked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sentigram.core.counted import counted
from sentigram.training.audit.division import TEST, TRAIN, Division, unit_roles
from sentigram.training.audit.finding import N_SHOWN, AuditFinding, Severity
from sentigram.training.dataset.manifest import Example


def left_out(division: Division, examples: Sequence[Example]) -> list[AuditFinding]:
    """Labelled examples that are tested in no fold.

    It is a failure where the others of their speaker are tested and not trained on (where speakers
    are unknown, of their dialogue, or of the corpus's own split): then the test set was picked.
    What is kept out of training only, as few shots do, is told.

    Args:
        division: The plan.
        examples: All that could have been in it. Those with several labels or none, with a label
            or of a style that no example of the plan has, and copies of others do not count;
            pieces of recordings do.
    """
    labels = {label for example in division.examples for label in example.labels}
    styles = {example.style for example in division.examples}
    role_of = {
        example.id: int(roles)
        for example, roles in zip(
            division.examples, np.bitwise_or.reduce(division.roles, axis=0), strict=True
        )
    }
    could = [
        example
        for example in examples
        if example.id in role_of
        or (
            len(example.labels) == 1
            and labels.issuperset(example.labels)
            and example.style in styles
        )
    ]
    ids = {example.id for example in examples}
    originals = [example for example in could if example.origin not in ids]
    units = _tested_only(division)
    nowhere = [e.id for e in originals if e.id not in role_of]
    # where a fold trains on what another tests, all that is never tested counts
    never = nowhere
    if len(division.folds) > 1:
        never = [e.id for e in originals if not role_of.get(e.id, 0) & TEST]
    missed = set(never)
    picked = [e.id for e in originals if e.id in missed and _unit(e) in units]
    found = []
    if picked:
        message = (
            f"{_labelled(picked)} tested in no fold, though others of the same speaker, dialogue "
            "or split are: who picked what is tested?"
        )
        found.append(_finding("fail", message, picked))
    rest = sorted(missed.difference(picked))
    if rest:
        where = "in no fold" if rest == sorted(nowhere) else "tested in no fold"
        found.append(_finding("report", f"{_labelled(rest)} {where}", rest))
    partly = [
        row
        for row in np.flatnonzero((division.roles == 0).any(axis=0)).tolist()
        # a copy that is only learnt from is left out where its original is held out
        if division.examples[row].origin not in role_of or role_of[division.examples[row].id] & TEST
    ]
    if partly:
        message = (
            counted(len(partly), "example is", "examples are")
            + " in some folds and left out of others"
        )
        found.append(_finding("report", message, [division.examples[row].id for row in partly]))
    return found


def _tested_only(division: Division) -> set[str]:
    """Speakers, dialogues or splits that some fold tests and does not train on."""
    names = [_unit(example) for example in division.examples]
    units, unit_of = np.unique(names, return_inverse=True)
    roles = unit_roles(division, unit_of, len(units))  # (n_folds, n_units)
    only = ((roles & TEST) > 0) & ((roles & TRAIN) == 0)
    return set(units[only.any(axis=0)].tolist()) - {""}


def _unit(example: Example) -> str:
    """What an example belongs to: its speaker, or dialogue, or the split that its corpus says."""
    if example.speaker:
        return f"speaker {example.speaker}"
    if example.dialogue:
        return f"dialogue {example.dialogue}"
    return f"split {example.corpus}/{example.split}" if example.split else ""


def _labelled(ids: Sequence[str]) -> str:
    return counted(len(ids), "labelled example is", "labelled examples are")


def _finding(severity: Severity, message: str, ids: Sequence[str]) -> AuditFinding:
    return AuditFinding("hand-picked", severity, message, len(ids), tuple(ids[:N_SHOWN]))
