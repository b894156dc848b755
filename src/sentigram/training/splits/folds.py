"""Which examples are trained on, chosen by, and tested on: frozen by hash.

A plan is written before anything is trained. Validation is cut from the training groups by the
same rule as test, so that model selection never sees a test speaker, dialogue or session.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sentigram.core.arrays import Ints64
from sentigram.errors import UsageError
from sentigram.training.config import Group, SplitConfig
from sentigram.training.dataset.fingerprint import near_duplicates
from sentigram.training.dataset.manifest import Example, Manifest
from sentigram.training.dataset.outline import altered_copies
from sentigram.training.splits.grouping import (
    balanced_folds,
    connected,
    cut_groups,
    draw_support,
    joined,
)
from sentigram.training.splits.plans import (
    ROLES,
    Fold,
    SplitPlan,
    folder_names,
    read_plan,
    write_plan,
)

__all__ = [
    "Fold",
    "SplitPlan",
    "few_shot",
    "make_plan",
    "read_plan",
    "without_test",
    "write_plan",
]


_FOLD_NAME = re.compile(r".*fold[_-]?(\d+)")


def make_plan(
    manifests: Sequence[Manifest],
    examples: Sequence[Example],
    labels: Ints64,
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
        rows = _kfold(groups, labels, config)
        names: Sequence[str] = [f"fold-{number}" for number in range(1, config.k + 1)]
        scheme = f"{config.k}-fold by {config.group}"
    else:
        groups = groups_of(examples, _never_divided(examples, config))
        found = list(dict.fromkeys(groups))
        rows = [np.flatnonzero(groups == group) for group in found]
        names = _fold_names(found, n_corpora=len({example.corpus for example in examples}))
        scheme = f"leave-one-{config.scheme}-out"
    folds = tuple(
        _fold(name, examples, test, _validation(groups, labels, test, config, name))
        for name, test in zip(names, rows, strict=True)
    )
    return SplitPlan(scheme, config.seed, hashes, folds)


def without_test(examples: Sequence[Example], labels: Ints64, config: SplitConfig) -> Fold:
    """All examples for training, but for whole groups that epochs are chosen by.

    Args:
        examples: (n,).
        labels: (n,) class indices.
        config: Its scheme or group says what is not divided.

    Raises:
        UsageError: There are too few groups.
    """
    nothing = np.array([], np.int64)
    groups = groups_of(examples, _never_divided(examples, config))
    return _fold("all", examples, nothing, _validation(groups, labels, nothing, config, "all"))


def few_shot(
    fold: Fold,
    labels: Ints64,
    *,
    per_class: int | None = None,
    percent: float | None = None,
    groups: Sequence[str] | None = None,
    classes: Sequence[str] = (),
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
        groups: Speakers or dialogues of `fold.train`. Where the support has two of them at least,
            those that it is trained on and those that choose the epoch differ.
        classes: Their names, for messages; by number without them.
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
    sizes = _support_sizes(fold, labels, per_class, percent, classes)
    train, validation = draw_support(labels, sizes, seed=seed)
    if groups is not None:
        support = np.sort([*train, *validation])
        held = cut_groups(np.asarray(groups)[support], labels[support], share=0.2, seed=seed)
        if held is not None:
            train, validation = support[~held].tolist(), support[held].tolist()
    return Fold(
        fold.name,
        tuple(fold.train[row] for row in train),
        tuple(fold.train[row] for row in validation),
        fold.test,
    )


def _support_sizes(
    fold: Fold,
    labels: Ints64,
    per_class: int | None,
    percent: float | None,
    classes: Sequence[str],
) -> dict[int, int]:
    sizes = {}
    for label, n in enumerate(np.bincount(labels).tolist()):
        wanted = per_class if percent is None else max(2, math.ceil(n * percent / 100))
        if n and (wanted is None or not 2 <= wanted <= n):
            name = classes[label] if classes else label
            message = (
                f"fold {fold.name}: class {name} has {n} training examples and {wanted} are asked "
                "for; a support takes at least 2 of each class, one of them to choose by"
            )
            raise UsageError(message)
        sizes[label] = wanted or 0
    return {label: size for label, size in sizes.items() if label in labels}


def groups_of(examples: Sequence[Example], kind: Group) -> NDArray[np.str_]:
    """What must not be divided, (n,); of an example that is a piece or a copy, all of its kind.

    Where nothing else is kept whole, sounds that are alike stay together, too: nobody has listened
    to the takes of a corpus of one's own, and the audit refuses plans that divide them.

    Raises:
        UsageError: Examples have none.
    """
    if kind == "example":
        return _examples_alike(examples)
    groups = [str(getattr(example, kind)) for example in examples]
    missing = [example for example, group in zip(examples, groups, strict=True) if not group]
    if missing:
        known = [
            k for k in ("speaker", "session", "dialogue") if all(getattr(e, k) for e in examples)
        ]
        message = (
            f"{len(missing)} examples have no {kind}, such as {missing[0].id}; name it in a column "
            f"{kind} and prepare again, or divide by {' or '.join([*known, 'example'])}: "
            f"split.scheme kfold, split.group {(*known, 'example')[0]}"
        )
        raise UsageError(message)
    return np.array(groups)


def _examples_alike(examples: Sequence[Example]) -> NDArray[np.str_]:
    """Each example's origin, or that of the first one that sounds like it."""
    origins = [example.origin or example.id for example in examples]
    pairs = (
        *near_duplicates([example.fingerprint for example in examples]),
        *altered_copies([example.outline for example in examples]),
    )
    which = connected(origins, joined(len(examples), pairs).astype(str))
    first = dict(reversed([*zip(which.tolist(), origins, strict=True)]))
    return np.array([first[group] for group in which.tolist()])


