"""MicroDVD counts in the video's frames; results that bear no mark are told by their names."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

import sentigram as sg
from sentigram.jobs.results import is_own_output, targets
from tests.documents import document


@pytest.mark.parametrize(("fps", "told"), [(Fraction(30), "30.000"), (Fraction(0), "25.000")])
def test_frames_are_those_of_the_video(tmp_path: Path, fps: Fraction, told: str) -> None:
    made = document(("so happy", "happiness"))
    made = replace(made, media=replace(made.media, fps=fps))
    (path,) = sg.render(made, tmp_path / "talk.sentigram.sub")
    assert path.read_text(encoding="utf-8").startswith(f"{{1}}{{1}}{told}\n")


@pytest.mark.parametrize("kind", ["microdvd", "mpl2"])
def test_they_are_never_taken_for_what_a_person_wrote(kind: str) -> None:
    (path,) = targets(Path("talk.mp4"), [kind], folder=None).values()
    assert is_own_output(path)
    assert path.name.startswith("talk.sentigram.")
