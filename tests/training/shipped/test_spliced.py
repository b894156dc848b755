from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sentigram.core.media import SAMPLE_RATE_HZ
from sentigram.training.corpora.item import Item
from sentigram.training.shipped.spliced import Spliced, splice, under


@pytest.fixture(scope="module")
def items(tmp_path_factory: pytest.TempPathFactory) -> tuple[Item, ...]:
    """Twelve clips of hum between silences, of one speaker in three moods."""
    folder = tmp_path_factory.mktemp("clips")
    made = []
    for i in range(12):
        rng = np.random.default_rng(i)
        hum = 0.3 * np.sin(np.arange(SAMPLE_RATE_HZ) * (0.05 + 0.002 * i))
        quiet = np.zeros(SAMPLE_RATE_HZ // 2)
        sound = np.concatenate([quiet, hum, quiet]) + 1e-5 * rng.standard_normal(2 * 16000)
        path = folder / f"{i}.wav"
        soundfile.write(path, sound, SAMPLE_RATE_HZ)
        label = ("anger", "neutral", "sadness")[i % 3]
        made.append(Item(f"c/{i}", "c", (label,), "", f"clip {i} is said", path, "actor1"))
    return tuple(made)


@pytest.fixture(scope="module")
def made(items: tuple[Item, ...]) -> Spliced:
    """The clips in one recording."""
    return splice(items, "actor1", seed=0)


def test_every_clip_once_and_labels_as_spliced(items: tuple[Item, ...], made: Spliced):
    words = list(made.transcript.words())
    n_clips = len(made.segments)
    assert 6 < n_clips <= 12  # it ends when only the mood that was just heard is left
    assert len(words) == len(made.labels) == 4 * n_clips
    numbers = [word.text for word in words if word.text.isdigit()]
    assert len(set(numbers)) == len(numbers) == n_clips
    truth = {str(i): item.labels[0] for i, item in enumerate(items)}
    for word, label in zip(words, made.labels, strict=True):
        if word.text.isdigit():
            assert truth[word.text] == label
    for (first, _), (second, _) in pairwise(made.segments):
        assert first.end_ms <= second.start_ms
    assert made.segments[-1][0].end_ms <= made.audio.duration_ms


def test_two_actors_speak_in_turns(items: tuple[Item, ...]):
    """Each clip once, whoever says it; each word knows who does."""
    two = tuple(replace(item, speaker=f"actor{1 + i % 2}") for i, item in enumerate(items))
    made = splice(two, "actor1", "actor2", seed=0)
    assert made.speaker == "actor1+actor2"
    assert set(made.who) == {"actor1", "actor2"}
    truth = {str(i): item.speaker for i, item in enumerate(two)}
    for word, who in zip(made.transcript.words(), made.who, strict=True):
        if word.text.isdigit():
            assert truth[word.text] == who


def test_silence_at_the_ends_of_clips_is_cut(made: Spliced):
    assert made.audio.duration_ms < len(made.segments) * (1000 + 200 + 900 + 50)


def test_utterances_end_at_pauses_not_at_changes(made: Spliced):
    before = None
    for utterance in made.transcript.utterances:
        assert utterance.span.duration_ms <= 15_500
        if before is not None:
            gap = utterance.span.start_ms - before.span.end_ms
            assert gap >= 700 or utterance.span.end_ms - before.span.start_ms > 15_000
        before = utterance
    assert len(made.transcript.utterances) < len(made.segments)


def test_the_same_seed_splices_the_same(items: tuple[Item, ...], made: Spliced):
    again = splice(items, "actor1", seed=0)
    np.testing.assert_array_equal(again.audio.samples, made.audio.samples)
    assert again.transcript == made.transcript
    assert splice(items, "actor1", seed=4).labels != made.labels


def test_the_draw_does_not_depend_on_the_process():
    code = (
        "import numpy as np\n"
        "from sentigram.training.corpora.item import Item\n"
        "from sentigram.training.shipped.spliced import _draw\n"
        "names = ('anger', 'neutral', 'sadness', 'fear', 'disgust')\n"
        "items = [Item(str(i), 'c', (names[i % 5],), '', 'x') for i in range(60)]\n"
        "print([item.id for item in _draw(items, np.random.default_rng(0))])\n"
    )
    drawn = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(drawn) == 1


@pytest.mark.parametrize("kind", ["noise", "music"])
def test_what_is_added_has_the_stated_ratio(made: Spliced, kind: str):
    quiet = replace(made, audio=replace(made.audio, samples=0.1 * made.audio.samples))
    loud = under(quiet, kind, 5.0, seed=1)
    added = loud.audio.samples - quiet.audio.samples
    ratio = 10 * np.log10(np.mean(quiet.audio.samples**2) / np.mean(added**2))
    assert ratio == pytest.approx(5, abs=0.1)
    assert under(made, "clean", None, seed=1) is made


def test_real_clips_are_aligned(shared_data: Path):
    from sentigram.training.corpora import ravdess

    made = splice(ravdess.read(shared_data / "ravdess"), "actor02", seed=0)
    timings = [word.timing for word in made.transcript.words()]
    assert timings.count("aligned") > 0.95 * len(timings)
