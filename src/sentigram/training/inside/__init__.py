"""What trained networks look at: maps of the spectrogram, attention, gates."""
