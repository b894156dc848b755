"""The files that the server's pages use: style sheets, scripts and fonts, all of our own.

Their address holds a hash of all of them, so a browser may keep them for good and never mixes two
versions. Scripts that the player has too are taken from it; emotions look as the themes say.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from sentigram.assets import asset
from sentigram.render.html.css import css_string, looks_css
from sentigram.style import styling
from sentigram.style.text import fonts
from sentigram.style.text.subsets import subset
from sentigram.style.theme.layers import ages, cultures, known_presets, known_profiles
from sentigram.style.theme.theme import load

PREFIX = "/static/"
_PLAYER_STYLES = ("base",)
_PLAYER_SCRIPTS = ("wording", "dom", "radar")
_SHARED = ("spoken", "clock", "byId", "make", "makeSvg", "makeRadar")  # of them, for our modules
_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".woff2": "font/woff2",
    ".svg": "image/svg+xml",
}
_OWN = re.compile(r"[a-z]+\.(css|js|svg)")
_LOOK = re.compile(r"look\.([a-z-]+)\.([a-z-]+)\.([a-z.-]*)\.css")
_FONT = re.compile(r"font\.(\d{1,3})\.woff2")
# Latin in all its alphabets, and signs; other scripts are drawn with the viewer's own fonts.
_LETTERS = "".join(map(chr, (*range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x2010, 0x2028))))
_LETTERS += "€−→←↑↓×"
_RANGE = "U+20-7E,U+A0-17F,U+2010-2027,U+20AC,U+2190-2193,U+2212"


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file as it is sent.

    Attributes:
        data: All of it.
        media_type: For the header.
    """

    data: bytes
    media_type: str


def address(name: str) -> str:
    """Where a page finds a file."""
    return f"{PREFIX}{version()}/{name}"


def look_name(culture: str, age: str, profiles: tuple[str, ...] = ()) -> str:
    """The style sheet of a look: the emotions in the type of a culture, an age and profiles."""
    return f"look.{culture}.{age}.{'.'.join(profiles)}.css"


@cache
def version() -> str:
    """A hash of everything that is served from here."""
    parts = [path.read_bytes() for path in sorted(_folder().iterdir())]
    parts += [_player(f"{name}.js") for name in _PLAYER_SCRIPTS]
    parts += [_player(f"{name}.css") for name in _PLAYER_STYLES]
    parts += [asset("fonts/fonts.toml").read_bytes(), _LETTERS.encode()]
    parts += [path.read_bytes() for path in sorted(asset("templates/themes").rglob("*.toml"))]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


@lru_cache(maxsize=128)  # names are asked for by anybody, and a style sheet of a look is large
def static_file(name: str) -> StaticFile | None:
    """A file by its name; None where there is no such file.

    No name reaches the disk that is not one of a folder's own: nothing can be asked for beside it.
    """
    data = _data(name)
    return None if data is None else StaticFile(data, _TYPES[Path(name).suffix])


def _data(name: str) -> bytes | None:
    if name == "base.css":
        return b"\n".join([_own_fonts().encode(), *(_player(f"{n}.css") for n in _PLAYER_STYLES)])
    if name == "shared.js":
        parts = [_player(f"{part}.js") for part in _PLAYER_SCRIPTS]
        return b"\n".join([*parts, f"export {{ {', '.join(_SHARED)} }};\n".encode()])
    if found := _LOOK.fullmatch(name):
        return _look(found[1], found[2], tuple(filter(None, found[3].split("."))))
    if found := _FONT.fullmatch(name):
        return _font(int(found[1]))
    if _OWN.fullmatch(name) and name in {path.name for path in _folder().iterdir()}:
        return (_folder() / name).read_bytes()
    return None


def _folder() -> Path:
    return asset("templates/serve")


def _player(name: str) -> bytes:
    return asset(f"templates/html/player/{name}").read_bytes()


def _own_fonts() -> str:
    """What the pages themselves are set in."""
    return "\n".join(_rule(fonts.face("Poppins", weight, italic=False)) for weight in (500, 600))


def _look(culture: str, age: str, profiles: tuple[str, ...]) -> bytes | None:
    known = {*known_profiles(), *known_presets()}
    is_known = culture in cultures() and age in ages() and known.issuperset(profiles)
    if not is_known or len(set(profiles)) < len(profiles):
        return None
    look = styling.legend_look(load(culture=culture, age=age, profiles=profiles))
    drawn = (look.drawn(key) for key in look.styles)
    named = {(style.family, style.weight, style.italic) for style in drawn}
    faces = (fonts.face(*one) for one in sorted(named) if one[0] in fonts.families())
    rules = [_rule(face) for face in dict.fromkeys(faces)]
    return "\n".join([*rules, looks_css([look], styling.canvas_for())]).encode()


def _rule(face: fonts.Face) -> str:
    number = fonts.faces().index(face)
    return (
        f"@font-face{{font-family:{css_string(face.family)};font-weight:{face.weight};"
        f"font-style:{'italic' if face.italic else 'normal'};font-display:swap;"
        f'src:url("font.{number}.woff2") format("woff2");unicode-range:{_RANGE}}}'
    )


def _font(number: int) -> bytes | None:
    every = fonts.faces()
    if number >= len(every) or not every[number].embeds:
        return None
    return subset(every[number], _LETTERS, flavor="woff2")
