"""What every network is to training and to reading."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from sentigram.emotion.networks.config import NetworkConfig
from sentigram.emotion.networks.inputs import Inputs
from sentigram.emotion.networks.output import NetworkOutput


class Network(nn.Module):
    """Reads one emotion per example from the tokens of one modality or several.

    Args:
        config: Sizes and choices.
        n_classes: Emotions that are told apart.
    """

    def __init__(self, config: NetworkConfig, n_classes: int) -> None:
        super().__init__()
        self.config, self.n_classes = config, n_classes

    def forward(self, inputs: Inputs) -> NetworkOutput:
        """Read a batch; what masks leave out, and the order of the batch, change nothing."""
        raise NotImplementedError

    def checkpoint_activations(self) -> None:
        """From now on compute activations again instead of keeping them for the gradient.

        Only families whose settings say `can_checkpoint` are asked.
        """
        raise NotImplementedError

    if TYPE_CHECKING:

        def __call__(self, inputs: Inputs) -> NetworkOutput:
            """Read a batch."""
            ...
