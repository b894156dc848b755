"""What an audit says, and what to do about each rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Severity = Literal["fail", "report"]
N_SHOWN = 5

REMEDIES: Mapping[str, str] = MappingProxyType(
    {
        "shared-speaker": "divide by speaker: split.scheme speaker, or kfold by speaker",
        "unknown-speaker": "name the speakers: prepare again from a list with a column speaker",
        "look-alike-speakers": "write each speaker in one way, prepare again, divide again",
        "speaker-in-two-corpora": "give different people different names; keep one on one side",
        "speakers-of-one-sound": "give one person one name, prepare again, divide by speaker",
        "voices-alike": "listen to both; where they are one person, give them one name",
        "unread-speakers": "name the column speaker, prepare again, divide by speaker",
        "shared-dialogue": "divide by dialogue: split.scheme dialogue, or kfold by dialogue",
        "unknown-dialogue": "where clips are turns of dialogues, name those in a column dialogue",
        "shared-session": "divide by session: split.scheme session",
        "identical-audio": "keep one copy, or keep all copies on one side",
        "identical-features": "see whether one file was given twice; keep copies on one side",
        "near-identical-audio": "listen to the pairs; keep all takes of one sound on one side",
        "altered-audio": "listen to the pairs; keep a sound and its copies on one side",
        "pieces-across-split": "name the whole in a column origin; keep its pieces on one side",
        "near-identical-text": "report scripted and improvised speech apart",
        "duplicated-across-split": "split first; copy and augment training examples afterwards",
        "augmented-in-held-out": "split first; augment training examples only",
        "oversampled": "split first; resample training examples only",
        "hand-picked": "put every labelled example into every fold, or say why not",
        "label-in-text": "take the label, and names that hold it, out of the texts",
        "label-in-features": "make features that no label has a part in",
        "edited-readings": "run the experiment again; readings stay as they were written",
        "selection-on-test": "choose by validation; read the test examples once, at the end",
        "label-dependent-augmentation": (
            "train it on labels dealt out anew (augment.placebo: run); it must score chance there"
        ),
        "normalization-on-held-out": "fit statistics on training examples",
        "no-record": "give --record protocol.json, which says how the numbers were made",
    }
)


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """One thing that an audit found.

    Attributes:
        rule: A key of REMEDIES.
        severity: `fail` where figures would be wrong; `report` where a reader must be told.
        message: What was found.
        count: How often.
        examples: A few ids of where.
    """

    rule: str
    severity: Severity
    message: str
    count: int
    examples: tuple[str, ...] = ()

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return REMEDIES[self.rule]
