"""A person's taste in captions, from a dozen choices between two looks of one's own talk.

A look is a point: each dial (size, strength of emotion, colour, …) stands at 0 as the base theme
has it, and goes to −1 and 1. Of two looks the one with the higher utility is chosen, more surely
the farther they are apart (Bradley and Terry 1952): P(a over b) = σ(w · (a − b)). What is learnt is
w, by its posterior mode under a normal prior around 0, which pulls toward the base theme; a dozen
choices cannot do without. The taste is the look whose utility is highest once going away from the
base has a price: x = w / PRICE, held to the dials' ends. A dial that no choice spoke about stays.

How much that is worth is asked of choices that the model did not see: each is foretold by the model
of the others, and half of them would be right by chance.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

import numpy as np

from sentigram.core.arrays import Floats64
from sentigram.core.text import one_line
from sentigram.style.theme.keys import TABLES, Number
from sentigram.style.theme.theme import Theme

N_CHOICES: Final = 12
"""What is asked for; more may be given."""
PRICE: Final = 1.0
SPREAD: Final = 1.0
"""Standard deviation of each weight, before any choice."""
LEAST: Final = 0.15
"""A dial that moved less stays where it was."""
_N_DRAWN = 96  # pairs to choose each question from
_N_TURNED = 4  # dials that the two looks of a question differ in, at most
_STEPS = 50
_NORMAL_95 = 1.959964


@dataclass(frozen=True, slots=True)
class Dial:
    """Something that a look may have more or less of.

    Attributes:
        name: In words, for people: `larger letters`.
        less: In words, its other side: `smaller letters`.
        table: Of a theme file, "" for what is outside any.
        key: In that table.
        low: The value at −1.
        high: The value at 1. Between them and the base it is straight.
        digits: The value is rounded to so many; 0 for whole numbers.
    """

    name: str
    less: str
    table: str
    key: str
    low: float
    high: float
    digits: int = 3


DIALS: Final = (
    Dial("larger letters", "smaller letters", "caption", "size", 0.8, 1.4),
    Dial("heavier letters", "lighter letters", "caption", "weight_add", -200, 250, digits=0),
    Dial("stronger emotions", "weaker emotions", "scale", "word", 0.4, 1.5),
    Dial("less colour in weak ones", "more colour in weak ones", "scale", "colour", 0.3, 1.0),
    Dial("letters apart", "letters close together", "caption", "spacing_add", -0.02, 0.06),
    Dial("higher up", "lower down", "caption", "bottom", 0.04, 0.2),
    Dial("longer lines", "shorter lines", "caption", "line_chars", 24, 52, digits=0),
    Dial("thicker outlines", "thinner outlines", "caption", "outline_em", 0.05, 0.085),
)
"""`size` and `weight_add` are over those of the base."""
# Looks that cannot be had by halves: shown at 1, else as in the base.
_SWITCHES: Mapping[str, Mapping[str, object]] = {
    "a dark box behind the lines": {"box": "#16181d"},
    "the spoken word in yellow": {"active": True, "mark": "colour", "mark_fill": "#ffe14d"},
}
N_DIALS: Final = len(DIALS) + len(_SWITCHES)

Look = Floats64
"""(N_DIALS,), each from −1 to 1; switches are 0 or 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """One answer.

    Attributes:
        chosen: The look that was liked better.
        other: The other one.
    """

    chosen: Look
    other: Look

    @property
    def difference(self) -> Floats64:
        """From the other to the chosen one."""
        return self.chosen - self.other


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many choices were foretold by the model of the others.

    Attributes:
        right: Of them.
        n: Choices.
        low: Of the 95 % interval of the share (Wilson 1927).
        high: Of it.
    """

    right: float
    n: int
    low: float
    high: float

    @property
    def told(self) -> str:
        """In one line."""
        if not self.n:
            return "no choice yet"
        choices = "choice" if self.n == 1 else "choices"
        return (
            f"foretells {self.right:g} of {self.n} {choices} that it did not see "
            f"({100 * self.right / self.n:.0f} %, 95 % interval {100 * self.low:.0f} to "
            f"{100 * self.high:.0f} %; chance is 50 %): {self._worth}"
        )

    @property
    def _worth(self) -> str:
        """What that says of a theme made of these choices."""
        if self.low > 0.5:
            return "better than chance, so the theme is yours"
        return "not told from chance yet, so the theme may not be yours"


def weights_of(choices: Sequence[Choice]) -> tuple[Floats64, Floats64]:
    """The posterior mode of the weights, and their covariance there (Laplace).

    Returns:
        (N_DIALS,), 0 where there is no choice; (N_DIALS, N_DIALS).
    """
    x = np.array([choice.difference for choice in choices]).reshape(-1, N_DIALS)
    weights: Floats64 = np.zeros(N_DIALS)
    prior = np.eye(N_DIALS) / SPREAD**2
    curvature: Floats64 = prior
    for _ in range(_STEPS):
        doubt = 1 / (1 + np.exp(x @ weights))  # of each choice
        slope = x.T @ doubt - prior @ weights
        curvature = prior + (x * (doubt * (1 - doubt))[:, None]).T @ x
        step = np.linalg.solve(curvature, slope)
        weights = weights + step
        if np.abs(step).max() < 1e-9:
            break
    covariance: Floats64 = np.linalg.inv(curvature).astype(np.float64)
    return weights, covariance


def taste_of(choices: Sequence[Choice]) -> Look:
    """The look that these choices ask for; all 0, the base, where there are none."""
    wanted = np.clip(weights_of(choices)[0] / PRICE, -1, 1)
    wanted[np.abs(wanted) < LEAST] = 0
    switches = wanted[len(DIALS) :]
    wanted[len(DIALS) :] = switches > 0.5  # a half is not to be had
    return wanted


def agreement_of(choices: Sequence[Choice]) -> Agreement:
    """Each choice foretold by the model of the others; undecided counts half."""
    n = len(choices)
    if not n:
        return Agreement(0, 0, 0.0, 1.0)
    right = 0.0
    for at, choice in enumerate(choices):
        weights, _ = weights_of([*choices[:at], *choices[at + 1 :]])
        utility = float(weights @ choice.difference)
        right += 0.5 if abs(utility) < 1e-9 else float(utility > 0)
    share, z2 = right / n, _NORMAL_95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _NORMAL_95 * sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return Agreement(right, n, max(0.0, middle - half), min(1.0, middle + half))


def next_pair(choices: Sequence[Choice], rng: np.random.Generator) -> tuple[Look, Look]:
    """The two looks to ask about next: of many, the pair of which least is known.

    They differ in few dials, so that a person can see what is asked.
    """
    _, covariance = weights_of(choices)
    pairs = [_drawn(rng) for _ in range(_N_DRAWN)]
    differences = np.array([one - other for one, other in pairs])
    unknown = np.einsum("ij,jk,ik->i", differences, covariance, differences)
    return pairs[int(unknown.argmax())]


def _drawn(rng: np.random.Generator) -> tuple[Look, Look]:
    turned = rng.choice(N_DIALS, size=int(rng.integers(2, _N_TURNED + 1)), replace=False)
    one, other = np.zeros(N_DIALS), np.zeros(N_DIALS)
    for dial in turned:
        if dial >= len(DIALS):
            one[dial], other[dial] = rng.permutation([0.0, 1.0])
        else:
            one[dial], other[dial] = rng.permutation([-1.0, 1.0]) * rng.uniform(0.5, 1.0)
    return one, other


def layer_of(look: Look, base: Theme, *, name: str, about: Sequence[str] = ()) -> str:
    """A theme file that changes a base theme to a look, and nothing that the look leaves alone.

    Args:
        look: See `Look`.
        base: What it lies over.
        name: Of the theme.
        about: Lines of comment.
    """
    tables: dict[str, dict[str, object]] = {}
    for dial, turn in zip(DIALS, look, strict=False):
        if turn:
            tables.setdefault(dial.table, {})[dial.key] = _value(dial, float(turn), base)
    for (_, values), is_on in zip(_SWITCHES.items(), look[len(DIALS) :], strict=True):
        if is_on:
            tables.setdefault("caption", {}).update(values)
    lines = [*(f"# {line}" for line in about), f"name = {_toml(one_line(name))}"]
    for table, values in tables.items():
        lines += ["", f"[{table}]", *(f"{key} = {_toml(value)}" for key, value in values.items())]
    return "\n".join(lines) + "\n"


def in_words(look: Look) -> tuple[str, ...]:
    """What a look changes, the most changed first; nothing where it is the base."""
    found = [
        (abs(turn), dial.name if turn > 0 else dial.less)
        for dial, turn in zip(DIALS, look, strict=False)
        if turn
    ]
    found += [(1.0, name) for name, on in zip(_SWITCHES, look[len(DIALS) :], strict=True) if on]
    return tuple(name for _, name in sorted(found, key=lambda one: -one[0]))


def _value(dial: Dial, turn: float, base: Theme) -> float | int:
    here = float(getattr(base.caption if dial.table == "caption" else base.scale, dial.key))
    low, high = dial.low, dial.high
    if dial.key == "size":
        low, high = low * here, high * here
    elif dial.key == "weight_add":
        low, high = low + here, high + here
    low, high = min(low, here), max(high, here)
    value = here + turn * (high - here if turn > 0 else here - low)
    kind = TABLES[dial.table][dial.key]
    if isinstance(kind, Number):  # an age may stand near the end of what there is
        value = min(kind.high, max(kind.low, value))
    return round(value) if dial.digits == 0 else round(value, dial.digits)


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    # JSON's escapes are among those of TOML
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else f"{value}"
