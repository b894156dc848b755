"""Grad-CAM over the spectrogram (Selvaraju et al. 2017): where what speaks for a class lies.

Channels of the last convolution are weighted by the mean slope of the class's logit with respect
to them, and summed; what is negative speaks against the class and is left out. A column of the
maps stands for several frames (`map_frames`) and has seen more of them still: the picture is
coarse, and says where evidence was found, not what in the sound it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sentigram.core.arrays import Floats64
from sentigram.emotion.networks.inputs import Inputs
from sentigram.emotion.networks.maps import Mapped

if TYPE_CHECKING:
    import torch


def grad_cam(
    network: torch.nn.Module, inputs: Inputs, classes: Sequence[int]
) -> tuple[Floats64, ...]:
    """Where in the spectrogram evidence for one class per example lies.

    Args:
        network: A `Mapped` one; in evaluation mode while this runs.
        inputs: A batch that holds the spectrogram as `audio`, (batch, n_frames, n_bands).
        classes: Of each example, the index of the class.

    Returns:
        Of each example float64 (n_frames, n_bands), its real frames only; at least 0, and at most
        1, which is reached unless nothing speaks for the class.

    Raises:
        TypeError: The network has no maps.
    """
    import torch
    from torch.nn import functional

    if not isinstance(network, Mapped):
        message = f"{type(network).__name__} has no convolutions over a spectrogram"
        raise TypeError(message)
    was_training = network.training
    network.eval()
    given = inputs["audio"]
    with torch.no_grad():
        found, mask = network.maps(inputs)
    found = found.clone().requires_grad_()
    with torch.enable_grad():
        logits = network.read_maps(found, mask, inputs).logits
        wanted = logits[torch.arange(len(logits)), torch.as_tensor(list(classes))]
        # examples do not mix in evaluation: the slope of the sum is that of each
        (slopes,) = torch.autograd.grad(wanted.sum(), [found])
    network.train(was_training)
    real = mask[:, None, :, None].to(found.dtype)
    count = real.sum(dim=(2, 3), keepdim=True).clamp_min(1) * found.shape[3]
    weights = (slopes * real).sum(dim=(2, 3), keepdim=True) / count  # (batch, channels, 1, 1)
    cams = (weights * found.detach() * real).sum(dim=1, keepdim=True).relu()  # (batch, 1, n, bands)
    n_frames, n_bands = given.values.shape[1:]
    maps = []
    for cam, columns, frames in zip(cams, mask.sum(dim=1), given.mask.sum(dim=1), strict=True):
        own = cam[:, : max(1, int(columns))]
        size = (own.shape[1] * network.map_frames, n_bands)
        fine = functional.interpolate(own[None], size, mode="bilinear", align_corners=False)[0, 0]
        whole = fine.new_zeros((n_frames, n_bands))
        whole[: min(len(fine), n_frames)] = fine[:n_frames]
        part = whole[: int(frames)].double().numpy()
        maps.append(np.asarray(part / part.max() if part.size and part.max() > 0 else part))
    return tuple(maps)
