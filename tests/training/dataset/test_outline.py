from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from altered_copies import CHANGES

from sentigram.errors import InputError
from sentigram.training.corpora import emodb
from sentigram.training.dataset.clips import load
from sentigram.training.dataset.outline import THRESHOLD, altered_copies, likeness, outline
from tests.training.dataset.test_fingerprint import speech


def test_real_clips_are_found_whatever_is_done_to_pitch_tempo_and_noise(shared_data: Path):
    items = emodb.read(shared_data / "emodb")[::40]
    clips = [load(item.audio) for item in items if item.audio]
    outlines = [outline(clip) for clip in clips]
    assert altered_copies(outlines) == []
    found = []
    for i, clip in enumerate(clips):
        copies = [outline(c(clip, np.random.default_rng(i))) for c in CHANGES.values()]
        pairs = altered_copies([*outlines, *copies])
        found.append(sum(one == i and other >= len(clips) for one, other in pairs))
        assert all(one == i or one >= len(clips) for one, _ in pairs)
    assert np.mean(found) > 0.85 * len(CHANGES)


def test_an_outline_stays_and_another_clip_has_another():
    clips = [speech(seed) for seed in range(8)]
    outlines = [outline(clip) for clip in clips]
    assert altered_copies(outlines) == []
    for clip, own in zip(clips, outlines, strict=True):
        assert likeness(own, outline(0.1 * clip)) > 0.99
        assert likeness(own, outline(np.pad(clip, (4000, 0)))) > 0.95


def test_comparing_coarsely_first_loses_nothing_here():
    rng = np.random.default_rng(0)
    originals = [speech(seed, 1.0) for seed in range(4)]
    copies = [change(clip, rng) for clip in originals for change in list(CHANGES.values())[:4]]
    outlines = [outline(clip) for clip in (*originals, *copies)]
    slow = [
        (i, j)
        for i, j in combinations(range(len(outlines)), 2)
        if likeness(outlines[i], outlines[j]) > THRESHOLD
    ]
    assert altered_copies(outlines) == slow
    assert len(slow) >= len(copies)
    apart = [outlines[0], "", outlines[4], ""]  # those without an outline pair with nothing
    assert altered_copies(apart) == [(0, 2)]


@pytest.mark.parametrize("n", [1, 37, 512, 1600])
def test_short_and_odd_clips_have_outlines(n: int):
    rng = np.random.default_rng(0)
    made = outline(rng.standard_normal(n).astype(np.float32))
    assert likeness(made, made) == pytest.approx(1, abs=1e-5)
    low = np.sin(2 * np.pi * 60 * np.arange(n) / 16_000 + 1)  # below every band
    assert len(outline(low.astype(np.float32))) == len(made)


@pytest.mark.parametrize("samples", [np.zeros(0), np.zeros(4000)])
def test_silence_has_none(samples: np.ndarray):
    with pytest.raises(ValueError, match="silence"):
        outline(samples.astype(np.float32))


@pytest.mark.parametrize("wrong", ["ab", "zz==", "AAAA", "é"])
def test_what_is_no_outline_is_refused(wrong: str):
    with pytest.raises(InputError, match="24 × 54 bytes in base64"):
        altered_copies([outline(speech(0, 0.5)), wrong])
