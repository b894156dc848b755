"""Videos and clips of odd files, by the packaged ffmpeg and the system's; PyAV reads them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from sentigram.core.document import Document, DocumentMedia
from sentigram.core.emotion import EmotionTrack, LabelSet
from sentigram.core.media import VideoOptions
from sentigram.core.protocols import RenderJob, SilentReporter
from sentigram.core.style import StyledTrack
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript
from sentigram.media.hdr import WHITE_NITS, hlg_nits, pq_nits
from sentigram.media.probe import probe
from sentigram.render.mkv import MkvRenderer
from sentigram.render.picture.burn import BurnRenderer
from sentigram.render.picture.clip import GifRenderer
from tests import media_samples as samples
from tests.render.tracks import cue, track

_FAST = VideoOptions(crf=18, preset="ultrafast")
_DEEP = replace(_FAST, encoder="libx265")
_BT2020 = 9
_BT709 = 1
_TRANSFERS = {"pq": 16, "hlg": 18}

pytestmark = pytest.mark.usefixtures("each_ffmpeg")


class _Told(SilentReporter):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, text: str) -> None:
        self.lines.append(text)

    def warn(self, text: str) -> None:
        self.lines.append(text)


def _job(
    media: Path,
    *,
    shown_ms: tuple[int, int] = (1600, 2400),
    slice_: Span | None = None,
    video: VideoOptions = _FAST,
) -> tuple[RenderJob, list[str]]:
    """A job with one white cue, and the lines that it tells."""
    told = _Told()
    document = Document(
        DocumentMedia("talk.mp4", 3000, 320, 180, Fraction(25)),
        Transcript("en", ()),
        EmotionTrack(LabelSet(("neutral",)), ()),
    )
    made: StyledTrack = track(
        cue(["MMMM"], start_ms=shown_ms[0], end_ms=shown_ms[1]),
        width_px=320,
        height_px=180,
        base_px=40.0,
    )
    job = RenderJob(document, made, (), "none", probe(media), slice_, video, told)
    return job, told.lines


def _burn(media: Path, **options: object) -> tuple[Path, list[str]]:
    job, lines = _job(media, **options)
    out = media.with_name("made.mp4")
    BurnRenderer().render(job, out)
    return out, lines


def _lit(path: Path) -> list[float]:
    """When white letters are shown."""
    with av.open(str(path)) as container:
        begin = (container.start_time or 0) / 1_000_000
        return [
            (frame.time or 0.0) - begin
            for frame in container.decode(video=0)
            if (frame.to_ndarray(format="rgb24")[110:].min(axis=2) > 220).sum() > 50
        ]


def _times(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        return [frame.time or 0.0 for frame in container.decode(video=0)]


class TestPicturesThatDoNotLast:
    @pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
    def test_the_last_one_is_held_to_the_end_of_the_sound(
        self, tmp_path: Path, suffix: str
    ) -> None:
        out, _ = _burn(samples.short_picture(tmp_path / f"a{suffix}"))
        assert _times(out)[-1] == pytest.approx(2.46, abs=0.1)
        lit = _lit(out)
        assert (lit[0], lit[-1]) == pytest.approx((1.6, 2.36), abs=0.06)

    def test_in_a_slice_after_it(self, tmp_path: Path) -> None:
        source = samples.short_picture(tmp_path / "a.mp4")
        out, _ = _burn(source, slice_=Span(1500, 2500))
        lit = _lit(out)
        assert (lit[0], lit[-1]) == pytest.approx((0.1, 0.86), abs=0.06)
        assert len(_times(out)) == pytest.approx(25, abs=1)

    def test_in_a_clip(self, tmp_path: Path) -> None:
        job, _ = _job(samples.short_picture(tmp_path / "a.mp4"))
        GifRenderer().render(job, tmp_path / "a.gif")
        assert _lit(tmp_path / "a.gif")[-1] == pytest.approx(2.3, abs=0.1)

    @pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
    def test_the_first_one_is_shown_before_it_comes(self, tmp_path: Path, suffix: str) -> None:
        source = samples.late_picture(tmp_path / f"a{suffix}")
        out, _ = _burn(source, shown_ms=(200, 1000))
        lit = _lit(out)
        assert (lit[0], lit[-1]) == pytest.approx((0.2, 0.96), abs=0.06)

    def test_pauses_are_filled(self, tmp_path: Path) -> None:
        out, _ = _burn(samples.paused_picture(tmp_path / "a.webm"), shown_ms=(1200, 1800))
        lit = _lit(out)
        assert (lit[0], lit[-1]) == pytest.approx((1.2, 1.76), abs=0.06)
        assert len(lit) == pytest.approx(15, abs=1)


@pytest.mark.parametrize("clock", [1000, 90_000])
def test_no_more_frames_than_there_are(tmp_path: Path, clock: int) -> None:
    source = samples.recorded(tmp_path / "a.webm", fps=Fraction(25, 2), clock=clock)
    out, _ = _burn(source, shown_ms=(400, 800))
    assert len(_times(out)) == 25
    assert probe(out).fps == pytest.approx(12.5, abs=0.1)


class TestHighDynamicRange:
    @pytest.mark.parametrize("transfer", ["pq", "hlg"])
    def test_is_kept_by_an_encoder_that_can(self, tmp_path: Path, transfer: str) -> None:
        source = samples.hdr_video(tmp_path / "a.mp4", transfer=transfer)
        out, (line,) = _burn(source, shown_ms=(0, 500), video=_DEEP)
        assert "is kept in 10 bit, with captions at 203 nits" in line
        luma, frame, context = _first(out)
        assert (context.pix_fmt, context.codec_tag) == ("yuv420p10le", "hvc1")
        assert context.color_trc == _TRANSFERS[transfer]
        assert (context.color_primaries, context.colorspace) == (_BT2020, _BT2020)
        code = (np.percentile(luma, 99) - 64) / 876
        nits = pq_nits if transfer == "pq" else lambda c: hlg_nits(np.array([c, c, c]))[0]
        assert nits(np.array(code)) == pytest.approx(WHITE_NITS, rel=0.06)
        assert np.median(luma) == pytest.approx(
            samples.HDR_LUMA[transfer], abs=4
        )  # the picture is as it was
        assert probe(out).hdr == probe(source).hdr
        if transfer == "pq":
            names = _kinds(frame)
            assert names.count("MASTERING_DISPLAY_METADATA") == 1
            assert names.count("CONTENT_LIGHT_LEVEL") == 1

    @pytest.mark.parametrize("transfer", ["pq", "hlg"])
    def test_becomes_bt_709_otherwise(self, tmp_path: Path, transfer: str) -> None:
        source = samples.hdr_video(tmp_path / "a.mp4", transfer=transfer)
        out, (line,) = _burn(source, shown_ms=(0, 500))
        assert "becomes BT.709, which every player shows; `encoder libx265` keeps it" in line
        luma, frame, context = _first(out)
        assert context.pix_fmt == "yuv420p"
        tags = (context.color_trc, context.color_primaries, context.colorspace)
        assert tags == (_BT709, _BT709, _BT709)
        assert "MASTERING_DISPLAY_METADATA" not in _kinds(frame)
        assert np.percentile(luma, 99) == pytest.approx(235, abs=2)  # captions are white
        # A grey of half of white's light, 101 nits, stays one.
        assert (np.median(luma) - 16) / 219 == pytest.approx(0.5 ** (1 / 2.4), abs=0.03)
        assert probe(out).hdr is None

    def test_in_a_clip(self, tmp_path: Path) -> None:
        job, lines = _job(samples.hdr_video(tmp_path / "a.mp4"), shown_ms=(0, 500))
        GifRenderer().render(job, tmp_path / "a.gif")
        assert "becomes BT.709" in lines[0]
        with av.open(str(tmp_path / "a.gif")) as container:
            shown = next(container.decode(video=0)).to_ndarray(format="gray")
        assert np.median(shown) / 255 == pytest.approx(0.5 ** (1 / 2.4), abs=0.03)


def _first(path: Path) -> tuple[NDArray[np.float64], av.VideoFrame, av.VideoCodecContext]:
    """The luma of the first frame, the frame, and its stream's context."""
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        context = container.streams.video[0].codec_context
        return frame.to_ndarray()[: frame.height].astype(float), frame, context


