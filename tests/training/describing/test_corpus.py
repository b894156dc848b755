"""Corpora in numbers: counted again by hand, and narrow enough for a terminal."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from sentigram.cli.app import main
from sentigram.training.dataset.manifest import Manifest, write_manifest
from sentigram.training.describing.corpus import as_text, describe
from tests.training import synthetic


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    made = synthetic.corpus(tmp_path, n=30)
    examples = list(made.examples)
    words = "and then we went to the house and it was not there so I said that you have to go"
    examples = [replace(e, text=f"{words} {i}", style="scripted") for i, e in enumerate(examples)]
    examples[5] = replace(examples[5], audio_sha256=examples[2].audio_sha256)  # the same sound
    print_ = examples[8].fingerprint
    near = print_[:-1] + ("0" if print_[-1] != "0" else "1")
    examples[9] = replace(examples[9], fingerprint=near)  # nearly the same sound
    examples[11] = replace(examples[11], text=examples[10].text.upper(), origin=examples[10].id)
    examples[12] = replace(examples[12], labels=("anger", "fear"), duration_ms=9000, split="test")
    made = replace(made, examples=tuple(examples))
    write_manifest(tmp_path / "made.parquet", made, overwrite=True)
    return made


def test_what_is_counted(manifest: Manifest):
    facts = describe(manifest)
    assert (facts.n, facts.n_clips, facts.n_texts) == (30, 30, 30)
    assert facts.hours == pytest.approx((29 + 9) / 3600)
    assert (facts.median_s, facts.longest_s) == (1.0, 9.0)
    assert (facts.n_speakers, facts.n_dialogues, facts.n_vad) == (6, 6, 15)
    labels = {one.name: one.n for one in facts.labels}
    for name in (*synthetic.CLASSES, "fear"):
        assert labels[name] == sum(name in e.labels for e in manifest.examples)
    assert {one.name: one.n for one in facts.splits} == {"(none)": 29, "test": 1}
    assert {one.name: one.n for one in facts.styles} == {"scripted": 30}
    assert [one.n for one in facts.speakers] == [5] * 6
    assert [one.name for one in facts.languages] == ["en"]
    twice = facts.duplicates
    assert (twice.sounds, twice.near_sounds, twice.texts, twice.copies) == (1, 1, 1, 1)


def test_the_text_fits_a_terminal(manifest: Manifest):
    long = "a licence of many words " * 9
    odd = replace(manifest.examples[0], speaker="made/" + "x" * 300 + "\x1b[31m", split="y" * 200)
    changed = replace(manifest, licence=long, examples=(odd, *manifest.examples[1:]))
    text = as_text(describe(changed))
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text
    assert "30 examples, 0.01 h of sound in 30 clips" in text
    assert "language of the words: en" in text
    few = as_text(describe(Manifest("tiny", Path(), (replace(odd, audio="", labels=()),))))
    assert "no sound" in few
    assert "(none)" in few


def test_the_command(tmp_path: Path, manifest: Manifest, capfd: pytest.CaptureFixture[str]):
    path = str(tmp_path / "made.parquet")
    assert main(["corpus", path]) == 0
    assert capfd.readouterr().out.startswith("made: 30 examples")
    assert main(["corpus", path, "--json", "--out", str(tmp_path / "out")]) == 0
    said = json.loads(capfd.readouterr().out)
    assert said["sha256"] == manifest.sha256
    assert said["duplicates"]["sounds"] == 1
    for name in ("labels", "lengths", "speakers"):
        with Image.open(tmp_path / f"out/made-{name}.png") as picture:
            assert picture.width > 300
    assert main(["corpus", path, path, "--json"]) == 0
    assert len(json.loads(capfd.readouterr().out)) == 2
    assert main(["corpus", "absent.parquet"]) == 3
    assert "sentigram prepare" in capfd.readouterr().err