def _official(examples: Sequence[Example], labels: Ints64, config: SplitConfig) -> tuple[Fold, ...]:
    names = np.array([example.split for example in examples])
    found = sorted(set(names.tolist()))
    if {ROLES.get(name) for name in found} >= {"train", "test"} and all(n in ROLES for n in found):
        roles = np.array([ROLES[name] for name in names])
        test, validation = (np.flatnonzero(roles == role) for role in ("test", "validation"))
        if not len(validation):
            groups = groups_of(examples, _never_divided(examples, config))
            validation = _validation(groups, labels, test, config, "official")
        return (_fold("official", examples, test, validation),)
    numbers = {name: match[1] for name in found if (match := _FOLD_NAME.fullmatch(name))}
    if len(numbers) == len(found) > 1:
        groups = groups_of(examples, _never_divided(examples, config))
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


def _never_divided(examples: Sequence[Example], config: SplitConfig) -> Group:
    """What a scheme keeps whole; speakers, if all are known, where it does not say."""
    match config.scheme:
        case "kfold":
            return config.group
        case "speaker" | "session" | "dialogue":
            return config.scheme
    kinds: tuple[Group, ...] = ("speaker", "dialogue", "session")
    return next((k for k in kinds if all(getattr(e, k) for e in examples)), "example")


def _from_file(
    manifests: Sequence[Manifest], examples: Sequence[Example], config: SplitConfig
) -> SplitPlan:
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


def _kfold(groups: NDArray[np.str_], labels: Ints64, config: SplitConfig) -> list[Ints64]:
    n_groups = len(np.unique(groups))
    if n_groups < config.k:
        message = (
            f"split.k {config.k}: there are {n_groups} groups only; give a smaller split.k or a "
            "finer split.group"
        )
        raise UsageError(message)
    fold_of = balanced_folds(groups, labels, k=config.k, seed=config.seed)
    return [np.flatnonzero(fold_of == fold) for fold in range(config.k)]


def _fold(name: str, examples: Sequence[Example], test: Ints64, validation: Ints64) -> Fold:
    train = np.ones(len(examples), bool)
    train[test] = train[validation] = False
    rows = (np.flatnonzero(train), np.sort(validation), np.sort(test))
    return Fold(name, *(tuple(examples[row].id for row in part) for part in rows))


def _validation(
    groups: NDArray[np.str_], labels: Ints64, test: Ints64, config: SplitConfig, name: str
) -> Ints64:
    """Rows of whole groups outside of test."""
    rest = np.ones(len(groups), bool)
    rest[test] = False
    rows = np.flatnonzero(rest)
    # each fold draws anew; a fold draws the same whatever else is in the plan
    seed = zlib.crc32(f"{config.seed}/{name}".encode())
    taken = cut_groups(groups[rows], labels[rows], share=config.validation, seed=seed)
    if taken is None:
        message = (
            f"fold {name}: fewer than two groups are left outside of test, and validation needs "
            "one of its own; divide by something finer, such as split.group dialogue or example"
        )
        raise UsageError(message)
    return rows[taken]


def _fold_names(groups: Sequence[str], *, n_corpora: int) -> list[str]:
    """Groups as folder names; `corpus/` is dropped where there is one corpus."""
    return folder_names([g.split("/", 1)[-1] if n_corpora == 1 else g for g in groups])
