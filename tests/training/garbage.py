"""Accelerate collects garbage after every network; here it is spared what stays anyway."""

from __future__ import annotations

import gc
from functools import cache


@cache
def set_aside() -> None:
    """Look no more through the modules and tests that are loaded: they were half of the time."""
    import accelerate  # noqa: F401
    import torch._dynamo  # noqa: F401  # the first optimizer would import it

    gc.collect()
    gc.freeze()
