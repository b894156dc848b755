"""Who is where: the roles of every example in every fold, as bits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sentigram.core.arrays import Bools, Ints64
from sentigram.errors import InputError
from sentigram.training.audit.finding import N_SHOWN
from sentigram.training.dataset.manifest import Example
from sentigram.training.splits.plans import SplitPlan

Bits = NDArray[np.uint8]

TRAIN, VALIDATION, TEST = 1, 2, 4
_NAMES = ((TRAIN, "train"), (VALIDATION, "validation"), (TEST, "test"))


@dataclass(frozen=True, slots=True, eq=False)
class Division:
    """A plan over the examples that it names.

    Attributes:
        examples: (n,) those in some fold.
        folds: Names.
        roles: uint8 (n_folds, n), a bit each for train, validation and test.
        repeats: int64 (n,) the most often that an example is in one held-out part of one fold.
    """

    examples: tuple[Example, ...]
    folds: tuple[str, ...]
    roles: Bits
    repeats: Ints64

    @property
    def held_out(self) -> Bools:
        """(n,) whether an example is validation or test in some fold."""
        return np.asarray((self.roles & (VALIDATION | TEST)).any(axis=0), bool)


@dataclass(frozen=True, slots=True)
class Crossing:
    """What lies on both sides of some fold.

    Attributes:
        count: How many units do: speakers, sounds, texts.
        parts: The roles that the first of them has, such as `train and test`.
        ids: A few held-out examples of them.
        pair: Of pairs, an example of either unit of the first, such as `c/a and c/b`.
    """

    count: int
    parts: str
    ids: tuple[str, ...]
    pair: str = ""


def divide(examples: Sequence[Example], plan: SplitPlan) -> Division:
    """Look the ids of a plan up.

    Raises:
        InputError: An id is unknown.
    """
    place = {example.id: row for row, example in enumerate(examples)}
    roles = np.zeros((len(plan.folds), len(examples)), np.uint8)
    repeats = np.zeros(len(examples), np.int64)
    for number, fold in enumerate(plan.folds):
        for bit, name in _NAMES:
            ids: tuple[str, ...] = getattr(fold, name)
            try:
                rows = np.fromiter((place[i] for i in ids), np.int64, len(ids))
            except KeyError as error:
                message = (
                    f"plan, fold {fold.name}: {error.args[0]} is in no manifest; give every "
                    "manifest that the plan divides with --manifest"
                )
                raise InputError(message) from error
            roles[number, rows] |= bit
            if bit != TRAIN:
                repeats = np.maximum(repeats, np.bincount(rows, minlength=len(examples)))
    used = np.flatnonzero(roles.any(axis=0)).tolist()
    return Division(
        tuple(examples[row] for row in used),
        tuple(fold.name for fold in plan.folds),
        roles[:, used],
        repeats[used],
    )


def find_crossing(
    division: Division, units: Sequence[str], *, between_examples: bool = False
) -> Crossing | None:
    """Find units that lie on both sides of a fold.

    Args:
        division: The plan.
        units: (n,) the speaker, dialogue or sound of each example; empty ones do not count.
        between_examples: Whether one example that is itself on both sides is not enough.
    """
    if not any(units):
        return None
    names, unit_of = np.unique(np.asarray(units), return_inverse=True)
    roles = unit_roles(division, unit_of, len(names))
    crosses = is_divided(roles)  # (n_folds, n_units)
    if between_examples:
        members = np.stack(
            [np.bincount(unit_of, weights=row > 0, minlength=len(names)) for row in division.roles]
        )
        # two members that have three roles between them, or two different ones, always differ
        crosses &= members >= 2
    crosses[:, names == ""] = False
    if not crosses.any():
        return None
    fold, unit = np.argwhere(crosses)[0].tolist()
    crossed = np.asarray(crosses.any(axis=0), bool)
    held = np.flatnonzero(crossed[unit_of] & division.held_out)
    return Crossing(
        count=int(crossed.sum()),
        parts=parts(int(roles[fold, unit])),
        ids=tuple(division.examples[row].id for row in held[:N_SHOWN]),
    )


def find_crossing_pairs(
    division: Division, unit_of: Ints64, pairs: Sequence[tuple[int, int]]
) -> Crossing | None:
    """Find pairs of units of which one is on another side than the other.

    Args:
        division: The plan.
        unit_of: (n,) the unit of each example, -1 for none.
        pairs: Units that are alike.
    """
    if not len(pairs):
        return None
    first, second = np.asarray(pairs, np.int64).T
    n_units = int(unit_of.max(initial=-1)) + 1
    roles = unit_roles(division, unit_of, n_units)  # (n_folds, n_units)
    ours, theirs = roles[:, first], roles[:, second]
    crosses = (ours > 0) & (theirs > 0) & is_divided(ours | theirs)
    if not crosses.any():
        return None
    where = np.asarray(crosses.any(axis=0), bool)
    fold, pair = np.argwhere(crosses)[0].tolist()
    touched = np.zeros(n_units, bool)
    touched[first[where]] = touched[second[where]] = True
    held = np.flatnonzero((unit_of >= 0) & touched[unit_of] & division.held_out)
    both = (int(np.argmax(unit_of == unit)) for unit in (first[pair], second[pair]))
    return Crossing(
        count=int(where.sum()),
        parts=parts(int(ours[fold, pair] | theirs[fold, pair])),
        ids=tuple(division.examples[row].id for row in held[:N_SHOWN]),
        pair=" and ".join(division.examples[row].id for row in both),
    )


def unit_roles(division: Division, unit_of: NDArray[np.signedinteger], n_units: int) -> Bits:
    """The roles that the members of each unit have together, uint8 (n_folds, n_units)."""
    together = np.zeros((len(division.folds), n_units), np.uint8)
    member = unit_of >= 0
    for row, found in zip(division.roles, together, strict=True):
        np.bitwise_or.at(found, unit_of[member], row[member])
    return together


def is_divided(roles: Bits) -> Bools:
    """Whether more than one role is set."""
    return np.asarray(roles & (roles - (roles > 0)), bool)  # the lowest bit taken away


def parts(roles: int) -> str:
    """Roles in words."""
    *before, last = _named(roles)
    return f"{', '.join(before)} and {last}" if before else last


def _named(roles: int) -> Iterator[str]:
    return (name for bit, name in _NAMES if roles & bit)
