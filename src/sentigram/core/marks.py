"""How subtitles that Sentigram wrote say so, for it must not take them for a person's."""

MARKER = "Sentigram"
"""Begins a comment line of our ASS (`; Sentigram …`) and a note of our VTT (`NOTE Sentigram …`)."""

SRT_TAIL = "\n\n\n\n"
"""How our SRT ends: SRT has no comments, but blank lines after the last cue mean nothing."""
