"""Features that were made elsewhere: arrays beside a corpus, or files with their own labels."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sentigram.core.arrays import Floats32, Ints64
from sentigram.core.counted import counted
from sentigram.emotion.encoders.tokens import KINDS, EncoderInfo, Kind
from sentigram.errors import InputError, UsageError
from sentigram.reading import FEATURES, open_regular
from sentigram.store.shipped import sha256
from sentigram.store.unpickling import plain, read_pickle
from sentigram.training.corpora.item import Note, Warn, refuse, silent
from sentigram.training.corpora.labels import understood
from sentigram.training.corpora.tables.columns import named
from sentigram.training.dataset.feature_files import read_imported, read_npz, sequences
from sentigram.training.dataset.features import open_store, start_store, write_shard
from sentigram.training.dataset.manifest import Example, Manifest

PICKLED = (".pkl", ".pickle", ".pt", ".pth")
LICENCE = "unknown: imported features"
_PART = re.compile(r"(?P<file>.+\.(?:npz|pkl|pickle|pt|pth)):(?P<array>[^:/\\]+)")
_NAME = re.compile(r"[A-Za-z_][\w-]*")


@dataclass(frozen=True, slots=True)
class Import:
    """Which array becomes which features.

    Attributes:
        name: Of the features, in experiments.
        kind: What they are of.
        file: A .npz or .npy file, or one of PICKLED.
        array: Its name in a file that holds several.
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
    part = _PART.fullmatch(tail)
    file, array = (part["file"], part["array"]) if part else (tail, "")
    if not equals or not colon or kind not in KINDS:
        message = f"--import {text}: write NAME:text=FILE.npz:ARRAY or NAME:audio=FILE.npy"
        raise UsageError(message)
    if not _NAME.fullmatch(name):
        message = (
            f"--import {text}: the name {name!r} cannot be used; write letters, digits, - and _, a "
            "letter first (+ joins features: data.audio: one+other)"
        )
        raise UsageError(message)
    return Import(name, next(known for known in KINDS if known == kind), Path(file), array)


def import_features(manifest: Manifest, wanted: Import, root: Path, *, warn: Warn = refuse) -> None:
    """Keep arrays as features of a manifest's examples.

    They are told apart by row, or by id where the file holds a dictionary of id → array. Each
    example has a vector, or a sequence of them in time:

    - an array (n, width), or (n, n_tokens, width); how many of the tokens count may be said by
      an array ARRAY_lengths or lengths, (n,), beside it in a .npz file;
    - with such lengths also an array (all tokens, width), end to end;
    - a pickled list of arrays or tensors, each (width,) or (n_tokens, width).

    Args:
        manifest: Whose examples.
        wanted: Which arrays, and what they become.
        root: The folder of all features.
        warn: Told of what may be padding, and of ids that the manifest does not have.

    Raises:
        InputError: The file is absent, or its rows are not the manifest's.
    """
    keep_features(
        manifest.examples,
        _sequences_of(wanted, manifest, warn),
        EncoderInfo(wanted.name, wanted.kind, 1, _about(wanted), sha256(wanted.file)),
        root,
    )


