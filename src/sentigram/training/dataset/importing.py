"""Features that were made elsewhere: arrays beside a corpus, or the seeds' feature files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sentigram.emotion.encoders.tokens import EncoderInfo, Kind
from sentigram.errors import InputError, UsageError
from sentigram.store.shipped import sha256
from sentigram.training.dataset.features import start_store, write_shard
from sentigram.training.dataset.manifest import Example, Manifest

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Import:
    """Which array becomes which features.

    Attributes:
        name: Of the features, in experiments.
        kind: What they are of.
        file: A .npz or .npy file.
        array: Its name in a .npz file.
    """

    name: str
    kind: Kind
    file: Path
    array: str = ""


def parse_import(text: str) -> Import:
    """Read NAME:KIND=FILE[:ARRAY].

    Raises:
        UsageError: It is not of that form.
    """
    head, equals, tail = text.partition("=")
    name, colon, kind = head.partition(":")
    file, _, array = tail.rpartition(":") if ".npz:" in tail else (tail, "", "")
    if not equals or not colon or kind not in ("text", "audio") or not name.isidentifier():
        message = f"--import {text}: write NAME:text=FILE.npz:ARRAY or NAME:audio=FILE.npy"
        raise UsageError(message)
    return Import(name, "text" if kind == "text" else "audio", Path(file), array)


def import_features(manifest: Manifest, wanted: Import, root: Path) -> None:
    """Keep one array as features of a manifest's examples, row by row.

    Raises:
        InputError: The file is absent, or its rows are not the manifest's.
    """
    values = _array(wanted)
    if values.ndim != 2 or len(values) != len(manifest.examples):
        message = (
            f"{wanted.file}: {wanted.array} is {values.shape}; "
            f"expected one row for each of {len(manifest.examples)} examples"
        )
        raise InputError(message)
    _keep(manifest, wanted.name, wanted.kind, values, wanted.file, root)


def manifest_of_features(path: Path, root: Path) -> Manifest:
    """A manifest of a feature file that holds its own ids and labels, its features kept beside it.

    They are named after the file: STEM-text and STEM-audio. Pickled files are read by an
    allow-list that executes nothing.

    Raises:
        InputError: The file is absent, or holds something else.
    """
    from sentigram.training.dataset.imported import read_imported

    found = read_imported(path)
    corpus = path.stem.lower()
    examples = tuple(
        Example(
            id=f"{corpus}/{name}",
            corpus=corpus,
            labels=(label,),
            split="",
            text="",
            speaker=f"{corpus}/{speaker}" if speaker else "",
        )
        for name, label, speaker in zip(found.ids, found.labels, found.speakers, strict=True)
    )
    manifest = Manifest(corpus, path.parent, examples, "unknown: imported features")
    if found.text is not None:
        _keep(manifest, f"{corpus}-text", "text", found.text, path, root)
    if found.audio is not None:
        _keep(manifest, f"{corpus}-audio", "audio", found.audio, path, root)
    return manifest


def _keep(
    manifest: Manifest, name: str, kind: Kind, values: Floats, file: Path, root: Path
) -> None:
    info = EncoderInfo(name, kind, values.shape[1], f"imported from {file.name}", sha256(file))
    folder = start_store(root, info)
    if not list(folder.glob("[0-9]*.json")):
        keys = [f"id:{example.id}" for example in manifest.examples]
        write_shard(folder, info, keys, list(values.astype(np.float32)[:, None, :]))


def _array(wanted: Import) -> Floats:
    try:
        loaded = np.load(wanted.file, allow_pickle=False)
        values = loaded[wanted.array] if wanted.array else loaded
        return np.asarray(values, np.float32)
    except (OSError, ValueError, KeyError) as error:
        message = f"{wanted.file}: cannot be read as an array {wanted.array} ({error})"
        raise InputError(message) from error
