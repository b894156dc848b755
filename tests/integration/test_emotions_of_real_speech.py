"""The shipped engine on real recordings: acted speech is heard, plain speech stays plain.

The shipped voice model knows the corpus of the acted clips, so the bounds here are loose; figures
on speakers and corpora that a model does not know come from `sentigram evaluate bundled`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sentigram.core.emotion import NEUTRAL
from sentigram.emotion.bundled import BundledEmotionModel, load_parameters
from sentigram.training.corpora import ravdess
from sentigram.training.shipped import unacted_speech
from sentigram.training.shipped.kept_frames import KeptFrames
from sentigram.training.shipped.spliced import Spliced, splice
from sentigram.training.shipped.voice.recipe import FOLDED

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["actor05", "actor12"])
def acted(request: pytest.FixtureRequest, shared_data: Path) -> Spliced:
    folder = shared_data / ravdess.NAME
    if not folder.is_dir():
        pytest.skip("RAVDESS is not in the data folder")
    items = [
        replace(item, labels=(FOLDED.get(item.labels[0], item.labels[0]),))
        for item in ravdess.read(folder)
    ]
    return splice(items, request.param, seed=1)


def recalls(recording: Spliced, labels: list[str]) -> dict[str, float]:
    """Share of each label's words that were read so."""
    truth, found = np.array(recording.labels), np.array(labels)
    return {name: float((found[truth == name] == name).mean()) for name in np.unique(truth)}


def test_acted_speech_is_heard_with_its_words_as_without(acted: Spliced, tmp_path: Path):
    kept = KeptFrames(tmp_path)
    shipped = load_parameters()
    found = {}
    for name, parameters in (("joined", shipped), ("voice", replace(shipped, text_weight=0.0))):
        model = BundledEmotionModel(parameters=parameters, audio_encoder=kept)
        track = model.read(acted.transcript, acted.audio)
        found[name] = recalls(acted, [one.label for one in track.readings])
    accuracy = {name: np.mean(list(each.values())) for name, each in found.items()}
    assert accuracy["joined"] >= accuracy["voice"] - 0.05
    assert accuracy["joined"] > 2 / 7
    assert found["joined"][NEUTRAL] >= 0.6


def test_plain_speech_stays_plain(
    shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A volunteer reads a sonnet; its lines are given, and aligned as the product aligns them."""
    sonnet = [source for source in unacted_speech.SOURCES if source.name == "sonnet"]
    if not (shared_data / sonnet[0].path).is_file():
        pytest.skip("the sonnet is not in the data folder")
    monkeypatch.setattr(unacted_speech, "SOURCES", tuple(sonnet))
    (made,) = unacted_speech.prepare(shared_data, tmp_path).recordings
    track = BundledEmotionModel().read(made.transcript, made.audio)
    assert len(track.readings) > 100
    assert np.mean([one.label != NEUTRAL for one in track.readings]) <= 0.1
