"""From a tagger's classes to the sounds that viewers are told of: `classes.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from itertools import groupby
from types import MappingProxyType
from typing import Any

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.core.media import SAMPLE_RATE_HZ, Audio
from sentigram.core.sounds import Sound, in_order
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


def read_classes(text: str, *, n_classes: int = N_CLASSES) -> tuple[Heeded, ...]:
    """Read and check a table of sounds.

    Args:
        text: TOML.
        n_classes: How many the network knows.

    Raises:
        ValueError: A key, a class or a number in it is wrong; the message names the sound.
    """
    made = tuple(_one(label, table, n_classes) for label, table in tomllib.loads(text).items())
    numbers = [number for one in made for number in one.classes]
    twice = {number for number in numbers if numbers.count(number) > 1}
    if twice:
        message = f"classes.toml: class {min(twice)} belongs to two sounds"
        raise ValueError(message)
    return made


def _one(label: str, table: Mapping[str, Any], n_classes: int) -> Heeded:
    if set(table) != _KEYS:
        message = f"classes.toml: {label}: {sorted(table)} instead of {sorted(_KEYS)}"
        raise ValueError(message)
    classes = {int(number): str(name) for number, name in table["classes"].items()}
    threshold, least_ms = float(table["threshold"]), int(table["least_ms"])
    if not classes or not all(0 <= n < n_classes for n in classes):
        message = f"classes.toml: {label}: classes {sorted(classes)}"
        raise ValueError(message)
    if not 0 < threshold < 1 or least_ms <= 0:
        message = f"classes.toml: {label}: threshold {threshold}, least_ms {least_ms}"
        raise ValueError(message)
    return Heeded(label, MappingProxyType(classes), threshold, least_ms)


@dataclass(frozen=True, slots=True)
class Grid:
    """Where a network looks.

    Attributes:
        hop_ms: From one patch to the next.
        patch_ms: Length of a patch.
    """

    hop_ms: int
    patch_ms: int


def tagged(
    audio: Audio,
    within: Span | None,
    score: Callable[[Audio], Floats32],
    *,
    grid: Grid,
    table: Sequence[Heeded],
) -> tuple[Sound, ...]:
    """The sounds of a recording or of a stretch of it: see `core.protocols.SoundTagger.tag`.

    Args:
        audio: The sound, 16 kHz.
        within: Only sounds in this stretch; None for all.
        score: Gives float32 (n_patches, n_classes) of some sound, in [0, 1].
        grid: Where its patches lie.
        table: What becomes of its classes.

    Raises:
        ValueError: The sample rate is another.
    """
    if audio.sample_rate_hz != SAMPLE_RATE_HZ:
        message = f"{audio.sample_rate_hz} Hz: sounds are named at {SAMPLE_RATE_HZ} Hz"
        raise ValueError(message)
    start_ms = 0
    if within is not None:
        start_ms = max(0, within.start_ms - grid.patch_ms) // grid.hop_ms * grid.hop_ms
        around = Span(start_ms, max(start_ms, within.end_ms + grid.patch_ms))
        audio = replace(audio, samples=audio.cut(around))
    if not len(audio.samples):
        return ()
    found = sounds_in(score(audio), table, grid=grid, end_ms=audio.duration_ms)
    moved = (
        replace(one, span=Span(one.span.start_ms + start_ms, one.span.end_ms + start_ms))
        for one in found
    )
    return in_order(one for one in moved if within is None or one.span.overlap_ms(within))


def sounds_in(
    scores: Floats32, table: Sequence[Heeded], *, grid: Grid, end_ms: int
) -> Iterator[Sound]:
    """The sounds that scores of patches tell of, label by label.

    A patch says that something is in it, and not where; what only some of the patches hear that
    overlap lies nearer to their middles. So a run of patches lasts from half a hop before the
    middle of its first to half a hop after that of its last; at the edges of the recording, from
    its beginning and to its end.

    Args:
        scores: float32 (n_patches, n_classes), in [0, 1].
        table: What becomes of the classes.
        grid: Where the patches lie.
        end_ms: End of the recording.
    """
    n_patches, hop_ms = len(scores), grid.hop_ms
    lead_ms = (grid.patch_ms - hop_ms) // 2
    for one in table:
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
