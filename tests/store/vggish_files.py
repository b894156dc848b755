"""Files with the layout and keys of the PyTorch port of VGGish, narrower, with drawn numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn

WEIGHTS, PCA = "vggish-10086976.pth", "vggish_pca_params-970ea276.pth"
CHANNELS = (4, 4, 8, 8)


class Port(nn.Module):
    """The network as the port writes it down, narrower."""

    def __init__(
        self, channels: tuple[int, ...] = CHANNELS, hidden: int = 16, embedding: int = 12
    ) -> None:
        super().__init__()
        first, second, third, fourth = channels
        layers: list[nn.Module] = []
        given = 1
        for width in (first, "M", second, "M", third, third, "M", fourth, fourth, "M"):
            if isinstance(width, str):
                layers.append(nn.MaxPool2d(kernel_size=2, stride=2))
                continue
            layers += [nn.Conv2d(given, width, kernel_size=3, padding=1), nn.ReLU(inplace=True)]
            given = width
        self.features = nn.Sequential(*layers)
        self.embeddings = nn.Sequential(
            nn.Linear(fourth * 4 * 6, hidden), nn.ReLU(True),
            nn.Linear(hidden, hidden), nn.ReLU(True),
            nn.Linear(hidden, embedding), nn.ReLU(True),
        )  # fmt: skip

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, 1, 96, 64) → (n, embedding)."""
        x = self.features(x).transpose(1, 3).transpose(1, 2).contiguous()
        return self.embeddings(x.view(x.size(0), -1))


def port(seed: int = 0) -> Port:
    """A port with drawn weights, whose embeddings are not all 0."""
    torch.manual_seed(seed)
    made = Port()
    for parameter in made.parameters():
        nn.init.normal_(parameter, 0.02, 0.2)
    return made.eval()


def pca(embedding: int = 12, seed: int = 1) -> dict[str, np.ndarray]:
    """Parameters of the post-processing: arrays, as the port has them."""
    rng = np.random.default_rng(seed)
    return {
        "pca_eigen_vectors": rng.standard_normal((embedding, embedding)),
        "pca_means": rng.standard_normal((embedding, 1)),
    }


def write(folder: Path, *, old: bool = True, with_pca: bool = True) -> Port:
    """Write both files into a folder.

    Args:
        folder: Made.
        old: Whether the weights are in the format from before torch 1.6, which is no archive.
        with_pca: Whether the second file is there.
    """
    made = port()
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(made.state_dict(), folder / WEIGHTS, _use_new_zipfile_serialization=not old)
    if with_pca:
        torch.save(pca(), folder / PCA, _use_new_zipfile_serialization=not old)
    return made
