"""The table of sounds, and what scores become."""

from __future__ import annotations

import re
from importlib import resources

import numpy as np
import pytest

from sentigram.core.sounds import MUSIC, SPEECH, Sound
from sentigram.core.time import Span
from sentigram.style.layout.sound_names import labels
from sentigram.words.tagging.classes import N_CLASSES, Grid, heeded, read_classes, sounds_in

TEXT = (
    resources.files("sentigram.words.tagging").joinpath("classes.toml").read_text(encoding="utf-8")
)


def test_every_class_is_the_one_that_is_meant(shared_data):
    path = shared_data / "models" / "yamnet_class_map.tsv"
    if not path.is_file():
        pytest.skip(f"no class map at {path}")
    rows = path.read_text(encoding="utf-8").splitlines()[1:]
    names = {int(number): name for number, _, name in (row.split("\t") for row in rows)}
    assert len(names) == N_CLASSES
    for one in heeded():
        for number, name in one.classes.items():
            assert names[number].strip('"') == name, one.label


def test_every_sound_has_a_name_in_captions_and_every_name_a_sound():
    assert {one.label for one in heeded()} - {SPEECH} == labels()
    assert MUSIC in labels()


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("threshold = 0.3", "threshold = 1.3", "laughter: threshold 1.3"),
        ("threshold = 0.3", "least = 3", "laughter: "),
        ('13 = "Laughter"', '521 = "Laughter"', "laughter: classes"),
        ('13 = "Laughter"', '42 = "Laughter"', "class 42 belongs to two sounds"),
        ("least_ms = 480", "least_ms = 0", "laughter: threshold 0.3, least_ms 0"),
    ],
)
def test_a_wrong_table_says_where(old, new, what):
    assert old in TEXT
    with pytest.raises(ValueError, match=re.escape(what)):
        read_classes(TEXT.replace(old, new, 1))


def scores(n_patches: int, **at: tuple[int, int, float]) -> np.ndarray:
    made = np.zeros((n_patches, N_CLASSES), np.float32)
    numbers = {"laughter": 15, "dog": 70, "rain": 283}
    for name, (first, last, score) in at.items():
        made[first:last, numbers[name]] = score
    return made


def found(made: np.ndarray, end_ms: int = 10_000) -> list[Sound]:
    return list(sounds_in(made, heeded(), grid=Grid(480, 960), end_ms=end_ms))


def test_a_run_of_patches_lies_around_their_middles():
    assert found(scores(20, laughter=(2, 4, 0.75))) == [Sound("laughter", Span(1200, 2160), 0.75)]


def test_at_the_edges_it_begins_and_ends_with_the_recording():
    assert [s.span for s in found(scores(20, laughter=(0, 1, 0.5)))] == [Span(0, 720)]
    assert [s.span for s in found(scores(20, laughter=(19, 20, 0.5)))] == [Span(9360, 10_000)]
    assert [s.span for s in found(scores(1, laughter=(0, 1, 0.5)), 300)] == [Span(0, 300)]


def test_what_is_unsure_or_short_is_left_out():
    assert found(scores(20, laughter=(2, 4, 0.29))) == []
    assert found(scores(20, dog=(2, 4, 0.59))) == []
    assert found(scores(20, rain=(2, 6, 0.9))) == []
    assert [s.label for s in found(scores(20, rain=(2, 7, 0.9)))] == ["rain"]
