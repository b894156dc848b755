"""Dichromacies: the simulation, and palettes judged by another simulation written here."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.core.emotion import RAISED
from sentigram.core.style import N_LEVELS, StyleKey
from sentigram.style.colour.vision import (
    LEAST_DIFFERENCE,
    MATRICES,
    difference,
    simulated,
    visions,
)
from sentigram.style.styling import resolve
from sentigram.style.theme.advice import warnings_of
from sentigram.style.theme.theme import ages, cultures, load

hexes = st.integers(0, 0xFFFFFF).map(lambda n: f"#{n:06x}")

# Viénot, Brettel and Mollon 1999: linear RGB to cones, and the cone that is missing put together
# from the other two.
CONES = np.array(
    [[17.8824, 43.5161, 4.11935], [3.45565, 27.1554, 3.86714], [0.0299566, 0.184309, 1.46709]]
)
MISSING = {
    "protanopia": np.array([[0, 2.02344, -2.52581], [0, 1, 0], [0, 0, 1]]),
    "deuteranopia": np.array([[1, 0, 0], [0.494207, 0, 1.24827], [0, 0, 1]]),
}
# Brettel, Viénot and Mollon 1997 in linear sRGB: a half plane on either side of the greys.
BLUE_SIDE = np.array(
    [[1.01354, 0.14268, -0.15622], [-0.01181, 0.87561, 0.13619], [0.07707, 0.81208, 0.11085]]
)
YELLOW_SIDE = np.array(
    [[0.93337, 0.19999, -0.13336], [0.05809, 0.82565, 0.11626], [-0.37923, 1.13825, 0.24098]]
)
BETWEEN = np.array([0.03960, -0.02831, -0.01129])


def linear(color):
    value = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def oklab(rgb):
    """Ottosson 2020, from linear sRGB."""
    to_cones = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    to_lab = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    return to_lab @ np.cbrt(to_cones @ np.clip(rgb, 0, 1))


def seen_otherwise(color, vision):
    rgb = linear(color)
    if vision == "tritanopia":
        return oklab((BLUE_SIDE if rgb @ BETWEEN >= 0 else YELLOW_SIDE) @ rgb)
    return oklab(np.linalg.inv(CONES) @ MISSING[vision] @ CONES @ rgb)


def fills(theme):
    """Of neutral and all emotions; a raised voice has neutral's, and letters tell it apart."""
    found = {
        emotion: resolve(
            theme, StyleKey(emotion, 0 if emotion == "neutral" else N_LEVELS), motion="none"
        ).fill
        for emotion in theme.emotions
    }
    assert found.pop(RAISED) == found["neutral"]
    return found


@given(hexes, hexes)
def test_difference_is_the_distance_in_oklab(one, other):
    expected = np.linalg.norm(oklab(linear(one)) - oklab(linear(other)))
    assert difference(one, other) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("vision", MATRICES)
@given(level=st.integers(0, 255))
def test_greys_are_seen_as_they_are(vision, level):
    grey = f"#{level:02x}{level:02x}{level:02x}"
    assert difference(simulated(grey, vision), grey) < 0.005


@pytest.mark.parametrize(
    ("vision", "one", "other"),
    [  # pairs on lines of confusion: far apart to most, near to who lacks the cone
        ("protanopia", "#b04040", "#5f5f40"),
        ("deuteranopia", "#b06030", "#7f7f2c"),
        ("tritanopia", "#3f8fbf", "#3f9690"),
    ],
)
def test_what_is_confused_comes_near(vision, one, other):
    assert (
        difference(simulated(one, vision), simulated(other, vision)) < 0.05 < difference(one, other)
    )


@pytest.mark.parametrize("vision", ["protanopia", "deuteranopia"])
@given(color=hexes)
def test_the_two_simulations_agree(vision, color):
    """Both map to lightness and one axis of hue; they differ by a few just-seen steps at most."""
    distance = np.linalg.norm(
        oklab(linear(simulated(color, vision))) - seen_otherwise(color, vision)
    )
    assert distance < 0.17


@pytest.mark.parametrize("vision", MATRICES)
@pytest.mark.parametrize("age", ages())
@pytest.mark.parametrize("culture", cultures())
@pytest.mark.parametrize("also", [(), ("dyslexia",), ("sdh", "reduced-motion")])
def test_palettes_keep_every_two_emotions_apart(culture, age, vision, also):
    theme = load(culture=culture, age=age, profiles=(*also, vision))
    for (one, a), (other, b) in itertools.combinations(fills(theme).items(), 2):
        assert difference(simulated(a, vision), simulated(b, vision)) >= LEAST_DIFFERENCE, (
            one,
            other,
        )
        assert np.linalg.norm(seen_otherwise(a, vision) - seen_otherwise(b, vision)) >= 0.07, (
            one,
            other,
        )
        assert difference(a, b) >= LEAST_DIFFERENCE, (one, other)


@pytest.mark.parametrize("vision", MATRICES)
@pytest.mark.parametrize("culture", cultures())
@pytest.mark.parametrize("last", ["low-vision", "palette"])
def test_what_a_dark_box_brings_together_is_warned_of(culture, vision, last):
    """Black letters cannot stay black on it; western has none, so there all stay apart."""
    worn = ("low-vision", vision) if last == "palette" else (vision, "low-vision")
    theme = load(culture=culture, profiles=worn)
    near = {
        frozenset((one, other))
        for (one, a), (other, b) in itertools.combinations(fills(theme).items(), 2)
        if difference(simulated(a, vision), simulated(b, vision)) < LEAST_DIFFERENCE
    }
    assert len(warnings_of(theme)) == len(near)
    assert culture != "western" or not near


@pytest.mark.parametrize("vision", MATRICES)
@pytest.mark.parametrize("culture", cultures())
def test_without_the_palette_some_are_too_near(culture, vision):
    plain = fills(load(culture=culture))
    pairs = itertools.combinations(plain.values(), 2)
    least = min(difference(simulated(a, vision), simulated(b, vision)) for a, b in pairs)
    assert least < LEAST_DIFFERENCE


def test_a_palette_that_a_file_spoils_is_warned_of(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('[emotion.awe]\nfamily = "Unbounded"\nspacing = 0.2\nfill = "#ff5a52"\n')
    theme = load(file=path, profiles=("deuteranopia",))
    warnings = warnings_of(theme)
    assert any(
        "anger and awe have nearly one colour to viewers with deuteranopia" in w for w in warnings
    )
    assert warnings_of(load(file=path)) == ()


def test_visions_are_picked_out_of_profiles():
    assert visions(("bbc", "tritanopia", "low-vision")) == ("tritanopia",)
    assert visions(()) == ()
