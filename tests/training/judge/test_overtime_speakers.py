"""The diarization error rate on cases that can be counted by hand."""

from __future__ import annotations

import pytest

from sentigram.training.judge.overtime import DiarizationError, LabelledSpan, speaker_error

TRUTH = [LabelledSpan(0, 1000, "a"), LabelledSpan(1000, 2000, "b")]


def rates(truth, found, **more):
    error = speaker_error(truth, found, **more)
    return error.missed, error.false_alarm, error.confused, error.total


def test_names_do_not_matter():
    found = [LabelledSpan(0, 1000, "2"), LabelledSpan(1000, 2000, "1")]
    assert rates(TRUTH, found) == (0, 0, 0, 200)
    assert speaker_error(TRUTH, found).rate == 0


def test_one_speaker_for_two_is_half_wrong():
    assert rates(TRUTH, [LabelledSpan(0, 2000, "1")]) == (0, 0, 100, 200)


def test_two_found_for_one_count_once():
    found = [LabelledSpan(0, 300, "1"), LabelledSpan(300, 1000, "2")]
    assert rates(TRUTH[:1], found) == (0, 0, 30, 100)


def test_missed_and_invented():
    found = [
        LabelledSpan(0, 500, "1"),
        LabelledSpan(1000, 2000, "2"),
        LabelledSpan(2500, 2700, "1"),
    ]
    assert rates(TRUTH, found) == (50, 20, 0, 200)


def test_where_two_speak_both_count():
    truth = [LabelledSpan(0, 1000, "a"), LabelledSpan(500, 1500, "b")]
    found = [LabelledSpan(0, 1000, "1"), LabelledSpan(1000, 1500, "2")]
    assert rates(truth, found) == (50, 0, 0, 200)
    assert rates(truth, [LabelledSpan(0, 1000, "1"), LabelledSpan(500, 1500, "2")])[:3] == (0, 0, 0)


def test_near_edges_nothing_is_scored():
    found = [LabelledSpan(100, 900, "1"), LabelledSpan(1200, 2150, "2")]
    assert rates(TRUTH, found, collar_ms=250) == (0, 0, 0, 100)


def test_nothing_at_all():
    assert speaker_error([], []).rate == 0
    assert rates(TRUTH, []) == (200, 0, 0, 200)
    assert rates([], [LabelledSpan(0, 500, "1")]) == (0, 50, 0, 0)


def test_recordings_add_up():
    total = DiarizationError(1, 2, 3, 40) + DiarizationError(1, 0, 1, 40)
    assert total.rate == pytest.approx(8 / 80)
