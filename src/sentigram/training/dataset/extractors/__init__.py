"""Feature encoders for training: each turns texts or clips into token sequences."""
