"""Clips: Pillow reads what ffmpeg made of a slice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageSequence

from sentigram.core.media import VideoOptions
from sentigram.core.style import StyledTrack
from sentigram.core.time import Span
from sentigram.errors import MissingError, UsageError
from sentigram.media import clips
from sentigram.media.clips import check_encoder, check_length
from sentigram.media.ffmpeg import find_ffmpeg
from sentigram.render.picture.clip import GifRenderer, WebpRenderer
from tests import media_samples as samples
from tests.render.test_mkv import job
from tests.render.tracks import ANGER, cue, track

_RENDERERS = {"gif": GifRenderer, "webp": WebpRenderer}


@pytest.fixture
def small_track() -> StyledTrack:
    """One cue from 0.6 s to 1.4 s."""
    made = cue(["now", ("HERE", ANGER)], start_ms=600, end_ms=1400)
    return track(made, width_px=320, height_px=180, base_px=20.0)


@pytest.fixture
def dark(tmp_path: Path) -> Path:
    """Two seconds of a dark picture, under a name that filters would misread."""
    picture = ["-f", "lavfi", "-i", "color=c=0x203040:s=320x180:r=25:d=2"]
    return samples.make(tmp_path / "it's [a]: 'talk'.mp4", *picture, "-c:v", "libx264")


def _read(path: Path) -> tuple[list[tuple[int, NDArray[np.uint8]]], Image.Image]:
    """When each frame begins (ms), with its pixels."""
    frames, at_ms = [], 0
    with Image.open(path) as image:
        for frame in ImageSequence.Iterator(image):
            pixels = np.asarray(frame.convert("RGB"))
            frames.append((at_ms, pixels))
            at_ms += round(frame.info["duration"])
    frames.append((at_ms, frames[-1][1]))
    return frames, image


def _lit(pixels: NDArray[np.uint8]) -> bool:
    return bool((pixels[pixels.shape[0] // 2 :].min(axis=2) > 150).sum() > 10)


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_a_slice_loops_with_its_captions(
    tmp_path: Path, small_track: StyledTrack, dark: Path, kind: str
) -> None:
    out = tmp_path / f"-out.{kind}"
    told: list[float] = []
    job_ = job(small_track, dark, Span(400, 1800), VideoOptions(clip_width=240))
    _RENDERERS[kind]().render(job_, out, progress=told.append)
    frames, image = _read(out)
    assert image.size == (240, 135)
    assert image.info["loop"] == 0  # for ever
    assert frames[-1][0] == pytest.approx(1400, abs=90)
    begins = next(at for at, pixels in frames if _lit(pixels))
    ends = next(at for at, pixels in frames if at > begins and not _lit(pixels))
    assert begins == pytest.approx(200, abs=90)  # 600 ms of the whole
    assert ends == pytest.approx(1000, abs=90)
    assert told[-1] == 1.0


def test_a_picture_is_not_enlarged_and_the_whole_is_taken(
    tmp_path: Path, small_track: StyledTrack, dark: Path
) -> None:
    out = tmp_path / "out.gif"
    GifRenderer().render(job(small_track, dark), out)
    frames, image = _read(out)
    assert image.size == (320, 180)
    assert frames[-1][0] == pytest.approx(2000, abs=90)


def test_sound_alone_is_shown_over_a_plain_picture(
    tmp_path: Path, small_track: StyledTrack
) -> None:
    source = samples.audio_only(tmp_path / "talk.wav", seconds=2)
    out = tmp_path / "out.webp"
    plain = VideoOptions(size=(320, 180), background="#203040")
    WebpRenderer().render(job(small_track, source, Span(400, 1000), plain), out)
    frames, image = _read(out)
    assert image.size == (320, 180)
    assert np.abs(frames[0][1][0, 0].astype(int) - [0x20, 0x30, 0x40]).max() <= 8
    assert [_lit(pixels) for at, pixels in frames][-1]


def test_what_cannot_be_is_told(tmp_path: Path, small_track: StyledTrack) -> None:
    with pytest.raises(UsageError, match=r"talk\.mp4: the video is not beside the Document"):
        GifRenderer().render(job(small_track, None), tmp_path / "out.gif")
    with pytest.raises(UsageError, match=r"`to gif`: 1:01 is too long .* 60 s; choose a slice"):
        check_length("gif", None, 61_000)
    with pytest.raises(UsageError, match="1:10 is too long"):
        check_length("webp", Span(10_000, 80_000), 90_000)
    check_length("gif", Span(10_000, 70_000), 3_600_000)


def test_a_missing_encoder_is_told(small_track: StyledTrack) -> None:
    ffmpeg = find_ffmpeg()
    with mock.patch.object(clips, "encoders", return_value=frozenset({"gif"})):
        check_encoder(ffmpeg, "gif")
        with pytest.raises(MissingError, match=r"without libwebp_anim;.*or choose `to gif`"):
            check_encoder(ffmpeg, "webp")
    with pytest.raises(MissingError, match="without libass"):
        check_encoder(replace(ffmpeg, has_libass=False), "gif")
