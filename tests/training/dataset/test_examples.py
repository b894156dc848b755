from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from mypy import api

from sentigram.training.dataset.examples import HeldOutSet
from sentigram.training.fit.sampling import sampling_weights

_ROOT = Path(__file__).resolve().parents[3]


def test_held_out_examples_are_refused_at_run_time():
    held = HeldOutSet(None, np.arange(2), "test")
    with pytest.raises(
        TypeError, match="sampling_weights changes examples, so it takes a TrainSet"
    ):
        sampling_weights(held, "balanced")


def test_held_out_examples_are_refused_by_the_type_checker(tmp_path: Path):
    snippet = tmp_path / "snippet.py"
    snippet.write_text(
        "from sentigram.training.augment.config import AugmentConfig\n"
        "from sentigram.training.augment.masks import masked_table, masking\n"
        "from sentigram.training.augment.rows import with_copies\n"
        "from sentigram.training.dataset.examples import HeldOutSet, TrainSet\n"
        "from sentigram.training.dataset.features import FeatureStore\n"
        "from sentigram.training.fit.sampling import sampling_weights\n"
        "def sound(given: TrainSet) -> None:\n"
        "    sampling_weights(given, 'balanced')\n"
        "    masking(given, AugmentConfig())\n"
        "def wrong(given: HeldOutSet) -> None:\n"
        "    sampling_weights(given, 'balanced')\n"
        "    masking(given, AugmentConfig())\n"
        "    masked_table(given, AugmentConfig(), seed=0)\n"
        "def copied(given: HeldOutSet, store: FeatureStore) -> None:\n"
        "    with_copies(given, {}, store, scale=lambda values, _: values)\n"
    )
    config = tmp_path / "mypy.ini"  # the libraries are left out: they take most of the time
    config.write_text(
        f"[mypy]\nmypy_path = {_ROOT / 'src'}\nfollow_imports = silent\nstrict = True\n"
        "[mypy-torch.*,numpy.*,accelerate.*,sklearn.*,pydantic.*,scipy.*]\nfollow_imports = skip\n"
    )
    cache = tmp_path / "cache"
    said, _, _ = api.run([f"--config-file={config}", f"--cache-dir={cache}", str(snippet)])
    assert said.count('incompatible type "HeldOutSet"') == 4
    assert "Found 4 errors in 1 file" in said