def manifest_of_features(
    path: Path,
    root: Path,
    *,
    name: str = "",
    held_out: Mapping[str, Path] | None = None,
    labels: Mapping[str, str] | None = None,
    warn: Warn = refuse,
    note: Note = silent,
) -> Manifest:
    """A manifest of feature files that hold their own ids and labels, features kept beside it.

    They are named after the corpus: NAME-text, NAME-audio and NAME-visual. Pickled files are read
    by an allow-list that executes nothing.

    Args:
        path: The file, of the training examples where there are others.
        root: The folder of all features.
        name: Of the corpus; the file's if empty.
        held_out: Split → its file, such as val and test; ids then begin with their split.
        labels: Label as given → emotion, for labels that are numbers.
        warn: Told of ids that are in two splits.
        note: Told of keys that are not read.

    Raises:
        InputError: A file is absent, holds something else, or other features than the first.
    """
    stem = path.stem.lower()
    corpus = name or (re.sub(r"[_-]?train$", "", stem) if held_out else stem) or stem
    files = {"train": path, **held_out} if held_out else {"": path}
    examples: list[Example] = []
    features: dict[Kind, list[Floats32]] = {}
    splits: dict[str, str] = {}
    unused: dict[str, None] = {}
    for split, file in files.items():
        found = read_imported(file)
        unused |= dict.fromkeys(found.unused)
        if examples and found.features.keys() != features.keys():
            message = (
                f"{file}: holds features of {', '.join(found.features)}; {path} of "
                f"{', '.join(features)}"
            )
            raise InputError(message)
        for kind, arrays in found.features.items():
            _check_width(arrays, features.setdefault(kind, []), file, path, kind)
            features[kind] += arrays
        shared = [one for one in found.ids if not one.isdecimal() and splits.get(one)]
        if shared:
            ids = f"{counted(len(shared), 'id')}, such as {shared[0]}"
            message = f"{ids}, can be found in {splits[shared[0]]} too"
            warn(f"{file}: {message}: the same utterances would be trained on and tested")
        splits |= dict.fromkeys(found.ids, str(file))
        examples += [
            Example(
                id="/".join(filter(None, (corpus, split, own))),
                corpus=corpus,
                labels=_labels(label, labels or {}, where=f"{file}: {own}"),
                split=split,
                text="",
                speaker=f"{corpus}/{speaker}" if speaker else "",
            )
            for own, label, speaker in zip(found.ids, found.labels, found.speakers, strict=True)
        ]
    if unused:
        note(f"{', '.join(map(str, files.values()))}: not read: {named(tuple(unused))}")
    digest = sha256(path)
    if held_out:
        digest = hashlib.sha256("".join(map(sha256, files.values())).encode()).hexdigest()
    about = f"imported from {', '.join(file.name for file in files.values())}"
    for kind, rows in features.items():
        info = EncoderInfo(f"{corpus}-{kind}", kind, rows[0].shape[1], about, digest)
        keep_features(examples, rows, info, root)
    return Manifest(corpus, path.parent, tuple(examples), LICENCE, tuple(unused))


def keep_features(
    examples: Sequence[Example], arrays: Sequence[Floats32], info: EncoderInfo, root: Path
) -> None:
    """Keep features of examples by id; those that are there already are not written again.

    Args:
        examples: n of them.
        arrays: Of each, float32 (n_tokens, width).
        info: What they are; its width is taken from the arrays.
        root: The folder of all features.

    Raises:
        InputError: The folder holds features of something else by that name.
    """
    info = EncoderInfo(info.name, info.kind, arrays[0].shape[1], info.id, info.sha256)
    folder = start_store(root, info)
    there = open_store(root, info.name).places
    new = {
        key: tokens
        for example, tokens in zip(examples, arrays, strict=True)
        if (key := f"id:{example.id}") not in there
    }
    if new:
        write_shard(folder, info, list(new), list(new.values()))


def _check_width(
    arrays: Sequence[Floats32], before: Sequence[Floats32], file: Path, first: Path, kind: Kind
) -> None:
    if before and arrays[0].shape[1] != before[0].shape[1]:
        message = (
            f"{file}: {kind} is {arrays[0].shape[1]} wide; in {first} it is {before[0].shape[1]}"
        )
        raise InputError(message)


def _labels(given: str, names: Mapping[str, str], *, where: str) -> tuple[str, ...]:
    """A label as tables have it; numbers that nobody named stay numbers."""
    label = names.get(given, given)
    return (label,) if label.isdecimal() else understood([label], where=where)


def _about(wanted: Import) -> str:
    return f"imported from {wanted.file.name}" + (f":{wanted.array}" if wanted.array else "")


def _sequences_of(wanted: Import, manifest: Manifest, warn: Warn) -> Sequence[Floats32]:
    """Arrays in the order of the manifest's examples."""
    given, lengths = _given(wanted)
    what = wanted.array or "the array"
    if isinstance(given, dict):
        given = _by_id(given, manifest, wanted, warn)
    n = len(manifest.examples)
    if lengths is not None:
        given = _cut(given, lengths, wanted)
    shape = (
        f" is {given.shape}" if isinstance(given, np.ndarray) else f" holds {len(given)} entries"
    )
    if len(given) != n:
        message = f"{wanted.file}: {what}{shape}; expected one row for each of {n} examples"
        raise InputError(message)
    found = sequences(list(given), f"{wanted.file}: row", what)
    if lengths is None and isinstance(given, np.ndarray) and given.ndim == 3:
        padded = sum(not tokens[-1].any() for tokens in found)
        if padded:
            warn(
                f"{wanted.file}: {padded} of {n} examples end in tokens of zeros, which count; if "
                f"that is padding, say how long they are in an array {what}_lengths"
            )
    return found


