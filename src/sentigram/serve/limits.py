"""What one server gives to its visitors, and what a job may take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from sentigram.core.option import Option, settle
from sentigram.errors import SentigramError

MB = 1_000_000
_PANEL = "Limits"


class Refused(SentigramError):  # noqa: N818  (said to a visitor as it is)
    """There is no room for another job; the message is fit for visitors.

    Attributes:
        status: Of HTTP: 429 where the visitor has too much, 503 where the server has.
        retry_s: When it may be tried again.
    """

    status = 503
    retry_s = 30


class QueueFull(Refused):
    """Too many jobs wait."""


class TooManyJobs(Refused):
    """The visitor has too many jobs that are not finished."""

    status = 429


class DiskFull(Refused):
    """The jobs that are kept take all the disk that they may have."""

    retry_s = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of a server, in units that people think in.

    Raises:
        UsageError: A number cannot be.
    """

    upload_mb: Annotated[
        int, Option("Largest upload, in MB.", _PANEL, is_variable=True, least=1, most=100_000)
    ] = 2000
    longest_minutes: Annotated[
        float,
        Option(
            "Longest recording that is heard, in minutes.",
            _PANEL,
            is_variable=True,
            least=0.01,
            most=1440,
        ),
    ] = 120
    queue_length: Annotated[
        int, Option("Jobs that may wait.", _PANEL, is_variable=True, least=1, most=10_000)
    ] = 100
    jobs_per_owner: Annotated[
        int,
        Option(
            "Jobs of one visitor that may wait or run at a time.",
            _PANEL,
            is_variable=True,
            least=1,
            most=10_000,
        ),
    ] = 10
    disk_mb: Annotated[
        int,
        Option(
            "Disk that all jobs may take together, in MB.",
            _PANEL,
            is_variable=True,
            least=10,
            most=100_000_000,
        ),
    ] = 20_000
    memory_mb: Annotated[
        int,
        Option(
            "Memory that a job may ask for, in MB; what it only reserves counts as well.",
            _PANEL,
            is_variable=True,
            least=64,
            most=1_000_000,
        ),
    ] = 8000
    job_minutes: Annotated[
        float,
        Option(
            "Longest time that a job may run, in minutes.",
            _PANEL,
            is_variable=True,
            least=0.01,
            most=1440,
        ),
    ] = 60
    keep_minutes: Annotated[
        int,
        Option(
            "How long a job is kept after its end, in minutes.",
            _PANEL,
            is_variable=True,
            least=1,
            most=525_600,
        ),
    ] = 1440
    workers: Annotated[
        int, Option("Jobs that run at a time.", _PANEL, is_variable=True, least=1, most=64)
    ] = 1

    def __post_init__(self) -> None:
        settle(self)

    @property
    def upload_bytes(self) -> int:
        """Largest upload."""
        return self.upload_mb * MB

    @property
    def disk_bytes(self) -> int:
        """What all jobs may take."""
        return self.disk_mb * MB
