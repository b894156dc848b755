"""What an experiment gives its audit: classes, features without their context, columns."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from sentigram.emotion.encoders.tokens import EncoderInfo
from sentigram.training.audit.experiments import audit_bench, audit_run, means, protocol_of
from sentigram.training.dataset.features import content_key, start_store, write_shard
from sentigram.training.dataset.manifest import write_manifest
from sentigram.training.fit.experiment import begin, make_accelerator, open_bench
from tests.training import synthetic


def failed(folder: Path, **changes: object) -> set[str]:
    bench = open_bench(synthetic.experiment(folder, baselines=[], **changes))
    found = {f.rule for f in audit_bench(bench, folder / "run") if f.severity == "fail"}
    written = json.loads((folder / "run" / "audit.json").read_text())
    assert found == {row["rule"] for row in written if row["severity"] == "fail"}
    return found


def test_features_that_hold_the_label_fail_before_training(tmp_path: Path):
    manifest = synthetic.corpus(tmp_path, n=150)
    assert failed(tmp_path) == set()
    info = EncoderInfo("leaky", "audio", 6, "made by hand 1")
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal((1, 6)).astype(np.float32) for _ in manifest.examples]
    for example, array in zip(manifest.examples, arrays, strict=True):
        array[0, 2] = synthetic.CLASSES.index(example.labels[0])
    store = start_store(tmp_path / "features", info)
    write_shard(store, info, [content_key(e, "audio") for e in manifest.examples], arrays)
    assert failed(tmp_path, data={"audio": "leaky"}) == {"label-in-features"}


def test_a_run_is_audited_with_what_its_networks_learnt_from(tmp_path: Path):
    test_features_that_hold_the_label_fail_before_training(tmp_path)
    bench = open_bench(synthetic.experiment(tmp_path, baselines=[], data={"audio": "leaky"}))
    run = tmp_path / "allowed"
    begin(bench, run, accelerator=make_accelerator(bench.config, device="cpu"))
    record = protocol_of(bench.config)
    found = {(f.rule, f.severity) for f in audit_run(run, record)}
    assert ("label-in-features", "fail") in found
    (tmp_path / "features").rename(tmp_path / "elsewhere")
    told = [f for f in audit_run(run, record) if f.rule == "label-in-features"]
    assert [f.severity for f in told] == ["report"]
    assert "not looked at" in told[0].message


def test_a_column_of_speakers_that_nobody_reads_fails(tmp_path: Path):
    manifest = synthetic.corpus(tmp_path, n=60)
    unknown = tuple(replace(e, speaker="", dialogue="") for e in manifest.examples)
    given = replace(manifest, examples=unknown, unused=("Speaker_ID",))
    write_manifest(tmp_path / "made.parquet", given, overwrite=True)
    by_session = {"scheme": "session", "validation": 0.3}
    assert failed(tmp_path, split=by_session) == {"unread-speakers"}


def test_means_are_of_the_example_not_of_what_was_said_before(tmp_path: Path):
    synthetic.corpus(tmp_path, n=30)
    alone = open_bench(synthetic.experiment(tmp_path))
    along = open_bench(synthetic.experiment(tmp_path, data={"context": 2}))
    one, other = (means(bench.table, bench.encoders) for bench in (alone, along))
    assert one.keys() == other.keys() == {"toy-text", "toy-audio"}
    for name, row in one["toy-text"].items():
        np.testing.assert_array_equal(row, other["toy-text"][name])
