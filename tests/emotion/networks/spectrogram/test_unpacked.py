"""An LSTM without packing, against torch's own with it."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from sentigram.emotion.networks.spectrogram.unpacked import unpacked


@pytest.mark.parametrize("n_layers", [1, 3])
def test_it_is_torch_s_own_over_packed_sequences(n_layers: int):
    torch.manual_seed(0)
    lstm = nn.LSTM(5, 4, num_layers=n_layers, bidirectional=True, batch_first=True).double().eval()
    frames = torch.randn(4, 9, 5).double()
    lengths = torch.tensor([9, 1, 4, 6])
    packed = pack_padded_sequence(frames, lengths, batch_first=True, enforce_sorted=False)
    expected, _ = pad_packed_sequence(lstm(packed)[0], batch_first=True, total_length=9)
    torch.testing.assert_close(unpacked(lstm, frames, lengths), expected, rtol=1e-12, atol=1e-12)
