"""The benchmark of networks: every family is in it, and what it prints is of real steps."""

from __future__ import annotations

import time

import network_speed
import network_steps
import pytest
import torch

from sentigram.emotion.networks.registry import FAMILIES, build
from sentigram.training.config import read_config

ROWS = {row.name: row for row in network_speed.rows()}


def test_every_family_and_every_experiment_is_measured():
    assert list(ROWS)[: len(FAMILIES)] == list(FAMILIES)
    known = {row.work() for row in ROWS.values()}
    for path in network_speed.CONFIGS.glob("*.yaml"):
        config = read_config(path)
        data = config.data
        row = network_speed.Row(
            path.stem,
            network_speed._sized(config.model, data.features_named),
            data.features_named,
            config.objective,
            data.context,
        )
        assert row.work() in known  # also where a network of its size has another name


@pytest.mark.parametrize("name", ["fusion", "text-mlp", "emodb-6", "meld-dev-features"])
def test_a_row_is_measured(name: str):
    row = ROWS[name]
    before = torch.get_num_threads()
    parser = network_steps.parser("", steps=2)
    args = parser.parse_args(["--batch=3"])
    config = row.fitted()
    steps = network_steps.measured(
        lambda: build(config, 4), row.objective, [row.batch(3, seed) for seed in (0, 1)], args
    )
    torch.set_num_threads(before)
    network = build(config, 4)
    assert steps.parameters == sum(one.numel() for one in network.parameters())
    assert steps.read_per_s > steps.trained_per_s > 0  # reading is a part of learning
    assert steps.training_mb >= steps.reading_mb >= steps.at_start_mb > 0


def test_noise_is_as_long_as_the_features_of_three_seconds():
    batch = ROWS["meld-dev-features"].batch(2, 0)  # with six utterances of context
    assert {kind: tuple(given.values.shape) for kind, given in batch.inputs.items()} == {
        "text": (2, 7, 768), "audio": (2, 7, 768),
    }  # fmt: skip
    words = ROWS["bert"].batch(2, 0).inputs["text"]
    assert words.values.min() >= 1
    assert words.values.max() < network_speed.SMALL_BERT["vocab_size"]
    ragged = network_steps.noise({"audio": (100, 3)}, 64, 4, shortest=0.25).inputs["audio"]
    lengths = ragged.mask.sum(dim=1)
    assert 25 <= int(lengths.min()) < 40
    assert not ragged.values[~ragged.mask].any()


def test_what_else_a_machine_does_is_not_counted_on_one_thread():
    alone = network_steps.parser("", steps=1).parse_args([])
    several = network_steps.parser("", steps=1).parse_args(["--threads=2"])
    step = lambda _: time.sleep(0.05)  # noqa: E731
    place = torch.device("cpu")
    took = {
        args.threads: network_steps._median_s(step, [None], 1, place, network_steps._clock_of(args))
        for args in (alone, several)
    }
    assert took[1] < 0.04 < took[2]
