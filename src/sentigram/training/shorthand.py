"""An experiment without a YAML file: a network and a prepared corpus by their names.

What is not said is chosen by what lies there, and printed as the YAML that it stands for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any, get_args

import numpy as np

from sentigram.data_files import read_json
from sentigram.emotion.encoders.tokens import KINDS, EncoderInfo, Kind
from sentigram.emotion.networks.config import NetworkConfig
from sentigram.emotion.networks.fusion.config import Variant
from sentigram.emotion.networks.registry import FAMILIES, network_config
from sentigram.errors import InputError, UsageError
from sentigram.reading import RUN_FILE
from sentigram.training.config import DataConfig, SplitConfig
from sentigram.training.corpora.catalogue import CORPORA
from sentigram.training.dataset.assemble import labelled
from sentigram.training.dataset.features import open_store
from sentigram.training.dataset.manifest import Example, Manifest, read_manifest
from sentigram.training.splits.folds import make_plan

PREPARED, FEATURES = Path("runs/prepared"), Path("runs/features")
_PREFERRED = ("minilm", "bert", "compact", "emotion2vec", "wav2vec", "compact-frames")
_SPLITS: tuple[dict[str, Any], ...] = (
    {"scheme": "official"},
    {"scheme": "session"},
    {"scheme": "kfold", "k": 5, "group": "speaker"},
    {"scheme": "kfold", "k": 3, "group": "speaker"},
    {"scheme": "kfold", "k": 2, "group": "speaker", "validation": 0.3},
    {"scheme": "kfold", "k": 5, "group": "dialogue"},
    {"scheme": "kfold", "k": 5, "group": "example"},
)
_MOST_SESSIONS = 12
_WITHOUT_ATTENTION: tuple[Variant, ...] = ("text", "audio", "visual", "concat", "late")


def shorthand(
    model: str, dataset: str, *, prepared: Path = PREPARED, features: Path = FEATURES
) -> dict[str, Any]:
    """What an experiment's YAML file would say.

    Features are those that the network can read and that the corpus was encoded with; the classes
    are the corpus's own, for a folder all labels; whole speakers are divided where they are known,
    and the corpus's own split is used where it has one.

    Args:
        model: A family, or a variant of the fusion network.
        dataset: The name of a manifest in `prepared`, or its path.
        prepared: Folder of manifests.
        features: Folder of features.

    Raises:
        UsageError: There is no such network.
        InputError: There is no such manifest, or no features that the network can read.
    """
    config = _model(model)
    path = _manifest(dataset, prepared)
    manifest = read_manifest(path)
    classes = _classes(manifest)
    data = {"manifests": (path,), "features": features, "classes": classes, "text": "?"}
    examples, _, labels = labelled([manifest], DataConfig.model_validate(data))
    found = _features(config, examples, features, manifest)
    has_vad = any(example.vad is not None for example in examples)
    objective: dict[str, Any] = {}
    if not (config.can_contrast and {"text", "audio"} <= set(found)):
        objective["micl"] = 0
    if not has_vad:
        objective["vad"] = 0
    given: dict[str, Any] = {
        "name": f"{path.stem}-{model}"[:64],
        "data": {
            "manifests": [str(path)],
            "features": str(features),
            **{kind: info.name for kind, info in found.items()},
            "classes": classes if isinstance(classes, str) else list(classes),
            "vad": "annotated" if has_vad else "none",
        },
        "split": _split(manifest, examples, labels),
        "model": {"variant": model} if model in get_args(Variant) else {"family": model},
        "objective": objective,
        "baselines": [kind for kind in found if len(found) > 1 and _is_plain(found)],
    }
    return {key: value for key, value in given.items() if value != {}}


def _model(name: str) -> NetworkConfig:
    if name == "concat":  # joins all there are; widths are those of the features, later
        return network_config({"variant": name, "widths": dict.fromkeys(KINDS, 1)})
    if name in get_args(Variant):
        return network_config({"variant": name})
    if name in FAMILIES:
        return network_config({"family": name})
    choices = ", ".join((*get_args(Variant), *FAMILIES))
    message = f"--model {name}: no such network; choose from {choices}"
    raise UsageError(message)


def _manifest(dataset: str, prepared: Path) -> Path:
    for path in (prepared / f"{dataset}.parquet", Path(dataset)):
        if path.is_file():
            return path
    there = sorted(path.stem for path in prepared.glob("*.parquet"))
    shown = f"there are {', '.join(there)}" if there else "there are none"
    message = (
        f"--dataset {dataset}: no such manifest in {prepared}; {shown}; make one with: "
        "sentigram prepare CORPUS FOLDER --features NAMES"
    )
    raise InputError(message)


def _classes(manifest: Manifest) -> str | tuple[str, ...]:
    """The first class set of a known corpus, if it occurs; else all labels, in order."""
    occurring = {label for example in manifest.examples for label in example.labels}
    known = CORPORA.get(manifest.corpus)
    if known is not None and manifest.corpus != "folder":
        for name, mapping in known.CLASSES.items():
            if set(mapping.values()) <= occurring:
                return name
    return tuple(sorted(occurring))


def _features(
    config: NetworkConfig, examples: Sequence[Example], folder: Path, manifest: Manifest
) -> dict[Kind, EncoderInfo]:
    """The first features of the corpus that the network reads, those of all modalities first."""
    stored = list(_stored(folder, examples))
    by_kind = {
        kind: sorted(
            (info for info in stored if info.kind == kind),
            key=lambda info: info.name != config.made_for,
        )
        for kind in KINDS
        if kind in config.modalities
    }
    reason = ""
    for choice in product(*([*infos, None] for infos in by_kind.values())):
        named = {kind: info for kind, info in zip(by_kind, choice, strict=True) if info is not None}
        refusal = config.refusal(named) if named else ""
        if named and not refusal:
            return named
        reason = reason or refusal
    there = ", ".join(info.name for info in stored) or "none"
    message = (
        f"no features of {manifest.corpus} that {config.title} reads, in {folder} (there: {there})"
        f"{f': {reason}' if reason else ''}; make them with: {_how_to_prepare(manifest.corpus)}"
    )
    if fitting := list(_fitting(stored)):
        message += f"; or take a --model that reads what is there: {', '.join(fitting)}"
    raise InputError(message)


def _how_to_prepare(corpus: str) -> str:
    """The command; of data of one's own nobody knows where they lie."""
    if corpus in CORPORA and corpus != "folder":
        return f"sentigram prepare {corpus} FOLDER --overwrite --features NAMES"
    return f"the command that prepared {corpus}, with --overwrite --features NAMES"