def _kinds(frame: av.VideoFrame) -> list[str]:
    """What is said beside a frame."""
    return [cast("Any", data).type.name for data in frame.side_data]


class TestSoundForMp4:
    @pytest.mark.parametrize("codec", ["flac", "libopus", "pcm_s16le", "libvorbis", "aac", "ac3"])
    def test_is_copied_if_it_can_be_and_encoded_otherwise(self, tmp_path: Path, codec: str) -> None:
        source = samples.make(
            tmp_path / "a.mkv",
            *("-f", "lavfi", "-i", "color=s=320x180:r=25:d=1", "-f", "lavfi", "-i", "sine=d=1"),
            *("-c:v", "libx264", "-c:a", codec, "-strict", "-2"),
        )
        out, lines = _burn(source, shown_ms=(200, 600))
        before, after = probe(source).audio.codec, probe(out).audio.codec
        said = [line for line in lines if "is encoded as AAC" in line]
        assert (after == before) == (not said), (before, after, lines)
        if codec in ("pcm_s16le", "libvorbis"):
            assert f"its sound ({before}) is encoded as AAC" in said[0]
        if codec in ("aac", "ac3"):
            assert not said
        with av.open(str(out)) as container:  # and it can be heard
            assert sum(frame.samples for frame in container.decode(audio=0)) > 40_000

    @pytest.mark.parametrize("suffix", [".mp3", ".ts"])
    def test_that_changes_midway_is_evened(
        self, tmp_path: Path, suffix: str, joined_sound: Callable[[Path], Path]
    ) -> None:
        source = joined_sound(tmp_path / f"a{suffix}")
        out, lines = _burn(source, video=replace(_FAST, size=(320, 180)))
        assert any("changes its rate or channels midway" in line for line in lines)
        assert probe(out).audio.codec == "aac"
        with av.open(str(out)) as container:
            kinds = {(f.sample_rate, f.layout.name) for f in container.decode(audio=0)}
        assert kinds == {(48_000, "stereo")}
        assert probe(out).duration_ms == pytest.approx(2000, abs=150)


