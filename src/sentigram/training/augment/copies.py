"""Altered copies of clips: which there are, and their features, stored like those of any clip.

A copy is found by the sound that it was made from, the steps, its number and the seed, so that it
is made once, whatever the experiment is called. Its features lie in the encoder's folder, in shards
that are written whole: a run that is killed goes on with what is missing.
"""

from __future__ import annotations

import hashlib
import json
import wave
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.core.media import SAMPLE_RATE_HZ
from sentigram.core.protocols import Progress, no_progress
from sentigram.errors import UsageError
from sentigram.files import made_folder, whole_file, work_folder
from sentigram.training.augment.alter import altered, source_digest
from sentigram.training.augment.config import AugmentConfig, Chain
from sentigram.training.dataset.clips import load
from sentigram.training.dataset.features import (
    FeatureEncoder,
    FeatureStore,
    content_key,
    open_store,
    start_store,
    write_shard,
)
from sentigram.training.dataset.manifest import Example, Manifest

SHARD_ITEMS = 256
_VERSION = 1  # of what `alter` does: another one makes every copy anew
_FULL_SCALE = 32767


@dataclass(frozen=True)
class Copy:
    """One altered copy of a clip.

    Attributes:
        origin: The example that it is made from.
        clip: Its sound.
        steps: What is done.
        number: Of the copies that are made alike.
        seed: Of the draws.
    """

    origin: Example
    clip: Path
    steps: Chain
    number: int
    seed: int

    @cached_property
    def sha256(self) -> str:
        """What the copy is found by: the digest of the clip, of what is done to it, and the seed.

        Raises:
            InputError: A folder that a step names holds no sound.
        """
        said = {
            "version": _VERSION,
            "clip": self.origin.audio_sha256,
            "steps": [step.model_dump(mode="json") for step in self.steps],
            "sources": source_digest(self.steps),
            "number": self.number,
            "seed": self.seed,
        }
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    @cached_property
    def example(self) -> Example:
        """The copy as a row of a manifest, which says what it was made from."""
        done = "+".join(step.kind for step in self.steps)
        return replace(
            self.origin,
            id=f"{self.origin.id}#{done}-{self.number}-{self.sha256[:8]}",
            audio_sha256=self.sha256,
            fingerprint="",
            origin=self.origin.id,
        )

    def sound(self) -> Floats32:
        """The altered clip, float32 (n,) at 16 kHz; drawn from the clip's sound and the seed."""
        rng = np.random.default_rng(int(self.sha256, 16))
        return altered(load(self.clip), self.steps, rng)


def clips_of(manifests: Iterable[Manifest]) -> dict[str, Path]:
    """Id → where the clip lies, of the examples that have one."""
    return {e.id: m.root / e.audio for m in manifests for e in m.examples if e.audio}


def copies_of(
    example: Example, class_name: str, clips: Mapping[str, Path], config: AugmentConfig
) -> tuple[Copy, ...]:
    """The copies of one training example.

    Args:
        example: The original.
        class_name: Whose policy applies.
        clips: From `clips_of`; examples that are not in it get no copies.
        config: What is done.
    """
    clip = clips.get(example.id)
    if clip is None:
        return ()
    alike: Counter[Chain] = Counter()
    made = []
    for steps in config.chains(class_name):
        for _ in range(config.copies):
            made.append(Copy(example, clip, steps, alike[steps], config.seed))
            alike[steps] += 1
    return tuple(made)


def make_copies(
    copies: Sequence[Copy],
    name: str,
    root: Path,
    encoder: Callable[[str], FeatureEncoder],
    *,
    progress: Progress = no_progress,
) -> FeatureStore:
    """Encode the copies that are not encoded yet.

    Args:
        copies: Which.
        name: Of the features of the voice.
        root: The folder of all features.
        encoder: Name → encoder; only called when something is missing.
        progress: Told the share that is done.

    Raises:
        InputError: The features are of another encoder, or a folder holds no sound.
        OutputError: There is no place for temporary files.
        UsageError: The features were imported, so that no copy can be encoded.
    """
    store = open_store(root, name)
    wanted = {
        content_key(copy.example, "audio"): copy
        for copy in copies
        if store.get(copy.example) is None
    }
    if not wanted:
        return store
    hears = _encoder(name, encoder)
    folder = start_store(root, hears.info)
    keys = sorted(wanted, key=lambda key: (wanted[key].origin.duration_ms, key))
    for at in range(0, len(keys), SHARD_ITEMS):
        part = keys[at : at + SHARD_ITEMS]
        with work_folder() as place:
            paths = [place / f"{i:05d}.wav" for i in range(len(part))]
            for path, key in zip(paths, part, strict=True):
                _write_wav(path, wanted[key].sound())
            write_shard(folder, hears.info, part, hears.encode(paths))
        progress((at + len(part)) / len(keys))
    return open_store(root, name)


def write_sounds(copies: Sequence[Copy], folder: Path) -> tuple[Path, ...]:
    """Write the first clip of each entry, and what becomes of it, as WAV: to listen to.

    Args:
        copies: Of which the first of each class and entry is taken.
        folder: Made where it is absent.

    Returns:
        The files, `CLASS-STEPS.wav` and `CLASS-STEPS-original.wav`.
    """
    first: dict[str, Copy] = {}
    for copy in copies:
        done = "+".join(step.kind for step in copy.steps)
        first.setdefault(f"{'-'.join(copy.origin.labels)}-{done}", copy)
    written = []
    with made_folder(folder):
        for name, copy in first.items():
            sounds = ((name, copy.sound()), (f"{name}-original", load(copy.clip)))
            for stem, samples in sounds:
                path = folder / f"{stem}.wav"
                with whole_file(path, overwrite=True) as part:
                    _write_wav(part, samples)
                written.append(path)
    return tuple(written)


def _encoder(name: str, encoder: Callable[[str], FeatureEncoder]) -> FeatureEncoder:
    try:
        return encoder(name)
    except UsageError as error:
        message = (
            f"augment: altered clips cannot be encoded as {name}: {error}; name features that "
            "sentigram prepare --features makes, or keep to specaugment"
        )
        raise UsageError(message) from error


def _write_wav(path: Path, samples: Floats32) -> None:
    """16 bits, as corpora are; float32 (n,) in [-1, 1]."""
    whole = np.round(np.clip(samples, -1, 1) * _FULL_SCALE).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes(whole.tobytes())
