from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sentigram.training.dataset.manifest import Example
from sentigram.training.splits.folds import Fold, SplitPlan
from tests.training.protocols import checked, failed

CLASSES = ("anger", "joy", "neutral")
N = 120
_WORDS = ("the", "of", "door", "table", "kids", "talk", "sit", "blue", "never", "often", "again")


def corpus() -> tuple[list[Example], SplitPlan]:
    """Sentences that are drawn, ten of each speaker; the last two speakers are held out."""
    rng = np.random.default_rng(0)
    examples = [
        Example(
            id=f"c/{i:03d}.wav",
            corpus="c",
            labels=(CLASSES[i % 3],),
            split="",
            text=" ".join(rng.choice(_WORDS, 6)),
            speaker=f"c/s{i // 10}",
            dialogue=f"c/d{i // 10}",
        )
        for i in range(N)
    ]
    ids = tuple(e.id for e in examples)
    return examples, SplitPlan("x", 0, (), (Fold("all", ids[:100], ids[100:110], ids[110:]),))


def rules(examples: list[Example], plan: SplitPlan, **more: object) -> set[str]:
    return failed(checked(examples, plan, **more))


def test_words_that_are_drawn_tell_nothing():
    assert rules(*corpus()) == set()


@pytest.mark.parametrize(
    "told",
    [
        "{text} {label}",  # the label's own word
        "[{code}] {text}",  # another word for it
        "1001_{code}_XX",  # a name with a code
        "03-01-{number}-02-{n}",  # a place in a name
    ],
)
def test_texts_that_hold_the_label(told: str):
    examples, plan = corpus()
    codes = {"anger": "ANG", "joy": "HAP", "neutral": "NEU"}
    texts = [
        told.format(
            text=e.text,
            label=e.labels[0],
            code=codes[e.labels[0]],
            number=f"{3 + CLASSES.index(e.labels[0]):02d}",
            n=f"{i % 3 + i // 3 % 3:02d}",
        )
        for i, e in enumerate(examples)
    ]
    changed = [replace(e, text=t) for e, t in zip(examples, texts, strict=True)]
    assert rules(changed, plan) == {"label-in-text"}


def test_feelings_that_people_name_are_no_leak():
    examples, plan = corpus()
    changed = [
        replace(e, text=f"{e.text} anger") if i % 4 == 0 or i % 9 == 0 else e
        for i, e in enumerate(examples)
    ]
    assert rules(changed, plan) == set()


def test_texts_that_are_names_of_clips():
    examples, plan = corpus()
    assert rules([replace(e, text=e.id) for e in examples], plan) == {"label-in-text"}
    assert rules([replace(e, text=e.id[2:-4]) for e in examples], plan) == {"label-in-text"}


def vectors(leak: str) -> np.ndarray:
    rng = np.random.default_rng(1)
    values = rng.standard_normal((N, 12)).astype(np.float32)
    labels = np.arange(N) % 3
    if leak == "a number":
        values[:, 5] = labels
    elif leak == "a number with noise":
        values[:, 5] = np.array([1.0, 0.0, 2.0])[labels] + 0.05 * values[:, 5]
    elif leak == "one-hot, turned":
        turned = np.linalg.qr(rng.standard_normal((12, 12)))[0].astype(np.float32)
        values[:, :3] += 9 * np.eye(3, dtype=np.float32)[labels]
        values = values @ turned
    elif leak == "an emotion":  # what a good encoder gives: much, and not all
        values[:, :3] += 1.5 * np.eye(3, dtype=np.float32)[labels]
    return values


@pytest.mark.parametrize("leak", ["a number", "a number with noise", "one-hot, turned"])
def test_features_that_hold_the_label(leak: str):
    examples, plan = corpus()
    given = dict(zip((e.id for e in examples), vectors(leak), strict=True))
    found = checked(examples, plan, features={"mine": given})
    assert failed(found) == {"label-in-features"}
    assert found[0].message.startswith("mine tells the label")


@pytest.mark.parametrize("leak", ["", "an emotion"])
def test_features_that_only_know_something(leak: str):
    examples, plan = corpus()
    given = dict(zip((e.id for e in examples), vectors(leak), strict=True))
    assert rules(examples, plan, features={"mine": given}) == set()


def test_only_training_examples_are_looked_at():
    examples, plan = corpus()
    values = vectors("")
    values[100:] = vectors("a number")[100:]
    given = dict(zip((e.id for e in examples), values, strict=True))
    assert rules(examples, plan, features={"mine": given}) == set()


def test_few_examples_are_not_asked():
    examples, plan = corpus()
    few = SplitPlan("x", 0, (), (replace(plan.folds[0], train=plan.folds[0].train[:30]),))
    given = dict(zip((e.id for e in examples), vectors("a number"), strict=True))
    assert "label-in-features" not in rules(examples, few, features={"mine": given})


def test_classes_may_join_labels():
    examples, plan = corpus()
    values = np.random.default_rng(1).standard_normal((N, 4)).astype(np.float32)
    values[:, 0] = np.arange(N) % 3 == 1  # joy, or not
    given = dict(zip((e.id for e in examples), values, strict=True))
    joined = {e.id: "joy" if e.labels == ("joy",) else "other" for e in examples}
    assert rules(examples, plan, features={"x": given}) == set()
    assert rules(examples, plan, features={"x": given}, classes=joined) == {"label-in-features"}
