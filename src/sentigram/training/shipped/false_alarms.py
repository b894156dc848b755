"""False alarms in unacted speech: how much of it is read as an emotion, and how restless that is.

Nobody marked what these speakers felt; they read or talk without being moved, and a viewer who sees
their words in red capitals sees a mistake. So the share of words that are not neutral has a budget.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sentigram.core.emotion import NEUTRAL, EmotionTrack
from sentigram.core.protocols import EmotionModel
from sentigram.core.time import MS_PER_MINUTE
from sentigram.training.shipped.unacted_speech import Recording

POOLED_SHARE = 0.05  # of all words of plain recordings, at most
LARGEST_SHARE = 0.10  # of the words of any plain recording, at most
CHANGES_PER_MINUTE = 1.0  # of label, over all plain recordings, at most


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """How one recording, or several together, were read.

    Attributes:
        name: Of the recording.
        kind: See `unacted_speech`; only `plain` recordings count.
        language: ISO 639-1 code.
        minutes: Length.
        n_words: Words, or the pieces of speech that stand for them.
        n_withheld: Words of which the model says nothing.
        labels: Emotion that is shown to number of words, neutral left out, most frequent first.
        n_changes: How often the label that is shown changes from one word to the next.
    """

    name: str
    kind: str
    language: str
    minutes: float
    n_words: int
    n_withheld: int
    labels: Mapping[str, int]
    n_changes: int

    @property
    def share(self) -> float:
        """Share of words that are shown as an emotion."""
        return sum(self.labels.values()) / self.n_words if self.n_words else 0.0

    @property
    def changes_per_minute(self) -> float:
        """Changes of label per minute of the recording, pauses included."""
        return self.n_changes / self.minutes if self.minutes else 0.0


@dataclass(frozen=True, slots=True)
class RealFigures:
    """False alarms of one model.

    Attributes:
        rows: One per recording.
        left_out: What could not be read, and why.
    """

    rows: tuple[AlarmRow, ...]
    left_out: tuple[str, ...] = ()

    @property
    def plain(self) -> tuple[AlarmRow, ...]:
        """The rows that count."""
        return tuple(row for row in self.rows if row.kind == "plain")

    @property
    def pooled(self) -> AlarmRow:
        """All plain recordings together."""
        return pooled("all plain recordings", self.plain)

    @property
    def too_emotional(self) -> tuple[AlarmRow, ...]:
        """Plain recordings over the share that any may have."""
        return tuple(row for row in self.plain if row.share > LARGEST_SHARE)

    @property
    def too_restless(self) -> tuple[AlarmRow, ...]:
        """Plain recordings whose label changes more often than once a minute."""
        return tuple(row for row in self.plain if row.changes_per_minute > CHANGES_PER_MINUTE)

    @property
    def is_kept(self) -> bool:
        """Whether all three budgets are kept."""
        whole = self.pooled
        return (
            whole.share <= POOLED_SHARE
            and not self.too_emotional
            and whole.changes_per_minute <= CHANGES_PER_MINUTE
        )


def evaluate(
    recordings: Sequence[Recording],
    model: EmotionModel,
    *,
    left_out: Sequence[str] = (),
    log: Callable[[str], None] = lambda _text: None,
) -> RealFigures:
    """Read recordings and count what is not neutral.

    Args:
        recordings: From `unacted_speech.prepare`.
        model: What reads them.
        left_out: From `unacted_speech.prepare`, for the report.
        log: Told about progress.
    """
    rows = []
    for recording in recordings:
        log(f"reading {recording.name}")
        rows.append(row_of(recording, model.read(recording.transcript, recording.audio)))
    return RealFigures(tuple(rows), tuple(left_out))


def row_of(recording: Recording, track: EmotionTrack) -> AlarmRow:
    """Count one recording's labels."""
    labels = shown_labels(track)
    emotions = Counter(label for label in labels if label != NEUTRAL)
    return AlarmRow(
        name=recording.name,
        kind=recording.kind,
        language=recording.language,
        minutes=recording.audio.duration_ms / MS_PER_MINUTE,
        n_words=len(labels),
        n_withheld=sum(_is_withheld(reading) for reading in track.readings),
        labels=dict(emotions.most_common()),
        n_changes=sum(a != b for a, b in pairwise(labels)),
    )


def shown_labels(track: EmotionTrack) -> tuple[str, ...]:
    """What a viewer sees of each word: a reading that is withheld is shown as neutral."""
    return tuple(NEUTRAL if _is_withheld(r) else r.label for r in track.readings)


