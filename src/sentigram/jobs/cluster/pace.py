"""How far a run is, how fast it goes, and when it will be done."""

from __future__ import annotations

from dataclasses import dataclass

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


@dataclass(frozen=True, slots=True)
class Pace:
    """How far a run is.

    Attributes:
        n_done: Recordings of which all is said.
        n_all: Recordings in all.
        n_failed: Of those that are done.
        seconds: Since it began.
        worked: Weight of what was worked on, and not skipped.
        left: Weight of what is left.
        heard_ms: Length of the recordings that were worked on.
        n_worked: How many these were.
        n_workers: At work now.
    """

    n_done: int
    n_all: int
    n_failed: int = 0
    seconds: float = 0.0
    worked: float = 0.0
    left: float = 0.0
    heard_ms: int = 0
    n_worked: int = 0
    n_workers: int = 0

    @property
    def share(self) -> float:
        """The share that is done, in [0, 1]: of the weight, where that is known."""
        return self.n_done / self.n_all if self.n_all else 1.0

    @property
    def eta_seconds(self) -> float | None:
        """What is left at the rate so far; None until something was worked on."""
        if not self.n_worked or not self.worked or not self.seconds:
            return None
        return self.left / (self.worked / self.seconds)

    def __str__(self) -> str:
        said = [f"{self.n_done:,} of {self.n_all:,}"]
        if self.n_failed:
            said.append(f"{self.n_failed:,} failed")
        if self.n_worked and self.seconds:
            said.append(f"{self.n_worked / self.seconds * _MINUTE:,.3g} files a minute")
            said.append(f"{self.heard_ms / 1000 / self.seconds:,.3g} times as fast as they play")
        if self.n_workers:
            said.append(f"{self.n_workers} worker{'s' if self.n_workers > 1 else ''}")
        if self.left and (eta := self.eta_seconds) is not None:
            said.append(f"about {_lasting(eta)} left")
        return ", ".join(said)


def _lasting(seconds: float) -> str:
    if seconds < 2 * _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < 2 * _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds / _HOUR:.1f} h" if seconds < 2 * _DAY else f"{seconds / _DAY:.1f} days"
