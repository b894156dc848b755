"""Servers for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serve.running import FakeProcess, Running, fake, running

__all__ = ["fake"]


@pytest.fixture
def server(tmp_path: Path, fake: type[FakeProcess]) -> Iterator[Running]:
    """A server without a token, on loopback, whose jobs are done at once."""
    with running(tmp_path / "data") as it:
        yield it
