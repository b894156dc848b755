"""The limits of a server are options like any other."""

from __future__ import annotations

import pytest

from sentigram.core.option import options_of
from sentigram.errors import UsageError
from sentigram.serve.limits import DiskFull, Limits, QueueFull, Refused, TooManyJobs


def test_each_limit_is_an_option_with_bounds() -> None:
    described = {name: option for name, _, option in options_of(Limits)}
    assert set(described) == {field for field in Limits.__slots__ if not field.startswith("_")}
    for option in described.values():
        assert option.help.endswith(".")
        assert option.least is not None
        assert option.is_variable


@pytest.mark.parametrize(
    ("name", "value"),
    [("upload_mb", 0), ("workers", 65), ("job_minutes", 0), ("keep_minutes", -1)],
)
def test_a_limit_that_cannot_be_is_refused(name: str, value: int) -> None:
    with pytest.raises(UsageError, match=f"`{name} {value}`: choose from"):
        Limits(**{name: value})


def test_units_are_those_of_people() -> None:
    assert Limits(upload_mb=3, disk_mb=10).upload_bytes == 3_000_000
    assert Limits(disk_mb=10).disk_bytes == 10_000_000


def test_refusals_say_whose_fault_it_is() -> None:
    assert {TooManyJobs.status, QueueFull.status, DiskFull.status} == {429, 503}
    assert all(issubclass(each, Refused) for each in (TooManyJobs, QueueFull, DiskFull))
    assert TooManyJobs.status == 429
