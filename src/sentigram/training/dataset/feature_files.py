"""Feature files that hold their own labels, as published systems keep them.

Each holds features per utterance and modality: a vector, or a sequence of them in time. Read are
.pkl, .pickle, .pt and .pth files, without executing anything in them, and .npz files, in these
forms:

- a list of dictionaries, one per utterance, or a dictionary of id → such a dictionary;
- a dictionary of columns (.npz files are one): arrays or lists of one entry per utterance.

Their keys go by the names in the tables below.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.emotion.encoders.tokens import KINDS, Kind
from sentigram.errors import InputError
from sentigram.store.unpickling import MOST_BYTES, plain, read_pickle
from sentigram.training.corpora.tables.columns import named

FEATURE_KEYS: Mapping[Kind, tuple[str, ...]] = {
    "text": (
        "text_feat",
        "text_embed",
        "text_features",
        "text_embedding",
        "text_emb",
        "bert",
    ),
    "audio": (
        "audio_feat",
        "audio_embed",
        "audio_features",
        "audio_embedding",
        "audio_emb",
        "emotion2vec",
        "wav2vec",
    ),
    "visual": (
        "visual_feat",
        "visual_embed",
        "visual_features",
        "visual_embedding",
        "video_feat",
        "video_features",
        "mocap",
    ),
}
LABEL_KEYS = ("label", "labels", "emotion", "emotions", "y")
ID_KEYS = ("id", "ids", "name", "names", "utterance_id", "utt_id")
SPEAKER_KEYS = ("speaker", "speakers", "spk", "speaker_id")

_DEEPEST = 3  # lists in lists: a batch of one, its tokens, their numbers

Record = Mapping[str, object]


@dataclass(frozen=True, slots=True, eq=False)
class Imported:
    """What a feature file holds.

    Attributes:
        ids: (n,) as given, else numbered.
        labels: (n,) names as given; numbers as their digits.
        features: By modality n arrays, float32 (n_tokens, width), of one width.
        speakers: (n,) as given, empty where unknown.
        unused: Keys that were not read.
    """

    ids: tuple[str, ...]
    labels: tuple[str, ...]
    features: Mapping[Kind, tuple[Floats32, ...]]
    speakers: tuple[str, ...]
    unused: tuple[str, ...] = ()


def read_imported(path: Path) -> Imported:
    """Read a feature file.

    Args:
        path: A .pkl, .pickle, .pt, .pth or .npz file.

    Raises:
        InputError: The file is absent, too large, names code, or is of another form; the message
            says which row or key.
    """
    if path.suffix.lower() in (".csv", ".tsv", ".xlsx", ".json", ".jsonl"):
        message = f"{path}: is a table; read it with: sentigram prepare table {path} --columns …"
        raise InputError(message)
    given = plain(read_npz(path) if path.suffix == ".npz" else read_pickle(path))
    records, others = _records(given, path)
    if not records:
        message = f"{path}: holds no examples"
        raise InputError(message)
    first = records[0]
    keys = {kind: key for kind in KINDS if (key := _key(first, FEATURE_KEYS[kind])) is not None}
    label_key, id_key = _key(first, LABEL_KEYS), _key(first, ID_KEYS)
    speaker_key = _key(first, SPEAKER_KEYS)
    if label_key is None or not keys:
        lacks = "" if keys else " or ".join(FEATURE_KEYS[kind][0] for kind in KINDS)
        lacks = " and ".join(filter(None, ("" if label_key else LABEL_KEYS[0], lacks)))
        there = named([*map(str, first), *others])
        message = f"{path}: no key {lacks}; found {there or 'nothing'}; rename it in the file"
        raise InputError(message)
    n = len(records)
    ids = _texts(records, id_key, path) if id_key else tuple(f"{i:06}" for i in range(n))
    if len(set(ids)) < n:
        seen: dict[str, int] = {}
        twice = next((seen[name], i) for i, name in enumerate(ids) if seen.setdefault(name, i) != i)
        message = (
            f"{path}: {n - len(set(ids))} examples share an id with another, such as entries "
            f"{twice[0]} and {twice[1]}, {ids[twice[0]]!r}"
        )
        raise InputError(message)
    used = {*keys.values(), label_key, id_key, speaker_key}
    return Imported(
        ids=ids,
        labels=_texts(records, label_key, path),
        features={
            kind: sequences([record.get(key) for record in records], f"{path}: entry", key)
            for kind, key in keys.items()
        },
        speakers=_texts(records, speaker_key, path) if speaker_key else ("",) * n,
        unused=(*(str(key) for key in first if key not in used), *others),
    )


def read_npz(path: Path) -> dict[str, object]:
    """All arrays of a .npz file.

    Raises:
        InputError: It is absent, unpacks to too much, or holds other than plain arrays.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            n_bytes = sum(part.file_size for part in archive.infolist())
        if n_bytes > MOST_BYTES:
            message = f"{path}: unpacks to {n_bytes} bytes; {MOST_BYTES} are read"
            raise InputError(message)
        with zipfile.ZipFile(path) as archive:
            for part in archive.infolist():
                _check_header(archive, part)
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        message = f"{path}: not a .npz file of plain arrays ({error})"
        raise InputError(message) from error


