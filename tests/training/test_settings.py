"""The document of all settings: complete, and up to date."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from sentigram.cli.app import main
from sentigram.emotion.networks.registry import FAMILIES, network_config
from sentigram.training.config import ExperimentConfig
from sentigram.training.settings import as_markdown, meanings, sections

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "config.md"
SETTINGS = {s.key: s for section in sections() for s in section.settings}


def test_every_key_has_a_meaning():
    silent = [
        f"{section.title}: {s.key}"
        for section in sections()
        for s in section.settings
        if not s.meaning
    ]
    assert silent == []


def parts_of(config: BaseModel) -> list[type[BaseModel]]:
    nested = [v for v in (getattr(config, n) for n in type(config).model_fields)
              if isinstance(v, BaseModel)]  # fmt: skip
    return [type(config), *(each for part in nested for each in parts_of(part))]


def test_every_meaning_is_of_a_key():
    config = ExperimentConfig.model_validate(
        {"name": "x", "data": {"manifests": ["a"], "text": "t", "classes": "4"},
         "training": {"curriculum": {}}}
    )  # fmt: skip
    classes = set(parts_of(config))
    for family in FAMILIES:
        classes |= set(parts_of(network_config({"family": family})))
    for each in classes:
        assert set(meanings(each)) <= set(each.model_fields), each


def test_every_family_has_its_section():
    titles = [section.title for section in sections()]
    assert [t.removeprefix("model, family ") for t in titles if "family " in t] == list(FAMILIES)
    assert titles[:5] == ["experiment", "data", "split", "objective", "training"]
    assert "augment, entry of kind pitch" in titles


@pytest.mark.parametrize(
    ("key", "kind", "default"),
    [
        ("name", "text", ""),
        ("training.epochs", "whole number, at least 1", "40"),
        ("training.schedule", "`onecycle`, `plateau`, `constant`, `linear` or `cosine`",
         "onecycle"),
        ("training.samples_per_class", "whole number or null, at least 1", "null"),
        ("training.curriculum.start", "number, more than 0 and at most 1", "0.3"),
        ("data.classes", "list of texts or text", ""),
        ("data.features", "path", "runs/features"),
        ("split.validation", "number, more than 0 and less than 0.5", "0.15"),
        ("baselines", "list of texts", "[text, audio, visual, concat]"),
        ("model.channels", "list of 4 whole numbers", "[64, 128, 256, 512]"),
        (
            "model.audio_parts",
            "list of whole numbers, at least 1 and at most 1,048,576",
            "[]",
        ),
        ("model.family", "text", "fusion"),
        ("semitones", "list of 2 numbers, at least -12 and at most 12", "[-3.0, 3.0]"),
        ("model.audio.width", "whole number, at least 4 and at most 1,024", "64"),
    ],
)  # fmt: skip
def test_kinds_and_defaults_are_in_words(key: str, kind: str, default: str):
    every = [s for section in sections() for s in section.settings if s.key == key]
    assert (kind, default) in [(s.kind, s.default) for s in every]


def test_the_document_is_what_the_command_prints(capfd: pytest.CaptureFixture[str]):
    assert main(["train", "--explain-settings"]) == 0
    printed = capfd.readouterr().out
    assert printed == as_markdown(sections())
    assert max(map(len, printed.splitlines())) <= 100
    remedy = "out of date: sentigram train --explain-settings > docs/config.md"
    assert DOCUMENT.read_text(encoding="utf-8") == printed, remedy
