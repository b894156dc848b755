"""Readings of whole clips from those of their pieces, where examples are pieces of clips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sentigram.core.arrays import Floats64, Ints64
from sentigram.training.dataset.cropping import clip_of
from sentigram.training.judge.predictions import Predictions


def whole_clips(predictions: Sequence[Predictions]) -> tuple[Predictions, ...]:
    """The mean over the pieces of each clip: of probabilities, and of valence and its like.

    Args:
        predictions: Readings of all systems.

    Returns:
        The same systems with an example for each clip; empty where no example is a piece.
    """
    if not any(clip_of(name) != name for part in predictions for name in map(str, part.ids)):
        return ()
    return tuple(_of_clips(part) for part in predictions)


def _of_clips(part: Predictions) -> Predictions:
    clips = [clip_of(str(name)) for name in part.ids]
    names, first, clip_of_row = np.unique(clips, return_index=True, return_inverse=True)
    probs = np.maximum(_means(part.probs, clip_of_row, len(names)), np.finfo(float).tiny)
    return replace(
        part,
        ids=names,
        logits=np.log(probs),
        vad=_means(part.vad, clip_of_row, len(names)),
        **{name: getattr(part, name)[first] for name in _OF_THE_CLIP},
    )


_OF_THE_CLIP = ("folds", "truth", "vad_truth", "speakers", "dialogues", "corpora", "groups")


def _means(values: Floats64, clip_of_row: Ints64, n_clips: int) -> Floats64:
    """Means over the rows of each clip, (n_clips, d)."""
    sums = np.zeros((n_clips, values.shape[1]))
    np.add.at(sums, clip_of_row, values)
    return np.asarray(sums / np.bincount(clip_of_row, minlength=n_clips)[:, None])
