"""Subtitle grammars: one module each recognizes, reads and writes its own; no models, no looks."""
