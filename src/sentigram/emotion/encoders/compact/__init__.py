"""The encoders that ship: MiniLM for words, inner layers of Moonshine for voices."""