def _check_header(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Refuse an array whose header claims more than there is: numpy would make room for it first.

    Raises:
        ValueError: It does.
    """
    if not part.filename.endswith(".npy"):
        return
    with archive.open(part) as file:
        version = np.lib.format.read_magic(file)
        read = (
            np.lib.format.read_array_header_1_0
            if version == (1, 0)
            else np.lib.format.read_array_header_2_0
        )
        shape, _, kind = read(file)
    if not kind.hasobject and math.prod(shape) * kind.itemsize > part.file_size:
        message = f"{part.filename} claims {shape} and holds {part.file_size} bytes"
        raise ValueError(message)


def sequences(values: Sequence[object], where: str, name: str) -> tuple[Floats32, ...]:
    """Vectors or sequences of vectors as tokens.

    Args:
        values: n arrays, tensors or lists, each (width,) or (n_tokens, width).
        where: What messages call a place, before its number.
        name: What messages call the values.

    Returns:
        n arrays, float32 (n_tokens, width), a vector as one token.

    Raises:
        InputError: One is no array of finite numbers, or not as wide as the others.
    """
    found: list[Floats32] = []
    total = 0
    for i, value in enumerate(values):
        try:
            _check_size(value)
            tokens = np.asarray(plain(value), np.float32)
        except (TypeError, ValueError) as error:
            message = f"{where} {i}: {name} is no vector of numbers"
            raise InputError(message) from error
        shape, width = tokens.shape, found[0].shape[1] if found else None
        if tokens.ndim == 3 and shape[0] == 1:
            tokens = tokens[0]  # some keep a batch of one
        tokens = tokens[None] if tokens.ndim == 1 else tokens  # (n_tokens, width)
        is_wrong = (
            tokens.ndim != 2 or not tokens.size or tokens.shape[1] != (width or tokens.shape[1])
        )
        if is_wrong or not np.isfinite(tokens).all():
            message = (
                f"{where} {i}: {name} has shape {shape}; expected one vector of finite numbers, "
                f"or one for each step in time, as wide as the others ({width or 'any width'})"
            )
            raise InputError(message)
        total += tokens.nbytes
        if total > MOST_BYTES:  # a short file can name one long array many times
            message = f"{where} {i}: {name} takes more than {MOST_BYTES} bytes of memory"
            raise InputError(message)
        found.append(tokens)
    return tuple(found)


def _check_size(value: object) -> None:
    """Count what lists hold before an array is made of it: one list may be in many places.

    Raises:
        ValueError: It is too much, or nested deeper than sequences of vectors are.
    """
    known: dict[tuple[int, int], int] = {}

    def count(one: object, deeper: int) -> int:
        if not isinstance(one, list | tuple):
            return int(one.size) if isinstance(one, np.ndarray) else 1
        if not deeper:
            raise ValueError("nested too deep")
        key = id(one), deeper
        if key not in known:
            inner = [part for part in one if isinstance(part, list | tuple | np.ndarray)]
            known[key] = len(one) - len(inner) + sum(count(part, deeper - 1) for part in inner)
        return known[key]

    if count(value, _DEEPEST) > MOST_BYTES // 4:
        raise ValueError("too many numbers")


def _records(given: object, path: Path) -> tuple[list[Record], tuple[str, ...]]:
    """One entry per utterance, and keys that are no column of them."""
    others: tuple[str, ...] = ()
    if isinstance(given, list | tuple):
        rows: Sequence[object] = given
    elif isinstance(given, dict) and given and all(isinstance(v, dict) for v in given.values()):
        rows = [{"id": str(name), **row} for name, row in given.items()]
    elif isinstance(given, dict):
        rows, others = _rows_of_columns(given, path)
    else:
        message = f"{path}: holds {type(given).__name__}; expected a list or a dictionary"
        raise InputError(message)
    records: list[Record] = []
    for i, row in enumerate(rows):
        if not isinstance(row, dict):
            message = f"{path}: entry {i} is {type(row).__name__}; expected a dictionary"
            raise InputError(message)
        records.append(row)
    return records, others


def _rows_of_columns(
    given: Mapping[object, object], path: Path
) -> tuple[list[object], tuple[str, ...]]:
    features = [key for keys in FEATURE_KEYS.values() for key in keys]
    known = (*features, *LABEL_KEYS, *ID_KEYS, *SPEAKER_KEYS)
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
    rows: list[object] = [dict(zip(names, row, strict=True)) for row in zip(*cells, strict=True)]
    # what lies beside them may be of another length, such as names of classes
    return rows, tuple(str(key) for key in given if key not in known)


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
            # what is nested may be endless in words
            is_short = value is None or isinstance(value, str | int | float)
            said = repr(value) if is_short else type(value).__name__
            message = f"{path}: entry {i}: {key} is {said}; expected a name or whole number"
            raise InputError(message)
        found.append(str(value))
    return tuple(found)
