"""Parts of networks whose weights were learnt elsewhere, and who learn at rates of their own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable

from torch import nn

from sentigram.emotion.networks.inputs import Inputs

Batches = Callable[[], Iterable[Inputs]]
"""Makes the inputs of all training examples, anew each time."""


class Pretrained(nn.Module, ABC):
    """A part of a network that training finds already learnt."""

    @abstractmethod
    def take_initial_weights(self) -> None:
        """Take them over: once, where training begins, and not where checkpoints are read."""

    def measure(self, training: Batches) -> None:
        """Measure what is fitted once on training examples, after initial weights are taken.

        Args:
            training: Where this part is; only called by what needs it.
        """
        del training

    def rate_share(self, name: str) -> float:
        """What a parameter's learning rate is of training's, 1 for all of it.

        Args:
            name: Of the parameter, in this part.
        """
        del name
        return 1.0
