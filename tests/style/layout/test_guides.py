"""Numbers of guides: each has a page and a date, and what themes and docs say is what is there."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from sentigram.assets import asset
from sentigram.style.layout.guides import (
    OTHER,
    GuideNumber,
    dash_rules,
    dashes,
    numbers,
    pages,
    speeds,
)
from sentigram.style.layout.limits import LayoutRules
from sentigram.style.styling import canvas_for
from sentigram.style.theme.theme import load

_DOCS = Path(__file__).parents[3] / "docs" / "check.md"
_GUIDED = ("netflix", "bbc", "shorts")  # their [caption] is a guide's, but for what is said here
_OWN = {("shorts", "bottom"), ("bbc", "size"), ("netflix", "size"), ("netflix", "outline_em")}


def table() -> str:
    """All numbers in Markdown."""
    rows = ["| number | for | value | page | read |", "|---|---|---|---|---|"]
    for speed in speeds().values():
        value = f"{speed.adult:g} / {speed.child:g}; SDH {speed.sdh_adult:g} / {speed.sdh_child:g}"
        name = "all others" if speed.language == OTHER else f"`{speed.language}`"
        rows.append(_row("`cps`, adults / children", name, value, speed.page))
    for one in numbers():
        name = f"`{one.language}`" if one.language else f"`{one.theme}`"
        rows.append(_row(f"`{one.key}`", name, f"{one.value:g}", one.page))
    for rule in dash_rules():
        names = ", ".join("all others" if name == OTHER else f"`{name}`" for name in rule.languages)
        dashes = " / ".join(_dash(text) for text in (rule.first, rule.second))
        rows.append(_row("dashes of two speakers", names, dashes, rule.page))
    return "\n".join(rows)


def _dash(text: str) -> str:
    return f"hyphen{' and space' * text.endswith(' ')}" if text else "none"


def _row(key: str, name: str, value: str, page: str) -> str:
    at = pages()[page]
    return f"| {key} | {name} | {value} | [{at.title}]({at.url}) | {at.read} |"


def _of_theme(name: str) -> dict[str, object]:
    data = tomllib.loads((asset("templates/themes") / f"{name}.toml").read_text(encoding="utf-8"))
    values = {**data, **data.get("caption", {})}
    return {k: v["value"] if isinstance(v, dict) and "value" in v else v for k, v in values.items()}


def test_the_documentation_lists_every_number() -> None:
    text = _DOCS.read_text(encoding="utf-8")
    shown = text.partition(f"{Path(__file__).name} -->\n")[2].partition("\n<!-- /numbers")[0]
    assert shown == table()


def test_no_language_has_two_ways_to_write_dashes() -> None:
    names = [name for rule in dash_rules() for name in rule.languages]
    assert len(names) == len(set(names))
    assert dashes("en") == dashes("") == dashes("xx")
    for rule in dash_rules():
        assert rule.first in ("", rule.second)
        assert rule.second in ("-", "- ")


def test_every_page_has_an_address_and_a_date() -> None:
    for page in pages().values():
        assert page.url.startswith("https://")
        assert re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", page.read)
    used = {one.page for one in numbers()} | {one.page for one in speeds().values()}
    used |= {one.page for one in dash_rules()}
    assert used <= set(pages())


@pytest.mark.parametrize("number", [one for one in numbers() if one.theme], ids=str)
def test_themes_hold_what_the_table_says(number: GuideNumber) -> None:
    assert _of_theme(number.theme)[number.key] == number.value


@pytest.mark.parametrize("theme", _GUIDED)
def test_every_number_of_a_guideline_is_in_the_table(theme: str) -> None:
    known = {(one.theme, one.key) for one in numbers()} | _OWN
    for key, value in _of_theme(theme).items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            assert (theme, key) in known


@pytest.mark.parametrize(
    ("language", "adult", "child"),
    [
        ("ja", 7, 7),
        ("ko", 14, 11),
        ("zh", 11, 9),
        ("ar", 23, 20),
        ("hi", 25, 20),
        ("en", 20, 17),
        ("de", 20, 17),
    ],
)
def test_reading_speeds_for_deaf_and_hard_of_hearing_viewers(
    language: str, adult: float, child: float
) -> None:
    for age, cps in (("adult", adult), ("child", child)):
        caption = load(age=age, profiles=("sdh",)).caption
        assert LayoutRules.of(caption, canvas_for(), language=language).cps == cps


def test_a_theme_shortens_and_lengthens_cues_of_every_language() -> None:
    caption = load().caption
    for min_ms, japanese_ms in ((833, 500), (1666, 1000), (0, 0)):
        rules = LayoutRules.of(replace(caption, min_ms=min_ms), canvas_for(), language="ja")
        assert rules.min_ms == japanese_ms
