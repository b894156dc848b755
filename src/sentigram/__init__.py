"""Sentigram turns a video into subtitles that look the way the words were said.

    >>> import sentigram as sg
    >>> talk = sg.hear("talk.mp4")
    >>> word = talk.words[0]
    >>> word.text, word.span.start_ms, word.label
    ('Hello', 50, 'happiness')
    >>> talk = talk.with_text(0, "Howdy").with_emotion(1, "anger", intensity=1)
    >>> talk.save("talk.sentigram.json")
    >>> paths = sg.render(talk, ["talk.html", "talk.ass"], look=sg.Look(culture="eastern"))
    >>> print(talk.to_srt(sg.Look(profiles=("bbc",))).splitlines()[2])
    Howdy there, friend.
    >>> sg.check(talk).n_violations
    0

What is named here is Sentigram's face, and stays; every other module is free to change. Nothing
prints or exits: progress and remarks go to a `Reporter`, failures are the errors of
`sentigram.errors`. Nothing is loaded before it is used, and nothing is ever fetched.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from sentigram.core.document import Document, DocumentWord
    from sentigram.core.emotion import WordEmotion
    from sentigram.core.media import VideoOptions
    from sentigram.core.protocols import EmotionModel, Renderer, Reporter, Transcriber
    from sentigram.core.time import Span
    from sentigram.errors import (
        DocumentError,
        InputError,
        MediaError,
        MissingError,
        OutputError,
        SentigramError,
        ThemeError,
        TranscriptError,
        UsageError,
    )
    from sentigram.face import check, fix, hear, load, read_subtitles, render
    from sentigram.jobs.engine import Engine
    from sentigram.style.look import Look

_PLACES = {
    "sentigram.face": ("hear", "load", "render", "check", "fix", "read_subtitles"),
    "sentigram.style.look": ("Look",),
    "sentigram.jobs.engine": ("Engine",),
    "sentigram.core.media": ("VideoOptions",),
    "sentigram.core.document": ("Document", "DocumentWord"),
    "sentigram.core.emotion": ("WordEmotion",),
    "sentigram.core.time": ("Span",),
    "sentigram.core.protocols": ("Transcriber", "EmotionModel", "Renderer", "Reporter"),
    "sentigram.errors": (
        "SentigramError",
        "UsageError",
        "InputError",
        "MediaError",
        "TranscriptError",
        "DocumentError",
        "ThemeError",
        "OutputError",
        "MissingError",
    ),
}

__all__ = [
    "Document",
    "DocumentError",
    "DocumentWord",
    "EmotionModel",
    "Engine",
    "InputError",
    "Look",
    "MediaError",
    "MissingError",
    "OutputError",
    "Renderer",
    "Reporter",
    "SentigramError",
    "Span",
    "ThemeError",
    "Transcriber",
    "TranscriptError",
    "UsageError",
    "VideoOptions",
    "WordEmotion",
    "check",
    "fix",
    "hear",
    "load",
    "read_subtitles",
    "render",
]

if not TYPE_CHECKING:  # or any name would do for a type checker

    def __getattr__(name: str) -> object:
        """Import what is asked for, when it is asked for."""
        for place, names in _PLACES.items():
            if name in names:
                found = globals()[name] = getattr(import_module(place), name)
                return found
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)

    def __dir__() -> list[str]:
        """What there is, imported or not."""
        return sorted({*globals(), *__all__})


class _Face(ModuleType):
    """A module whose functions stay: `render` and `check` are names of rooms of the house, too.

    Whoever imports from a room would put it in the place of the function.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _PLACES["sentigram.face"] and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Face
