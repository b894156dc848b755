"""From manifests and features to the table of an experiment."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from sentigram.core.arrays import Floats32, Ints64
from sentigram.emotion.encoders.tokens import AnyFloats, Kind
from sentigram.emotion.networks.scaling import InputStatistics, drawn, moments
from sentigram.errors import InputError, UsageError
from sentigram.training.config import DataConfig, Normalize
from sentigram.training.corpora.labels import LABEL_VAD
from sentigram.training.dataset.examples import Table, Tokens, TrainSet
from sentigram.training.dataset.features import FeatureStore, check_kind
from sentigram.training.dataset.joined import JoinedStore, open_features
from sentigram.training.dataset.manifest import Example, Manifest


def chosen_classes(manifests: Sequence[Manifest], data: DataConfig) -> Mapping[str, str]:
    """Label → class, in the order of the classes.

    Raises:
        UsageError: A class set is unknown, or a label maps to no class.
    """
    if not isinstance(data.classes, str):
        wrong = [to for to in data.map.values() if to not in data.classes]
        if wrong or len(set(data.classes)) != len(data.classes):
            message = f"data.map leads to {wrong}; data.classes are {', '.join(data.classes)}"
            raise UsageError(message)
        return {name: name for name in data.classes} | data.map
    from sentigram.training.corpora.catalogue import classes

    sets = [classes(manifest.corpus, data.classes) for manifest in manifests]
    names = {tuple(dict.fromkeys(mapping.values())) for mapping in sets}
    if len(names) > 1:
        message = f"the class sets {data.classes!r} of the corpora differ; list data.classes"
        raise UsageError(message)
    return {label: to for mapping in sets for label, to in mapping.items()} | data.map


def labelled(
    manifests: Sequence[Manifest], data: DataConfig
) -> tuple[tuple[Example, ...], tuple[str, ...], Ints64]:
    """The examples that carry exactly one of the classes, the classes, and their indices.

    Raises:
        InputError: A class has no example.
    """
    mapping = chosen_classes(manifests, data)
    names = tuple(dict.fromkeys(mapping.values()))
    kept, labels = [], []
    for example in (e for manifest in manifests for e in manifest.examples):
        if data.style and example.style != data.style:
            continue
        found = {mapping[label] for label in example.labels if label in mapping}
        if len(found) == 1 and all(label in mapping for label in example.labels):
            kept.append(example)
            labels.append(names.index(found.pop()))
    present = {names[label] for label in labels}
    missing = [name for name in names if name not in present]
    if missing:
        message = (
            f"no example has label {', '.join(missing)}; set data.classes to labels that occur: "
            + ", ".join(sorted({x for m in manifests for e in m.examples for x in e.labels}))
        )
        raise InputError(message)
    return tuple(kept), names, np.array(labels, np.int64)


def assemble(manifests: Sequence[Manifest], data: DataConfig) -> Table:
    """All labelled examples with their tokens.

    Raises:
        InputError: Features or labels are missing.
        UsageError: Features are of the wrong modality.
    """
    examples, names, labels = labelled(manifests, data)
    everything = tuple(e for manifest in manifests for e in manifest.examples)
    return Table(
        ids=tuple(e.id for e in examples),
        classes=names,
        labels=labels,
        tokens={
            kind: _tokens(examples, everything, data, kind, name)
            for kind, name in data.features_named.items()
        },
        vad=_vad(examples, [names[label] for label in labels], data),
        speakers=tuple(e.speaker for e in examples),
        # where nobody is known, intervals at least draw whole recordings, and not their pieces
        dialogues=tuple(e.dialogue or ("" if e.speaker else e.origin) for e in examples),
        corpora=tuple(e.corpus for e in examples),
        sentences=tuple(e.text for e in examples),
        groups=tuple(e.style for e in examples),
    )


def statistics(
    table: Table, train: TrainSet, kinds: Collection[Kind]
) -> dict[Kind, InputStatistics]:
    """Statistics of the training tokens of each modality; held-out rows have no part in them.

    Args:
        table: As assembled.
        train: Whose rows count.
        kinds: Modalities whose tokens are numbers to scale, and not names of word pieces.
    """
    return {
        kind: moments(tokens.values[np.isin(_owners(tokens), train.rows)])
        for kind, tokens in table.tokens.items()
        if kind in kinds
    }


def normalized(table: Table, measured: Mapping[Kind, InputStatistics], data: DataConfig) -> Table:
    """The table with its tokens centred and scaled, by statistics that no label touches.

    Args:
        table: As assembled.
        measured: From `statistics`.
        data: Says which statistics each modality uses.
    """
    return replace(
        table,
        tokens={
            kind: scaled(tokens, table.speakers, measured.get(kind), data.normalization(kind))
            for kind, tokens in table.tokens.items()
        },
    )


def scaling(
    table: Table, kind: Kind, measured: Mapping[Kind, InputStatistics], data: DataConfig
) -> Callable[[AnyFloats, str], AnyFloats]:
    """How more tokens of the table's speakers are scaled: as `normalized` scales their own.

    Args:
        table: As assembled.
        kind: Of the tokens.
        measured: From `statistics`.
        data: Says which statistics the modality uses.

    Returns:
        (tokens (n, d), speaker) → the same scaled.
    """
    train, how = measured.get(kind), data.normalization(kind)
    if train is None or how == "none":
        return lambda values, _speaker: values
    if how == "train":
        return lambda values, _speaker: train(values)
    tokens = table.tokens[kind]
    who = np.array(table.speakers)[_owners(tokens)]

    @cache
    def of(speaker: str) -> InputStatistics:
        own = tokens.values[who == speaker]
        return drawn(moments(own), train, len(own) if speaker else 0)

    return lambda values, speaker: of(speaker)(values)


def _tokens(
    examples: Sequence[Example],
    everything: Sequence[Example],
    data: DataConfig,
    kind: Kind,
    name: str,
) -> Tokens:
    store = open_features(data.features, name)
    check_kind(store.info, kind)
    preceding = _preceding(everything, data.context)
    arrays, marks, lengths = [], [], []
    for example in examples:
        own = _features(store, example)
        before = [_features(store, e) for e in preceding.get(example.id, ())]
        parts = [*before, own]
        arrays += parts
        marks += [np.zeros(len(part), bool) for part in before] + [np.ones(len(own), bool)]
        lengths.append(sum(map(len, parts)))
    return Tokens(
        values=np.concatenate(arrays),
        starts=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        marked=np.concatenate(marks),
        numbers=store.info.numbers,
    )


def _features(store: FeatureStore | JoinedStore, example: Example) -> AnyFloats:
    found = store.get(example)
    if found is None:
        lacking = store.lacking(example) if isinstance(store, JoinedStore) else store.info.name
        message = (
            f"{store.folder}: no features of {example.id}; "
            f"run sentigram prepare for {example.corpus} with --features {lacking}"
        )
        raise InputError(message)
    return found


def _preceding(everything: Sequence[Example], n: int) -> dict[str, tuple[Example, ...]]:
    """The n utterances before each in its dialogue, oldest first, whatever their labels."""
    dialogues: dict[str, list[Example]] = {}
    result = {}
    for example in everything:
        if n and example.dialogue:
            said = dialogues.setdefault(example.dialogue, [])
            result[example.id] = tuple(said[-n:])
            said.append(example)
    return result


def _vad(examples: Sequence[Example], names: Sequence[str], data: DataConfig) -> Floats32:
    """Targets, (n, 3); NaN where there are none: zeros are never targets."""
    nothing = (np.nan, np.nan, np.nan)
    rows: list[tuple[float, float, float]] = []
    for example, name in zip(examples, names, strict=True):
        if data.vad == "none":
            rows.append(nothing)
        elif example.vad is not None:
            rows.append(example.vad)
        else:
            rows.append(LABEL_VAD.get(name, nothing) if data.vad == "prior" else nothing)
    return np.array(rows, np.float32)


def scaled(
    tokens: Tokens, speakers: Sequence[str], train: InputStatistics | None, how: Normalize
) -> Tokens:
    """Tokens of one modality, centred and scaled.

    Args:
        tokens: Of all examples.
        speakers: (n,) of each example, "" when unknown: those are scaled by training's statistics.
        train: Training's statistics; None leaves tokens as they are.
        how: By which statistics.
    """
    if train is None or how == "none":
        return tokens
    stored = tokens.values.dtype  # what was kept in half precision stays so
    if how == "train":
        return replace(tokens, values=train(tokens.values).astype(stored))
    who = np.array(speakers)[_owners(tokens)]
    values = np.empty_like(tokens.values)
    for speaker in np.unique(who):
        own = who == speaker
        mine = moments(tokens.values[own])
        values[own] = drawn(mine, train, int(own.sum()) if speaker else 0)(tokens.values[own])
    return replace(tokens, values=values)


def _owners(tokens: Tokens) -> Ints64:
    """The example of each token, (n_tokens,)."""
    return np.repeat(np.arange(len(tokens.starts) - 1), np.diff(tokens.starts))
