"""Ratings on the raters' scale to [-1, 1]."""

from __future__ import annotations

from collections.abc import Sequence

from sentigram.errors import InputError


def rated(
    given: Sequence[str], *, low: float, high: float, where: str, item: str
) -> tuple[float, float, float]:
    """Scale valence, arousal and dominance, as written, from [low, high] to [-1, 1].

    Args:
        given: The three, in this order.
        low: What the least rating is.
        high: What the greatest rating is.
        where: `file:line`, for the message.
        item: The item's id, for the message.

    Raises:
        InputError: One is not a number in the range.
    """
    valence, arousal, dominance = (
        _scaled(text, low, high, f"{where}: {item} has rating {text!r}") for text in given
    )
    return valence, arousal, dominance


def _scaled(text: str, low: float, high: float, start: str) -> float:
    message = f"{start}; expected a number from {low:g} to {high:g}"
    try:
        value = (float(text) - (low + high) / 2) / ((high - low) / 2)
    except ValueError as error:
        raise InputError(message) from error
    if not -1.0 <= value <= 1.0:  # also refuses NaN
        raise InputError(message)
    return value
