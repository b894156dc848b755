"""Features that were made elsewhere: arrays beside a corpus, or files with their own labels.

Feature files hold one vector per utterance and modality. Read are .pkl files, without executing
anything in them, and .npz files, in these forms:

- a list of dictionaries, one per utterance, or a dictionary of id → such a dictionary;
- a dictionary of columns (.npz files are one): arrays or lists of one entry per utterance.

Their keys go by the names in the tables below.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.emotion.encoders.tokens import KINDS, EncoderInfo, Kind
from sentigram.errors import InputError, UsageError
from sentigram.store.shipped import sha256
from sentigram.training.dataset.features import start_store, write_shard
from sentigram.training.dataset.manifest import Example, Manifest
from sentigram.training.dataset.unpickling import MOST_BYTES, plain, read_pickle

TEXT_KEYS = ("text_feat", "text_embed", "text_features", "text_embedding", "text_emb", "bert")
AUDIO_KEYS = (
    "audio_feat",
    "audio_embed",
    "audio_features",
    "audio_embedding",
    "audio_emb",
    "emotion2vec",
)
LABEL_KEYS = ("label", "labels", "emotion", "emotions", "y")
ID_KEYS = ("id", "ids", "name", "names", "utterance_id", "utt_id")
SPEAKER_KEYS = ("speaker", "speakers", "spk", "speaker_id")

Record = Mapping[str, object]


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
    if not equals or not colon or kind not in KINDS or not name.isidentifier():
        message = f"--import {text}: write NAME:text=FILE.npz:ARRAY or NAME:audio=FILE.npy"
        raise UsageError(message)
    return Import(name, next(known for known in KINDS if known == kind), Path(file), array)


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
    manifest: Manifest, name: str, kind: Kind, values: Floats32, file: Path, root: Path
) -> None:
    info = EncoderInfo(name, kind, values.shape[1], f"imported from {file.name}", sha256(file))
    folder = start_store(root, info)
    if not list(folder.glob("[0-9]*.json")):
        keys = [f"id:{example.id}" for example in manifest.examples]
        write_shard(folder, info, keys, list(values.astype(np.float32)[:, None, :]))


def _array(wanted: Import) -> Floats32:
    try:
        loaded = np.load(wanted.file, allow_pickle=False)
        values = loaded[wanted.array] if wanted.array else loaded
        return np.asarray(values, np.float32)
    except (OSError, ValueError, KeyError) as error:
        message = f"{wanted.file}: cannot be read as an array {wanted.array} ({error})"
        raise InputError(message) from error


@dataclass(frozen=True, slots=True, eq=False)
class Imported:
    """What a feature file holds.

    Attributes:
        ids: (n,) as given, else numbered.
        labels: (n,) names as given; numbers as their digits.
        text: float32 (n, d_text), or None.
        audio: float32 (n, d_audio), or None.
        speakers: (n,) as given, empty where unknown.
    """

    ids: tuple[str, ...]
    labels: tuple[str, ...]
    text: Floats32 | None
    audio: Floats32 | None
    speakers: tuple[str, ...]


def read_imported(path: Path) -> Imported:
    """Read a feature file.

    Args:
        path: A .pkl, .pickle or .npz file.

    Raises:
        InputError: The file is absent, too large, names code, or is of another form; the message
            says which row or key.
    """
    given = plain(_npz(path) if path.suffix == ".npz" else read_pickle(path))
    records = _records(given, path)
    if not records:
        message = f"{path}: holds no examples"
        raise InputError(message)
    first = records[0]
    text_key, audio_key = _key(first, TEXT_KEYS), _key(first, AUDIO_KEYS)
    label_key, id_key = _key(first, LABEL_KEYS), _key(first, ID_KEYS)
    speaker_key = _key(first, SPEAKER_KEYS)
    if label_key is None or (text_key is None and audio_key is None):
        message = (
            f"{path}: expected {LABEL_KEYS[0]} and {TEXT_KEYS[0]} or {AUDIO_KEYS[0]}; "
            f"found {', '.join(map(str, first)) or 'nothing'}"
        )
        raise InputError(message)
    n = len(records)
    ids = _texts(records, id_key, path) if id_key else tuple(f"{i:06}" for i in range(n))
    if len(set(ids)) < n:
        message = f"{path}: {n - len(set(ids))} examples share an id with another"
        raise InputError(message)
    return Imported(
        ids=ids,
        labels=_texts(records, label_key, path),
        text=_matrix(records, text_key, path) if text_key else None,
        audio=_matrix(records, audio_key, path) if audio_key else None,
        speakers=_texts(records, speaker_key, path) if speaker_key else ("",) * n,
    )


def _npz(path: Path) -> dict[str, object]:
    try:
        with zipfile.ZipFile(path) as archive:
            n_bytes = sum(part.file_size for part in archive.infolist())
        if n_bytes > MOST_BYTES:
            message = f"{path}: unpacks to {n_bytes} bytes; {MOST_BYTES} are read"
            raise InputError(message)
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        message = f"{path}: not a .npz file of plain arrays ({error})"
        raise InputError(message) from error


def _records(given: object, path: Path) -> list[Record]:
    if isinstance(given, list | tuple):
        rows: Sequence[object] = given
    elif isinstance(given, dict) and given and all(isinstance(v, dict) for v in given.values()):
        rows = [{"id": str(name), **row} for name, row in given.items()]
    elif isinstance(given, dict):
        rows = _rows_of_columns(given, path)
    else:
        message = f"{path}: holds {type(given).__name__}; expected a list or a dictionary"
        raise InputError(message)
    records: list[Record] = []
    for i, row in enumerate(rows):
        if not isinstance(row, dict):
            message = f"{path}: entry {i} is {type(row).__name__}; expected a dictionary"
            raise InputError(message)
        records.append(row)
    return records


def _rows_of_columns(given: Mapping[object, object], path: Path) -> list[object]:
    known = (*TEXT_KEYS, *AUDIO_KEYS, *LABEL_KEYS, *ID_KEYS, *SPEAKER_KEYS)
    columns = {str(name): plain(column) for name, column in given.items() if name in known}
    if not columns:
        message = f"{path}: expected columns such as labels and text_feat; found {list(given)[:20]}"
        raise InputError(message)
    lengths = {}
    for name, column in columns.items():
        if not isinstance(column, list | tuple | np.ndarray) or _is_single(column):
            message = f"{path}: {name} is {type(column).__name__}; expected one entry per example"
            raise InputError(message)
        lengths[name] = len(column)
    if len(set(lengths.values())) > 1:
        message = f"{path}: columns differ in length: {lengths}"
        raise InputError(message)
    names, cells = list(columns), [list(column) for column in columns.values()]  # type: ignore[call-overload]
    return [dict(zip(names, row, strict=True)) for row in zip(*cells, strict=True)]


def _is_single(column: object) -> bool:
    return isinstance(column, np.ndarray) and column.ndim == 0


def _key(record: Record, keys: Sequence[str]) -> str | None:
    return next((key for key in keys if key in record), None)


def _texts(records: Sequence[Record], key: str, path: Path) -> tuple[str, ...]:
    found = []
    for i, record in enumerate(records):
        value = plain(record.get(key))
        if isinstance(value, np.generic | np.ndarray) and value.size == 1:
            value = value.item()
        if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
            message = f"{path}: entry {i}: {key} is {value!r}; expected a name or whole number"
            raise InputError(message)
        found.append(str(value))
    return tuple(found)


def _matrix(records: Sequence[Record], key: str, path: Path) -> Floats32:
    """The vectors of all records, float32 (n, d)."""
    rows: list[Floats32] = []
    for i, record in enumerate(records):
        try:
            row = np.asarray(plain(record.get(key)), np.float32)
        except (TypeError, ValueError) as error:
            message = f"{path}: entry {i}: {key} is no vector of numbers"
            raise InputError(message) from error
        if row.ndim == 2 and len(row) == 1:
            row = row[0]  # some keep a batch of one
        width = rows[0].shape if rows else row.shape
        if row.ndim != 1 or not row.size or row.shape != width or not np.isfinite(row).all():
            message = (
                f"{path}: entry {i}: {key} has shape {row.shape}; expected one vector of "
                f"finite numbers, as wide as the others {width}"
            )
            raise InputError(message)
        rows.append(row)
    return np.stack(rows)  # (n, d)
