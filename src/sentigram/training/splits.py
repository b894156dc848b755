"""Which examples are trained on, chosen by, and tested on: frozen by hash.

A plan is written before anything is trained. Validation is cut from the training groups by the
same rule as test, so that model selection never sees a test speaker, dialogue or session.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sentigram.errors import InputError, UsageError
from sentigram.training.config import Group, SplitConfig
from sentigram.training.manifest import Example, Manifest

Ints = NDArray[np.int64]

ROLES: Mapping[str, str] = {
    "train": "train",
    "dev": "validation",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
}
FEW_SHOT_VALIDATION = 0.2
_FOLD_NAME = re.compile(r".*fold[_-]?(\d+)")
_DRAWS = 64  # of validation groups; the one whose labels are most like the whole is taken


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


def make_plan(
    manifests: Sequence[Manifest],
    examples: Sequence[Example],
    labels: Ints,
    config: SplitConfig,
) -> SplitPlan:
    """Divide labelled examples.

    Args:
        manifests: The corpora.
        examples: (n,) those of them that carry a class.
        labels: (n,) their class indices.
        config: How to divide.

    Raises:
        UsageError: The scheme does not fit the corpora; the message says what does.
        InputError: The file of scheme `file` is absent, changed, or of other manifests.
    """
    hashes = tuple(manifest.sha256 for manifest in manifests)
    if config.scheme == "file":
        return _from_file(manifests, examples, config)
    if config.scheme == "official":
        return SplitPlan("official", config.seed, hashes, _official(examples, labels, config))
    if config.scheme == "kfold":
        groups = groups_of(examples, config.group)
        rows = _balanced_folds(groups, labels, config.k, config.seed)
        names: Sequence[str] = [f"fold-{number}" for number in range(1, config.k + 1)]
        scheme = f"{config.k}-fold by {config.group}"
    else:
        groups = groups_of(examples, config.scheme)
        found = list(dict.fromkeys(groups))
        rows = [np.flatnonzero(groups == group) for group in found]
        names = _fold_names(found, n_corpora=len({example.corpus for example in examples}))
        scheme = f"leave-one-{config.scheme}-out"
    folds = tuple(
        _fold(name, examples, test, _validation(groups, labels, test, config, name))
        for name, test in zip(names, rows, strict=True)
    )
    return SplitPlan(scheme, config.seed, hashes, folds)


def without_test(examples: Sequence[Example], labels: Ints, config: SplitConfig) -> Fold:
    """All examples for training, but for whole groups that epochs are chosen by.

    Args:
        examples: (n,).
        labels: (n,) class indices.
        config: Its scheme or group says what is not divided.

    Raises:
        UsageError: There are too few groups.
    """
    if config.scheme == "kfold":
        kind: Group = config.group
    elif config.scheme in ("official", "file"):
        kind = _finest(examples)
    else:
        kind = config.scheme
    nothing = np.array([], np.int64)
    groups = groups_of(examples, kind)
    return _fold("all", examples, nothing, _validation(groups, labels, nothing, config, "all"))


def few_shot(
    fold: Fold,
    labels: Ints,
    *,
    per_class: int | None = None,
    percent: float | None = None,
    seed: int,
) -> Fold:
    """Reduce training to a support set; a fifth of the support, not more data, picks the epoch.

    At 100 percent the fold's own training and validation examples are the support, and stay as
    they are. Test is never touched.

    Args:
        fold: The whole.
        labels: (n,) class indices of `fold.train`.
        per_class: Examples of each class in the support, validation included; at least 2.
        percent: Share of each class in the support; at least 2 examples of each.
        seed: Of the draws.

    Raises:
        UsageError: Neither or both are given, or a class has too few examples.
    """
    if (per_class is None) == (percent is None):
        raise UsageError("a few-shot support needs either a number per class or a percentage")
    if len(labels) != len(fold.train):
        message = f"fold {fold.name}: {len(labels)} labels for {len(fold.train)} training examples"
        raise ValueError(message)
    if percent is not None and percent >= 100:
        return fold
    rng = np.random.default_rng(seed)
    train, validation = [], []
    for label in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == label))
        wanted = per_class if percent is None else max(2, math.ceil(len(rows) * percent / 100))
        if wanted is None or not 2 <= wanted <= len(rows):
            message = (
                f"fold {fold.name}: class {label} has {len(rows)} training examples and "
                f"{wanted} are asked for; a support takes at least 2 of each, one to choose by"
            )
            raise UsageError(message)
        n_held = max(1, round(wanted * FEW_SHOT_VALIDATION))
        validation += rows[:n_held].tolist()
        train += rows[n_held:wanted].tolist()
    return Fold(
        fold.name,
        tuple(fold.train[row] for row in sorted(train)),
        tuple(fold.train[row] for row in sorted(validation)),
        fold.test,
    )


def groups_of(examples: Sequence[Example], kind: Group) -> NDArray[np.str_]:
    """What must not be divided, (n,).

    Raises:
        UsageError: Examples have none.
    """
    if kind == "example":
        return np.array([example.id for example in examples])
    groups = [str(getattr(example, kind)) for example in examples]
    missing = [example for example, group in zip(examples, groups, strict=True) if not group]
    if missing:
        known = [k for k in ("speaker", "session", "dialogue") if all(getattr(e, k) for e in examples)]
        message = (
            f"{len(missing)} examples have no {kind}, such as {missing[0].id}; divide by "
            f"{' or '.join([*known, 'example'])}: split.scheme kfold with split.group"
        )
        raise UsageError(message)
    return np.array(groups)


def _official(examples: Sequence[Example], labels: Ints, config: SplitConfig) -> tuple[Fold, ...]:
    names = np.array([example.split for example in examples])
    found = sorted(set(names.tolist()))
    if {ROLES.get(name) for name in found} >= {"train", "test"} and all(n in ROLES for n in found):
        roles = np.array([ROLES[name] for name in names])
        test, validation = (np.flatnonzero(roles == role) for role in ("test", "validation"))
        if not len(validation):
            groups = groups_of(examples, _finest(examples))
            validation = _validation(groups, labels, test, config, "official")
        return (_fold("official", examples, test, validation),)
    numbers = {name: match[1] for name in found if (match := _FOLD_NAME.fullmatch(name))}
    if len(numbers) == len(found) > 1:
        groups = groups_of(examples, _finest(examples))
        return tuple(
            _fold(
                f"fold-{number}",
                examples,
                test := np.flatnonzero(names == name),
                _validation(groups, labels, test, config, f"fold-{number}"),
            )
            for name, number in sorted(numbers.items(), key=lambda pair: int(pair[1]))
        )
    message = (
        f"split.scheme official: the corpus names {', '.join(n or '(nothing)' for n in found)}; "
        "expected train and test, or folds such as test_fold_1. Use speaker, session, dialogue "
        "or kfold"
    )
    raise UsageError(message)


def _finest(examples: Sequence[Example]) -> Group:
    """What validation is cut by where the scheme names no group: speakers, if all are known."""
    kinds: tuple[Group, ...] = ("speaker", "dialogue", "session")
    return next((k for k in kinds if all(getattr(e, k) for e in examples)), "example")


def _from_file(
    manifests: Sequence[Manifest], examples: Sequence[Example], config: SplitConfig
) -> SplitPlan:
    # here, because that module needs the values above
    from sentigram.training.plan_files import read_plan  # noqa: PLC0415

    if config.file is None:
        raise UsageError("split.scheme file: name the plan with split.file")
    plan = read_plan(config.file, manifests)
    labelled = {example.id for example in examples}
    left_out = {i for f in plan.folds for i in (*f.train, *f.validation, *f.test)} - labelled
    if left_out:
        message = (
            f"{config.file}: names {len(left_out)} examples that carry none of data.classes, such "
            f"as {min(left_out)}; give the classes that the plan was made for"
        )
        raise UsageError(message)
    return plan


def _fold(name: str, examples: Sequence[Example], test: Ints, validation: Ints) -> Fold:
    train = np.ones(len(examples), bool)
    train[test] = train[validation] = False
    rows = (np.flatnonzero(train), np.sort(validation), np.sort(test))
    return Fold(name, *(tuple(examples[row].id for row in part) for part in rows))


def _validation(
    groups: NDArray[np.str_], labels: Ints, test: Ints, config: SplitConfig, name: str
) -> Ints:
    """Rows of whole groups outside of test.

    Of several draws the one is taken whose class sizes are nearest to the wanted share of each.
    """
    rest = np.ones(len(groups), bool)
    rest[test] = False
    rows = np.flatnonzero(rest)
    found, which = np.unique(groups[rows], return_inverse=True)
    if len(found) < 2:
        message = (
            f"fold {name}: {len(found)} group is left outside of test, and validation needs one of "
            "its own; divide by a finer group, such as split.group dialogue"
        )
        raise UsageError(message)
    n_classes = int(labels.max()) + 1
    cells = np.bincount(which * n_classes + labels[rows], minlength=len(found) * n_classes)
    counts = cells.reshape(len(found), n_classes)
    total = np.maximum(counts.sum(axis=0), 1)
    n_taken = min(len(found) - 1, max(1, round(config.validation * len(found))))
    rng = np.random.default_rng([config.seed, *name.encode()])
    draws = [rng.permutation(len(found))[:n_taken] for _ in range(_DRAWS)]
    gaps = [
        np.abs(counts[d].sum(axis=0) / total - config.validation)[counts.sum(axis=0) > 0].sum()
        for d in draws
    ]
    taken = np.zeros(len(found), bool)
    taken[draws[int(np.argmin(gaps))]] = True
    return rows[taken[which]]


def _balanced_folds(groups: NDArray[np.str_], labels: Ints, k: int, seed: int) -> list[Ints]:
    """Rows of each fold: whole groups, labels and sizes as even as they allow.

    Greedy, the most uneven groups first, as scikit-learn's StratifiedGroupKFold does it.
    """
    found, which = np.unique(groups, return_inverse=True)
    if len(found) < k:
        message = (
            f"split.k {k}: there are {len(found)} groups only; give a smaller split.k or a finer "
            "split.group"
        )
        raise UsageError(message)
    n_classes = int(labels.max()) + 1
    cells = np.bincount(which * n_classes + labels, minlength=len(found) * n_classes)
    shares = cells.reshape(len(found), n_classes) / np.maximum(np.bincount(labels), 1)
    order = np.random.default_rng(seed).permutation(len(found))
    order = order[np.argsort(-shares[order].max(axis=1), kind="stable")]
    filled, sizes = np.zeros((k, n_classes)), np.zeros(k, int)
    fold_of = np.empty(len(found), np.int64)
    for position, group in enumerate(order):
        # the sum of squares grows least where these labels are still missing
        cost = filled @ shares[group] * 2
        waiting = len(found) - position
        if waiting <= (sizes == 0).sum():  # no fold stays empty
            cost = np.where(sizes == 0, cost, np.inf)
        fold = int(np.lexsort((sizes, cost))[0])
        fold_of[group] = fold
        filled[fold] += shares[group]
        sizes[fold] += 1
    return [np.flatnonzero(fold_of[which] == fold) for fold in range(k)]


def _fold_names(groups: Sequence[str], *, n_corpora: int) -> list[str]:
    """Groups as folder names; `corpus/` is dropped where there is one corpus."""
    short = [g.split("/", 1)[-1] if n_corpora == 1 else g for g in groups]
    names = [re.sub(r"[^\w.-]", "_", name) for name in short]
    return [
        name if names.count(name) == 1 else f"{name}-{number}" for number, name in enumerate(names)
    ]
