"""A Spread that does parts in another order, in what comes of pickling them."""

from __future__ import annotations

import pickle  # noqa: TID251  (what goes to other processes is pickled)
import random
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from sentigram.core.media import Audio
from sentigram.core.spread import HERE, Spread, in_parts


class Scattered(Spread):
    """Every part has a worker of its own, who has loaded nothing."""

    def __init__(self) -> None:
        self.n_parts = 0

    def map(
        self,
        work: Callable[[Audio, Any], Any],
        audio: Audio,
        items: Iterable[Any],
        *,
        group: int = 1,
        n_threads: int = 1,
    ) -> Iterator[Any]:
        sound = Audio(np.array(audio.samples), audio.sample_rate_hz, audio.speech_start_ms)
        sound.samples.flags.writeable = False  # as in a store that all have
        parts = [pickle.dumps((work, part)) for part in in_parts(items, group)]
        done: dict[int, bytes] = {}
        for number in random.Random(0).sample(range(len(parts)), len(parts)):  # noqa: S311
            its_work, part = pickle.loads(parts[number])  # noqa: S301
            done[number] = pickle.dumps(list(HERE.map(its_work, sound, part, n_threads=n_threads)))
        self.n_parts += len(parts)
        for number in range(len(parts)):
            yield from pickle.loads(done[number])  # noqa: S301
