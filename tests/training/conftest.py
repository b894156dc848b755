"""Training in tests uses one thread: networks this small only wait for others."""

from __future__ import annotations

import gc

import pytest


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session", autouse=True)
def _little_to_look_through() -> None:
    """Accelerate collects garbage after every network: not among all modules and all tests."""
    import accelerate  # noqa: F401
    import torch._dynamo  # noqa: F401  # the first optimizer would import it

    gc.collect()
    gc.freeze()
