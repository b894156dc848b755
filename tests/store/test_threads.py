"""Where processes share a machine, each is told how many threads it may have."""

from __future__ import annotations

import os

import pytest

from sentigram.emotion.encoders.compact import text
from sentigram.store.threads import VARIABLE, n_threads, thread_limit


@pytest.mark.parametrize(
    ("said", "limit"), [(None, 0), ("3", 3), ("", 0), ("many", 0), ("-2", 0), ("²", 0)]
)
def test_only_a_number_limits(
    said: str | None, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    if said is not None:
        monkeypatch.setenv(VARIABLE, said)
    assert thread_limit() == limit
    assert n_threads() == (limit or os.cpu_count())


def test_an_encoder_that_may_have_all_has_no_more_than_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(VARIABLE, "1")
    encoder = text.MiniLmEncoder(n_threads=0)
    assert encoder._session.get_session_options().intra_op_num_threads == 1
