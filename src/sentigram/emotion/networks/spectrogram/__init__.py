"""Networks that learn from log-mel spectrograms: (batch, n_frames, 64) of 10 ms each."""