@pytest.fixture
def joined_sound() -> Callable[[Path], Path]:
    """Makes two seconds of sound, the second one at another rate and with two channels."""

    def make(out: Path) -> Path:
        tone = ["-f", "lavfi", "-i", "sine=d=1"]
        plain = ["-write_xing", "0", "-id3v2_version", "0"] if out.suffix == ".mp3" else []
        later = ["-output_ts_offset", "1"] if out.suffix == ".ts" else []
        one = samples.make(out.with_stem("one"), *tone, "-ar", "44100", "-ac", "1", *plain)
        two = samples.make(out.with_stem("two"), *tone, "-ar", "48000", "-ac", "2", *plain, *later)
        out.write_bytes(one.read_bytes() + two.read_bytes())
        return out

    return make


class TestStreamsThatCannotBeCopied:
    @pytest.mark.parametrize("first", [False, True])
    def test_are_left_out_of_an_mkv(self, tmp_path: Path, first: bool) -> None:
        source = samples.with_unknown_sound(tmp_path / "phone.mov", first=first)
        job, lines = _job(source)
        out = tmp_path / "out.mkv"
        MkvRenderer().render(job, out)
        number = 1 if first else 2
        (line,) = lines
        told = f"audio stream {number} (unknown) cannot be copied into an .mkv by this ffmpeg"
        assert line == f"{source}: {told}, and is left out; the rest is there"
        kinds = [(stream.kind, stream.codec) for stream in probe(out).streams]
        assert kinds[:2] == [("video", "h264"), ("audio", "aac")]
        assert len(kinds) == 5

    def test_nor_are_covers_and_data(self, tmp_path: Path) -> None:
        source = samples.with_cover_and_timecode(tmp_path / "a.mov")
        job, lines = _job(source)
        MkvRenderer().render(job, tmp_path / "out.mkv")
        assert not lines
        assert [s.kind for s in probe(tmp_path / "out.mkv").streams][:2] == ["video", "audio"]
        out, _ = _burn(source, shown_ms=(200, 600))
        assert [s.kind for s in probe(out).streams] == ["video", "audio"]

    def test_the_track_that_can_be_heard_is_in_the_video(self, tmp_path: Path) -> None:
        source = samples.with_unknown_sound(tmp_path / "phone.mov", first=True)
        out, _ = _burn(source, shown_ms=(200, 600))
        assert [s.codec for s in probe(out).streams] == ["h264", "aac"]