def _given(
    wanted: Import,
) -> tuple[list[object] | dict[object, object] | np.ndarray, Ints64 | None]:
    """What the file holds, and the lengths beside it."""
    path, name = wanted.file, wanted.array
    if path.suffix in PICKLED:
        value = plain(read_pickle(path))
        if name and isinstance(value, dict):
            value = plain(value.get(name))
        if isinstance(value, np.ndarray):
            return _array(value, wanted), None
        if not isinstance(value, list | tuple | dict):
            message = f"{path}: cannot be read as an array {name}: it holds {type(value).__name__}"
            raise InputError(message)
        return (list(value) if isinstance(value, tuple) else value), None
    if path.suffix == ".npz":
        arrays = read_npz(path)
        if name not in arrays:
            message = (
                f"{path}: cannot be read as an array {name or '(none is named)'}; "
                f"it holds {', '.join(arrays)}"
            )
            raise InputError(message)
        lengths = arrays.get(f"{name}_lengths", arrays.get("lengths"))
        return _array(arrays[name], wanted), None if lengths is None else _counts(lengths, wanted)
    try:
        open_regular(path, FEATURES).close()
        # mapped, so that a header that claims more than the file holds is refused
        return _array(np.load(path, mmap_mode="r", allow_pickle=False), wanted), None
    except (OSError, ValueError) as error:
        message = f"{path}: cannot be read as an array {name} ({error})"
        raise InputError(message) from error


def _array(value: object, wanted: Import) -> np.ndarray:
    if not isinstance(value, np.ndarray) or value.ndim == 0 or value.dtype.kind not in "fiub":
        message = f"{wanted.file}: {wanted.array or 'the array'} is no array of numbers with rows"
        raise InputError(message)
    return value


def _counts(lengths: object, wanted: Import) -> Ints64:
    found = np.asarray(lengths)
    if found.ndim != 1 or found.dtype.kind not in "iu" or (found < 1).any():
        message = f"{wanted.file}: lengths are {found.dtype} {found.shape}; expected counts above 0"
        raise InputError(message)
    return found.astype(np.int64)


def _cut(given: object, lengths: Ints64, wanted: Import) -> list[object]:
    """Parts of an array by lengths: of padded rows (n, n_tokens, width), or of tokens in a row."""
    values = np.asarray(given)
    if values.ndim == 3 and len(values) == len(lengths) and lengths.max() <= values.shape[1]:
        return [row[:length] for row, length in zip(values, lengths, strict=True)]
    if values.ndim == 2 and len(values) == lengths.sum():
        return list(np.split(values, np.cumsum(lengths)[:-1]))
    message = (
        f"{wanted.file}: {wanted.array} is {values.shape}, which {len(lengths)} lengths of "
        f"{lengths.sum()} tokens, {lengths.max()} at most, do not fit"
    )
    raise InputError(message)


def _by_id(
    given: Mapping[object, object], manifest: Manifest, wanted: Import, warn: Warn
) -> list[object]:
    known = {str(key): value for key, value in given.items()}
    names = [
        (example.id, example.id.removeprefix(f"{manifest.corpus}/"))
        for example in manifest.examples
    ]
    found = [next((name for name in pair if name in known), "") for pair in names]
    missing = [pair[1] for pair, name in zip(names, found, strict=True) if not name]
    if missing:
        message = (
            f"{wanted.file}: nothing for {len(missing)} of {len(names)} examples, such as "
            f"{missing[0]}; its ids are such as {next(iter(known), '(none)')}"
        )
        raise InputError(message)
    surplus = known.keys() - set(found)
    if surplus:
        warn(f"{wanted.file}: not used: {len(surplus)} ids, such as {min(surplus)}")
    return [known[name] for name in found]
