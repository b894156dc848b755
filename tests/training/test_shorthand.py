"""Experiments by name: what is chosen by what lies there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sentigram.emotion.encoders.tokens import EncoderInfo
from sentigram.errors import InputError, UsageError
from sentigram.training.config import check_config
from sentigram.training.dataset.features import content_key, start_store, write_shard
from sentigram.training.dataset.manifest import Manifest, write_manifest
from sentigram.training.fit.experiment import open_bench, systems
from sentigram.training.shorthand import shorthand
from tests.training import synthetic


@pytest.fixture
def made(tmp_path: Path) -> Manifest:
    return synthetic.corpus(tmp_path, n=60)


def store(folder: Path, made: Manifest, info: EncoderInfo) -> None:
    place = start_store(folder / "features", info)
    shape = (len(made.examples), 2, info.width)
    vectors = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    write_shard(place, info, [content_key(e, info.kind) for e in made.examples], list(vectors))


def given(folder: Path, model: str, dataset: str = "made") -> dict:
    return shorthand(model, dataset, prepared=folder, features=folder / "features")


def test_it_is_an_experiment_that_opens(tmp_path: Path, made: Manifest):
    found = given(tmp_path, "vga")
    assert found["name"] == "made-vga"
    assert found["model"] == {"variant": "vga"}
    assert (found["data"]["text"], found["data"]["audio"]) == ("toy-text", "toy-audio")
    assert found["data"]["classes"] == list(synthetic.CLASSES)
    assert found["split"] == {"scheme": "session"}  # three, of two speakers each
    assert found["baselines"] == ["text", "audio"]
    config = check_config(found, where="here")
    assert [row.name for row in systems(open_bench(config))] == ["vga", "text", "audio"]


def test_features_are_those_that_the_family_reads(tmp_path: Path, made: Manifest):
    with pytest.raises(
        InputError, match=r"resnet18 reads, in .* \(there: toy-audio, toy-text\): fam"
    ):
        given(tmp_path, "resnet18")
    store(tmp_path, made, EncoderInfo("logmel", "audio", 64, "mel"))
    found = given(tmp_path, "resnet18")
    assert found["data"]["audio"] == "logmel"
    assert "text" not in found["data"]
    assert found["baselines"] == []
    assert found["objective"]["micl"] == 0
    assert given(tmp_path, "vggish")["data"]["audio"] == "logmel"
    store(tmp_path, made, EncoderInfo("logmel-vggish", "audio", 64, "mel"))
    assert given(tmp_path, "vggish")["data"]["audio"] == "logmel-vggish"
    assert given(tmp_path, "resnet18")["data"]["audio"] == "logmel"
    store(tmp_path, made, EncoderInfo("compact", "audio", 5, "compact"))
    assert given(tmp_path, "audio")["data"]["audio"] == "compact"  # preferred to the others
    assert given(tmp_path, "trimodal")["data"]["audio"] == "compact"  # faces are not needed


def test_features_of_another_corpus_do_not_count(tmp_path: Path, made: Manifest):
    examples = tuple(replace(e, text=f"other {e.text}") for e in made.examples)
    write_manifest(tmp_path / "other.parquet", replace(made, examples=examples), overwrite=False)
    with pytest.raises(InputError, match="no features of made that text reads"):
        given(tmp_path, "text", "other")


def test_a_corpus_is_divided_by_what_is_known_of_it(tmp_path: Path, made: Manifest):
    changes = {
        "official": {"split": "", "session": ""},
        "nobody": {"split": "", "session": "", "speaker": "", "dialogue": ""},
    }
    for name, change in changes.items():
        examples = tuple(
            replace(
                e, **{**change, **({"split": f"fold{i % 3 + 1}"} if name == "official" else {})}
            )
            for i, e in enumerate(made.examples)
        )
        write_manifest(tmp_path / f"{name}.parquet", replace(made, examples=examples),
                       overwrite=False)  # fmt: skip
    assert given(tmp_path, "text", "official")["split"] == {"scheme": "official"}
    assert given(tmp_path, "text", "nobody")["split"]["group"] == "example"


def test_what_is_not_there_is_named(tmp_path: Path, made: Manifest):
    with pytest.raises(UsageError, match="--model best: no such network; choose from text, aud"):
        given(tmp_path, "best")
    with pytest.raises(
        InputError, match=r"--dataset absent: no such manifest in .*; there are made;"
    ):
        given(tmp_path, "text", "absent")


def test_networks_that_read_what_is_there_are_named(tmp_path: Path, made: Manifest):
    with pytest.raises(
        InputError, match="the command that prepared made, with --overwrite"
    ) as told:
        given(tmp_path, "resnet18")
    said = str(told.value).rpartition("reads what is there: ")[2].split(", ")
    assert {"text", "audio", "concat", "trimodal", "text-mlp"} <= set(said)
    assert not {"visual", "cnn-bilstm", "vggish", "bert"} & set(said)
    for name in said:
        assert check_config(given(tmp_path, name), where="here")


def test_concat_joins_whatever_modalities_there_are(tmp_path: Path, made: Manifest):
    store(tmp_path, made, EncoderInfo("toy-faces", "visual", 3, "faces"))
    data = given(tmp_path, "concat")["data"]
    assert [data[kind] for kind in ("text", "audio", "visual")] == [
        "toy-text", "toy-audio", "toy-faces"
    ]  # fmt: skip
