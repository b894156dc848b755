"""Which of the files that lie somewhere make up a model."""

from __future__ import annotations

import re
from collections.abc import Collection

from sentigram.errors import InputError
from sentigram.store.catalogue import Alternative, Entry, Layout
from sentigram.store.folder import check_file_name, is_pickled, may_be_stored


def choose(entry: Entry, available: Collection[str]) -> tuple[str, ...]:
    """The files of a model: those that its layout names, and no others.

    Args:
        entry: The model.
        available: Names of the files where it lies.

    Raises:
        InputError: Something is missing, or a name is not a plain one.
    """
    complaints = []
    for layout in entry.layouts:
        chosen, lacks = _fit(layout, available)
        if not lacks:
            return tuple(_checked(name) for name in chosen)
        complaints.append(lacks)
    places = entry.repository or entry.name
    message = f"{places} is no {entry.role} that Sentigram can use: it lacks {complaints[0]}"
    if len(complaints) > 1:
        message += f" (or, for another kind, {' or '.join(complaints[1:])})"
    raise InputError(message)


def _fit(layout: Layout, available: Collection[str]) -> tuple[tuple[str, ...], str]:
    """The chosen files, and what is missing."""
    chosen: dict[str, None] = {}
    for alternatives in layout.needed:
        found = next((files for one in alternatives if (files := _all(one, available))), ())
        if not found:
            return (), " or ".join(" + ".join(one) for one in alternatives)
        chosen.update(dict.fromkeys(found))
    chosen.update(dict.fromkeys(name for name in layout.optional if name in available))
    # Of tokenizer files, the others belong to the one that was found
    extra = (name for alternatives in layout.needed for one in alternatives for name in one)
    chosen.update(
        (name, None) for name in extra if name in available and not _is_weights_like(name)
    )
    return tuple(chosen), ""


def _all(alternative: Alternative, available: Collection[str]) -> tuple[str, ...]:
    """The files of an alternative, () if one is not there."""
    files: list[str] = []
    for pattern in alternative:
        shape = re.compile(re.escape(pattern).replace(r"\*", "[^/]*"))
        matches = sorted(name for name in available if shape.fullmatch(name))
        if not matches:
            return ()
        files += matches
    return tuple(files)


def _is_weights_like(name: str) -> bool:
    return name.endswith((".safetensors", ".bin", ".pt", ".index.json"))


def _checked(name: str) -> str:
    if not (is_pickled(name) or may_be_stored(check_file_name(name))):
        message = f"refused: {name!r} is a program; do not use this model"
        raise InputError(message)
    return name
