"""What may be asked for about naming sounds."""

from __future__ import annotations

from sentigram.errors import UsageError

AUTO, OFF = "auto", "off"


def tagger_option(text: str) -> str:
    """Read `auto`, `off`, a model's name, or a file or folder.

    Raises:
        UsageError: It is empty.
    """
    asked = text.strip()
    if not asked:
        message = "`sound-model`: choose auto, off, a model's name, or a .tflite file"
        raise UsageError(message)
    return asked.casefold() if asked.casefold() in (AUTO, OFF) else asked
