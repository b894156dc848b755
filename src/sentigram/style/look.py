"""How captions are to look: the theme layers and the motion that a person asks for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, get_args

from sentigram.core.option import Option, listed, one_of, settle
from sentigram.core.style import Active, Motion, Style
from sentigram.errors import UsageError

_PANEL = "Look"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How captions are to look.

    Raises:
        UsageError: No such motion, mark or style; other names are looked up when a theme is put
            together.
    """

    culture: Annotated[str, Option("western, eastern or universal.", _PANEL, is_variable=True)] = (
        "western"
    )
    age: Annotated[
        str, Option("Readers: child, teen, adult or senior.", _PANEL, is_variable=True)
    ] = "adult"
    preset: Annotated[
        str,
        Option(
            "A ready-made look: minimal, pop, box, karaoke, broadcast or cinema.",
            _PANEL,
            is_variable=True,
        ),
    ] = ""
    profiles: Annotated[
        tuple[str, ...],
        Option(
            "Comma-separated: netflix, bbc, shorts, sdh; low-vision, dyslexia, reduced-motion; "
            "deuteranopia, protanopia, tritanopia.",
            _PANEL,
            name="profile",
            is_variable=True,
            read=listed,
        ),
    ] = ()
    motion: Annotated[
        Motion, Option("How much may move: none, subtle or full.", _PANEL, is_variable=True)
    ] = "subtle"
    capitals: Annotated[
        bool,
        Option("Capitals of emotions also in SRT, VTT, TTML and other files without type.", _PANEL),
    ] = False
    active: Annotated[
        Active,
        Option(
            "Mark the word that is being said: on, off, or auto, where the theme wants it and "
            "something may move.",
            _PANEL,
            is_variable=True,
        ),
    ] = "auto"
    style: Annotated[
        Style,
        Option(
            "What words are drawn by: categories (emotions), dimensions (pleasant, excited, "
            "emphasized, drawn out), prosody (only how they are said) or plain.",
            _PANEL,
            is_variable=True,
        ),
    ] = "categories"
    emphasis_marks: Annotated[
        bool,
        Option(
            "Write *word* in SRT, VTT and other files without type where it is emphasized.", _PANEL
        ),
    ] = False
    sounds: Annotated[
        Literal["on", "off"],
        Option("Tell sounds where nobody speaks, as [music]: on or off.", _PANEL, is_variable=True),
    ] = "on"
    theme: Annotated[Path | None, Option("A theme file of yours.", _PANEL, is_variable=True)] = None

    def __post_init__(self) -> None:
        settle(self)
        one_of("motion", self.motion, get_args(Motion))
        one_of("active", self.active, get_args(Active))
        one_of("sounds", self.sounds, ("on", "off"))
        one_of("style", self.style, get_args(Style))
        if self.preset:
            from sentigram.style.theme.layers import known_presets

            if self.preset not in known_presets():
                message = (
                    f"no preset {self.preset!r}; there are: {', '.join(known_presets())} "
                    "(the encoder's speed is `encoder-preset`)"
                )
                raise UsageError(message)

    @property
    def worn(self) -> tuple[str, ...]:
        """The preset, if any, then the profiles: what themes are put together with."""
        return (self.preset, *self.profiles) if self.preset else self.profiles
