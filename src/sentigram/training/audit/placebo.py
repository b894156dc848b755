"""What a policy of augmentation that knows the label scores by its traces alone.

RUN/placebo.json holds it. Such a policy marks every example with its label; a protocol that also
marks what it tests reads the marks and calls it accuracy. Where labels are drawn at random there is
nothing else to read.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from sentigram.data_files import read_json
from sentigram.errors import InputError
from sentigram.files import write_text
from sentigram.reading import RUN_FILE
from sentigram.training.audit.protocol_record import Placebo

FILE = "placebo.json"
Protocol = Literal["original", "honest"]
Labels = Literal["drawn", "true"]
_VERSION = 1


@dataclass(frozen=True, slots=True)
class PlaceboRow:
    """One protocol on one set of labels.

    Attributes:
        protocol: `original` alters every example by its label, then divides at random; `honest`
            divides first and alters training examples only.
        labels: `drawn` at random, so that nothing can be learnt; or the `true` ones.
        score: Unweighted accuracy on the test examples.
        chance: What guessing scores.
        n: Scored examples; where classes differ in size, as many of even classes that would make
            the score as uncertain.
    """

    protocol: Protocol
    labels: Labels
    score: float
    chance: float
    n: int


@dataclass(frozen=True, slots=True)
class PlaceboStudy:
    """All rows of a study.

    Attributes:
        rows: Each protocol with drawn labels, the original one with true labels as well. The
            honest one with true labels is the experiment itself.
    """

    rows: tuple[PlaceboRow, ...]

    @property
    def placebo(self) -> Placebo:
        """What the experiment's own protocol scores without any label to learn."""
        row = next(r for r in self.rows if r.protocol == "honest" and r.labels == "drawn")
        return Placebo(row.score, row.chance, row.n)


def write_study(folder: Path, study: PlaceboStudy) -> None:
    """Write RUN/placebo.json, whole or not at all."""
    said = {"version": _VERSION, "rows": [asdict(row) for row in study.rows]}
    write_text(folder / FILE, json.dumps(said, indent=1) + "\n", overwrite=True)


def read_study(folder: Path) -> PlaceboStudy | None:
    """Read RUN/placebo.json; None where there is none.

    Raises:
        InputError: It is damaged.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        given: dict[str, Any] = read_json(path, RUN_FILE)
        study = PlaceboStudy(tuple(PlaceboRow(**row) for row in given["rows"]))
        odd = [
            row
            for row in study.rows
            if row.protocol not in get_args(Protocol)
            or row.labels not in get_args(Labels)
            or not all(isinstance(v, int | float) for v in (row.score, row.chance, row.n))
        ]
        if given["version"] != _VERSION or odd:
            message = f"{path}: not a placebo study; delete it and run the experiment again"
            raise InputError(message)
        _ = study.placebo
    except (OSError, ValueError, KeyError, TypeError, StopIteration) as error:
        message = f"{path}: not a placebo study ({error!r}); delete it and run the experiment again"
        raise InputError(message) from error
    return study
