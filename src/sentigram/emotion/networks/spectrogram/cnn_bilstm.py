"""Convolutions, then an LSTM in both directions: local patterns, and how they follow each other."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from sentigram.emotion.networks.heads import LinearHeads
from sentigram.emotion.networks.inputs import Inputs
from sentigram.emotion.networks.network import Network
from sentigram.emotion.networks.output import NetworkOutput
from sentigram.emotion.networks.spectrogram.config import CnnBiLstmConfig
from sentigram.emotion.networks.spectrogram.masked import MaskedBatchNorm, halved, hidden
from sentigram.emotion.networks.spectrogram.unpacked import unpacked

_SLOWED = 2  # convolutions that halve the time


class CnnBiLstm(Network):
    """Convolutions, a bidirectional LSTM, the mean over time, heads.

    Args:
        config: Sizes.
        n_classes: Emotions that are told apart.
    """

    def __init__(self, config: CnnBiLstmConfig, n_classes: int) -> None:
        super().__init__(config, n_classes)
        pairs = zip((1, *config.channels), config.channels, strict=False)
        self.convs = nn.ModuleList(
            nn.Conv2d(given, out, 3, padding=1, bias=False) for given, out in pairs
        )
        self.norms = nn.ModuleList(MaskedBatchNorm(out) for out in config.channels)
        self.lstm = nn.LSTM(
            config.frame_width,
            config.hidden,
            num_layers=config.n_layers,
            bidirectional=True,
            batch_first=True,
            dropout=config.dropout if config.n_layers > 1 else 0.0,
        )
        self.dropout = nn.Dropout(config.dropout)
        self.heads = LinearHeads(config.fused_width, n_classes, has_vad=config.vad_head)

    @property
    def map_frames(self) -> int:
        """Each of the first convolutions halves the time."""
        return int(2 ** min(_SLOWED, len(self.convs)))

    def maps(self, inputs: Inputs) -> tuple[Tensor, Tensor]:
        """What the last convolution says, (batch, channels, n, bands), and its mask (batch, n)."""
        given = inputs["audio"]
        mask = given.mask
        values = hidden(given.values.unsqueeze(1), mask)
        for number, (conv, norm) in enumerate(zip(self.convs, self.norms, strict=True)):
            values = hidden(norm(conv(values), mask).relu(), mask)
            step = 2 if number < _SLOWED else 1
            bands = 2 if values.shape[3] > 1 else 1
            # ceil_mode: the last odd frame stays; padding is 0 and wins no maximum after a ReLU
            values = nn.functional.max_pool2d(values, (step, bands), ceil_mode=True)
            mask = halved(mask) if step == 2 else mask
        return values, mask

    def read_maps(self, maps: Tensor, mask: Tensor, inputs: Inputs) -> NetworkOutput:
        """What the network says of its last maps."""
        del inputs
        frames = maps.transpose(1, 2).flatten(2)  # (batch, n, channels · bands)
        lengths = mask.sum(dim=1).clamp_min(1)
        states = self._states(frames, lengths)
        fused = states.sum(dim=1) / lengths.unsqueeze(1)  # padded states are 0
        logits, vad = self.heads(self.dropout(fused))
        return NetworkOutput(logits=logits, vad=vad, fused=fused)

    def _states(self, frames: Tensor, lengths: Tensor) -> Tensor:
        """The LSTM's states, (batch, n, 2 · hidden), zero where padded."""
        if torch.compiler.is_exporting():
            return unpacked(self.lstm, frames, lengths)
        packed = pack_padded_sequence(frames, lengths.cpu(), batch_first=True, enforce_sorted=False)
        states, _ = pad_packed_sequence(
            self.lstm(packed)[0], batch_first=True, total_length=frames.shape[1]
        )
        return states

    def forward(self, inputs: Inputs) -> NetworkOutput:
        """Read a batch; see `Network`."""
        return self.read_maps(*self.maps(inputs), inputs)
