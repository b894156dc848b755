"""Where settings put a cue: distances that the standard's rules give, worked out by hand."""

from __future__ import annotations

import pytest

from sentigram.formats.vtt_place import layout_of, settings_of

_HEAD = "WEBVTT\n\n"
_REGION = (
    "WEBVTT\n\nREGION\nid:low\nwidth:40%\nlines:3\nregionanchor:0%,100%\n"
    "viewportanchor:10%,90%\n\nREGION\nid:plain\n\n"
)


def _place(settings: str, *lines: str, head: str = _HEAD) -> tuple[float | None, float | None]:
    place = layout_of(head).place_of(settings_of(settings), lines or ("Yes.",))
    return _rounded(place.beside), _rounded(place.over)


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 3)


@pytest.mark.parametrize(
    ("settings", "beside", "over"),
    [
        ("", None, None),
        ("line:80%", None, 0.14),  # a row is 6 % high
        ("line:80%,end", None, 0.2),
        ("line:97%,center", None, 0.0),
        ("line:4%", None, 0.04),
        ("line:-3", None, None),
        ("align:start", 0.0, None),
        ("align:start position:10%", 0.1, None),
        ("align:left position:10%", 0.1, None),
        ("align:end position:93%", 0.07, None),
        ("align:right", 0.0, None),
        ("position:50% size:90% align:start", 0.45, None),
        ("position:30%,line-left size:80% align:center", 0.325, None),
        ("line:0% position:nonsense line:50%", 0.475, 0.44),
    ],
)
def test_a_short_line(settings: str, beside: float | None, over: float | None) -> None:
    """`Yes.` is at least 5 % of the picture wide."""
    found = _place(settings)
    assert found[1] == over
    assert found[0] == (None if beside is None else pytest.approx(beside, abs=0.002))


def test_two_rows_are_higher_than_one() -> None:
    assert _place("line:86%", "One.", "Two.")[1] == pytest.approx(0.02)


def test_a_long_line_fills_its_box() -> None:
    long = "x" * 200
    assert _place("size:80%", long)[0] == pytest.approx(0.1)
    assert _place("position:40% align:start", long)[0] == 0.0
    assert _place("position:50% align:start", "x" * 20)[0] == pytest.approx(0.247, abs=0.002)


def test_a_line_that_is_written_from_the_right_starts_there() -> None:
    assert _place("align:start position:90%", "שלום")[0] == pytest.approx(0.1)


def test_the_first_row_is_told() -> None:
    layout = layout_of(_HEAD)
    assert layout.place_of(settings_of("line:0"), ("Yes.",)).is_first_row
    assert not layout.place_of(settings_of("line:1"), ("Yes.",)).is_first_row


def test_cues_enter_regions_from_below() -> None:
    assert _place("region:low", head=_REGION) == (pytest.approx(0.1), pytest.approx(0.1))
    assert _place("region:low align:start", head=_REGION)[0] == pytest.approx(0.1)
    assert _place("region:plain", head=_REGION) == (None, 0.0)
    assert _place("region:other", head=_REGION) == (None, None)


def test_a_line_takes_a_cue_out_of_its_region() -> None:
    assert _place("region:plain line:50%", head=_REGION) == (None, 0.44)


def test_upright_text_runs_from_top_to_bottom() -> None:
    assert _place("vertical:rl align:start position:2%")[1] == pytest.approx(0.02)


def test_a_style_makes_rows_higher() -> None:
    large = f"{_HEAD}STYLE\n::cue {{ color: #fff; font-size: 200% }}\n\n"
    assert _place("line:80%", head=large)[1] == pytest.approx(0.08)
