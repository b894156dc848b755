"""What AudioSet does to the embeddings of VGGish: PCA with whitening, clipped, in eight bits.

As in `vggish_postprocess.py` of AudioSet's code; the values are those of its 256 levels, put back
on the scale that they were clipped to, for layers that learn from them.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

LIMIT = 2.0
_LARGEST = 255
_LEAST_SHARE = 1e-6  # of the largest variance: what varies less is noise of the arithmetic


class PostProcess(nn.Module):
    """Embeddings, (n, width), to numbers in [-2, 2], (n, components).

    Args:
        width: Of embeddings.
        components: How many numbers are kept.
        in_bytes: Whether there are 256 of them only.
    """

    vectors: Tensor
    means: Tensor

    def __init__(self, width: int, components: int, *, in_bytes: bool) -> None:
        super().__init__()
        self._in_bytes = in_bytes
        # parameters that are known do not learn; a checkpoint holds them as buffers
        self.register_buffer("vectors", torch.eye(components, width))
        self.register_buffer("means", torch.zeros(width))

    def forward(self, embeddings: Tensor) -> Tensor:
        """Project, clip, and round down to a level where there are levels."""
        clipped = ((embeddings - self.means) @ self.vectors.T).clamp(-LIMIT, LIMIT)
        if not self._in_bytes:
            return clipped
        rounded = levels(clipped) * (2 * LIMIT / _LARGEST) - LIMIT
        return clipped + (rounded - clipped).detach()  # steps have no slope: what is stepped has

    def fit(self, batches: Iterable[Tensor]) -> None:
        """Measure the principal components of embeddings, and scale each to variance 1.

        Args:
            batches: (n, width) each, of training examples.

        Raises:
            ValueError: They vary along fewer directions than there are components.
        """
        n, width = 0, len(self.means)
        sums, products = torch.zeros(width).double(), torch.zeros(width, width).double()
        for batch in batches:
            given = batch.detach().to("cpu", torch.float64)
            n += len(given)
            sums = sums + given.sum(dim=0)
            products = products + given.T @ given
        mean = sums / n
        covariance = products / n - torch.outer(mean, mean)
        variances, directions = torch.linalg.eigh(covariance)  # ascending
        kept = variances.flip(0)[: len(self.vectors)]
        if not kept[-1] > _LEAST_SHARE * kept[0]:
            found = int((variances > _LEAST_SHARE * variances[-1]).sum())
            message = f"{n} embeddings vary along {found} directions, not {len(kept)}"
            raise ValueError(message)
        rows = directions.flip(1).T[: len(kept)]
        # of a direction and its opposite, one: that whose largest number is above 0
        largest = rows.gather(1, rows.abs().argmax(dim=1, keepdim=True))
        self.vectors.copy_(rows * largest.sign() / kept.sqrt().unsqueeze(1))
        self.means.copy_(mean)


def levels(clipped: Tensor) -> Tensor:
    """Numbers in [-2, 2] as whole ones from 0 to 255, rounded down as AudioSet's are."""
    return torch.floor((clipped + LIMIT) * (_LARGEST / (2 * LIMIT)))
