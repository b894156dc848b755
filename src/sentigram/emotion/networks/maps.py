"""What networks with convolutions show of the spectrogram: their last maps, and what follows them.

Grad-CAM (Selvaraju et al. 2017) needs both halves: the maps, and the class scores as a function
of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from sentigram.emotion.networks.inputs import Inputs
from sentigram.emotion.networks.output import NetworkOutput

if TYPE_CHECKING:
    from torch import Tensor


@runtime_checkable
class Mapped(Protocol):
    """A network in two halves: `read_maps(*maps(inputs), inputs)` is what it says of the inputs."""

    @property
    def map_frames(self) -> int:
        """Frames of the spectrogram from one column of the maps to the next."""
        ...

    def maps(self, inputs: Inputs) -> tuple[Tensor, Tensor]:
        """What the last convolution says, (batch, channels, n, bands), and its mask (batch, n)."""
        ...

    def read_maps(self, maps: Tensor, mask: Tensor, inputs: Inputs) -> NetworkOutput:
        """What the network says of its last maps; of the inputs it reads words only."""
        ...
