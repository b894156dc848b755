"""The whole path, from manifest and features to readings, on a corpus made up for it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from sentigram.core.protocols import SilentReporter
from sentigram.emotion.encoders.tokens import EncoderInfo
from sentigram.emotion.networks.fusion.config import FusionConfig
from sentigram.emotion.networks.registry import network_config
from sentigram.errors import InputError, UsageError
from sentigram.training.config import ExperimentConfig
from sentigram.training.dataset.features import content_key, start_store, write_shard
from sentigram.training.fit import network
from sentigram.training.fit.experiment import (
    divide,
    make_accelerator,
    open_bench,
    parts,
    run,
    systems,
    train_final,
)
from sentigram.training.fit.losses import Objective
from sentigram.training.judge.evaluation import evaluate
from sentigram.training.judge.predictions import Predictions, read_predictions
from sentigram.training.report.folder import read_report
from sentigram.training.studies.ablation import ablations, gate_grid
from tests.training import garbage, synthetic

BRIEF: dict[str, dict[str, Any]] = {
    "split": {"k": 2},
    "training": {"epochs": 3, "batch_size": 32, "learning_rate": 0.03},
}  # enough to learn 240 examples: what scores chance under it had its chance
RUN_ONLY: dict[str, Any] = {"split": {"k": 2}, "training": {"epochs": 1}, "baselines": []}


@pytest.fixture(autouse=True, scope="module")
def _little_garbage() -> None:
    garbage.set_aside()


def trained(config: ExperimentConfig, out: Path) -> Sequence[Predictions]:
    bench = open_bench(config)
    return run(
        bench,
        systems(bench),
        out,
        accelerator=make_accelerator(config, device="cpu"),
        reporter=SilentReporter(),
    )


def ua(readings: Sequence[Predictions], system: str) -> float:
    return evaluate(readings, n_draws=20).system(system).overall.scores["ua"].value


@dataclass(frozen=True)
class Run:
    """A run on labels that can be learnt, and where it lies."""

    config: ExperimentConfig
    out: Path
    readings: Sequence[Predictions]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("done")
    torch.set_num_threads(1)
    synthetic.corpus(folder, n=240)
    config = synthetic.experiment(folder, **BRIEF)
    return Run(config, folder / "run", trained(config, folder / "run"))


def test_a_run_holds_everything_that_its_figures_need(done: Run):
    config, out, readings = done.config, done.out, done.readings
    names = [part.system for part in readings]
    assert names == ["vga", "text", "audio", "concat", "chance", "majority", "tf-idf"]
    assert ua(readings, "vga") > 0.75
    assert ua(readings, "chance") < 0.5
    for part in readings:
        assert len(set(part.ids)) == len(part.ids) == 240
    again = read_predictions(out / "predictions.parquet")
    np.testing.assert_array_equal(again[0].logits, readings[0].logits)
    assert json.loads((out / "environment.json").read_text())["packages"]["torch"]
    fold = open_bench(config).plan.folds[0].name
    card = json.loads((out / "parts/vga/run-0" / fold / "network.card.json").read_text())
    assert card["encoders"]["text"]["id"] == "toy text 1"
    assert card["plan_sha256"] == open_bench(config).plan.sha256
    assert card["classes"] == list(synthetic.CLASSES)
    assert card["vad_targets"] == "annotated"
    assert list((out / "logs").rglob("events*"))


def test_shuffled_labels_score_chance(tmp_path: Path):
    made = synthetic.corpus(tmp_path, n=240)
    synthetic.shuffled(made, tmp_path)
    readings = trained(synthetic.experiment(tmp_path, **BRIEF), tmp_path / "run")
    for system in ("vga", "text", "audio", "concat"):
        assert abs(ua(readings, system) - 1 / 3) < 0.12, system


@pytest.mark.slow
def test_label_free_noise_scores_chance(tmp_path: Path):
    synthetic.corpus(tmp_path, n=240, signal=0.0)
    readings = trained(synthetic.experiment(tmp_path, **BRIEF), tmp_path / "run")
    for system in ("vga", "text", "audio", "concat"):
        assert abs(ua(readings, system) - 1 / 3) < 0.12, system


def test_no_test_speaker_is_seen_before(tmp_path: Path):
    made = synthetic.corpus(tmp_path)
    speakers = {example.id: example.speaker for example in made.examples}
    for fold in open_bench(synthetic.experiment(tmp_path)).plan.folds:
        groups = [{speakers[i] for i in ids} for ids in (fold.train, fold.validation, fold.test)]
        assert not groups[0] & groups[1]
        assert not groups[0] & groups[2]
        assert not groups[1] & groups[2]


def test_what_is_done_is_not_done_again(done: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(network, "fit", None)  # would fail if it were called
    second = trained(done.config, done.out)
    np.testing.assert_array_equal(done.readings[0].logits, second[0].logits)
    training = done.config.training.model_copy(update={"epochs": 4})
    other = done.config.model_copy(update={"training": training})
    with pytest.raises(InputError, match="holds another experiment"):
        trained(other, done.out)


def test_the_same_seed_gives_the_same_numbers_and_another_others(tmp_path: Path):
    synthetic.corpus(tmp_path)
    first, second = (
        trained(
            synthetic.experiment(tmp_path, **{**RUN_ONLY, "training": {"epochs": 2, "runs": runs}}),
            tmp_path / f"{runs}",
        )
        for runs in (2, 1)
    )
    np.testing.assert_array_equal(first[0].logits, second[0].logits)
    assert (first[0].run, first[1].run) == (0, 1)
    assert not np.allclose(first[0].logits, first[1].logits)


def test_single_vectors_cannot_be_attended_to(tmp_path: Path):
    made = synthetic.corpus(tmp_path)
    rng = np.random.default_rng(0)
    for kind in ("text", "audio"):
        info = EncoderInfo(f"pooled-{kind}", kind, 5, "pooled 1")
        folder = start_store(tmp_path / "features", info)
        keys = [content_key(example, kind) for example in made.examples]
        arrays = list(rng.standard_normal((len(keys), 1, 5)).astype(np.float32))
        write_shard(folder, info, keys, arrays)
    pooled = {"text": "pooled-text", "audio": "pooled-audio"}
    seeds = synthetic.experiment(tmp_path, data=pooled, **RUN_ONLY)
    with pytest.raises(UsageError, match=r"get no gradient .* attention over a single token"):
        trained(seeds, tmp_path / "run")
    concat = synthetic.experiment(tmp_path, data=pooled, model={"variant": "concat"}, **RUN_ONLY)
    trained(concat, tmp_path / "other")
    with_context = synthetic.experiment(tmp_path, data={**pooled, "context": 3}, **RUN_ONLY)
    trained(with_context, tmp_path / "third")


def test_one_modality_needs_no_other(tmp_path: Path):
    synthetic.corpus(tmp_path)
    config = synthetic.experiment(tmp_path, data={"text": None}, model={"variant": "audio"})
    readings = trained(config, tmp_path / "run")
    assert readings[0].system == "audio"
    assert ua(readings, "audio") > 0.6
    wrong = open_bench(synthetic.experiment(tmp_path, data={"text": None}))
    with pytest.raises(UsageError, match=r"model: variant vga needs features that data\.text name"):
        systems(wrong)


def test_words_voice_and_faces_are_joined_and_each_is_weighed(tmp_path: Path):
    synthetic.corpus(tmp_path, n=60, visual=True)
    config = synthetic.experiment(
        tmp_path,
        data={"visual": "toy-visual"},
        model={"variant": "concat", "modality_dropout": 0.2},
        split={"k": 2},
        training={"epochs": 1},
        baselines=["visual"],
    )
    readings = trained(config, tmp_path / "run")
    assert [part.system for part in readings][:2] == ["concat", "visual"]
    parts = tmp_path / "run" / "parts"
    (path, _) = sorted(parts.glob("concat/run-0/*/withheld.parquet"))
    withheld = {part.system: part.logits for part in read_predictions(path)}
    assert set(withheld) == {
        "none", "text", "audio", "visual",
        "audio+text", "text+visual", "audio+visual", "audio+text+visual",
    }  # fmt: skip
    assert len({logits.tobytes() for logits in withheld.values()}) == 8
    assert not list(parts.glob("visual/**/withheld.parquet"))
    about = read_report(tmp_path / "run").about
    worth = about.contributions["concat"]
    assert [part.modality for part in worth] == ["audio", "text", "visual"]
    assert about.encoders["concat"] == ("toy-text", "toy-audio", "toy-visual")
    assert about.encoders["visual"] == ("toy-visual",)


def test_baselines_that_the_features_do_not_allow_are_left_out(tmp_path: Path):
    synthetic.corpus(tmp_path, n=30, visual=True)
    everything = ["text", "audio", "visual", "concat", "late", "cross"]
    names = {}
    for without in ("audio", "visual"):
        config = synthetic.experiment(
            tmp_path,
            data={"visual": "toy-visual", without: None},
            model={"variant": "text"},
            baselines=everything,
        )
        names[without] = [row.name for row in systems(open_bench(config))]
    assert names["audio"] == ["text", "visual", "concat"]
    assert names["visual"] == ["text", "audio", "concat", "late", "cross"]


def test_ids_of_word_pieces_are_not_scaled_and_only_read_by_who_knows_them(tmp_path: Path):
    made = synthetic.corpus(tmp_path, n=60)
    info = EncoderInfo("pieces", "text", 1, "pieces 1", numbers="ids")
    folder = start_store(tmp_path / "features", info)
    arrays = [np.array([[101], [2000 + i]], np.float32) for i in range(60)]
    write_shard(folder, info, [content_key(e, "text") for e in made.examples], arrays)
    config = synthetic.experiment(tmp_path, data={"text": "pieces"}, model={"variant": "audio"})
    bench = open_bench(config)
    measured, train, *_ = divide(bench, bench.plan.folds[0])
    assert list(measured) == ["audio"]
    np.testing.assert_array_equal(train.table.tokens["text"].values, np.concatenate(arrays))
    assert [row.name for row in systems(bench)] == ["audio"]  # of audio, text and concat
    wrong = synthetic.experiment(tmp_path, data={"text": "pieces"})
    with pytest.raises(UsageError, match="model: pieces are numbers of word pieces, which only"):
        systems(open_bench(wrong))


@pytest.mark.slow
def test_several_corpora_are_learnt_together(tmp_path: Path):
    synthetic.corpus(tmp_path, name="one", n=80)
    synthetic.corpus(tmp_path, name="two", n=40, seed=5)
    config = synthetic.experiment(
        tmp_path, "one", "two", training={"sampler": "corpora"}, baselines=[]
    )
    readings = trained(config, tmp_path / "run")
    assert set(readings[0].corpora) == {"one", "two"}
    assert ua(readings, "vga") > 0.7


def test_ablations_leave_one_thing_out(tmp_path: Path):
    synthetic.corpus(tmp_path)
    config = synthetic.experiment(
        tmp_path, objective={"loss": "focal"}, model={"modality_dropout": 0.2}
    )
    bench = open_bench(config)
    rows = {row.name: row for row in ablations(bench)}
    models = {name: row.model for name, row in rows.items() if isinstance(row.model, FusionConfig)}
    assert models["no-vga"].variant == "cross"
    assert models["no-gates"].gate == "none"
    assert rows["no-micl"].objective.micl == 0
    assert rows["no-vad"].objective.vad == 0
    assert rows["no-focal"].objective.loss == "cross_entropy"
    assert models["no-modality-dropout"].modality_dropout == 0
    full = rows["full"]
    for name, row in rows.items():
        if name.startswith("no-"):
            changed = [
                key
                for part in ("model", "objective")
                for key, value in getattr(row, part).model_dump().items()
                if value != getattr(full, part).model_dump()[key]
            ]
            assert len(changed) == 1, name
    grid = [row.name for row in gate_grid(bench)]
    assert grid[:3] == ["vga-none", "vga-none-no-micl", "vga-sigmoid"]


@pytest.mark.slow
def test_ablations_run(tmp_path: Path):
    synthetic.corpus(tmp_path, n=60)
    config = synthetic.experiment(tmp_path, **RUN_ONLY)
    bench = open_bench(config)
    readings = run(
        bench,
        ablations(bench),
        tmp_path / "run",
        accelerator=make_accelerator(config, device="cpu"),
        reporter=SilentReporter(),
    )
    assert {"full", "no-vga", "no-gates", "no-micl", "no-vad"} <= {r.system for r in readings}


def test_a_final_network_learns_from_everything(tmp_path: Path):
    from sentigram.emotion.networks.checkpoint import load_checkpoint

    synthetic.corpus(tmp_path)
    config = synthetic.experiment(tmp_path)
    bench = open_bench(config)
    accelerator = make_accelerator(config, device="cpu")
    folder = train_final(bench, systems(bench)[0], tmp_path / "run", accelerator=accelerator)
    trained, card = load_checkpoint(folder / "network.card.json")
    assert not trained.training
    assert card["encoders"]["audio"]["width"] == synthetic.D_AUDIO
    assert (folder / "inputs.safetensors").is_file()


def test_half_precision_learns_too(tmp_path: Path):
    synthetic.corpus(tmp_path, n=240)
    brief = {**BRIEF, "training": {**BRIEF["training"], "precision": "bf16"}}
    config = synthetic.experiment(tmp_path, **brief, baselines=[])
    assert ua(trained(config, tmp_path / "run"), "vga") > 0.7


def test_families_that_keep_their_activations_say_so(tmp_path: Path):
    synthetic.corpus(tmp_path, n=30)
    config = synthetic.experiment(tmp_path, training={"gradient_checkpointing": True})
    with pytest.raises(UsageError, match="gradient_checkpointing: family fusion keeps its act"):
        systems(open_bench(config))
    vectors = config.model_copy(update={"model": network_config({"family": "trimodal"})})
    with pytest.raises(UsageError, match=r"settings of model\.language, which learns from word p"):
        systems(open_bench(vectors))


def test_what_is_drawn_evenly_is_not_weighted_as_well(tmp_path: Path):
    synthetic.corpus(tmp_path, n=60)
    weights = {}
    for name, change in (("shuffled", {}), ("drawn", {"samples_per_class": 7})):
        config = synthetic.experiment(tmp_path, split={"k": 2}, training={"epochs": 1, **change})
        bench = open_bench(config)
        part = next(iter(parts(bench, systems(bench)[:1])))
        _, objective = network._made(part)
        assert isinstance(objective, Objective)
        weights[name] = objective.class_weights
    assert weights["drawn"] is None
    assert len(weights["shuffled"]) == 3


def test_one_class_cannot_be_told_apart(tmp_path: Path):
    synthetic.corpus(tmp_path, n=12)
    config = synthetic.experiment(tmp_path, data={"classes": ["anger"]})
    with pytest.raises(UsageError, match=r"data\.classes: anger: give two classes"):
        open_bench(config)


def test_a_device_that_is_not_there_is_named(tmp_path: Path):
    if torch.cuda.is_available():
        pytest.skip("there is one")
    with pytest.raises(UsageError, match="--device cuda: torch finds none here"):
        make_accelerator(synthetic.experiment(tmp_path), device="cuda")
