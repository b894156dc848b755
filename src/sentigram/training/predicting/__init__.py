"""A trained network on clips that nobody labelled."""