def _fitting(stored: Sequence[EncoderInfo]) -> Iterator[str]:
    """Names of the networks that can learn from these features.

    `cross` and `vga` are left out: whether there are tokens to attend to is not known here.
    """
    for name in (*_WITHOUT_ATTENTION, *(family for family in FAMILIES if family != "fusion")):
        config = _model(name)
        by_kind = [
            [(kind, info) for info in stored if info.kind == kind]
            for kind in KINDS
            if kind in config.modalities
        ]
        choices = product(*([*infos, None] for infos in by_kind))
        if any(chosen and not config.refusal(dict(chosen)) for chosen in map(_given, choices)):
            yield name


def _given(choice: Sequence[tuple[Kind, EncoderInfo] | None]) -> dict[Kind, EncoderInfo]:
    return dict(one for one in choice if one is not None)


def _stored(folder: Path, examples: Sequence[Example]) -> Iterator[EncoderInfo]:
    """Features that the first and the last example have, the preferred ones first."""
    infos = []
    for about in sorted(folder.glob("*/encoder.json")):
        name = str(read_json(about, RUN_FILE).get("name", about.parent.name))
        store = open_store(folder, name)
        if all(store.get(example) is not None for example in (examples[0], examples[-1])):
            infos.append(store.info)

    def rank(info: EncoderInfo) -> tuple[int, str]:
        start = info.name.partition(":")[0]
        return (_PREFERRED.index(start) if start in _PREFERRED else len(_PREFERRED), info.name)

    yield from sorted(infos, key=rank)


def _split(
    manifest: Manifest, examples: Sequence[Example], labels: np.ndarray[Any, Any]
) -> dict[str, Any]:
    """The first division that the corpus allows.

    Raises:
        UsageError: It allows none.
    """
    n_sessions = len({example.session for example in examples})
    reason = ""
    for given in _SPLITS:
        if given["scheme"] == "session" and not 2 < n_sessions <= _MOST_SESSIONS:
            continue
        try:
            make_plan([manifest], examples, labels, SplitConfig.model_validate(given))
        except UsageError as error:
            reason = str(error)
        else:
            return dict(given)
    raise UsageError(reason)


def _is_plain(found: Mapping[Kind, EncoderInfo]) -> bool:
    """Whether the plain networks that baselines are would learn from all of these features."""
    return all(
        info.numbers == "values" and not info.name.startswith("logmel") for info in found.values()
    )
