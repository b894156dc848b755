"""Letters: scripts, direction, fonts, width, and where a text may break."""
