"""How numbers were made: what a plan does not show, and an audit must know.

A run folder holds it as `protocol.json`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from sentigram.data_files import read_json
from sentigram.errors import InputError
from sentigram.files import write_text
from sentigram.reading import RUN_FILE

Role = Literal["train", "validation", "test"]
Reported = Literal["test", "validation", "validation_maximum", "test_maximum"]
Fitted = Literal["none", "train", "recording", "all"]
ChangeKind = Literal["augmentation", "resampling"]
When = Literal["train_only", "before_split"]

_VERSION = 1
_STANDARD_ERRORS = 3.0  # above chance that a placebo may score by luck


@dataclass(frozen=True, slots=True)
class Placebo:
    """The same pipeline on data without any label in it.

    Attributes:
        score: Unweighted accuracy.
        chance: What guessing scores.
        n: Scored examples.
    """

    score: float
    chance: float
    n: int

    @property
    def is_at_chance(self) -> bool:
        """Whether the score is at most three standard errors above chance."""
        error = math.sqrt(self.chance * (1 - self.chance) / max(1, self.n))
        return self.score <= self.chance + _STANDARD_ERRORS * error


@dataclass(frozen=True, slots=True)
class Selection:
    """One thing that was chosen by a score.

    Attributes:
        what: Such as epoch, settings or support.
        role: The part of the plan that the score was of.
        ids: The examples themselves, where they are not simply those of the role.
        fold: The fold that it was chosen for; empty when one choice is used in all of them.
    """

    what: str
    role: Role
    ids: tuple[str, ...] = ()
    fold: str = ""


@dataclass(frozen=True, slots=True)
class DataChange:
    """One thing that copied or altered examples.

    Attributes:
        name: Such as noise or oversampling.
        kind: `augmentation` alters examples, `resampling` repeats or drops them.
        when: Before the split, or to training examples only.
        uses_label: Whether what an augmentation does depends on the label.
        placebo: What it scored on data without labels, None when that was not tried.
    """

    name: str
    kind: ChangeKind
    when: When
    uses_label: bool = False
    placebo: Placebo | None = None


@dataclass(frozen=True, slots=True)
class ProtocolRecord:
    """How the numbers of a run were made.

    Attributes:
        selections: Everything that was chosen by a score.
        reported: What the reported score is: one reading of the test examples after everything
            was chosen; or a maximum over epochs or settings.
        normalization: Modality → which examples its statistics were fitted on; `recording` is
            each speaker's own, without labels.
        changes: Augmentation and resampling.
    """

    selections: tuple[Selection, ...]
    reported: Reported
    normalization: Mapping[str, Fitted] = field(default_factory=dict)
    changes: tuple[DataChange, ...] = ()


def write_record(path: Path, record: ProtocolRecord, *, overwrite: bool) -> None:
    """Write a record as JSON, whole or not at all.

    Raises:
        OutputError: The file cannot be written, or is in the way.
    """
    rows = {"version": _VERSION, **asdict(record)}
    write_text(path, json.dumps(rows, indent=1) + "\n", overwrite=overwrite)


def read_record(path: Path) -> ProtocolRecord:
    """Read what `write_record` wrote, or what someone wrote by hand about another's numbers.

    Raises:
        InputError: Absent, or a key or value is wrong; the message names it.
    """
    try:
        given: dict[str, Any] = read_json(path, RUN_FILE)
        if given.pop("version") != _VERSION:
            message = f"{path}: a protocol of another version; this release reads {_VERSION}"
            raise InputError(message)
        record = ProtocolRecord(
            selections=tuple(
                Selection(**(row | {"ids": tuple(row.get("ids", ()))}))
                for row in given["selections"]
            ),
            reported=given["reported"],
            normalization=dict(given.get("normalization", {})),
            changes=tuple(_change(row) for row in given.get("changes", ())),
        )
    except OSError as error:
        message = f"{path}: no protocol ({error.strerror}); sentigram train writes protocol.json"
        raise InputError(message) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"{path}: not a protocol ({error!r}); sentigram train writes one"
        raise InputError(message) from error
    _check(record, path)
    return record


def _change(row: dict[str, Any]) -> DataChange:
    placebo = row.get("placebo")
    return DataChange(**(row | {"placebo": None if placebo is None else Placebo(**placebo)}))


def _check(record: ProtocolRecord, path: Path) -> None:
    allowed = [
        ("reported", record.reported, Reported),
        *(("role", selection.role, Role) for selection in record.selections),
        *(("normalization", fitted, Fitted) for fitted in record.normalization.values()),
        *(("kind", change.kind, ChangeKind) for change in record.changes),
        *(("when", change.when, When) for change in record.changes),
    ]
    for key, value, choices in allowed:
        if value not in get_args(choices):
            message = f"{path}: {key} {value!r}; choose from {', '.join(get_args(choices))}"
            raise InputError(message)
