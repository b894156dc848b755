"""Losses against torch, pytorch-metric-learning, scikit-learn and sums by hand."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_class_weight
from torch.nn import functional

from sentigram.training.config import ObjectiveConfig
from sentigram.training.fit.losses import Objective, balanced, contrastive, focal, vad_error
from tests.emotion.networks.batches import batch, network, read

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pytorch_metric_learning.losses import NTXentLoss, SupConLoss


def draws(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@given(st.lists(st.integers(0, 50), min_size=2, max_size=7).filter(any))
def test_balanced_weights_are_those_of_scikit_learn(counts):
    labels = np.repeat(np.arange(len(counts)), counts)
    present = np.unique(labels)
    found = balanced(counts)
    expected = compute_class_weight("balanced", classes=present, y=labels)
    assert found[present] == pytest.approx(expected)
    assert found[np.array(counts) == 0] == pytest.approx(0)
    assert found[labels].mean() == pytest.approx(1)


@pytest.mark.parametrize("weighted", [False, True])
def test_focal_by_hand(weighted):
    logits, labels = draws(0, 6, 3), [0, 1, 2, 2, 1, 0]
    weights = [0.5, 1.0, 2.0] if weighted else [1.0] * 3
    total = 0.0
    for row, label in zip(logits.tolist(), labels, strict=True):
        p = math.exp(row[label]) / sum(map(math.exp, row))
        total += weights[label] * (1 - p) ** 2.5 * -math.log(p)
    given_weights = torch.tensor(weights) if weighted else None
    found = focal(logits, torch.tensor(labels), gamma=2.5, weights=given_weights)
    assert float(found) == pytest.approx(total / 6, rel=1e-5)


def test_weighted_focal_is_the_papers():
    """Two examples with p = 1/2 and 3/4: .25 · ¼ · ln 2 and .75 · 1/16 · ln 4/3, halved."""
    logits = torch.tensor([[0.0, 0.0], [0.0, math.log(3)]])
    found = focal(logits, torch.tensor([0, 1]), gamma=2.0, weights=torch.tensor([0.25, 0.75]))
    assert float(found) == pytest.approx((0.0433217 + 0.0134851) / 2, rel=1e-5)


def test_a_batch_of_rare_examples_weighs_more_in_focal():
    logits, weights = torch.zeros(4, 2), torch.tensor([0.5, 2.0])
    common, rare = (
        float(focal(logits, torch.full((4,), label), gamma=2.0, weights=weights))
        for label in (0, 1)
    )
    assert rare == pytest.approx(4 * common)


def test_smoothed_focal_by_hand():
    logits, labels, smooth = draws(3, 5, 3), [2, 0, 1, 1, 0], 0.15
    weights = [0.5, 1.0, 2.0]
    total = 0.0
    for row, label in zip(logits.tolist(), labels, strict=True):
        p = [math.exp(x) / sum(map(math.exp, row)) for x in row]
        target = [smooth / 3 + (1 - smooth) * (k == label) for k in range(3)]
        total += sum(
            q * w * (1 - x) ** 2 * -math.log(x) for q, w, x in zip(target, weights, p, strict=True)
        )
    found = focal(
        logits, torch.tensor(labels), gamma=2.0, weights=torch.tensor(weights),
        label_smoothing=smooth,
    )  # fmt: skip
    assert float(found) == pytest.approx(total / 5, rel=1e-5)


@given(st.integers(0, 1000), st.sampled_from([0.0, 0.1, 0.3]))
def test_focal_without_focus_and_weights_is_cross_entropy(seed, smooth):
    logits, labels = draws(seed, 5, 4), torch.arange(5) % 4
    expected = functional.cross_entropy(logits, labels, label_smoothing=smooth)
    found = focal(logits, labels, gamma=0.0, weights=None, label_smoothing=smooth)
    assert torch.allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_focal_of_a_sure_guess_has_a_finite_gradient(gamma):
    logits = torch.tensor([[100.0, 0.0], [-100.0, 0.0]], requires_grad=True)
    focal(logits, torch.tensor([0, 0]), gamma=gamma, weights=None).backward()
    assert logits.grad.isfinite().all()


def test_vad_error_is_over_targets_only():
    guess = torch.tensor([[0.5, 0.0, -0.5], [0.1, 0.1, 0.1]])
    target = torch.tensor([[0.0, torch.nan, 0.5], [torch.nan] * 3])
    assert float(vad_error(guess, target)) == pytest.approx((0.25 + 1.0) / 2)


def test_zeros_are_targets_like_others():
    assert float(vad_error(torch.full((1, 3), 0.5), torch.zeros(1, 3))) == pytest.approx(0.25)


def test_vad_error_of_a_batch_without_targets_is_zero_with_a_gradient_of_zero():
    guess = torch.full((4, 3), 0.3, requires_grad=True)
    error = vad_error(guess, torch.full((4, 3), torch.nan))
    error.backward()
    assert float(error.detach()) == 0
    assert torch.equal(guess.grad, torch.zeros(4, 3))


@given(st.integers(0, 1000), st.integers(2, 9))
def test_contrast_is_the_ntxent_of_pytorch_metric_learning(seed, n):
    text, audio = draws(seed, n, 5), draws(seed + 1, n, 5)
    own = torch.arange(n)  # a copy of it as reference: the library drops pairs of one tensor
    oracle = NTXentLoss(temperature=0.2)
    expected = (
        oracle(text, own, ref_emb=audio, ref_labels=own.clone())
        + oracle(audio, own, ref_emb=text, ref_labels=own.clone())
    ) / 2
    assert torch.allclose(contrastive(text, audio, temperature=0.2), expected, atol=1e-4)


@given(
    st.integers(0, 1000),
    st.lists(st.integers(0, 2), min_size=3, max_size=9).map(lambda r: [0, 1, *r]),
)
def test_supervised_contrast_is_the_supcon_of_pytorch_metric_learning(seed, labels):
    text, audio = draws(seed, len(labels), 5), draws(seed + 1, len(labels), 5)
    classes = torch.tensor(labels)
    oracle = SupConLoss(temperature=0.2)
    expected = (
        oracle(text, classes, ref_emb=audio, ref_labels=classes.clone())
        + oracle(audio, classes, ref_emb=text, ref_labels=classes.clone())
    ) / 2
    found = contrastive(text, audio, classes, temperature=0.2)
    assert torch.allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("share", [0.01, 0.25, 0.5, 0.75, 1.0])
def test_hard_negatives_by_hand(share):
    text, audio = draws(0, 7, 4), draws(1, 7, 4)
    one, other = (functional.normalize(part, dim=1).double().numpy() for part in (text, audio))
    sides = []
    for cosines in (one @ other.T, other @ one.T):
        losses = []
        for i, row in enumerate(cosines):
            negatives = sorted(np.delete(row, i), reverse=True)[: math.ceil(6 * share)]
            scores = np.exp(np.array([row[i], *negatives]) / 0.1)
            losses.append(-math.log(scores[0] / scores.sum()))
        sides.append(np.mean(losses))
    found = contrastive(text, audio, temperature=0.1, hard_negatives=share)
    assert float(found) == pytest.approx(np.mean(sides), rel=1e-4)


@pytest.mark.parametrize("n", [0, 1])
def test_contrast_of_less_than_two_pairs_is_zero(n):
    text = draws(0, n, 4).requires_grad_()
    loss = contrastive(text, draws(1, n, 4), temperature=0.1)
    loss.backward()
    assert float(loss.detach()) == 0
    assert torch.equal(text.grad, torch.zeros(n, 4))


def test_contrast_with_one_label_only_is_finite():
    same = torch.zeros(4, dtype=torch.int64)
    text = draws(0, 4, 4).requires_grad_()
    loss = contrastive(text, draws(1, 4, 4), same, temperature=0.1, hard_negatives=0.5)
    loss.backward()
    assert loss.isfinite()
    assert text.grad.isfinite().all()


def test_the_objective_is_the_weighted_sum_of_its_parts():
    model, examples = network(), batch()
    output = read(model, examples)
    config = ObjectiveConfig(cls=0.7, vad=0.4, micl=0.3, label_smoothing=0.1, hard_negatives=1.0)
    weights = [0.5, 1.0, 1.5, 1.0]
    losses = Objective(config, weights)(output, examples.labels, examples.vad)
    cls = functional.cross_entropy(
        output.logits, examples.labels, weight=torch.tensor(weights), label_smoothing=0.1
    )
    known = ~examples.vad[:, 0].isnan()
    vad = functional.mse_loss(output.vad[known], examples.vad[known])
    micl = contrastive(*output.embeddings.values(), temperature=0.07)
    assert torch.allclose(losses.cls, cls)
    assert torch.allclose(losses.vad, vad)
    assert torch.allclose(losses.micl, micl)
    assert torch.allclose(losses.total, 0.7 * cls + 0.4 * vad + 0.3 * micl)


def test_the_objective_can_be_focal():
    model, examples = network(), batch()
    output = read(model, examples)
    config = ObjectiveConfig(loss="focal", gamma=1.5, label_smoothing=0.2)
    losses = Objective(config)(output, examples.labels, examples.vad)
    expected = focal(output.logits, examples.labels, gamma=1.5, weights=None, label_smoothing=0.2)
    assert torch.allclose(losses.cls, expected)


@pytest.mark.parametrize("variant", ["text", "audio"])
def test_parts_that_a_network_does_not_have_are_left_out(variant):
    model, examples = network(variant=variant, vad_head=False), batch()
    output = read(model, examples)
    losses = Objective(ObjectiveConfig())(output, examples.labels, examples.vad)
    losses.total.backward()
    assert float(losses.vad.detach()) == float(losses.micl.detach()) == 0
    assert torch.equal(losses.total, losses.cls)
    assert all(parameter.grad.isfinite().all() for parameter in model.parameters())


def test_examples_without_their_other_half_are_not_contrasted():
    model, examples = network(), batch(6)
    mask = examples.inputs["audio"].mask.clone()
    mask[4:] = False
    losses = Objective(ObjectiveConfig(hard_negatives=1.0))(
        output := read(model, examples, audio_mask=mask), examples.labels, examples.vad
    )
    expected = contrastive(*(part[:4] for part in output.embeddings.values()), temperature=0.07)
    assert torch.allclose(losses.micl, expected)


def test_half_precision_is_judged_in_full():
    model, examples = network(), batch()
    objective = Objective(ObjectiveConfig())
    whole = objective(read(model, examples), examples.labels, examples.vad)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        half = objective(read(model, examples), examples.labels, examples.vad)
    assert half.total.dtype == torch.float32
    assert float(half.total.detach()) == pytest.approx(float(whole.total.detach()), rel=0.1)
