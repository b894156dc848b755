"""Grad-CAM, against finite differences and on networks that were shown where to look."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sentigram.emotion.networks.inputs import Sequences
from sentigram.emotion.networks.maps import Mapped
from sentigram.emotion.networks.registry import build, network_config
from sentigram.training.inside.cam import grad_cam
from tests.emotion.networks.batches import batch, network
from tests.emotion.networks.test_families import CASES, examples, made

MAPPED = ("resnet18", "cnn-bilstm", "vggish", "early-fusion", "vggish-bert")
WITH_MAPS = pytest.mark.parametrize("name", MAPPED)


def test_every_network_with_convolutions_keeps_the_protocol():
    found = {
        name.partition(",")[0] for name, case in CASES.items() if isinstance(made(case), Mapped)
    }
    assert found == set(MAPPED)


@WITH_MAPS
def test_both_halves_are_the_network(name: str):
    given, inputs = made(CASES[name]), examples(CASES[name])
    maps, mask = given.maps(inputs)
    assert maps.shape[0] == mask.shape[0] == 5
    assert maps.shape[2] == mask.shape[1]
    assert torch.equal(given.read_maps(maps, mask, inputs).logits, given(inputs).logits)
    frames = inputs["audio"].mask.sum(dim=1)
    columns = mask.sum(dim=1)
    n_most = -(-frames // given.map_frames)
    assert (columns <= n_most.clamp_min(6 if "vggish" in name else 1)).all()
    if "vggish" not in name:  # which leaves what does not fill a piece out
        assert torch.equal(columns, n_most)


@WITH_MAPS
def test_weights_are_mean_slopes(name: str):
    """The definition, with slopes by finite differences of the second half."""
    given, inputs = made(CASES[name]), examples(CASES[name])
    target, step = 2, 1e-5
    maps, mask = (part.detach() for part in given.maps(inputs))
    expected = torch.zeros(maps.shape[0], *maps.shape[2:], dtype=torch.float64)
    with torch.no_grad():
        for channel in range(maps.shape[1]):
            real = mask[:, :, None].double().expand(-1, -1, maps.shape[3])
            bump = torch.zeros_like(maps)
            bump[:, channel] = real * step
            up, down = (
                given.read_maps(maps + sign * bump, mask, inputs).logits[:, target]
                for sign in (1, -1)
            )
            # the slope along all places together is the sum of their slopes
            mean = (up - down) / (2 * step) / real.sum(dim=(1, 2))
            expected += mean[:, None, None] * maps[:, channel] * real
    expected = expected.relu()
    found = grad_cam(given, inputs, [target] * 5)
    for row, cam in enumerate(found):
        frames = int(inputs["audio"].mask[row].sum())
        assert cam.shape == (frames, 64)
        own = expected[row, : int(mask[row].sum())]
        fine = torch.nn.functional.interpolate(
            own[None, None], (len(own) * given.map_frames, 64), mode="bilinear"
        )[0, 0].numpy()[:frames]
        fine = np.pad(fine, ((0, frames - len(fine)), (0, 0)))
        np.testing.assert_allclose(cam, fine / max(fine.max(), 1e-300), atol=1e-5)


@WITH_MAPS
def test_company_changes_nothing(name: str):
    given, inputs = made(CASES[name]), examples(CASES[name])
    together = grad_cam(given, inputs, [0, 1, 2, 3, 0])
    lengths = CASES[name].lengths
    for row, target in enumerate([0, 1, 2, 3, 0]):
        alone = {
            kind: Sequences(*(part[row : row + 1, : lengths[kind][row]] for part in one))
            for kind, one in inputs.items()
        }
        np.testing.assert_allclose(grad_cam(given, alone, [target])[0], together[row], atol=1e-9)


def test_it_points_to_what_tells_the_classes_apart():
    """Two classes differ in bands 40 to 47, between frames 48 and 63, and nowhere else."""
    torch.manual_seed(0)
    config = network_config(
        {"family": "cnn-bilstm", "channels": [8, 8], "hidden": 8, "n_layers": 1, "vad_head": False}
    )
    given = build(config, 2)
    noise = torch.Generator().manual_seed(1)
    values = torch.randn((16, 96, 64), generator=noise)
    labels = torch.arange(16) % 2
    values[labels == 1, 48:64, 40:48] += 3.0
    mask = torch.ones(16, 96, dtype=torch.bool)
    inputs = {"audio": Sequences(values, mask, mask)}
    optimizer = torch.optim.Adam(given.parameters(), lr=0.01)
    for _ in range(15):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(given(inputs).logits, labels).backward()
        optimizer.step()
    marked = [row for row in range(16) if labels[row] == 1]
    cams = grad_cam(
        given, {"audio": Sequences(values[marked], mask[marked], mask[marked])}, [1] * 8
    )
    mean = np.mean(cams, axis=0)
    inside = mean[44:68, 36:52].sum() / mean.sum()
    assert inside > 4 * (24 * 16) / (96 * 64)  # at least four times its share of the picture
    assert given.training


def test_a_network_without_maps_is_refused():
    with pytest.raises(TypeError, match="FusionNetwork has no convolutions"):
        grad_cam(network(), batch(2).inputs, [0, 0])
