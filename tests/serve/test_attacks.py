"""Every attack of `benchmarks/attack_kinds/serve.py`, on servers in this process."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from attack_kinds.serve import TOKEN, Ground, ServerAttack, attacks
from server_attacks import ground_of, tried

from sentigram.serve.access import Pace
from sentigram.serve.limits import Limits
from tests.serve.running import FakeProcess, running

ATTACKS = tuple(attack for attack in attacks() if not attack.is_slow)
ROOT = Path(__file__).resolve().parents[2]


class _BusyWhereSmall(FakeProcess):
    """Never done on the server that takes 1 MB: there jobs pile up."""

    async def run(self, hear):
        self.hold = threading.Event() if self.limits.upload_mb == 1 else None
        return await super().run(hear)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    folder = tmp_path_factory.mktemp("servers")
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        process = type("Fake", (_BusyWhereSmall,), {"drawn": [], "checked": []})
        patch.setattr("sentigram.serve.queue.Process", process)
        patch.setattr("sentigram.serve.drawing.Process", process)
        server = stack.enter_context(running(folder / "open"))
        fast = Pace(per_s=1e6, burst=10**6)
        server.app.access.requests = server.app.access.uploads = fast
        token = stack.enter_context(running(folder / "token", token=TOKEN))
        limits = Limits(upload_mb=1, jobs_per_owner=2)
        small = stack.enter_context(running(folder / "small", limits))
        small.app.access.requests = Pace(per_s=100, burst=300)
        yield ground_of(server.port, token.port, small.port, folder / "open")


@pytest.mark.parametrize("attack", ATTACKS, ids=[attack.id for attack in ATTACKS])
def test_an_attack_comes_to_nothing(attack: ServerAttack, ground: Ground) -> None:
    outcome, faults = tried(attack, ground)
    assert not faults
    assert outcome


def test_the_table_of_the_docs_has_every_attack() -> None:
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.+) \| (.+) \| `(serve-[a-z0-9-]+)`", text, re.MULTILINE)
    assert {row[2]: row[0] for row in rows} == {attack.id: attack.what for attack in attacks()}
    assert len(rows) >= 60
    assert not [row for row in rows if "**" in row[1]]
