from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from sentigram.core.time import Span
from sentigram.errors import InputError
from sentigram.training.judge.overtime import (
    BoundaryScore,
    DiarizationError,
    LabelledSpan,
    boundary_score,
    changes,
    diarization_error,
    from_words,
    switches_per_minute,
    word_diarization_error,
)

LABELS = ("neutral", "angry", "happy")


@st.composite
def recordings(draw, step_ms=1):
    """Segments with pauses, some touching, some empty."""
    at, segments = 0, []
    for _ in range(draw(st.integers(0, 12))):
        start = at + step_ms * draw(st.integers(0, 40))
        at = start + step_ms * draw(st.integers(0, 60))
        segments.append(LabelledSpan(start, at, draw(st.sampled_from(LABELS))))
    return tuple(segments)


def label_at(segments, t):
    return next((s.label for s in segments if s.start_ms <= t < s.end_ms), None)


def slow_error(reference, reading, step_ms):
    missed = alarm = confused = total = 0
    for start in range(0, max((s.end_ms for s in reference), default=0), step_ms):
        truth = label_at(reference, start + step_ms / 2)
        guess = label_at(reading, start + step_ms / 2) or "neutral"
        if truth is None:
            continue
        total += step_ms
        if truth == guess:
            continue
        missed += step_ms * (guess == "neutral")
        alarm += step_ms * (truth == "neutral")
        confused += step_ms * ("neutral" not in (truth, guess))
    return DiarizationError(missed, alarm, confused, total)


@given(recordings(), recordings())
def test_error_agrees_with_looking_at_every_frame(reference, reading):
    assert diarization_error(reference, reading) == slow_error(reference, reading, 10)


@given(recordings(step_ms=10), recordings(step_ms=10))
def test_frames_are_exact_where_segments_lie_on_them(reference, reading):
    assert diarization_error(reference, reading) == slow_error(reference, reading, 1)
    assert diarization_error(reference, reading).total == sum(
        s.end_ms - s.start_ms for s in reference
    )


@given(recordings())
def test_a_reading_like_the_truth_has_no_error(reference):
    assert diarization_error(reference, reference).rate == 0
    score = boundary_score(reference, reference, tolerance_ms=0)
    assert (score.precision, score.recall, score.f1) == (1, 1, 1)


@given(recordings(), recordings(), st.data())
def test_cutting_a_segment_changes_nothing(reference, reading, data):
    cut = []
    for segment in reading:
        at = data.draw(st.integers(segment.start_ms, segment.end_ms))
        cut += [segment._replace(end_ms=at), segment._replace(start_ms=at)]
    assert diarization_error(reference, cut) == diarization_error(reference, reading)
    np.testing.assert_array_equal(changes(cut), changes(reading))
    assert switches_per_minute(cut) == switches_per_minute(reading)


@given(recordings())
def test_no_reading_and_a_neutral_reading_are_the_same(reference):
    neutral = [s._replace(label="neutral") for s in reference]
    assert diarization_error(reference, ()) == diarization_error(reference, neutral)
    assert diarization_error(reference, ()).false_alarm == 0


def test_the_three_errors_are_told_apart():
    truth = [
        LabelledSpan(0, 1000, "angry"),
        LabelledSpan(1000, 2000, "neutral"),
        LabelledSpan(2500, 3500, "sad"),
    ]
    reading = [
        LabelledSpan(0, 600, "angry"),
        LabelledSpan(1500, 3000, "happy"),
        LabelledSpan(3000, 9000, "sad"),
    ]
    found = diarization_error(truth, reading)
    assert found == DiarizationError(missed=400, false_alarm=500, confused=500, total=3000)
    assert found.rate == pytest.approx(1400 / 3000)


def test_errors_of_recordings_add_up_by_time():
    long, short = DiarizationError(0, 0, 0, 9000), DiarizationError(500, 250, 250, 1000)
    assert (long + short).rate == pytest.approx(0.1)
    assert DiarizationError().rate == 0


@given(st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), max_size=30))
def test_words_count_once_each(pairs):
    truth, guess = [t for t, _ in pairs], [g for _, g in pairs]
    # the same as frames of one millisecond
    as_frames = [[LabelledSpan(i, i + 1, x) for i, x in enumerate(xs)] for xs in (truth, guess)]
    assert word_diarization_error(truth, guess) == diarization_error(*as_frames, frame_ms=1)


@given(recordings(), recordings(), st.integers(0, 100))
def test_matching_finds_as_many_pairs_as_there_can_be(reference, reading, tolerance_ms):
    found = boundary_score(reference, reading, tolerance_ms=tolerance_ms)
    true, read = changes(reference), changes(reading)
    assert (found.n_reference, found.n_reading) == (len(true), len(read))
    near = np.abs(true[:, None] - read[None, :]) <= tolerance_ms
    best = 0
    if near.size:
        best = int((maximum_bipartite_matching(csr_array(near.astype(int))) >= 0).sum())
    assert found.matched == best


def test_one_change_is_matched_once():
    truth = [LabelledSpan(0, 1000, "angry"), LabelledSpan(1000, 5000, "sad")]
    reading = [
        LabelledSpan(0, 900, "angry"),
        LabelledSpan(900, 1100, "happy"),
        LabelledSpan(1100, 5000, "sad"),
    ]
    found = boundary_score(truth, reading, tolerance_ms=250)
    assert found == BoundaryScore(matched=1, n_reference=1, n_reading=2)
    assert (found.precision, found.recall) == (0.5, 1)
    assert found.f1 == pytest.approx(2 / 3)
    assert (found + BoundaryScore(0, 1, 0)).recall == 0.5


def test_a_change_across_a_pause_is_where_speech_goes_on():
    segments = [
        LabelledSpan(0, 1000, "sad"),
        LabelledSpan(1400, 2000, "happy"),
        LabelledSpan(3000, 4000, "happy"),
    ]
    assert changes(segments).tolist() == [1400]
    assert switches_per_minute(segments) == pytest.approx(60_000 / 2600)
    assert switches_per_minute([]) == 0


def test_words_hold_their_label_over_short_pauses():
    spans = [Span(0, 300), Span(400, 700), Span(2000, 2200)]
    labels = ["sad", "happy", "happy"]
    assert from_words(spans, labels)[0] == LabelledSpan(0, 300, "sad")
    assert from_words(spans, labels, bridge_ms=500) == (
        LabelledSpan(0, 400, "sad"),
        LabelledSpan(400, 700, "happy"),
        LabelledSpan(2000, 2200, "happy"),
    )


def test_overlaps_are_refused():
    truth = [LabelledSpan(0, 1000, "sad"), LabelledSpan(900, 2000, "happy")]
    with pytest.raises(InputError, match=r"truth, segment 2 \(900–2000 ms\)"):
        diarization_error(truth, [])
    with pytest.raises(InputError, match="reading, segment 2"):
        diarization_error([], truth)
