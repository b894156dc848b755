"""Studies of two corpora whose networks read spectrograms and whose training clips are altered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from sentigram.cli.app import main
from sentigram.training.config import as_yaml
from sentigram.training.dataset.manifest import Example, read_manifest
from sentigram.training.fit import telling
from sentigram.training.fit.network import NetworkRun, train_network
from sentigram.training.judge.predictions import read_predictions
from tests.training import garbage, spoken

BY_CLASS: dict[str, Any] = {
    "everyone": [{"kind": "specaugment", "time_frames": 4}],
    "policies": {
        "anger": [{"kind": "noise", "snr_db": 5}],
        "neutral": [{"kind": "codec", "codecs": ["telephone"]}],
    },
    "placebo": "skip",
}
SMALL: dict[str, Any] = {"family": "cnn-bilstm", "channels": [4, 4], "hidden": 8}


@pytest.fixture(autouse=True, scope="module")
def _little_garbage() -> None:
    garbage.set_aside()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`one.yaml`, which augments nothing, and `two.yaml`, which augments by label."""
    torch.set_num_threads(1)
    root = tmp_path_factory.mktemp("transfer")
    for seed, name in enumerate(("one", "two")):
        spoken.corpus(root, name=name, n=36, seed=seed)
        config = spoken.experiment(
            root,
            name,
            model=SMALL,
            training={"epochs": 2},
            split={"accept": ["label-dependent-augmentation"]},
            augment=BY_CLASS if name == "two" else {"everyone": [{"kind": "reverb"}]},
        )
        (root / f"{name}.yaml").write_text(as_yaml(config))
    return root


def study(
    folder: Path, monkeypatch: pytest.MonkeyPatch, command: str, *options: str
) -> tuple[Path, set[str]]:
    """Run it; its folder, and its rows that networks gave."""
    monkeypatch.chdir(folder)
    out = folder / "runs" / command
    arguments = [command, "one.yaml", "two.yaml", "--out", str(out), "--device", "cpu", *options]
    assert main(arguments) == 0
    readings = read_predictions(out / "predictions.parquet")
    assert {len(part.ids) for part in readings} == {36}
    # what was written is what the report reads
    assert "not the readings" not in (out / "report.md").read_text()
    return out, {part.system for part in readings} - {"chance", "majority", "tf-idf"}


def examples(folder: Path, name: str) -> tuple[Example, ...]:
    return read_manifest(folder / f"{name}.parquet").examples


def watched(monkeypatch: pytest.MonkeyPatch) -> list[NetworkRun]:
    """Every network that is trained, in its order."""
    seen: list[NetworkRun] = []

    def told(part: NetworkRun, *more: Any, **options: Any) -> Any:
        seen.append(part)
        return train_network(part, *more, **options)

    monkeypatch.setattr(telling, "train_network", told)
    return seen


def test_fine_tuning_alters_both_corpora_and_the_audit_sees_all_copies(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    out, rows = study(folder, monkeypatch, "finetune")
    assert rows == {"source-only", "finetuned-100pct", "target-only-100pct"}
    said = capfd.readouterr().err
    assert "one.yaml: learnt with the settings of two.yaml for augment" in said
    copies = read_manifest(out / "copies.parquet").examples
    label = {e.id: e.labels[0] for name in ("one", "two") for e in examples(folder, name)}
    plan = json.loads((out / "plan.json").read_text())
    learnt = {name for fold in plan["folds"] for name in fold["train"]}
    learnt |= {name for name in label if name.startswith("one/")}
    assert {e.origin for e in copies} == {name for name in learnt if label[name] != "happiness"}
    audited = json.loads((out / "audit.json").read_text())
    rules = {(one["rule"], one["severity"]) for one in audited}
    assert ("label-dependent-augmentation", "fail") in rules
    assert "tested in no fold" not in (out / "audit.json").read_text()  # nor is the source
    assert "left out of others" not in (out / "audit.json").read_text()  # copies are no pick


@pytest.mark.slow
def test_few_shots_learn_from_copies_of_the_shots_only(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    seen = watched(monkeypatch)
    _, rows = study(folder, monkeypatch, "fewshot", "--shots", "3")
    assert rows == {"source-only", "finetuned-3-per-class", "target-only-3-per-class"}
    for part in seen[1:]:  # after the source
        table = part.train.table
        ids = [table.ids[row] for row in part.train.rows]
        shots = {name for name in ids if "#" not in name}
        label = dict(zip(table.ids, table.labels.tolist(), strict=True))
        assert len(shots) <= 9
        assert {name.partition("#")[0] for name in ids if "#" in name} == {
            name for name in shots if spoken.CLASSES[label[name]] != "happiness"
        }
        assert part.augment.masks("anger")


@pytest.mark.slow
def test_adaptation_reads_the_other_domain_unaltered(folder: Path, monkeypatch: pytest.MonkeyPatch):
    seen = watched(monkeypatch)
    _, rows = study(folder, monkeypatch, "adapt", "--methods", "dann")
    assert rows == {"source-only", "dann", "dann-oracle", "target-only"}
    adapted = [part for part in seen if part.adaptation is not None]
    assert adapted
    for part in adapted:
        other = part.adaptation.target
        assert all("#" not in other.table.ids[row] for row in other.rows)
        assert any("#" in part.train.table.ids[row] for row in part.train.rows)


def test_other_classes_are_refused_before_anything_is_made(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(folder)
    config = spoken.experiment(folder, "one", model=SMALL, data={"classes": ["anger", "happiness"]})
    (folder / "fewer.yaml").write_text(as_yaml(config))
    assert main(["finetune", "fewer.yaml", "two.yaml", "--out", "runs/none", "-q"]) == 2
    assert "the source has classes anger, happiness, the target" in capfd.readouterr().err
    assert not (folder / "runs" / "none").exists()
