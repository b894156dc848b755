"""ResNet-18 (He et al. 2016) on a spectrogram of one channel."""

from __future__ import annotations

from torch import Tensor, nn

from sentigram.emotion.networks.heads import LinearHeads
from sentigram.emotion.networks.inputs import Inputs, Sequences
from sentigram.emotion.networks.network import Network
from sentigram.emotion.networks.output import NetworkOutput
from sentigram.emotion.networks.spectrogram.config import ResNet18Config
from sentigram.emotion.networks.spectrogram.masked import (
    MaskedBatchNorm,
    halved,
    hidden,
    mean_over_time,
)

_BLOCKS = 2  # of each of the four stages
MAP_FRAMES = 32  # the first convolution, the pool and three stages halve the time


class BasicBlock(nn.Module):
    """Two convolutions and what goes past them.

    Args:
        width: Channels given.
        out: Channels returned.
        stride: 2 halves time and bands.
    """

    def __init__(self, width: int, out: int, *, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.conv1 = nn.Conv2d(width, out, 3, stride=stride, padding=1, bias=False)
        self.norm1 = MaskedBatchNorm(out)
        self.conv2 = nn.Conv2d(out, out, 3, padding=1, bias=False)
        self.norm2 = MaskedBatchNorm(out)
        is_changed = stride != 1 or width != out
        self.past = nn.Conv2d(width, out, 1, stride=stride, bias=False) if is_changed else None
        self.past_norm = MaskedBatchNorm(out) if is_changed else None

    def forward(self, values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, width, n, bands), zero where padded, and its mask → the same of `out`."""
        after = halved(mask) if self.stride == 2 else mask
        found = hidden(self.norm1(self.conv1(values), after).relu(), after)
        found = self.norm2(self.conv2(found), after)
        past = values
        if self.past is not None and self.past_norm is not None:
            past = self.past_norm(self.past(values), after)
        return hidden((found + past).relu(), after), after


class ResNet18Body(nn.Module):
    """Everything before the heads.

    Args:
        width: Channels of the first stage.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, width, 7, stride=2, padding=3, bias=False)
        self.norm = MaskedBatchNorm(width)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        widths = [width * 2**stage for stage in range(4)]
        self.blocks = nn.ModuleList(
            BasicBlock(
                given if block == 0 else out,
                out,
                stride=2 if block == 0 and out != width else 1,
            )
            for given, out in zip([width, *widths], widths, strict=False)
            for block in range(_BLOCKS)
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, given: Sequences) -> tuple[Tensor, Tensor]:
        """What the last convolution says, (batch, channels, n, bands), and its mask (batch, n)."""
        mask = given.mask
        values = hidden(given.values.unsqueeze(1), mask)  # (batch, 1, n, bands)
        mask = halved(mask)
        values = hidden(self.norm(self.conv(values), mask).relu(), mask)
        # what is padded is 0, and 0 is the least that a ReLU leaves: it wins no maximum
        mask = halved(mask)
        values = hidden(self.pool(values), mask)
        for block in self.blocks:
            values, mask = block(values, mask)
        return values, mask


class ResNet18(Network):
    """Eighteen layers with weights, and heads.

    Args:
        config: Sizes.
        n_classes: Emotions that are told apart.
    """

    def __init__(self, config: ResNet18Config, n_classes: int) -> None:
        super().__init__(config, n_classes)
        self.body = ResNet18Body(config.width)
        self.dropout = nn.Dropout(config.dropout)
        self.heads = LinearHeads(config.fused_width, n_classes, has_vad=config.vad_head)

    map_frames = MAP_FRAMES

    def maps(self, inputs: Inputs) -> tuple[Tensor, Tensor]:
        """What the last convolution says, (batch, channels, n, bands), and its mask (batch, n)."""
        maps, mask = self.body(inputs["audio"])
        return maps, mask

    def read_maps(self, maps: Tensor, mask: Tensor, inputs: Inputs) -> NetworkOutput:
        """What the network says of its last maps."""
        del inputs
        fused = mean_over_time(maps, mask)
        logits, vad = self.heads(self.dropout(fused))
        return NetworkOutput(logits=logits, vad=vad, fused=fused)

    def forward(self, inputs: Inputs) -> NetworkOutput:
        """Read a batch; see `Network`."""
        return self.read_maps(*self.maps(inputs), inputs)
