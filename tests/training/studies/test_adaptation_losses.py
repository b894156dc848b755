"""Adaptation losses against slow second implementations; scores against known densities."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy

from sentigram.training.studies.adaptation_losses import (
    DomainAdversary,
    build_adaptation,
    coral,
    mmd,
    prediction_entropy,
    reversal_strength,
    reversed_gradient,
)

METHODS = ("dann", "mmd", "coral")


def draws(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def slow_mmd(source: np.ndarray, target: np.ndarray) -> float:
    both = np.concatenate([source, target])
    gaps = [((x - y) ** 2).sum() for i, x in enumerate(both) for j, y in enumerate(both) if i != j]
    scale = np.mean(gaps)

    def kernel(x: np.ndarray, y: np.ndarray) -> float:
        gap = ((x - y) ** 2).sum()
        return float(np.mean([math.exp(-gap / (w * scale)) for w in (0.25, 0.5, 1, 2, 4)]))

    within = [np.mean([kernel(x, y) for x in part for y in part]) for part in (source, target)]
    across = np.mean([kernel(x, y) for x in source for y in target])
    return float(sum(within) - 2 * across)


@given(st.integers(0, 1000), st.integers(1, 6), st.integers(1, 6))
def test_mmd_is_the_slow_one(seed, n_source, n_target):
    source, target = draws(seed, n_source, 3), draws(seed + 1, n_target, 3) + 0.5
    expected = slow_mmd(source.double().numpy(), target.double().numpy())
    assert float(mmd(source, target)) == pytest.approx(expected, abs=1e-5)


@given(st.integers(0, 1000), st.integers(2, 8), st.integers(2, 8), st.integers(1, 4))
def test_coral_is_the_slow_one(seed, n_source, n_target, width):
    source, target = draws(seed, n_source, width), 2 * draws(seed + 1, n_target, width)
    gap = [np.atleast_2d(np.cov(part.double().numpy().T)) for part in (source, target)]
    expected = np.linalg.norm(gap[0] - gap[1]) ** 2 / (4 * width**2)
    assert float(coral(source, target)) == pytest.approx(expected, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("loss", [mmd, coral])
def test_equal_domains_are_not_apart_and_shifted_ones_are(loss):
    source = draws(0, 40, 4)
    assert float(loss(source, source.clone())) == pytest.approx(0, abs=1e-6)
    assert float(loss(source, 3 * source + 2)) > float(loss(source, 1.1 * source + 0.1)) > 0


@pytest.mark.parametrize("loss", [mmd, coral])
def test_gradients_are_finite_where_all_examples_are_the_same(loss):
    source, target = torch.ones(3, 4, requires_grad=True), torch.ones(3, 4)
    loss(source, target).backward()
    assert source.grad.isfinite().all()


@pytest.mark.parametrize("loss", [mmd, coral])
def test_descent_draws_domains_nearer(loss):
    source = draws(0, 32, 4)
    moved = (2 * draws(1, 32, 4) + 1).requires_grad_()
    before = float(loss(source, moved).detach())
    for _ in range(100):
        (slope,) = torch.autograd.grad(loss(source, moved), moved)
        moved = (moved - 5 * slope).detach().requires_grad_()
    assert float(loss(source, moved).detach()) < before / 2


def test_reversal_keeps_values_and_turns_gradients():
    values = draws(0, 3).requires_grad_()
    turned = reversed_gradient(values, 0.3)
    assert torch.equal(turned, values)
    (turned * torch.tensor([1.0, 2.0, 3.0])).sum().backward()
    assert torch.allclose(values.grad, torch.tensor([-0.3, -0.6, -0.9]))


def test_the_schedule_of_the_paper():
    assert reversal_strength(0.0) == 0
    assert reversal_strength(0.5) == pytest.approx(2 / (1 + math.exp(-5)) - 1)
    assert reversal_strength(1.0) == pytest.approx(0.99991, abs=1e-5)


def test_the_adversary_is_cross_entropy_of_the_domains_with_a_turned_gradient():
    torch.manual_seed(0)
    loss = DomainAdversary(4)
    source, target = draws(0, 6, 4).requires_grad_(), draws(1, 6, 4).requires_grad_()
    found = loss(source, target, 0.7)
    found.backward()
    plain = torch.cat([source.detach(), target.detach()]).requires_grad_()
    expected = torch.nn.functional.binary_cross_entropy_with_logits(
        loss.discriminator(plain).squeeze(1), torch.tensor([0.0] * 6 + [1.0] * 6)
    )
    (slope,) = torch.autograd.grad(expected, plain)
    assert torch.allclose(found, expected)
    turned = -reversal_strength(0.7) * slope
    assert torch.allclose(torch.cat([source.grad, target.grad]), turned, atol=1e-7)


def test_the_adversary_learns_to_tell_and_the_features_learn_to_hide():
    torch.manual_seed(0)
    loss = DomainAdversary(2)
    shift = torch.zeros(2, requires_grad=True)
    slow, fast = torch.optim.Adam([shift], lr=0.02), torch.optim.Adam(loss.parameters(), lr=0.01)
    source, target = draws(0, 200, 2), draws(1, 200, 2) + torch.tensor([2.0, 0.0])
    for _ in range(300):
        slow.zero_grad()
        fast.zero_grad()
        loss(source, target + shift, 0.5).backward()
        slow.step()
        fast.step()
    assert float(shift.detach()[0]) == pytest.approx(-2, abs=0.6)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_gives_a_scalar_with_gradients_for_both_domains(method):
    torch.manual_seed(0)
    loss = build_adaptation(method, 5)
    source, target = draws(0, 7, 5).requires_grad_(), (draws(1, 4, 5) + 1).requires_grad_()
    found = loss(source, target, 0.5)
    assert found.shape == ()
    found.backward()
    assert source.grad.abs().sum() > 0
    assert target.grad.abs().sum() > 0
    assert isinstance(loss, torch.nn.Module) == (method == "dann")


def test_half_precision_embeddings():
    for method in METHODS:
        torch.manual_seed(0)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            found = build_adaptation(method, 4)(draws(0, 6, 4).bfloat16(), draws(1, 6, 4), 0.5)
        assert found.isfinite()
        assert found.dtype == torch.float32


def test_an_unknown_method_is_refused():
    with pytest.raises(ValueError, match="adaptation jan: choose one of dann, mmd, coral"):
        build_adaptation("jan", 4)


@given(st.integers(0, 1000))
def test_entropy_is_that_of_scipy(seed):
    probs = np.random.default_rng(seed).dirichlet(np.full(5, 0.3), 20)
    probs[0] = [1, 0, 0, 0, 0]
    assert prediction_entropy(probs) == pytest.approx(entropy(probs, axis=1).mean())
