"""Which layers there are, and where: those that ship, and a user's files."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import get_args

from sentigram.assets import asset
from sentigram.core.style import Style
from sentigram.errors import ThemeError, UsageError
from sentigram.reading import real
from sentigram.style.theme.file import Layer, read_layer

BASE = "base"
UPRIGHT = "shorts"  # the profile that upright pictures wear by themselves
_FOLDER = "templates/themes"
_MOST_LAYERS = 16  # that a file extends, itself included; those that ship have three


@cache
def _ships() -> tuple[Layer, ...]:
    return tuple(_read(path) for path in sorted(asset(_FOLDER).glob("*.toml")))


def cultures(*, folder: Path | None = None) -> tuple[str, ...]:
    """Names of the cultures that ship, then those of the user's folder."""
    order = ("western", "eastern", "universal")
    names = [layer.name for layer in _ships() if layer.top.get("kind") == "culture"]
    names.sort(key=lambda n: (order.index(n) if n in order else len(order), n))
    own = [] if folder is None else sorted(path.stem for path in folder.glob("*.toml"))
    return tuple(dict.fromkeys((*names, *own)))


def ages() -> tuple[str, ...]:
    """Names of the ages, youngest first."""
    order = ("child", "teen", "adult", "senior")
    return tuple(sorted((n.name for n in _ships() if n.top.get("kind") == "age"), key=order.index))


def known_profiles() -> tuple[str, ...]:
    """Names of the profiles that ship, sorted."""
    return tuple(layer.name for layer in _ships() if layer.top.get("kind") == "profile")


def known_presets() -> tuple[str, ...]:
    """Names of the presets that ship, sorted."""
    return tuple(layer.name for layer in _ships() if layer.top.get("kind") == "preset")


def stated_looks(worn: Iterable[str]) -> tuple[str, ...]:
    """Those of some layers whose times and widths files made in them are to be judged by."""
    looks = {UPRIGHT, *known_presets()}
    return tuple(name for name in worn if name in looks)


def known_styles() -> tuple[str, ...]:
    """Names of the ways to draw words: by emotions first, which is no layer of its own."""
    order = get_args(Style)
    names = (layer.name for layer in _ships() if layer.top.get("kind") == "style")
    return tuple(sorted(names, key=order.index))


def style_layer(name: str) -> Layer:
    """What a way to draw words changes."""
    return _read(_built_in(name))


def about(name: str) -> str:
    """What a layer that ships says of itself: one sentence."""
    return str(_read(_built_in(name)).top["description"])


def check_name(what: str, name: str, known: tuple[str, ...]) -> None:
    """See that there is such a culture, age or profile.

    Raises:
        UsageError: There is none; the message names all, and the nearest.
    """
    if name not in known:
        raise UsageError(_no_such(what, name, known))


def _no_such(what: str, name: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"no {what} {name!r}; there are: {', '.join(known)}{hint}"


def base_layer() -> Layer:
    """What every theme starts from."""
    return _read(_built_in(BASE))


def culture_layers(name: str, *, folder: Path | None = None) -> tuple[Layer, ...]:
    """A culture after all that it extends, the oldest first."""
    return file_layers(_find(name, folder), folder=folder)


def age_layer(name: str) -> Layer:
    """What an age changes."""
    return _read(_built_in(name))


def profile_layers(profiles: Sequence[str], *, culture: str) -> tuple[Layer, ...]:
    """Each profile's or preset's layer.

    A profile may hold values for one culture, in a folder of that culture's name: a palette keeps
    the culture's own hues that way.
    """
    paths = []
    for profile in profiles:
        paths.append(_built_in(profile))
        finer = asset(_FOLDER) / culture / f"{profile}.toml"
        if culture in cultures() and finer.is_file():  # never a path that a user's file names
            paths.append(finer)
    return tuple(_read(path) for path in paths)


def file_layers(path: Path, *, folder: Path | None = None) -> tuple[Layer, ...]:
    """A file after all that it extends, the oldest first.

    Raises:
        ThemeError: One cannot be read, they extend each other in a circle, or there are more than
            16; or keys or values of them are wrong, or there is none of that name: then all that is
            wrong is told.
    """
    layers: list[Layer] = []
    problems: list[str] = []
    seen: list[Path] = []
    next_path: Path | None = path
    while next_path is not None:
        where = real(next_path)
        if where in seen:
            names = " → ".join(p.name for p in (*seen[seen.index(where) :], where))
            message = f"theme {path}: extends: goes in a circle: {names}"
            raise ThemeError(message)
        if len(seen) == _MOST_LAYERS:
            message = f"theme {path}: extends: goes through more than {_MOST_LAYERS} files"
            raise ThemeError(message)
        seen.append(where)
        layers.append(_read(next_path))
        problems += layers[-1].problems
        next_path, problem = _parent(layers[-1], folder)
        problems += [problem] if problem else []
    if problems:
        raise ThemeError(*problems)
    return tuple(reversed(layers))


def _parent(layer: Layer, folder: Path | None) -> tuple[Path | None, str]:
    """The file that a layer extends, if any, and what is wrong with that."""
    name = layer.top.get("extends")
    if name is None:
        return None, ""
    if name.endswith(".toml"):
        path = layer.path.parent / _home_written_out(layer, name)
    else:
        path = _find(name, folder)
        beside = layer.path.parent / f"{name}.toml"
        if not path.is_file() and beside.is_file():
            path = beside
    if not path.is_file():
        known = (BASE, *cultures(folder=folder), *ages())
        return None, layer.problem(("extends",), _no_such("theme", name, known))
    return path, ""


def is_built_in(layer: Layer) -> bool:
    """Whether a layer ships."""
    return layer.path.resolve().is_relative_to(asset(_FOLDER).resolve())


def _home_written_out(layer: Layer, name: str) -> Path:
    try:
        return Path(name).expanduser()
    except RuntimeError as error:  # ~somebody who is not on this machine
        message = f"theme {layer.path}: extends: {name!r}: no such user's folder"
        raise ThemeError(message) from error


def _built_in(name: str) -> Path:
    return asset(_FOLDER) / f"{name}.toml"


def _find(name: str, folder: Path | None) -> Path:
    if folder is not None and (folder / f"{name}.toml").is_file():
        return folder / f"{name}.toml"
    return _built_in(name)


@cache
def _read_cached(path: Path, _mtime_ns: int) -> Layer:
    return read_layer(path)


def _read(path: Path) -> Layer:
    try:
        return _read_cached(path, path.stat().st_mtime_ns)
    except OSError as error:
        message = f"theme {path}: cannot be read: {error.strerror or error}"
        raise ThemeError(message) from error
