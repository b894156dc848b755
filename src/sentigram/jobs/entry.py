"""What a report says of one recording: light enough for a hundred thousand of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sentigram.jobs.one_source import Result, Status


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of one recording, without its Document.

    Attributes:
        name: Its path below the folder, with `/`.
        source: Where it is, as the report has it.
        status: See `jobs.one_source.Result`.
        error: Why it failed.
        left_alone: Results that were not replaced, each with why.
        concerns: What is to be looked at before the captions are used.
        detail: Of what was made, as `jobs.run.Made` has it for scripts.
    """

    name: str
    source: str
    status: Status
    error: str = ""
    left_alone: tuple[str, ...] = ()
    concerns: tuple[str, ...] = ()
    detail: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def is_wanting(self) -> bool:
        """Whether not all is there that was asked for."""
        return self.status in ("kept", "failed")

    def as_json(self) -> dict[str, Any]:
        """One entry of the report."""
        return {
            "source": self.source,
            "status": self.status,
            **{key: value for key, value in self.detail.items() if key != "source"},
            **({"left_alone": list(self.left_alone)} if self.left_alone else {}),
            **({"error": self.error} if self.error else {}),
        }


def entry_of(result: Result, folder: Path) -> Entry:
    """What a report says of a result.

    Args:
        result: Of a recording in the folder.
        folder: It.
    """
    return Entry(
        name=result.source.relative_to(folder).as_posix(),
        source=str(result.source),
        status=result.status,
        error=result.error,
        left_alone=result.left_alone,
        concerns=result.concerns,
        detail={} if result.made is None else result.made.as_json(),
    )
