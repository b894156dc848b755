"""SenseVoice: which of a few events a stretch of sound is, beside its words."""
