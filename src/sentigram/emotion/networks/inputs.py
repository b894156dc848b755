"""What networks are given: padded tokens of each modality."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, NamedTuple

from sentigram.emotion.encoders.tokens import Kind

if TYPE_CHECKING:
    from torch import Tensor


class Sequences(NamedTuple):
    """Token sequences of one modality; a tuple, so that processes and devices pass it on whole.

    Attributes:
        values: (batch, n, width), n ≥ 1; anything where mask is False.
        mask: bool (batch, n), True for real tokens; all False where an example has none.
        marked: bool (batch, n), True for tokens that the example is about; the rest is context.
    """

    values: Tensor
    mask: Tensor
    marked: Tensor


Inputs = Mapping[Kind, Sequences]


def heeding(inputs: Inputs, used: Collection[Kind]) -> dict[Kind, Sequences]:
    """The same, with modalities that are not used withheld from every example."""
    return {
        kind: given if kind in used else given._replace(mask=given.mask & False)
        for kind, given in inputs.items()
    }
