"""True frame rates, whatever a file calls its rate, and when pictures are shown."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sentigram.core.media import PictureTiming
from sentigram.core.time import Span
from sentigram.media.picture import timing_of
from sentigram.media.probe import probe
from sentigram.media.rates import measured_fps
from tests import media_samples as samples

MS = Fraction(1, 1000)


@pytest.mark.parametrize(
    ("times", "unit", "fps"),
    [
        (range(0, 4000, 40), MS, 25),
        ([round(n * 1000 / 29.97) for n in range(90)], MS, Fraction(30000, 1001)),
        ([round(n * 1000 / 24) for n in range(200)], MS, 24),
        ([round(n * 1000 / 23.976) for n in range(200)], MS, Fraction(24000, 1001)),
        ([0, 80, 40, 120, 160], MS, 25),  # out of order, as packets come
        ([*range(0, 1000, 40), *range(9000, 10_000, 40)], MS, 25),  # with a pause
        ([0, 0, 40, 40, 80], MS, 25),
        ([0, 3600, 7200], Fraction(1, 90_000), 25),
        ([n * 143 for n in range(50)], MS, Fraction(1000, 143)),
        ([0, 1, 2], Fraction(1, 90_000), None),  # faster than any picture
        ([5], MS, None),
        ([], MS, None),
    ],
)
def test_a_rate_by_its_times(times, unit, fps):
    assert measured_fps(times, unit) == fps


@pytest.mark.parametrize("clock", [1000, 15_360, 90_000])
@pytest.mark.parametrize("suffix", [".webm", ".mkv", ".mp4"])
def test_a_rate_that_is_a_time_base(tmp_path, suffix, clock):
    path = samples.recorded(tmp_path / f"a{suffix}", fps=Fraction(25, 2), clock=clock)
    assert probe(path).fps == Fraction(25, 2)


def test_a_recording_without_a_length(tmp_path):
    path = samples.recorded(tmp_path / "a.webm", fps=Fraction(10), live=True)
    info = probe(path)
    assert info.fps == 10
    assert info.duration_ms == pytest.approx(2000, abs=110)


def test_pauses_of_a_screen_recording_do_not_count(tmp_path):
    info = probe(samples.paused_picture(tmp_path / "a.webm"))
    assert info.fps == 25
    timing = timing_of(info)
    assert timing.fps == 25
    assert timing.longest_ms == pytest.approx(1040, abs=41)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_a_picture_that_ends_before_the_sound(tmp_path, suffix):
    timing = timing_of(probe(samples.short_picture(tmp_path / f"a{suffix}")))
    assert timing.start_ms <= 80
    assert timing.end_ms == pytest.approx(1000, abs=80)
    assert timing.sound_end_ms == pytest.approx(2500, abs=80)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_picture_that_comes_late(tmp_path, suffix):
    timing = timing_of(probe(samples.late_picture(tmp_path / f"a{suffix}")))
    assert timing.start_ms == pytest.approx(600, abs=70)
    assert timing.end_ms == pytest.approx(1600, abs=70)


@pytest.mark.parametrize("suffix", [".mp4", ".ts"])
def test_only_what_a_slice_needs_is_read(tmp_path, suffix):
    info = probe(samples.short_picture(tmp_path / f"a{suffix}"))
    assert timing_of(info, Span(1500, 2000)).end_ms == pytest.approx(1000, abs=80)
    whole = probe(samples.video_with_tone(tmp_path / f"b{suffix}", seconds=6))
    assert 3000 <= timing_of(whole, Span(2500, 3000)).end_ms <= 4200


def test_sound_alone_and_pictures_alone(tmp_path):
    assert timing_of(probe(samples.audio_only(tmp_path / "a.wav"))) is None
    timing = timing_of(probe(samples.silent_video(tmp_path / "a.mp4")))
    assert timing == PictureTiming(0, 1000, 40, 0, Fraction(25))
