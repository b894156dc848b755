from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.core import time
from sentigram.core.time import Span
from sentigram.errors import UsageError

times_ms = st.integers(0, 99 * time.MS_PER_HOUR)


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.0, 0), (59.9996, 60_000), (1.0005, 1001), (0.29, 290)]
)
def test_seconds_round_to_the_nearest_millisecond(seconds, expected):
    assert time.ms_from_seconds(seconds) == expected


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_seconds_that_are_no_time_are_refused(bad):
    with pytest.raises(ValueError, match="not a time"):
        time.ms_from_seconds(bad)


def test_a_minute_never_has_sixty_seconds():
    # 59.9996 s formatted as float seconds gives 00:00:60.000 in a popular peer
    assert time.format_vtt(time.ms_from_seconds(59.9996)) == "00:01:00.000"
    assert time.format_ass(59_996) == "0:01:00.00"


@given(times_ms)
def test_formats_say_the_same_time(value):
    for text in (time.format_srt(value), time.format_vtt(value)):
        hours, minutes, seconds, ms = map(int, re.split(r"[:.,]", text))
        assert minutes < 60
        assert seconds < 60
        assert ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms == value
    assert time.parse_clock(time.format_srt(value)) == value


@given(times_ms, times_ms)
def test_ass_rounding_keeps_the_order(a, b):
    def centiseconds(text):
        hours, minutes, seconds, cs = map(int, re.split(r"[:.]", text))
        return ((hours * 60 + minutes) * 60 + seconds) * 100 + cs

    low, high = sorted((a, b))
    assert centiseconds(time.format_ass(low)) <= centiseconds(time.format_ass(high))
    assert abs(centiseconds(time.format_ass(low)) * 10 - low) <= 5


@given(st.integers(0, 10**9), st.sampled_from([8000, 16_000, 44_100, 48_000]))
def test_samples_and_milliseconds_agree(n, rate):
    exact = n * 1000 / rate
    assert abs(time.ms_from_samples(n, rate) - exact) <= 0.5 + 1e-6
    assert time.samples_from_ms(time.ms_from_samples(n, rate), rate) == pytest.approx(n, abs=rate)


def test_ranges():
    assert time.parse_range("1:00-1:30.5") == Span(60_000, 90_500)
    assert time.parse_range("0.0005 - 2") == Span(1, 2000)


@pytest.mark.parametrize("text", ["5", "2-1", "1-1", "a-b", "-5", "1:00:00:00-2"])
def test_bad_ranges_say_what_to_write(text):
    with pytest.raises(UsageError, match=r"write|after"):
        time.parse_range(text)


def test_a_span_cannot_run_backwards():
    with pytest.raises(ValueError, match="0 <= start <= end"):
        Span(5, 4)
    assert Span(0, 10).overlap_ms(Span(7, 20)) == 3
    assert Span(0, 10).overlap_ms(Span(10, 20)) == 0


def test_clock_for_people():
    assert time.format_clock(61_999) == "1:01"
    assert time.format_clock(3_661_000) == "1:01:01"
    assert time.format_tenths(61_999) == "1:01.9"
    assert time.format_tenths(3_661_049) == "1:01:01.0"
