"""Sentigram turns a video into subtitles that look the way the words were said."""

__version__ = "0.1.0"
