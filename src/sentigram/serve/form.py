"""The options of a job as fields of a form: of the declarations that flags are made of, too."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cache
from types import MappingProxyType
from typing import Any, Literal, get_args, get_origin

from sentigram import registry
from sentigram.core.language import languages
from sentigram.core.option import Option, options_of
from sentigram.jobs.job import Settings
from sentigram.style.theme.layers import (
    about,
    ages,
    cultures,
    known_presets,
    known_profiles,
    known_styles,
)

Json = dict[str, Any]

# What each kind of result is to somebody who does not know its name.
KINDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "html": ("Page", "One file that plays the recording beside it, offline too."),
        "video": ("Video", "MP4 with the subtitles drawn into the picture."),
        "srt": ("SubRip", "Plain subtitles that every player reads."),
        "vtt": ("WebVTT", "Subtitles for the web, with feelings as classes."),
        "ass": ("ASS", "Styled subtitles for editors."),
        "json": ("Document", "Words, times and readings; everything else is made of it again."),
        "mkv": ("MKV", "The recording with styled subtitles that can be switched off."),
        "effects": ("ASS with effects", "Styled subtitles in which words move."),
        "ttml": ("TTML", "Subtitles for broadcasters, with styles."),
        "srv3": ("SRV3", "Styled captions for YouTube."),
        "microdvd": ("MicroDVD", "Subtitles by frame, for old players."),
        "mpl2": ("MPL2", "Subtitles by tenths of a second, for old players."),
        "gif": ("GIF", "A moving picture without sound."),
        "webp": ("WebP", "A moving picture, smaller than a GIF."),
        "timeline": ("Timeline", "A picture of the feelings over time."),
    }
)
COMMON = ("to", "language", "culture", "age", "motion")  # shown first; the rest is under "More"
_TITLES = MappingProxyType(
    {
        "to": "Results",
        "profile": "Profiles",
        "age": "Readers",
        "active": "Mark the spoken word",
        "style": "Words are drawn by",
        "sounds": "Tell sounds",
        "emphasis-marks": "Mark emphasis in plain subtitles",
        "capitals": "Capitals in plain subtitles",
        "no-sidecar": "Leave out words in the file",
        "shots": "Follow changes of shot",
        "clip-width": "Width of GIF and WebP",
    }
)


@dataclass(frozen=True, slots=True)
class Field:
    """An option as a field of a form.

    Attributes:
        name: As on the command line, without hyphens before it.
        title: What the field is called.
        help: One line.
        panel: The group that it is listed in.
        kind: switch, one (of the choices), some (of them), number or text.
        value: What holds where nothing is chosen, as it is sent.
        choices: Value, title and a line for each; empty where anything may be written.
        least: The smallest number, None for any.
        most: The largest number, None for any.
    """

    name: str
    title: str
    help: str
    panel: str
    kind: Literal["switch", "one", "some", "number", "text"]
    value: str
    choices: tuple[tuple[str, str, str], ...] = ()
    least: float | None = None
    most: float | None = None

    def as_json(self) -> Json:
        """For the script of the page."""
        names = ("name", "title", "help", "panel", "kind", "value", "choices", "least", "most")
        return {name: getattr(self, name) for name in names}


def form_fields(allowed: Collection[str]) -> tuple[Field, ...]:
    """The fields of the options that the server takes, the common ones first.

    Args:
        allowed: Names of options as on the command line.
    """
    known = {field.name: field for field in _fields_of(Settings)}
    names = (*(n for n in COMMON if n in known), *(n for n in known if n not in COMMON))
    return tuple(known[name] for name in names if name in allowed)


def _fields_of(kind: type) -> Iterator[Field]:
    """The options of a dataclass, and then those of the dataclasses in it."""
    defaults = {field.name: field.default for field in fields(kind)}
    for name, hint, option in options_of(kind):
        yield _field(name, hint, option, defaults[name])
    for field in fields(kind):
        if field.default_factory is not MISSING and isinstance(field.default_factory, type):
            yield from _fields_of(field.default_factory)


def _field(field: str, hint: Any, option: Option, default: Any) -> Field:
    name = option.name or field.replace("_", "-")
    choices = _choices(name, hint)
    kind: Literal["switch", "one", "some", "number", "text"] = "text"
    if hint is bool:
        kind = "switch"
    elif choices:
        kind = "some" if isinstance(default, tuple) else "one"
    elif {int, float} & {hint, *get_args(hint)} and not isinstance(default, tuple):
        kind = "number"
    title = _TITLES.get(name, name.replace("-", " ").capitalize())
    value = _written(default, is_off=option.is_off)
    return Field(
        name, title, option.help, option.panel, kind, value, choices, option.least, option.most
    )


def _written(default: Any, *, is_off: bool) -> str:
    """A default as it would be sent."""
    if isinstance(default, bool):
        return str(default is not is_off).lower()
    if isinstance(default, tuple):
        return ("," if all(isinstance(part, str) for part in default) else "x").join(
            map(str, default)
        )
    return "" if default is None else str(default)


def _choices(name: str, hint: Any) -> tuple[tuple[str, str, str], ...]:
    """What an option may be, where that is a short list."""
    if name in _LISTS:
        return _LISTS[name]()
    if get_origin(hint) is Literal:
        return tuple((value, value, "") for value in get_args(hint))
    return ()


@cache
def _kinds() -> tuple[tuple[str, str, str], ...]:
    """Those of this program, then those that other packages add."""
    added = (name for name in registry.names("renderer") if name not in KINDS)
    return (*((name, *told) for name, told in KINDS.items()), *((name, name, "") for name in added))


def _languages() -> tuple[tuple[str, str, str], ...]:
    named = sorted((language.name, code) for code, language in languages().items())
    return (("", "detect it", ""), *((code, name, "") for name, code in named))


def _layers(names: tuple[str, ...]) -> tuple[tuple[str, str, str], ...]:
    return tuple((name, name.replace("-", " "), about(name)) for name in names)


_LISTS: Mapping[str, Callable[[], tuple[tuple[str, str, str], ...]]] = MappingProxyType(
    {
        "to": _kinds,
        "language": _languages,
        "culture": lambda: _layers(cultures()),
        "age": lambda: _layers(ages()),
        "preset": lambda: (("", "none", ""), *_layers(known_presets())),
        "profile": lambda: _layers(known_profiles()),
        "style": lambda: _layers(known_styles()),
    }
)
