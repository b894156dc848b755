"""What every network is to training and to reading."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from torch import nn

from sentigram.emotion.networks.config import NetworkConfig
from sentigram.emotion.networks.inputs import Inputs
from sentigram.emotion.networks.output import NetworkOutput
from sentigram.emotion.networks.pretrained import Batches, Pretrained


class Network(nn.Module, ABC):
    """Reads one emotion per example from the tokens of one modality or several.

    Args:
        config: Sizes and choices.
        n_classes: Emotions that are told apart.
    """

    def __init__(self, config: NetworkConfig, n_classes: int) -> None:
        super().__init__()
        self.config, self.n_classes = config, n_classes

    @abstractmethod
    def forward(self, inputs: Inputs) -> NetworkOutput:
        """Read a batch; what masks leave out, and the order of the batch, change nothing."""

    def take_initial_weights(self) -> None:
        """Let parts that were learnt elsewhere take their weights; once, before training begins.

        Raises:
            MissingError: A model is not on this machine.
            InputError: It is damaged, or another one.
        """
        for _, part in self._pretrained():
            part.take_initial_weights()

    def measure(self, training: Batches) -> None:
        """Let parts measure what is fitted once on training examples, before training begins."""
        for _, part in self._pretrained():
            part.measure(training)

    def parameter_groups(self, learning_rate: float) -> list[dict[str, Any]]:
        """What learns at which rate, for an optimizer; what is frozen is in no group.

        Args:
            learning_rate: Of all that has no rate of its own.

        Returns:
            `params` and `lr` of each group, the fastest first.
        """
        shares: dict[str, float] = {}
        for prefix, part in self._pretrained():
            for name, _ in part.named_parameters():
                shares[f"{prefix}.{name}"] = part.rate_share(name)
        groups: dict[float, list[nn.Parameter]] = {}
        for name, parameter in self.named_parameters():
            if parameter.requires_grad:
                groups.setdefault(shares.get(name, 1.0), []).append(parameter)
        return [
            {"params": groups[share], "lr": learning_rate * share}
            for share in sorted(groups, reverse=True)
        ]

    def _pretrained(self) -> Iterator[tuple[str, Pretrained]]:
        return ((n, part) for n, part in self.named_modules() if isinstance(part, Pretrained))

    if TYPE_CHECKING:

        def __call__(self, inputs: Inputs) -> NetworkOutput:
            """Read a batch."""
            ...
