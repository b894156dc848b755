"""Learning rates, against those of transformers where it has them."""

from __future__ import annotations

import pytest
import torch
from transformers import get_cosine_schedule_with_warmup, get_linear_schedule_with_warmup

from sentigram.training.config import TrainingConfig
from sentigram.training.fit.schedules import make_schedule, rate

ORACLES = {"linear": get_linear_schedule_with_warmup, "cosine": get_cosine_schedule_with_warmup}


def optimizer() -> torch.optim.Optimizer:
    first, second = (torch.nn.Parameter(torch.zeros(1)) for _ in range(2))
    return torch.optim.AdamW([{"params": [first], "lr": 0.1}, {"params": [second], "lr": 0.01}])


def rates(schedule, optimizer, n: int) -> list[tuple[float, ...]]:
    found = []
    for _ in range(n):
        found.append(tuple(group["lr"] for group in optimizer.param_groups))
        optimizer.step()
        schedule.step()
    return found


@pytest.mark.parametrize("name", ORACLES)
def test_decay_is_that_of_transformers(name: str):
    mine, theirs = optimizer(), optimizer()
    config = TrainingConfig(schedule=name)
    found = rates(make_schedule(mine, config, 20), mine, 20)
    expected = rates(ORACLES[name](theirs, 0, 20), theirs, 20)
    for one, other in zip(found, expected, strict=True):
        assert one == pytest.approx(other)
        assert one[0] == pytest.approx(10 * one[1])  # groups keep their proportions


@pytest.mark.parametrize("name", ["constant", "linear", "cosine"])
def test_warm_up_takes_its_share_of_the_updates_and_none_is_wasted(name: str):
    found = [rate(update, name, 20, warmup=0.2) for update in range(21)]
    assert found[:5] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert found[20] == pytest.approx(1 if name == "constant" else 0)
    assert found[4:] == sorted(found[4:], reverse=True)


def test_onecycle_rises_to_the_rate_of_each_group():
    made = optimizer()
    found = rates(make_schedule(made, TrainingConfig(), 20), made, 20)
    assert max(one for one, _ in found) == pytest.approx(0.1, rel=0.01)
    assert max(two for _, two in found) == pytest.approx(0.01, rel=0.01)
