from __future__ import annotations

import numpy as np
import pytest

from sentigram.training.corpora.item import Item
from sentigram.training.shipped.text import data


def item(corpus: str, text: str, *labels: str, split: str = "train", **extra: object) -> Item:
    return Item(id=text, corpus=corpus, labels=labels, split=split, text=text, **extra)  # type: ignore[arg-type]


def corpora() -> data.Corpora:
    comments = (
        item("goemotions", "Great!", "happiness"),
        item("goemotions", "No way", "anger", "surprise"),
        item("goemotions", "It's over.", "sadness", split="dev"),
        item("goemotions", "Who knows?", "neutral", split="test"),
    )
    return data.Corpora(
        goemotions=comments,
        fine={c.id: ("joy",) for c in comments},
        xed=(
            item("xed", "it's OVER !", "sadness", split=""),
            item("xed", "who knows", "fear", split=""),
            item("xed", "How you doin", "happiness", split=""),
            item("xed", "great", "happiness", split=""),
            item("xed", "...", "fear", split=""),
            item("xed", "Rated text", "fear", split=""),
        ),
        emobank=(
            item("emobank", "Calm sea", vad=(0.5, -0.5, 0.0)),
            item("emobank", "Rated text.", split="test", vad=(0.0, 0.0, 0.0)),
        ),
        meld=(item("meld", "How you doin'?", "happiness", split="train"),),
    )


def test_no_held_out_text_is_trained_on() -> None:
    examples = data.training_examples(corpora(), xed_weight=0.3)
    assert [(e.text, e.weight) for e in examples] == [
        ("Great!", 1.0),
        ("No way", 1.0),
        ("great", 0.3),
        ("Calm sea", 0.0),
    ]
    assert examples[0].fine is not None
    assert examples[2].fine is None
    np.testing.assert_allclose(examples[3].vad, [0.5, -0.5, 0.0])


def test_targets_are_shared_between_labels() -> None:
    target = data.soft_target(("anger", "surprise"))
    assert dict(zip(data.LABELS, target.tolist(), strict=True)) == pytest.approx(
        {name: 0.5 if name in {"anger", "surprise"} else 0.0 for name in data.LABELS}
    )


def test_single_label_items() -> None:
    items, truth = data.single_label(corpora().goemotions, "train")
    assert [i.text for i in items] == ["Great!"]
    assert truth.tolist() == [data.LABELS.index("happiness")]


def test_class_weights_lift_rare_classes_and_keep_the_mean() -> None:
    counts = {"anger": 40, "happiness": 400, "neutral": 300, "sadness": 20,
              "fear": 10, "disgust": 10, "surprise": 20}  # fmt: skip
    examples = [
        data.TextExample("x", data.soft_target((label,)), 1.0)
        for label, n in counts.items()
        for _ in range(n)
    ]
    weights = data.class_weights(examples, power=0.5)
    by_name = dict(zip(data.LABELS, weights, strict=True))
    assert by_name["fear"] / by_name["happiness"] == pytest.approx(40**0.5)
    assert sum(counts[name] * by_name[name] for name in counts) == pytest.approx(800)
    prior = np.exp(data.log_prior(examples))
    assert prior[data.LABELS.index("happiness")] == pytest.approx(0.5)
    assert prior.sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("Wait -- what?!", "Wait what"),
        ("don't, [NAME].", "don't [NAME]"),
        ("snake_case", "snake case"),
        ("?!", "?!"),
    ],
)
def test_without_punctuation(text: str, bare: str) -> None:
    assert data.without_punctuation(text) == bare


def test_names_replace_masks() -> None:
    text = data.with_names("[NAME] and [NAME]!", np.random.default_rng(0))
    first, _, last = text.removesuffix("!").partition(" and ")
    assert {first, last} <= set(data.NAMES)
    assert data.with_names("nobody", np.random.default_rng(0)) == "nobody"
