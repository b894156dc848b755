"""Which implementations there are: plain tables of `name → "module:attribute"`.

Third parties add theirs by entry point, in the groups `sentigram.transcribers`,
`sentigram.models` and `sentigram.renderers`. Nothing is imported until it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sentigram.errors import UsageError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoints

TRANSCRIBERS: Mapping[str, str] = MappingProxyType(
    {
        "moonshine": "sentigram.words.moonshine.transcriber:MoonshineTranscriber",
        "faster-whisper": "sentigram.words.whisper.transcriber:FasterWhisperTranscriber",
    }
)
MODELS: Mapping[str, str] = MappingProxyType(
    {
        "bundled": "sentigram.emotion.bundled:BundledEmotionModel",
        "zero-shot": "sentigram.emotion.zero_shot:ZeroShotEmotionModel",
        "fused": "sentigram.emotion.networks.reader:FusedEmotionModel",
    }
)
_RENDERERS = {
    "html": (".html", "sentigram.render.html.page:HtmlRenderer"),
    "ass": (".ass", "sentigram.render.ass.editors:AssRenderer"),
    "effects": (".effects.ass", "sentigram.render.ass.effects:EffectsRenderer"),
    "srt": (".srt", "sentigram.render.plain:SrtRenderer"),
    "vtt": (".vtt", "sentigram.render.plain:VttRenderer"),
    "ttml": (".ttml", "sentigram.render.ttml:TtmlRenderer"),
    "srv3": (".srv3", "sentigram.render.srv3:Srv3Renderer"),
    # Named as ours: they have no place for a mark, and must not be taken for a person's transcript.
    "microdvd": (".sentigram.sub", "sentigram.render.plain:MicroDvdRenderer"),
    "mpl2": (".sentigram.mpl2", "sentigram.render.plain:Mpl2Renderer"),
    "json": (".sentigram.json", "sentigram.core.document:dumps"),  # `jobs.draw` writes it first
    "video": (".sentigram.mp4", "sentigram.render.picture.burn:BurnRenderer"),
    "mkv": (".sentigram.mkv", "sentigram.render.mkv:MkvRenderer"),
    "gif": (".sentigram.gif", "sentigram.render.picture.clip:GifRenderer"),
    "webp": (".sentigram.webp", "sentigram.render.picture.clip:WebpRenderer"),
    "timeline": (".timeline.png", "sentigram.render.picture.timeline:TimelineRenderer"),
}
RENDERERS: Mapping[str, str] = MappingProxyType({n: place for n, (_, place) in _RENDERERS.items()})
_GROUPS = MappingProxyType(
    {
        "transcriber": ("sentigram.transcribers", TRANSCRIBERS),
        "model": ("sentigram.models", MODELS),
        "renderer": ("sentigram.renderers", RENDERERS),
    }
)


@cache  # it looks through all that is installed
def entry_points(*, group: str) -> EntryPoints:
    """What other packages add; the library is imported here since that takes as long as typer."""
    from importlib.metadata import entry_points as found

    return found(group=group)


def names(kind: str) -> tuple[str, ...]:
    """All names of a kind: transcriber, model or renderer; built-ins first."""
    group, table = _GROUPS[kind]
    added = {entry.name for entry in entry_points(group=group)} - set(table)
    return (*table, *sorted(added))


def suffixes() -> dict[str, str]:
    """What the file of each renderer ends with; others' end with their name, as a rule."""
    own = {name: suffix for name, (suffix, _) in _RENDERERS.items()}
    return {name: own.get(name, f".{name}") for name in names("renderer")}


def factory(kind: str, name: str) -> Callable[..., Any]:
    """The class or function that makes an implementation.

    Raises:
        UsageError: No implementation has this name.
    """
    check(kind, name)
    group, table = _GROUPS[kind]
    if name in table:
        return _load(table[name])
    (entry, *_) = entry_points(group=group).select(name=name)
    loaded: Callable[..., Any] = entry.load()
    return loaded


def check(kind: str, name: str) -> None:
    """Make sure that an implementation exists, without importing it.

    Raises:
        UsageError: None has this name.
    """
    if name not in names(kind):
        message = f"no {kind} is called {name!r}; there are: {', '.join(names(kind))}"
        raise UsageError(message)


def _load(place: str) -> Callable[..., Any]:
    module, _, attribute = place.partition(":")
    made: Callable[..., Any] = getattr(import_module(module), attribute)
    return made
