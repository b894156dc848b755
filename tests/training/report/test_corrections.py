"""What is printed about corrected talks."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from sentigram.training.judge.corrected_talks import read_talks
from sentigram.training.judge.corrections import Unsaid, judge
from sentigram.training.report.corrections import as_json, as_text
from tests.documents import talk
from tests.training.corrected import made, relabelled, save

ANN = {9: "neutral", 10: "neutral", 18: "surprise"}


def texts(folder: Path, **documents) -> tuple[str, dict]:
    report = judge(read_talks(save(folder, **documents)))
    return as_text(report), json.loads(as_json(report))


def test_one_person(tmp_path: Path):
    model = talk()
    text, data = texts(tmp_path, talk=model, talk__ann=relabelled(model, ANN))
    lines = text.splitlines()
    assert lines[0] == "The model's labels against those of ann, whose labels are the truth."
    assert lines[1] == "One recording: no interval, for its words are not independent."
    assert lines[2].startswith("Words that nobody touched count as accepted.")
    assert "ann, all words: 28" in lines
    assert "ann, touched words: 3" in lines
    assert any(line.split()[0:3] == ["false", "alarms", "(neutral,"] for line in lines)
    assert "  false alarms (neutral, read not) 0.333  (2 of 6)" in lines
    assert "  missed (emotion, read neutral)   0.045  (1 of 22)" in lines
    assert "3 touched; not matched: 0 of the model's, 0 of the corrector's" in text
    assert "No figures of agreement: they need two people" in text
    assert "κ" not in text
    assert data["agreement"] is None
    scores = data["correctors"]["ann"]["scores"]["all"]
    assert scores["false_alarms"] == {
        "count": 2, "of": 6, "figure": {"value": 2 / 6, "low": None, "high": None}
    }  # fmt: skip
    assert len(scores["confusion"]) == len(data["labels"]) == 7
    (recording,) = data["recordings"]
    assert recording["corrected"][0] | {"document": ""} == {
        "corrector": "ann", "document": "", "touched": 3, "removed": 0, "added": 0
    }  # fmt: skip


def test_the_confusion_shows_only_labels_that_were_given(tmp_path: Path):
    model = talk()
    text, _ = texts(tmp_path, talk=model, talk__ann=relabelled(model, ANN))
    (header, *_) = [line for line in text.splitlines() if "person ↓" in line]
    assert header.split()[4:] == ["anger", "happiness", "neutral", "sadness", "surprise"]
    row = text.splitlines()[text.splitlines().index(header) + 3]
    assert row.split() == ["neutral", "2", "0", "4", "0", "0"]


def test_several_people(tmp_path: Path):
    model = talk()
    text, data = texts(
        tmp_path,
        talk=model,
        talk__ann=relabelled(model, ANN),
        talk__ben=relabelled(model, {9: "neutral", 27: "neutral"}),
    )
    assert "Krippendorff’s α of the people" in text
    assert "ann and ben" in text
    assert "model and majority" in text
    assert "Agreement, touched words: 4" in text
    assert "People began from the model's labels" in text
    assert set(data["agreement"]) == {"all", "touched"}
    assert data["agreement"]["all"]["people"][0]["names"] == ["ann", "ben"]
    assert 0 < data["agreement"]["all"]["alpha"]["value"] < 1


def test_made_corrections_are_the_first_thing_said(tmp_path: Path):
    model = talk()
    text, data = texts(
        tmp_path,
        talk=model,
        talk__ann=made(relabelled(model, ANN)),
        talk__ben=made(relabelled(model, {0: "fear"})),
    )
    first = text.splitlines()[0]
    assert first.startswith("MADE CORRECTIONS: a program, no person, wrote 2 of these 3 Documents")
    assert "say nothing about the model" in first
    assert "No figures of agreement: some of these corrections were made by a program." in text
    assert "κ" not in text
    assert len(data["made_by_a_program"]) == 2
    assert data["agreement"] is None


def test_notes_are_printed(tmp_path: Path):
    model = talk()
    text, data = texts(tmp_path, talk=model, talk__ann=model)
    assert "Note: " in text
    assert "changed nothing" in text
    assert "ann, touched words: 0" in text.splitlines()
    assert len(data["notes"]) == 1


def test_withheld_labels_are_said_where_there_are_any(tmp_path: Path):
    model = talk()
    report = judge(read_talks(save(tmp_path, talk=model, talk__ann=relabelled(model, ANN))))
    assert "label withheld" not in as_text(report)
    person = replace(report.people[0], withheld=Unsaid(words=5, neutral=3, emotion=2))
    text = as_text(replace(report, people=(person,)))
    assert "label withheld                   5 words: the person calls 3 neutral, 2 an emo" in text
