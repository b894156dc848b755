"""Finds templates/ and fonts/, in an installed package and in a checkout alike."""

from __future__ import annotations

from pathlib import Path

from sentigram.errors import MissingError

_PACKAGE = Path(__file__).resolve().parent
_INSTALLED = _PACKAGE / "_assets"
_CHECKOUT = _PACKAGE.parents[1]


def asset(relative: str) -> Path:
    """Path of a shipped data file or folder, such as `fonts/fonts.toml`.

    Raises:
        MissingError: The installation is incomplete.
    """
    for root in (_INSTALLED, _CHECKOUT):
        path = root / relative
        if path.exists():
            return path
    message = (
        f"{relative} is missing from this installation; "
        "run: pip install --force-reinstall sentigram"
    )
    raise MissingError(message)


def weights() -> Path:
    """Folder of the weights that ship with the package."""
    return _PACKAGE / "weights"
