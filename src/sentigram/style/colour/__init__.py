"""Colours: contrast, names, and how they look to viewers who lack a kind of cone."""
