"""Encoded examples on disk: each text and each clip is encoded once, and found by its content.

A folder per encoder holds shards: `00000.npy` with the tokens of some examples end to end, and
`00000.json` with their keys and lengths, written last. A run that is killed loses one shard at
most; another run goes on with what is missing. Arrays are mapped, not read; nothing is pickled.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.core.protocols import Progress, no_progress
from sentigram.data_files import read_json
from sentigram.emotion.encoders.text_form import PLAIN, TextForm, form_of
from sentigram.emotion.encoders.tokens import AnyFloats, EncoderInfo, Kind
from sentigram.errors import InputError, UsageError
from sentigram.files import whole_file, write_text
from sentigram.reading import RUN_FILE
from sentigram.training.dataset.manifest import Example, Manifest

SHARD_ITEMS = 256
# Names of features that are joined have a plus between them; `+clean`, `+speakers` and
# `+longest=64` belong to the features of a text (`encoders.text_form`).
_JOINS = re.compile(r"\+(?!clean\b|speakers\b|longest=)")
_ABOUT = "encoder.json"
_LONGEST_NAME = 120


class FeatureEncoder(Protocol):
    """Turns texts or clips into token sequences."""

    @property
    def info(self) -> EncoderInfo:
        """What it is."""
        ...

    def encode(self, batch: Sequence[str] | Sequence[Path]) -> list[Floats32]:
        """Encode texts, or clips given by path; float32 (n_tokens, width) each, n_tokens ≥ 1."""
        ...


@runtime_checkable
class Remarking(Protocol):
    """An encoder that has something to say about what it encoded."""

    @property
    def remarks(self) -> tuple[str, ...]:
        """One line each."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class FeatureStore:
    """Features of one encoder.

    Attributes:
        info: The encoder.
        folder: Where they are.
        places: Key → (shard, first token, end).
        shards: Mapped arrays, (n_tokens, width) each, float32 or what `info.stored` says.
    """

    info: EncoderInfo
    folder: Path
    places: Mapping[str, tuple[int, int, int]]
    shards: tuple[AnyFloats, ...]

    def get(self, example: Example) -> AnyFloats | None:
        """Tokens of an example, (n, width); None when it was not encoded."""
        by_content = content_key(example, self.info.kind, form_of(self.info.name))
        for key in (by_content, f"id:{example.id}"):
            place = self.places.get(key)
            if place is not None:
                shard, start, end = place
                return self.shards[shard][start:end]
        return None


def parts_of(name: str) -> list[str]:
    """The names of the features that are joined by a name; of others, that name."""
    return _JOINS.split(name)


def content_key(example: Example, kind: Kind, form: TextForm = PLAIN) -> str:
    """What an example's features are found by: its sound or its words, not its name.

    Args:
        example: It.
        kind: Of the features.
        form: How texts were given to the encoder: who says them may be part of them.
    """
    if kind != "text":  # faces are those of the clip that is heard
        return f"{kind}:{example.audio_sha256}"
    given = form.of(example.text, example.speaker)
    return f"text:{hashlib.sha256(given.encode()).hexdigest()}"


def folder_name(encoder: str) -> str:
    """The name of the folder that an encoder's features are in: `bert-x` for `bert:x`.

    Names with a colon hold a model's name or path, which are made fit for a file name; a long one
    keeps its end and a digest.
    """
    if ":" not in encoder:
        return encoder
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", encoder)
    if len(plain) <= _LONGEST_NAME:
        return plain
    prefix, _, _ = encoder.partition(":")
    digest = hashlib.sha256(encoder.encode()).hexdigest()[:8]
    return f"{prefix}-{digest}-{plain[-_LONGEST_NAME // 2 :].lstrip('-.')}"


def open_store(root: Path, name: str) -> FeatureStore:
    """Open the features of an encoder.

    Args:
        root: The folder of all features.
        name: The encoder's name.

    Raises:
        InputError: There are none, they are of another encoder, or a shard is damaged.
    """
    folder = root / folder_name(name)
    about = folder / _ABOUT
    if not about.is_file():
        message = f"{folder}: no features; make them with: sentigram prepare … --features {name}"
        raise InputError(message)
    try:
        info = EncoderInfo(**read_json(about, RUN_FILE))
        indices = [read_json(p, RUN_FILE) for p in _indices(folder)]
        shards = tuple(
            np.load(p.with_suffix(".npy"), mmap_mode="r", allow_pickle=False)
            for p in _indices(folder)
        )
        places = dict(_places(indices, shards, info))
    except (OSError, ValueError, TypeError, KeyError) as error:
        message = f"{folder}: damaged features ({error}); delete the folder and prepare again"
        raise InputError(message) from error
    if ":" in name and info.name != name:  # two names can make one folder's name
        message = f"{folder}: holds features of {info.name}, not of {name}; choose another folder"
        raise InputError(message)
    return FeatureStore(info, folder, places, shards)


