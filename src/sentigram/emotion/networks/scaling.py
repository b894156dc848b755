"""What a network's input tokens are centred and scaled by, in training and at work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sentigram.core.arrays import Floats32, Floats64
from sentigram.emotion.encoders.tokens import AnyFloats, Kind
from sentigram.errors import InputError
from sentigram.files import whole_file
from sentigram.reading import STATISTICS, read_bytes

FILE = "inputs.safetensors"
# Tokens' worth of speech at which a recording's own statistics count as much as training's.
PRIOR_TOKENS = 20.0


@dataclass(frozen=True, slots=True, eq=False)
class InputStatistics:
    """What tokens of one modality are centred and scaled by.

    Attributes:
        mean: float32 (d,).
        deviation: float32 (d,), above 0.
    """

    mean: Floats32
    deviation: Floats32

    def __call__(self, values: AnyFloats) -> Floats32:
        """Center and scale tokens, (n, d)."""
        return np.asarray((values - self.mean) / self.deviation, np.float32)


def moments(values: AnyFloats) -> InputStatistics:
    """InputStatistics of tokens, (n, d)."""
    return floored(values.mean(axis=0, dtype=np.float64), values.std(axis=0, dtype=np.float64))


def floored(mean: Floats64, deviation: Floats64) -> InputStatistics:
    """InputStatistics whose deviations are kept away from 0.

    A column that hardly varies would otherwise blow up where it does.
    """
    floor = 1e-3 * np.median(deviation) + 1e-6
    return InputStatistics(mean.astype(np.float32), np.maximum(deviation, floor).astype(np.float32))


def drawn(own: InputStatistics, train: InputStatistics, n_tokens: int) -> InputStatistics:
    """A recording's statistics, drawn toward training's by how little speech there is."""
    share = n_tokens / (n_tokens + PRIOR_TOKENS)
    return InputStatistics(
        share * own.mean + (1 - share) * train.mean,
        np.sqrt(share * own.deviation**2 + (1 - share) * train.deviation**2),
    )


def save_inputs(folder: Path, statistics: Mapping[Kind, InputStatistics]) -> None:
    """Write statistics beside a checkpoint; nothing where there are none.

    Raises:
        OutputError: They cannot be written.
    """
    from safetensors.numpy import save_file

    arrays = {
        f"{kind}_{name}": getattr(measured, name)
        for kind, measured in statistics.items()
        for name in ("mean", "deviation")
    }
    if arrays:
        with whole_file(folder / FILE, overwrite=True) as file:
            save_file(arrays, file)


def load_inputs(folder: Path, widths: Mapping[Kind, int]) -> dict[Kind, InputStatistics]:
    """Read statistics from beside a checkpoint.

    Args:
        folder: Of the checkpoint.
        widths: Of the tokens of each modality that the network reads.

    Raises:
        InputError: They are absent, damaged, or of tokens of another width.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    path = folder / FILE
    try:
        arrays = load(read_bytes(path, STATISTICS))
        found = {
            kind: InputStatistics(arrays[f"{kind}_mean"], arrays[f"{kind}_deviation"])
            for kind in widths
        }
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        message = (
            f"{path}: statistics of the inputs are missing or damaged ({error}); copy the whole "
            "folder of the checkpoint, or train it again"
        )
        raise InputError(message) from error
    for kind, measured in found.items():
        shapes = {measured.mean.shape, measured.deviation.shape}
        is_sane = np.isfinite(measured.mean).all() and (measured.deviation > 0).all()
        if shapes != {(widths[kind],)} or not is_sane:
            message = f"{path}: not statistics of {kind} tokens of width {widths[kind]}"
            raise InputError(message)
    return found
