from __future__ import annotations

from pathlib import Path

import pytest

from sentigram.errors import InputError, UsageError
from sentigram.training.audit.experiments import protocol_of
from sentigram.training.config import as_yaml, check_config, read_config

MINIMAL = "name: x\ndata: {manifests: [a.parquet], text: minilm, classes: 4}\n"
CONFIGS = Path(__file__).resolve().parents[2] / "configs"


def config(tmp_path: Path, text: str, *overrides: str):
    path = tmp_path / "x.yaml"
    path.write_text(text)
    return read_config(path, overrides)


def test_defaults_are_the_seeds(tmp_path: Path):
    made = config(tmp_path, MINIMAL)
    assert (made.objective.cls, made.objective.vad, made.objective.micl) == (1.0, 0.3, 0.2)
    assert (made.model.hidden, made.model.vad_lambda, made.model.variant) == (384, 0.1, "vga")
    assert made.data.classes == "4"


def test_the_transfer_preset_gives_way_to_what_is_said(tmp_path: Path):
    preset = config(tmp_path, MINIMAL + "objective: {preset: transfer}\n").objective
    assert (preset.vad, preset.micl) == (0.5, 0.5)
    said = config(tmp_path, MINIMAL + "objective: {preset: transfer, micl: 0.1}\n").objective
    assert (said.vad, said.micl) == (0.5, 0.1)


def test_what_is_written_down_reads_the_same(tmp_path: Path):
    made = config(tmp_path, MINIMAL)
    (tmp_path / "again.yaml").write_text(as_yaml(made))
    assert read_config(tmp_path / "again.yaml") == made


def test_overrides_are_yaml(tmp_path: Path):
    made = config(tmp_path, MINIMAL, "training.epochs=3", "data.classes=[anger, neutral]")
    assert made.training.epochs == 3
    assert made.data.classes == ("anger", "neutral")


@pytest.mark.parametrize(
    ("text", "overrides", "message"),
    [
        (MINIMAL + "modle: {}\n", (), "modle: no such setting; .* --explain-settings"),
        (MINIMAL, ("training.epochs=many",), "training.epochs: Input should be a valid integer"),
        (MINIMAL, ("model.hidden=100",), "hidden 100 is not a multiple of n_heads 8"),
        (MINIMAL, ("model.hidden=wide",), "model.hidden: Input should be a valid integer"),
        (MINIMAL, ("model.family=nonsense",), "model: .*family 'nonsense' is none of fusion"),
        (MINIMAL, ("model.family=[fusion]",), r"model: .*family \['fusion'\] is none of"),
        (MINIMAL, ("model=vga",), "model: .*expected settings such as family"),
        (MINIMAL, ("baselines=[text, late, best]",), "best is neither a variant nor a family"),
        (MINIMAL, ("model.vad_lambda=0",), "vad_lambda 0 is no guidance"),
        ("name: x\ndata: {manifests: [a], classes: 4}\n", (), "name the features"),
        ("name: ../x\ndata: {manifests: [a], text: t, classes: 4}\n", (), "name: String should"),
        (
            MINIMAL,
            ("training.samples_per_class=9", "training.sampler=balanced"),
            "draws in place of sampler balanced: leave one out",
        ),
        (
            MINIMAL,
            ("training.samples_per_class=9", "training.curriculum={start: .5}"),
            "curriculum decides what is drawn",
        ),
        (
            MINIMAL,
            ("training.epochs=4", "training.curriculum={epochs: 5}"),
            "ends before all examples are learnt from: at most 4",
        ),
        (
            MINIMAL,
            ("training.warmup=.1",),
            "training: warmup is of .*; schedule onecycle has none",
        ),
        ("[1, 2]", (), "expected keys such as name"),
        ("a: [", (), "not YAML"),
        ("!!python/object/apply:os.system ['true']", (), "not YAML"),
    ],
)
def test_faults_name_the_setting(tmp_path: Path, text: str, overrides: tuple, message: str):
    with pytest.raises(InputError, match=message):
        config(tmp_path, text, *overrides)


@pytest.mark.parametrize("override", ["epochs", "=3", "name.x.y=3", "training.epochs=["])
def test_malformed_overrides_are_named(tmp_path: Path, override: str):
    with pytest.raises(UsageError, match="--set"):
        config(tmp_path, MINIMAL, override)


def test_no_file_names_an_example(tmp_path: Path):
    with pytest.raises(InputError, match="configs/ravdess"):
        read_config(tmp_path / "none.yaml")


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda p: p.stem)
def test_committed_experiments_are_sound(path: Path):
    assert read_config(path).name == path.stem


def test_the_protocol_says_how_numbers_are_made():
    given = {
        "name": "x",
        "data": {"manifests": ["a"], "text": "t", "audio": "a", "classes": ["neutral"],
                 "normalize_audio": "recording"},
        "training": {"sampler": "balanced", "noise": 0.1, "select": "macro_f1"},
    }  # fmt: skip
    record = protocol_of(check_config(given, where="here"))
    assert record.reported == "test"
    assert [(s.what, s.role) for s in record.selections] == [("epoch by macro_f1", "validation")]
    assert record.normalization == {"text": "train", "audio": "recording"}
    assert {(c.kind, c.when) for c in record.changes} == {
        ("resampling", "train_only"),
        ("augmentation", "train_only"),
    }
    assert not any(c.uses_label for c in record.changes)
