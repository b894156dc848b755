"""How subtitles that Sentigram wrote say so, for it must not take them for a person's."""

MARKER = "Sentigram"
"""Begins a comment line of our ASS (`; Sentigram …`), a note of our VTT (`NOTE Sentigram …`) and
the title of a track in an .mkv that we made."""

SRT_MARK = "  "
"""How the first line of times in our SRT ends: SRT has no comments, and spaces mean nothing."""
