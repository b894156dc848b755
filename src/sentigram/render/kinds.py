"""The kinds of result: what each is called, and where it goes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from sentigram.core.document import SUFFIX, is_document
from sentigram.errors import OutputError, UsageError

SUFFIXES: Mapping[str, str] = MappingProxyType(
    {
        "html": ".html",
        "ass": ".ass",
        "effects": ".effects.ass",
        "srt": ".srt",
        "vtt": ".vtt",
        "ttml": ".ttml",
        "srv3": ".srv3",
        "json": SUFFIX,
        "video": ".sentigram.mp4",
        "mkv": ".sentigram.mkv",
        "gif": ".sentigram.gif",
        "webp": ".sentigram.webp",
        "timeline": ".timeline.png",
    }
)
NEED_MEDIA = frozenset({"video", "mkv", "gif", "webp"})
"""Kinds of result that are made from the picture and sound, not from the Document alone."""
CLIPS = frozenset({"gif", "webp"})
_LONGEST_NAME_BYTES = 255


def is_own_output(path: Path) -> bool:
    """Whether a path is named like something that Sentigram writes and nobody else does."""
    return is_document(path) or path.name.endswith(tuple(SUFFIXES[kind] for kind in NEED_MEDIA))


def stem(source: Path) -> str:
    """What results are named after: `talk` for talk.mp4 and for talk.sentigram.json."""
    return source.name.removesuffix(SUFFIX) if is_document(source) else source.stem


def targets(
    source: Path, kinds: Sequence[str], *, folder: Path | None, infix: str = ""
) -> dict[str, Path]:
    """The path of each kind of result.

    Args:
        source: The video, audio file or Document.
        kinds: Keys of SUFFIXES.
        folder: Where they go, None for beside the source.
        infix: Put between the stem and the suffix, such as `.preview`.

    Raises:
        UsageError: An unknown kind, or a result that would be the source itself.
    """
    check_kinds(kinds)
    home = source.parent if folder is None else folder
    paths = {kind: home / f"{stem(source)}{infix}{SUFFIXES[kind]}" for kind in dict.fromkeys(kinds)}
    for path in paths.values():
        if path.resolve() == source.resolve():
            message = f"{path}: the result would replace its own source; give --out DIR"
            raise UsageError(message)
        if len(os.fsencode(path.name)) > _LONGEST_NAME_BYTES:
            message = f"{path.name}: longer than a file name may be; rename the source"
            raise OutputError(message)
    return paths


def check_kinds(kinds: Sequence[str]) -> None:
    """Make sure that every kind of result exists.

    Raises:
        UsageError: One does not, or none is given.
    """
    unknown = [kind for kind in kinds if kind not in SUFFIXES]
    if unknown or not kinds:
        message = f"--to {','.join(unknown) or '(empty)'}: choose from {', '.join(SUFFIXES)}"
        raise UsageError(message)
