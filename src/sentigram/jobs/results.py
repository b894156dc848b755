"""The kinds of result: what each is called, and where it goes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path, PurePath

from sentigram import registry
from sentigram.core.document import SUFFIX, is_document
from sentigram.errors import OutputError, UsageError
from sentigram.reading import real

_LONGEST_NAME_BYTES = 255
PREVIEW = ".preview"  # in the names of results that show a slice
_OWN = ".sentigram"  # in the names of what would else be taken for a recording


def is_own_output(path: PurePath) -> bool:
    """Whether a path is named like something that Sentigram writes and nobody else does."""
    own = (suffix for suffix in registry.suffixes().values() if suffix.startswith(_OWN))
    return path.name.endswith(tuple(own))


def kind_of(path: Path) -> str:
    """The kind of result that a path is named like: `video` for talk.mp4 and talk.sentigram.mp4.

    Raises:
        UsageError: There is none.
    """
    suffixes = {kind: suffix.removeprefix(_OWN) for kind, suffix in registry.suffixes().items()}
    suffixes["json"] = SUFFIX
    fitting = [kind for kind, suffix in suffixes.items() if path.name.endswith(suffix)]
    if not fitting:
        message = f"{path}: no kind of result ends so; choose from {', '.join(suffixes.values())}"
        raise UsageError(message)
    return max(fitting, key=lambda kind: len(suffixes[kind]))


def stem(source: Path) -> str:
    """What results are named after: `talk` for talk.mp4 and for talk.sentigram.json."""
    return source.name.removesuffix(SUFFIX) if is_document(source) else source.stem


def targets(
    source: Path, kinds: Sequence[str], *, folder: Path | None, infix: str = ""
) -> dict[str, Path]:
    """The path of each kind of result.

    Args:
        source: The video, audio file or Document.
        kinds: Names of renderers.
        folder: Where they go, None for beside the source.
        infix: Put between the stem and the suffix, such as `.preview`.

    Raises:
        UsageError: An unknown kind, or a result that would be the source itself.
    """
    check_kinds(kinds)
    home = source.parent if folder is None else folder
    suffixes = registry.suffixes()
    paths = {kind: home / f"{stem(source)}{infix}{suffixes[kind]}" for kind in dict.fromkeys(kinds)}
    # what else is looked for and kept beside results has shorter names than this
    beside = home / f"{stem(source)}{PREVIEW}{SUFFIX}"
    for path in (*paths.values(), *(() if is_document(source) else (beside,))):
        if real(path) == real(source):
            message = f"{path}: the result would replace its own source; give `out DIR`"
            raise UsageError(message)
        if len(os.fsencode(path.name)) > _LONGEST_NAME_BYTES:
            message = f"{path.name}: longer than a file name may be; shorten the source's name"
            raise OutputError(message)
    return paths


def check_kinds(kinds: Sequence[str]) -> None:
    """Make sure that every kind of result exists.

    Raises:
        UsageError: One does not, or none is given.
    """
    known = registry.suffixes()
    unknown = [kind for kind in kinds if kind not in known]
    if unknown or not kinds:
        message = f"`to {','.join(unknown) or '(empty)'}`: choose from {', '.join(known)}"
        raise UsageError(message)
