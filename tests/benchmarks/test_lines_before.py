"""A made-up dialogue in which only the line before tells the label."""

from __future__ import annotations

from typing import Any

import lines_before
import numpy as np
import pytest
from lines_before import (
    ALONE,
    AVERAGED,
    IN_ENCODER,
    as_text,
    measure,
)

from sentigram.emotion.encoders.compact.text import MiniLmEncoder, TextHeads
from sentigram.training.corpora.item import Item
from sentigram.training.shipped.text.data import LABELS
from sentigram.training.shipped.text.evaluate import sentence_vectors
from tests.emotion.encoders.text_weights import WIDTH, write_weights


def dialogues(split: str, n: int, *, persists: bool, seed: int) -> list[Item]:
    """Two speakers take turns; a speaker's first line tells a label, the rest tell nothing."""
    rng = np.random.default_rng(seed)
    items = []
    for d in range(n):
        mood = {who: rng.integers(2) for who in "AB"}
        for i in range(8):
            who = "AB"[i % 2]
            state = mood[who] if persists else rng.integers(2)
            label = ("anger", "happiness")[state]
            text = ("unhappy !" if state == 0 else "so happy") if i < 2 else "a b"
            name = f"{split}/{d}"
            items.append(Item(f"{name}/{i}", "meld", (label,), split, text, None, who, None, name))
    return items


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> tuple[MiniLmEncoder, TextHeads]:
    """Random weights, and a head that separates the two telling lines."""
    encoder = MiniLmEncoder(write_weights(tmp_path_factory.mktemp("weights")))
    sad, happy, nothing = sentence_vectors(encoder, ["unhappy !", "so happy", "a b"])
    apart = np.stack([sad - nothing, happy - nothing])
    direction = np.linalg.solve(apart @ apart.T, np.array([3.0, -3.0])) @ apart
    weight, bias = np.zeros((len(LABELS), WIDTH)), np.full(len(LABELS), -9.0)
    for label, sign in (("anger", 1), ("happiness", -1)):
        weight[LABELS.index(label)] = sign * direction
        bias[LABELS.index(label)] = -sign * direction @ nothing
    flat = np.full(len(LABELS), -np.log(len(LABELS)))
    return encoder, TextHeads(
        weight.astype(np.float32), bias.astype(np.float32), np.zeros((3, WIDTH), np.float32),
        np.zeros(3, np.float32), 1.0, flat.astype(np.float32), np.zeros(3, np.float32),
        np.ones(3, np.float32),
    )  # fmt: skip


def study(model: tuple[MiniLmEncoder, TextHeads], *, persists: bool) -> dict[str, Any]:
    corpus = dialogues("train", 150, persists=persists, seed=0)
    corpus += dialogues("dev", 30, persists=persists, seed=1)
    return measure(corpus, *model, n_draws=30)


def test_a_mood_that_lasts_is_found_in_the_speakers_lines(
    model: tuple[MiniLmEncoder, TextHeads],
) -> None:
    found = study(model, persists=True)
    assert found["chosen on"] == 30 * 8  # every fifth of 150 dialogues
    assert found["n"] == 30 * 8
    ways = found["dev"]
    late = ways["evidence of the speaker's lines added"]
    assert late["log likelihood, gain"]["low"] > 0.05
    assert late["macro-F1, gain"]["low"] > 0
    other = ways["evidence of anyone's lines added"]["log likelihood, gain"]["value"]
    assert other < late["log likelihood, gain"]["value"]
    # Known labels tell even more than words that are silent in most lines.
    assert found["last label known"] > ways[ALONE]["log likelihood"]["value"] + 0.1


def test_nothing_is_gained_where_nothing_lasts(model: tuple[MiniLmEncoder, TextHeads]) -> None:
    found = study(model, persists=False)
    late = found["dev"]["evidence of the speaker's lines added"]["log likelihood, gain"]
    assert late["value"] < 0.02
    assert found["last label known"] == pytest.approx(
        found["dev"][ALONE]["log likelihood"]["value"], abs=0.05
    )


def test_what_is_likeliest_on_train_is_reported_on_dev(
    model: tuple[MiniLmEncoder, TextHeads],
) -> None:
    found = study(model, persists=True)
    for kind in (IN_ENCODER, AVERAGED):
        tried = {n: t["log likelihood"] for n, t in found["tried"].items() if n.startswith(kind)}
        assert len(tried) == len(lines_before.SETTINGS)
        assert [n for n in found["dev"] if n.startswith(kind)] == [max(tried, key=tried.get)]
    gains = found["dev"][ALONE]
    assert gains["macro-F1, gain"] == {"value": 0, "low": None, "high": None}  # 0 in every draw
    text = as_text(found)
    assert f"tried on {found['chosen on']} lines of train" in text
    assert f"known: {found['last label known']:+.4f}" in text