def extract(
    manifests: Sequence[Manifest],
    encoder: FeatureEncoder,
    root: Path,
    *,
    progress: Progress = no_progress,
) -> FeatureStore:
    """Encode what is not encoded yet.

    Args:
        manifests: Whose examples.
        encoder: By what.
        root: The folder of all features.
        progress: Told the share that is done.

    Raises:
        InputError: The folder holds features of another encoder.
    """
    info = encoder.info
    store = _start(root, info)
    form = form_of(info.name)
    wanted: dict[str, str | Path] = {}
    for manifest in manifests:
        for example in manifest.examples:
            source: str | Path = form.of(example.text, example.speaker)
            if info.kind != "text":
                source = manifest.root / example.audio
            if (example.text if info.kind == "text" else example.audio) and (
                store.get(example) is None
            ):
                wanted[content_key(example, info.kind, form)] = source
    # examples of like length together: batches with little padding
    keys = sorted(wanted, key=lambda k: (_size(wanted[k]), k))
    for at in range(0, len(keys), SHARD_ITEMS):
        part = keys[at : at + SHARD_ITEMS]
        arrays = encoder.encode([wanted[key] for key in part])  # type: ignore[arg-type]
        write_shard(store.folder, info, part, arrays)
        progress((at + len(part)) / len(keys))
    return open_store(root, info.name)


def write_shard(
    folder: Path, info: EncoderInfo, keys: Sequence[str], arrays: Sequence[Floats32]
) -> None:
    """Add a shard: the array first, then the index that makes it count.

    Raises:
        ValueError: An array is empty, of another width, or not finite as it is stored; or ids
            would be rounded.
    """
    for key, array in zip(keys, arrays, strict=True):
        if array.ndim != 2 or array.shape[1] != info.width or not len(array):
            message = f"{info.name}: {key} gave {array.shape}, expected (n ≥ 1, {info.width})"
            raise ValueError(message)
        with np.errstate(over="ignore"):  # what float16 cannot hold becomes infinite
            stored = array.astype(info.stored)
        if not np.isfinite(stored).all():
            message = f"{info.name}: {key} gave numbers that are not finite in {info.stored}"
            raise ValueError(message)
        if info.numbers == "ids" and (stored != array).any():
            message = f"{info.name}: {key} gave ids that {info.stored} would round"
            raise ValueError(message)
    number = len(_indices(folder))
    path = folder / f"{number:05d}.npy"
    with whole_file(path, overwrite=True) as part, part.open("wb") as file:
        np.save(file, np.concatenate(arrays).astype(info.stored), allow_pickle=False)
    index = {"keys": list(keys), "lengths": [len(array) for array in arrays]}
    write_text(path.with_suffix(".json"), json.dumps(index), overwrite=True)


def start_store(root: Path, info: EncoderInfo) -> Path:
    """Make the folder of an encoder, or check that it is the same encoder's.

    Raises:
        InputError: It holds features of another encoder.
    """
    return _start(root, info).folder


def _start(root: Path, info: EncoderInfo) -> FeatureStore:
    folder = root / folder_name(info.name)
    about = folder / _ABOUT
    if not about.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        write_text(about, json.dumps(asdict(info), indent=1) + "\n", overwrite=True)
    store = open_store(root, info.name)
    if store.info != info:
        message = (
            f"{folder}: holds features of {store.info.id}, not of {info.id}; "
            "give another --features-folder or delete it"
        )
        raise InputError(message)
    return store


def _indices(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("[0-9]*.json"))


def _places(
    indices: Sequence[Mapping[str, list[str | int]]], shards: Sequence[AnyFloats], info: EncoderInfo
) -> Iterator[tuple[str, tuple[int, int, int]]]:
    for number, (index, shard) in enumerate(zip(indices, shards, strict=True)):
        ends = np.cumsum(np.array(index["lengths"], np.int64))
        if shard.shape != (ends[-1], info.width) or shard.dtype != info.stored:
            wanted = f"{info.stored} ({ends[-1]}, {info.width})"
            message = f"shard {number} is {shard.dtype} {shard.shape}, not {wanted}"
            raise ValueError(message)
        starts = ends - np.array(index["lengths"], np.int64)
        for key, start, end in zip(index["keys"], starts, ends, strict=True):
            yield str(key), (number, int(start), int(end))


def _size(source: str | Path) -> int:
    return len(source) if isinstance(source, str) else source.stat().st_size


def check_kind(info: EncoderInfo, kind: Kind) -> None:
    """Make sure that features are of the modality that an experiment names them for.

    Raises:
        UsageError: They are not.
    """
    if info.kind != kind:
        message = f"{info.name} are features of {info.kind}, given as data.{kind}"
        raise UsageError(message)
