"""What belongs together, and draws of whole groups with labels as even as they allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sentigram.core.arrays import Bools, Ints64

_DRAWS = 64
_SUPPORT_VALIDATION = 0.2


def connected(*memberships: Sequence[str] | NDArray[np.str_]) -> Ints64:
    """Number the connected components: rows that share a name belong together, and so on.

    Args:
        memberships: (n,) names each, such as speakers and dialogues; an empty one is unknown and
            connects nothing. The same name in two of them is two things.

    Returns:
        (n,) the component of each row, numbered from 0 by first appearance. A row of which
        nothing is known is its own.
    """
    rows = len(memberships[0])
    parent = list(range(rows))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    for names in memberships:
        first: dict[str, int] = {}
        for row, name in enumerate(map(str, names)):
            if name:
                parent[root(row)] = root(first.setdefault(name, row))
    roots = [root(row) for row in range(rows)]
    number = {one: position for position, one in enumerate(dict.fromkeys(roots))}
    return np.array([number[one] for one in roots], np.int64)


def joined(n: int, pairs: Sequence[tuple[int, int]]) -> Ints64:
    """Number the components of n rows that pairs join, (n,)."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ends = np.array(pairs, np.int64).reshape(-1, 2)
    edges = coo_array((np.ones(len(ends), bool), (ends[:, 0], ends[:, 1])), shape=(n, n))
    return np.asarray(connected_components(edges, directed=False)[1], np.int64)


def cut_groups(
    groups: NDArray[np.str_], labels: Ints64, *, share: float, seed: int
) -> Bools | None:
    """Take whole groups out, at least one, and leave at least one.

    Of 64 draws the one is taken whose share of each class is nearest to the wanted one.

    Args:
        groups: (n,) names.
        labels: (n,) class indices.
        share: Of the groups to take, 0 to 1.
        seed: Of the draws.

    Returns:
        (n,) whether each row is taken; None where there are fewer than two groups.
    """
    names, which = np.unique(groups, return_inverse=True)
    if len(names) < 2:
        return None
    counts = _label_counts(which, labels, len(names))
    shares = counts[:, counts.any(axis=0)] / counts.sum(axis=0)[counts.any(axis=0)]
    n_taken = min(len(names) - 1, max(1, round(share * len(names))))
    rng = np.random.default_rng(seed)
    draws = [rng.permutation(len(names))[:n_taken] for _ in range(_DRAWS)]
    gaps = [np.abs(shares[draw].sum(axis=0) - share).sum() for draw in draws]
    taken = np.zeros(len(names), bool)
    taken[draws[int(np.argmin(gaps))]] = True
    return taken[which]


def balanced_folds(groups: NDArray[np.str_], labels: Ints64, *, k: int, seed: int) -> Ints64:
    """Deal whole groups out to k folds, the largest first.

    Each goes where the squares of the class shares grow least, that is, where its labels are most
    missing; no fold stays empty.

    Args:
        groups: (n,) names, k of them at least.
        labels: (n,) class indices.
        k: How many folds.
        seed: Decides between equals.

    Returns:
        (n,) the fold of each row, 0 to k − 1.
    """
    names, which = np.unique(groups, return_inverse=True)
    counts = _label_counts(which, labels, len(names))
    shares = counts / np.maximum(counts.sum(axis=0), 1)
    order = np.random.default_rng(seed).permutation(len(names))
    order = order[np.argsort(-shares[order].max(axis=1), kind="stable")]
    filled, sizes = np.zeros((k, shares.shape[1])), np.zeros(k, np.int64)
    fold_of = np.empty(len(names), np.int64)
    for position, group in enumerate(order):
        cost = filled @ shares[group]
        if len(names) - position <= np.count_nonzero(sizes == 0):
            cost = np.where(sizes == 0, cost, np.inf)
        fold = int(np.lexsort((sizes, cost))[0])
        fold_of[group] = fold
        filled[fold] += shares[group]
        sizes[fold] += 1
    return fold_of[which]


def draw_support(
    labels: Ints64, sizes: Mapping[int, int], *, seed: int
) -> tuple[list[int], list[int]]:
    """Draw some examples of each class, a fifth of which picks the epoch.

    Args:
        labels: (n,) class indices.
        sizes: Class → how many to draw, 2 at least.
        seed: Of the draws; a larger support of the same seed holds the smaller one.

    Returns:
        Positions to train on and to choose by, ascending.
    """
    rng = np.random.default_rng(seed)
    train: list[int] = []
    validation: list[int] = []
    for label, size in sizes.items():
        rows = rng.permutation(np.flatnonzero(labels == label))[:size].tolist()
        n_held = max(1, round(size * _SUPPORT_VALIDATION))
        validation += rows[:n_held]
        train += rows[n_held:]
    return sorted(train), sorted(validation)


def _label_counts(which: NDArray[np.intp], labels: Ints64, n_groups: int) -> Ints64:
    """(n_groups, n_classes)."""
    n_classes = int(labels.max(initial=0)) + 1
    cells = np.bincount(which * n_classes + labels, minlength=n_groups * n_classes)
    return cells.reshape(n_groups, n_classes)  # (group, class)
