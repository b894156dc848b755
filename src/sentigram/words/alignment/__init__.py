"""Where given words are said: forced alignment, and what helps it."""