def _is_withheld(reading: object) -> bool:
    return bool(getattr(reading, "withheld", False))  # models that withhold nothing lack the field


def pooled(name: str, rows: Sequence[AlarmRow]) -> AlarmRow:
    """Several recordings as if they were one; no change is counted between them."""
    labels: Counter[str] = Counter()
    for row in rows:
        labels.update(row.labels)
    languages = dict.fromkeys(row.language for row in rows)
    return AlarmRow(
        name=name,
        kind=" ".join(dict.fromkeys(row.kind for row in rows)),
        language=" ".join(languages),
        minutes=sum(row.minutes for row in rows),
        n_words=sum(row.n_words for row in rows),
        n_withheld=sum(row.n_withheld for row in rows),
        labels=dict(labels.most_common()),
        n_changes=sum(row.n_changes for row in rows),
    )


def as_json(figures: RealFigures) -> dict[str, Any]:
    """For scripts; without plain speech no budget is kept or broken, and `kept` is null."""
    return {
        "kept": figures.is_kept if figures.plain else None,
        "budget": {
            "pooled share": POOLED_SHARE,
            "largest share": LARGEST_SHARE,
            "changes per minute": CHANGES_PER_MINUTE,
        },
        "pooled": _row_json(figures.pooled),
        "recordings": [_row_json(row) for row in figures.rows],
        "left out": list(figures.left_out),
    }


def _row_json(row: AlarmRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "kind": row.kind,
        "language": row.language,
        "minutes": round(row.minutes, 3),
        "words": row.n_words,
        "share": round(row.share, 4),
        "withheld": row.n_withheld,
        "labels": dict(row.labels),
        "changes per minute": round(row.changes_per_minute, 3),
    }


def as_text(figures: RealFigures) -> str:
    """For people: the budgets first, then a line per recording."""
    lines = [*_verdicts(figures), ""]
    lines.append(f"{'recording':20} {'kind':9} {'words':>6} {'emotion':>8} {'withheld':>8} "
                 f"{'changes/min':>11}  read as")  # fmt: skip
    groups = _by_language(figures.plain)
    together = [pooled(f"all in {language}", rows) for language, rows in groups.items()]
    for row in (*figures.rows, *together, figures.pooled):
        if not row.n_words:
            continue
        read = ", ".join(f"{name} {count}" for name, count in row.labels.items())
        lines.append(
            f"{row.name:20} {row.kind:9} {row.n_words:6} {row.share:8.1%} "
            f"{row.n_withheld / row.n_words:8.1%} {row.changes_per_minute:11.1f}  {read}"
        )
    if figures.left_out:
        lines += ["", "Left out:", *(f"  {line}" for line in figures.left_out)]
    return "\n".join(lines)


def _verdicts(figures: RealFigures) -> list[str]:
    whole = figures.pooled
    if not figures.plain:
        return ["Plain speech: no recording of it could be read, so no budget was tested."]
    worst = max(figures.plain, key=lambda row: row.share)
    minutes = f"{whole.minutes:.1f} minutes"
    loud = ", ".join(f"{row.name} ({row.share:.1%})" for row in figures.too_emotional)
    restless = ", ".join(
        f"{row.name} ({row.changes_per_minute:.1f})" for row in figures.too_restless
    )
    heading = f"Plain speech, {len(figures.plain)} recordings, {minutes}, {whole.n_words} words:"
    share = (
        f"  words shown as an emotion, pooled: {whole.share:.1%} (at most {POOLED_SHARE:.0%}): "
        f"{_verdict(kept=whole.share <= POOLED_SHARE)}"
    )
    largest = (
        f"  the same in the worst recording: {worst.share:.1%} (at most {LARGEST_SHARE:.0%}): "
        f"{_verdict(kept=not loud)}{' by ' + loud if loud else ''}"
    )
    changes = (
        f"  changes of label per minute, pooled: {whole.changes_per_minute:.2f} "
        f"(at most {CHANGES_PER_MINUTE:g}): "
        f"{_verdict(kept=whole.changes_per_minute <= CHANGES_PER_MINUTE)}"
        f"{'; more often in ' + restless if restless else ''}"
    )
    return [heading, share, largest, changes]


def _verdict(*, kept: bool) -> str:
    return "kept" if kept else "broken"


def _by_language(rows: Sequence[AlarmRow]) -> dict[str, list[AlarmRow]]:
    groups: dict[str, list[AlarmRow]] = {}
    for row in rows:
        groups.setdefault(row.language, []).append(row)
    return groups
