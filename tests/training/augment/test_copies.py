from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sentigram.emotion.encoders.tokens import EncoderInfo
from sentigram.errors import UsageError
from sentigram.training.augment import copies as copying
from sentigram.training.augment.config import AugmentConfig
from sentigram.training.augment.copies import Copy, clips_of, copies_of, make_copies
from sentigram.training.dataset.clips import load
from sentigram.training.dataset.features import extract
from sentigram.training.dataset.manifest import Manifest
from tests.training import spoken

POLICY = AugmentConfig.model_validate(
    {
        "everyone": [{"kind": "noise", "snr_db": 10}],
        "policies": {"anger": [{"kind": "pitch"}], "neutral": [{"kind": "noise", "snr_db": 10}]},
    }
)


class Loudness:
    """One token per clip: its level, its length; counts what it is given."""

    info = EncoderInfo("loudness", "audio", 2, "loudness 1")

    def __init__(self) -> None:
        self.n_clips = 0

    def encode(self, batch: Sequence[Any]) -> list[np.ndarray]:
        self.n_clips += len(batch)
        clips = [load(Path(path)) for path in batch]
        return [np.array([[np.sqrt(np.mean(c**2)), len(c)]], np.float32) for c in clips]


class Dies(Loudness):
    """Is killed after some calls."""

    def __init__(self, calls: int) -> None:
        super().__init__()
        self._left = calls

    def encode(self, batch: Sequence[Any]) -> list[np.ndarray]:
        if not self._left:
            raise KeyboardInterrupt
        self._left -= 1
        return super().encode(batch)


@pytest.fixture
def corpus(tmp_path: Path) -> Manifest:
    manifest = spoken.corpus(tmp_path, n=9)
    extract([manifest], Loudness(), tmp_path / "features")
    return manifest


def all_copies(manifest: Manifest, config: AugmentConfig = POLICY) -> list[Copy]:
    clips = clips_of([manifest])
    return [c for e in manifest.examples for c in copies_of(e, e.labels[0], clips, config)]


def made(manifest: Manifest, encoder: Loudness, config: AugmentConfig = POLICY) -> Any:
    root = manifest.root / "features"
    return make_copies(all_copies(manifest, config), "loudness", root, lambda _name: encoder)


def test_each_class_gets_its_copies_and_they_say_where_they_come_from(corpus: Manifest):
    copies = all_copies(corpus)
    kinds = {
        label: sorted(
            c.example.id.partition("#")[2].partition("-")[0]
            for c in copies
            if c.origin.labels == (label,)
        )
        for label in spoken.CLASSES
    }
    assert kinds == {
        "anger": ["noise"] * 3 + ["pitch"] * 3,
        "happiness": ["noise"] * 3,
        "neutral": ["noise"] * 6,
    }
    assert len({c.example.id for c in copies}) == len({c.sha256 for c in copies}) == 15
    for copy in copies:
        assert copy.example.origin == copy.origin.id
        assert copy.example.speaker == copy.origin.speaker
        assert copy.example.audio_sha256 != copy.origin.audio_sha256


def test_what_is_done_depends_on_the_sound_and_never_on_the_label(corpus: Manifest):
    example = corpus.examples[0]
    clips = clips_of([corpus])
    first = copies_of(example, "happiness", clips, POLICY)[0]
    other = replace(example, labels=("neutral",), id="hums/else")
    second = copies_of(other, "neutral", {"hums/else": clips[example.id]}, POLICY)[0]
    assert first.sha256 == second.sha256
    np.testing.assert_array_equal(first.sound(), second.sound())


@pytest.mark.parametrize("change", [{"seed": 1}, {"everyone": [{"kind": "noise", "snr_db": 11}]}])
def test_another_seed_or_setting_is_another_copy(corpus: Manifest, change: dict[str, Any]):
    other = AugmentConfig.model_validate({**POLICY.model_dump(mode="json"), **change})
    first, second = all_copies(corpus)[0], all_copies(corpus, other)[0]
    assert first.sha256 != second.sha256
    assert np.abs(first.sound() - second.sound()).max() > 1e-4


def test_several_copies_are_drawn_apart(corpus: Manifest):
    three = POLICY.model_copy(update={"copies": 3, "policies": {}})
    copies = copies_of(corpus.examples[0], "anger", clips_of([corpus]), three)
    sounds = [copy.sound() for copy in copies]
    assert len(sounds) == 3
    assert min(np.abs(a - b).max() for a in sounds for b in sounds if a is not b) > 1e-3


def test_copies_are_made_once_and_found_again(corpus: Manifest):
    encoder = Loudness()
    store = made(corpus, encoder)
    assert encoder.n_clips == 15
    for copy in all_copies(corpus):
        level, length = store.get(copy.example)[0]
        sound = copy.sound()
        assert length == len(sound)
        assert level == pytest.approx(np.sqrt(np.mean(sound**2)), abs=1e-4)
    originals = {e.id: store.get(e) for e in corpus.examples}
    made(corpus, encoder)
    assert encoder.n_clips == 15
    more = POLICY.model_copy(update={"copies": 2})
    again = made(corpus, encoder, more)
    assert encoder.n_clips == 30
    for name, tokens in originals.items():
        example = next(e for e in corpus.examples if e.id == name)
        np.testing.assert_array_equal(again.get(example), tokens)


def test_what_was_killed_goes_on(corpus: Manifest, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(copying, "SHARD_ITEMS", 4)
    with pytest.raises(KeyboardInterrupt):
        made(corpus, Dies(2))
    second = Loudness()
    store = made(corpus, second)
    assert second.n_clips == 15 - 8
    assert all(store.get(copy.example) is not None for copy in all_copies(corpus))


def test_the_same_seed_gives_the_same_bytes(corpus: Manifest, tmp_path: Path):
    first = made(corpus, Loudness())
    again = tmp_path / "again"
    extract([corpus], Loudness(), again)
    second = make_copies(all_copies(corpus), "loudness", again, lambda _name: Loudness())
    for copy in all_copies(corpus):
        np.testing.assert_array_equal(first.get(copy.example), second.get(copy.example))


def test_features_that_were_imported_cannot_be_made_of_copies(corpus: Manifest):
    def unknown(name: str) -> Loudness:
        message = f"no features are called {name!r}"
        raise UsageError(message)

    with pytest.raises(
        UsageError, match="altered clips cannot be encoded as loudness: no features"
    ):
        make_copies(all_copies(corpus), "loudness", corpus.root / "features", unknown)
