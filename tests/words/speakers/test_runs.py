"""Runs of one voice, from windows whose voices are numbered anew in each."""

from __future__ import annotations

import numpy as np
import pytest

from sentigram.core.media import SAMPLE_RATE_HZ, Audio
from sentigram.core.time import Span
from sentigram.words.speakers import runs as runs_module
from sentigram.words.speakers.runs import find_runs

LASTS_MS = 23_000


def audio(ms=LASTS_MS) -> Audio:
    return Audio(np.zeros(ms * SAMPLE_RATE_HZ // 1000, np.float32))


@pytest.fixture
def said(monkeypatch) -> list[tuple[int, int, int]]:
    """Who is heard: voice, start and end in ms. Each window numbers voices in its own way."""
    spans: list[tuple[int, int, int]] = []

    def activity(_audio, start_ms):
        whole = np.full((1000, 3), 0.1, np.float32)
        for voice, begin_ms, end_ms in spans:
            first, last = ((ms - start_ms) // 10 for ms in (begin_ms, end_ms))
            whole[max(0, first) : max(0, last), voice] = 0.9
        return whole[:, np.random.default_rng(start_ms).permutation(3)]

    monkeypatch.setattr(runs_module, "window_activity", activity)
    return spans


def test_runs_go_on_where_windows_meet(said):
    said += [(0, 500, 9_000), (1, 9_500, 16_000), (0, 16_500, 22_000)]
    found = find_runs(audio())
    assert [run.span for run in found] == [Span(a, b) for _, a, b in said]
    assert found[0].voice == found[2].voice != found[1].voice
    assert all(run.alone == (run.span,) for run in found)


def test_who_speaks_over_another_is_heard_where_alone(said):
    said += [(0, 1_000, 5_000), (1, 4_000, 8_000)]
    first, second = find_runs(audio())
    assert (first.span, second.span) == (Span(1_000, 5_000), Span(4_000, 8_000))
    assert (first.alone, second.alone) == ((Span(1_000, 4_000),), (Span(5_000, 8_000),))
    assert second.alone_ms == 3_000


def test_holes_are_bridged_and_clicks_are_nobody(said):
    said += [(0, 1_000, 1_500), (0, 1_580, 2_000), (1, 3_000, 3_080)]
    assert [run.span for run in find_runs(audio())] == [Span(1_000, 2_000)]


def test_a_run_ends_with_the_sound(said):
    said += [(0, 20_000, 30_000)]
    assert [run.span for run in find_runs(audio())] == [Span(20_000, LASTS_MS)]


@pytest.mark.parametrize("ms", [0, 30, 4_000, 10_000, 12_000])
def test_silence_of_any_length_is_nobody(ms):
    assert find_runs(audio(ms)) == ()


def test_sound_that_is_no_number_is_silence():
    assert find_runs(Audio(np.full(SAMPLE_RATE_HZ, np.nan, np.float32))) == ()
