"""From a tagger's classes to the sounds that viewers are told of: `classes.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import groupby
from types import MappingProxyType
from typing import Any

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.core.sounds import Sound
from sentigram.core.time import Span

N_CLASSES = 521
_KEYS = {"classes", "threshold", "least_ms"}


@dataclass(frozen=True, slots=True)
class Heeded:
    """A sound that is told, and when it counts.

    Attributes:
        label: What it is called.
        classes: Number of each class that it consists of → that class's own name.
        threshold: Least score of the surest of them, in (0, 1).
        least_ms: Least time that it lasts.
    """

    label: str
    classes: Mapping[int, str]
    threshold: float
    least_ms: int


@cache
def heeded() -> tuple[Heeded, ...]:
    """The shipped table."""
    file = resources.files("sentigram.words.tagging").joinpath("classes.toml")
    return read_classes(file.read_text(encoding="utf-8"))


def read_classes(text: str) -> tuple[Heeded, ...]:
    """Read and check a table of sounds.

    Raises:
        ValueError: A key, a class or a number in it is wrong; the message names the sound.
    """
    made = tuple(_one(label, table) for label, table in tomllib.loads(text).items())
    numbers = [number for one in made for number in one.classes]
    twice = {number for number in numbers if numbers.count(number) > 1}
    if twice:
        message = f"classes.toml: class {min(twice)} belongs to two sounds"
        raise ValueError(message)
    return made


def _one(label: str, table: Mapping[str, Any]) -> Heeded:
    if set(table) != _KEYS:
        message = f"classes.toml: {label}: {sorted(table)} instead of {sorted(_KEYS)}"
        raise ValueError(message)
    classes = {int(number): str(name) for number, name in table["classes"].items()}
    threshold, least_ms = float(table["threshold"]), int(table["least_ms"])
    if not classes or not all(0 <= n < N_CLASSES for n in classes):
        message = f"classes.toml: {label}: classes {sorted(classes)}"
        raise ValueError(message)
    if not 0 < threshold < 1 or least_ms <= 0:
        message = f"classes.toml: {label}: threshold {threshold}, least_ms {least_ms}"
        raise ValueError(message)
    return Heeded(label, MappingProxyType(classes), threshold, least_ms)


def sounds_in(scores: Floats32, *, hop_ms: int, patch_ms: int, end_ms: int) -> Iterator[Sound]:
    """The sounds that scores of patches tell of, label by label.

    A patch says that something is in it, and not where; what only some of the patches hear that
    overlap lies nearer to their middles. So a run of patches lasts from half a hop before the
    middle of its first to half a hop after that of its last; at the edges of the recording, from
    its beginning and to its end.

    Args:
        scores: float32 (n_patches, n_classes), in [0, 1].
        hop_ms: From one patch to the next.
        patch_ms: Length of a patch.
        end_ms: End of the recording.
    """
    n_patches = len(scores)
    lead_ms = (patch_ms - hop_ms) // 2
    for one in heeded():
        surest = scores[:, list(one.classes)].max(axis=1)
        for first, last in _runs(surest >= one.threshold):
            start_ms = first * hop_ms + lead_ms if first else 0
            stop_ms = last * hop_ms + lead_ms if last < n_patches else end_ms
            span = Span(min(start_ms, end_ms), min(max(start_ms, stop_ms), end_ms))
            if span.duration_ms >= min(one.least_ms, end_ms):
                confidence = float(surest[first:last].mean())
                yield Sound(one.label, span, round(min(1.0, confidence), 3))


def _runs(active: np.ndarray[Any, np.dtype[np.bool_]]) -> Iterator[tuple[int, int]]:
    """Half-open ranges in which all is true."""
    at = 0
    for is_active, group in groupby(active.tolist()):
        length = sum(1 for _ in group)
        if is_active:
            yield at, at + length
        at += length
