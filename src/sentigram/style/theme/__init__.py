"""How each emotion looks: themes in layers of TOML."""
