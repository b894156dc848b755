"""Networks against second implementations and the numbers of their papers."""

from __future__ import annotations

import torch
from transformers import ResNetConfig, ResNetModel

from sentigram.emotion.networks.inputs import Sequences
from sentigram.emotion.networks.spectrogram.config import (
    CnnBiLstmConfig,
    PatchesConfig,
    ResNet18Config,
    VggishConfig,
)
from sentigram.emotion.networks.spectrogram.patches import AudioTransformer
from sentigram.emotion.networks.spectrogram.resnet18 import ResNet18
from sentigram.emotion.networks.spectrogram.vggish import Vggish


def size(network: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def given(n_frames: int = 150, *, batch: int = 2) -> Sequences:
    values = torch.randn((batch, n_frames, 64), generator=torch.Generator().manual_seed(0)).double()
    mask = torch.ones((batch, n_frames), dtype=torch.bool)
    return Sequences(values, mask, mask)


def test_resnet18_is_the_one_of_transformers():
    torch.manual_seed(0)
    config = ResNet18Config(width=8, vad_head=False)
    own = ResNet18(config, 4).double().eval()
    other = ResNetModel(
        ResNetConfig(
            num_channels=1,
            embedding_size=8,
            hidden_sizes=[8, 16, 32, 64],
            depths=[2, 2, 2, 2],
            layer_type="basic",
        )
    ).double()
    with torch.no_grad():
        for norm in [m for m in own.modules() if isinstance(m, torch.nn.BatchNorm2d)]:
            norm.running_mean.normal_()
            norm.running_var.uniform_(0.5, 2)
            norm.weight.uniform_(0.5, 2)
            norm.bias.normal_()
    pairs = [(own.body.conv, other.embedder.embedder.convolution)]
    pairs.append((own.body.norm, other.embedder.embedder.normalization))
    blocks = [layer for stage in other.encoder.stages for layer in stage.layers]
    for block, theirs in zip(own.body.blocks, blocks, strict=True):
        for number in (0, 1):
            pairs.append((getattr(block, f"conv{number + 1}"), theirs.layer[number].convolution))
            pairs.append((getattr(block, f"norm{number + 1}"), theirs.layer[number].normalization))
        if block.past is not None:
            pairs.append((block.past, theirs.shortcut.convolution))
            pairs.append((block.past_norm, theirs.shortcut.normalization))
    for mine, theirs in pairs:
        theirs.load_state_dict(mine.state_dict())
    audio = given()
    found = own({"audio": audio}).fused
    expected = other.eval()(audio.values.unsqueeze(1)).pooler_output.flatten(1)
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)


def test_resnet18_has_the_parameters_of_the_paper():
    """11,689,512 with three channels and 1,000 classes, as published."""
    network = ResNet18(ResNet18Config(vad_head=False), 1000)
    two_channels = 2 * 64 * 7 * 7
    assert size(network) + two_channels == 11_689_512


def test_vggish_has_the_parameters_of_the_published_weights():
    """Convolutions with their biases, and the layers 12,288 to 4,096 to 4,096 to 128."""
    with torch.device("meta"):
        network = Vggish(VggishConfig(), 4)
    convolutions = sum(
        (9 * a + 1) * b
        for a, b in [(1, 64), (64, 128), (128, 256), (256, 256), (256, 512), (512, 512)]
    )
    layers = sum((a + 1) * b for a, b in [(12_288, 4096), (4096, 4096), (4096, 128)])
    assert size(network.encoder) == convolutions + layers == 72_141_184


def test_the_mean_over_pieces_leaves_an_unfinished_one_out():
    torch.manual_seed(0)
    config = VggishConfig(channels=(4, 4, 8, 8), hidden=16, embedding=12)
    network = Vggish(config, 4).double().eval()
    audio = given(250)
    pieces = audio.values[:, :192].reshape(2, 2, 96, 64)
    expected = torch.stack([network.encoder(pieces[:, i]) for i in range(2)]).mean(dim=0)
    torch.testing.assert_close(network({"audio": audio}).fused, expected)


def test_patches_are_cut_as_slices():
    torch.manual_seed(0)
    config = PatchesConfig(hidden=16, n_layers=1, n_heads=2, stride=10)
    network = AudioTransformer(config, 4).double().eval()
    audio = given(47)
    found, inside = network.patches(audio.values, audio.mask)
    assert inside.sum(dim=1).tolist() == [5 * 5, 5 * 5]  # frames 0 10 20 30 40, bands 0 … 40
    kernel, bias = network.patches.project.weight, network.patches.project.bias
    padded = torch.nn.functional.pad(audio.values, (0, 0, 0, 9))
    patch = padded[:, 40:56, 20:36]  # column 4, row 2
    expected = torch.einsum("nij,cij->nc", patch, kernel[:, 0]) + bias + network.patches.rows[2]
    waves = torch.cat(
        [(4 * 10_000 ** -(torch.arange(8) / 8)).sin(), (4 * 10_000 ** -(torch.arange(8) / 8)).cos()]
    )
    torch.testing.assert_close(found[:, 4 * 5 + 2], expected + waves.double(), rtol=1e-6, atol=1e-6)


def test_the_lstm_is_given_what_its_settings_say():
    assert CnnBiLstmConfig().frame_width == 128 * 8
    assert CnnBiLstmConfig(channels=(8,) * 6).frame_width == 8
