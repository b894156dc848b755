"""What each system said about each held-out example: the only thing that is ever evaluated."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sentigram.core.arrays import Floats64, Ints64
from sentigram.errors import InputError
from sentigram.files import whole_file
from sentigram.training.judge.intervals import GROUPS
from sentigram.training.splits.grouping import connected

Names = NDArray[np.str_]

VERSION = 1
SPEAKERS, DIALOGUES, EXAMPLES = "speakers", "dialogues", "examples"
GIVEN_SPEAKERS = "dialogues, given these speakers"


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """One system's readings of the test examples of all folds, in one run.

    Attributes:
        system: Such as `vga`, `text`, `concat`, `tf-idf`, `majority`.
        run: Which of several runs.
        classes: Ordered names.
        ids: (n,) example ids.
        folds: (n,) name of the fold that the example was tested in.
        truth: (n,) indices into classes.
        logits: (n, n_classes); softmax gives probabilities.
        vad_truth: (n, 3), NaN where it is not annotated.
        vad: (n, 3), NaN where the system gives none.
        speakers: (n,), empty when unknown.
        dialogues: (n,), empty where there are none.
        corpora: (n,).
        groups: (n,) where examples overlap in more ways, such as scripted or improvised; else "".
    """

    system: str
    run: int
    classes: tuple[str, ...]
    ids: Names
    folds: Names
    truth: Ints64
    logits: Floats64
    vad_truth: Floats64
    vad: Floats64
    speakers: Names
    dialogues: Names
    corpora: Names
    groups: Names

    @property
    def probs(self) -> Floats64:
        """(n, n_classes), rows sum to 1."""
        raised = np.exp(self.logits - self.logits.max(axis=1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=1, keepdims=True))

    @property
    def guess(self) -> Ints64:
        """(n,) the most probable class."""
        return np.asarray(self.logits.argmax(axis=1), np.int64)

    @property
    def clusters(self) -> Ints64:
        """(n,) what is drawn as a whole: the groups that speakers and dialogues connect.

        Examples of unknown speaker and dialogue are their own.
        """
        return connected(self.speakers, self.dialogues)

    @property
    def clustered_by(self) -> str:
        """What `clusters` are, in the plural."""
        has_speaker, has_dialogue = self.speakers != "", self.dialogues != ""
        known = has_speaker | has_dialogue
        kinds = []
        if known.any():
            n = len(np.unique(self.clusters[known]))
            n_speakers, n_dialogues = (
                len(np.unique(names[names != ""])) for names in (self.speakers, self.dialogues)
            )
            if has_speaker[known].all() and n == n_speakers:
                kinds.append(SPEAKERS)
            elif has_dialogue[known].all() and n == n_dialogues:
                kinds.append(DIALOGUES)
            else:
                kinds.append(f"{GROUPS}{SPEAKERS} and {DIALOGUES}")
        if not known.all():
            kinds.append(EXAMPLES)
        return " or ".join(kinds)

    @property
    def dialogue_clusters(self) -> Ints64:
        """(n,) dialogues alone; for what is said of these very speakers, never of others."""
        return connected(self.dialogues)


_TEXTS = ("ids", "folds", "speakers", "dialogues", "corpora", "groups")
_LISTS = ("logits", "vad_truth", "vad")


def write_predictions(
    path: Path, predictions: Sequence[Predictions], *, overwrite: bool = True
) -> None:
    """Write the readings of all systems as one Parquet table, whole or not at all."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables = []
    for part in predictions:
        n = len(part.ids)
        columns: dict[str, Any] = {"system": [part.system] * n, "run": [part.run] * n}
        columns |= {name: getattr(part, name).tolist() for name in (*_TEXTS, "truth", *_LISTS)}
        tables.append(pa.table(columns, schema=_schema()))
    about = {"version": VERSION, "classes": list(predictions[0].classes)}
    table = pa.concat_tables(tables).replace_schema_metadata({"sentigram": json.dumps(about)})
    with whole_file(path, overwrite=overwrite) as part_file:
        pq.write_table(table, part_file)


def read_predictions(path: Path) -> tuple[Predictions, ...]:
    """Read what `write_predictions` wrote, one value per system and run, in the order written.

    Raises:
        InputError: Absent, or not such a file.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        message = f"{path}: no predictions; make them with: sentigram train EXPERIMENT.yaml"
        raise InputError(message)
    try:
        table = pq.read_table(path)
        about: dict[str, Any] = json.loads((table.schema.metadata or {})[b"sentigram"])
        columns = table.cast(_schema()).to_pydict()
    except (pa.ArrowException, KeyError, ValueError, OSError) as error:
        message = f"{path}: not predictions ({error}); run the experiment again"
        raise InputError(message) from error
    classes = tuple(about.get("classes", ()))
    keys = list(zip(columns["system"], columns["run"], strict=True))
    return tuple(_one(key, keys, columns, classes, path) for key in dict.fromkeys(keys))


def _one(
    key: tuple[str, int],
    keys: list[tuple[str, int]],
    columns: dict[str, list[Any]],
    classes: tuple[str, ...],
    path: Path,
) -> Predictions:
    rows = [i for i, other in enumerate(keys) if other == key]
    try:
        texts = {name: np.array([columns[name][i] for i in rows], np.str_) for name in _TEXTS}
        lists = {name: np.array([columns[name][i] for i in rows], float) for name in _LISTS}
        truth = np.array([columns["truth"][i] for i in rows], np.int64)
    except (TypeError, ValueError) as error:
        message = f"{path}: rows of {key[0]} are damaged ({error}); run the experiment again"
        raise InputError(message) from error
    is_sound = (
        lists["logits"].shape == (len(rows), len(classes))
        and lists["vad"].shape == lists["vad_truth"].shape == (len(rows), 3)
        and np.isfinite(lists["logits"]).all()
        and ((truth >= 0) & (truth < len(classes))).all()
    )
    if not is_sound:
        message = f"{path}: rows of {key[0]} do not fit its {len(classes)} classes; run it again"
        raise InputError(message)
    return Predictions(
        system=key[0],
        run=key[1],
        classes=classes,
        ids=texts["ids"],
        folds=texts["folds"],
        truth=truth,
        logits=lists["logits"],
        vad_truth=lists["vad_truth"],
        vad=lists["vad"],
        speakers=texts["speakers"],
        dialogues=texts["dialogues"],
        corpora=texts["corpora"],
        groups=texts["groups"],
    )


def _schema() -> Any:
    import pyarrow as pa

    texts = [(name, pa.string()) for name in ("system", *_TEXTS)]
    numbers = [(name, pa.list_(pa.float64())) for name in _LISTS]
    return pa.schema([*texts, ("run", pa.int64()), ("truth", pa.int64()), *numbers])
