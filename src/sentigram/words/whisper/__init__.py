"""Whisper through faster-whisper: windows, decoding, and the words that it makes up."""
