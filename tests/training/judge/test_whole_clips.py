"""Readings of clips from those of their pieces."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import softmax

from sentigram.training.judge.predictions import write_predictions
from sentigram.training.judge.whole_clips import whole_clips
from sentigram.training.report.folder import read_report
from tests.training.readings import make_readings


def in_pieces(system: str = "vga", **more: float):
    """Readings whose examples are one, two and three pieces of clips, in an order of their own."""
    part = make_readings(system, n=240, **more)
    clips = np.repeat(np.arange(120), np.resize([1, 2, 3], 120))
    pieces = np.arange(240) - np.searchsorted(clips, clips)
    ids = np.array([f"toy/{c:03d}_crop{n + 1}" for c, n in zip(clips, pieces, strict=True)])
    rows = np.array([int(name[-4:]) for name in part.ids])  # which examples these were
    return replace(
        part,
        ids=ids[rows],
        truth=clips[rows] % 4,
        speakers=np.array([f"s{clip % 12}" for clip in clips[rows]]),
        folds=np.array([f"f{clip % 3}" for clip in clips[rows]]),
        vad_truth=np.stack([clips[rows] / 200] * 3, axis=1),
    )


def test_each_clip_is_the_mean_of_its_pieces():
    part = in_pieces()
    (found,) = whole_clips([part])
    assert len(found.ids) == 120
    for row in range(0, 120, 7):
        own = np.char.startswith(part.ids, f"{found.ids[row]}_crop")
        assert own.sum() == (1, 2, 3)[row % 3]
        expected = softmax(part.logits[own], axis=1).mean(axis=0)
        np.testing.assert_allclose(found.probs[row], expected, rtol=1e-9)
        np.testing.assert_allclose(found.vad[row], part.vad[own].mean(axis=0))
        assert found.truth[row] == part.truth[own][0]
        assert found.speakers[row] == part.speakers[own][0]


def test_examples_that_are_no_pieces_have_no_such_readings():
    assert whole_clips([make_readings()]) == ()


@pytest.mark.slow
def test_the_report_has_a_table_of_whole_clips(tmp_path):
    write_predictions(tmp_path / "predictions.parquet", [in_pieces(), in_pieces("text", skill=0.2)])
    report = read_report(tmp_path)
    assert report.clips is not None
    assert report.clips.evaluation.systems[0].overall.n == 120
    assert report.evaluation.systems[0].overall.n == 240
    for text in (report.as_markdown(), report.as_text()):
        assert "Headline, whole clips" in text
        assert "pieces of 120 clips" in text
