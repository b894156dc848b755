"""Burned-in video: PyAV reads what ffmpeg made of it."""

from __future__ import annotations

import errno
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import get_args
from unittest import mock

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from sentigram.core.document import Document, DocumentMedia
from sentigram.core.emotion import EmotionTrack, LabelSet
from sentigram.core.media import VideoOptions
from sentigram.core.protocols import RenderJob
from sentigram.core.style import StyledTrack
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript
from sentigram.errors import MissingError, OutputError, UsageError
from sentigram.media.probe import probe
from sentigram.render.picture.burn import BurnRenderer, Flavour, subtitles_folder
from tests.media_samples import make
from tests.render.tracks import ANGER, cue, track

_FAST = VideoOptions(crf=18, preset="ultrafast")


def _job(
    made: StyledTrack,
    media: Path | None,
    slice_: Span | None = None,
    video: VideoOptions = _FAST,
) -> RenderJob:
    document = Document(
        DocumentMedia("talk.mp4", 2000, 320, 180, Fraction(25)),
        Transcript("en", ()),
        EmotionTrack(LabelSet(("neutral",)), ()),
    )
    info = None if media is None else probe(media)
    return RenderJob(document, made, (), "full", info, slice_, video)


def _frames(path: Path) -> tuple[list[float], list[NDArray[np.uint8]]]:
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
        return [frame.time or 0.0 for frame in frames], [
            f.to_ndarray(format="rgb24") for f in frames
        ]


def _lit(frame: NDArray[np.uint8]) -> bool:
    """Whether white letters are in the lower half of a dark picture."""
    return bool((frame[frame.shape[0] // 2 :].min(axis=2) > 180).sum() > 20)


@pytest.fixture
def small_track() -> StyledTrack:
    """One cue from 0.6 s to 1.4 s."""
    made = cue(["now", ("HERE", ANGER)], start_ms=600, end_ms=1400)
    return track(made, width_px=320, height_px=180, base_px=20.0)


def _dark_video(out: Path, *sound: str) -> Path:
    picture = ["-f", "lavfi", "-i", "color=c=0x203040:s=320x180:r=25:d=2"]
    tone = ["-f", "lavfi", "-i", "sine=r=44100:d=2"]
    return make(out, *picture, *tone, "-c:v", "libx264", "-preset", "ultrafast", *sound)


def test_captions_appear_in_time_and_the_sound_is_copied(
    tmp_path: Path, small_track: StyledTrack
) -> None:
    source = _dark_video(tmp_path / "it's [a]: 'talk'.mp4", "-c:a", "aac")
    out = tmp_path / "-out.mp4"
    told: list[float] = []
    BurnRenderer().render(_job(small_track, source), out, progress=told.append)
    times, frames = _frames(out)
    assert len(times) == 50
    for time, frame in zip(times, frames, strict=True):
        assert _lit(frame) == (0.6 <= time < 1.4), time
    with av.open(str(source)) as one, av.open(str(out)) as other:
        packets = [
            [bytes(packet) for packet in container.demux(audio=0) if packet.size]
            for container in (one, other)
        ]
    assert packets[0] == packets[1]
    assert told[-1] == 1.0
    assert told == sorted(told)


def test_sound_alone_is_shown_over_a_plain_picture(
    tmp_path: Path, small_track: StyledTrack
) -> None:
    source = make(tmp_path / "talk.wav", "-f", "lavfi", "-i", "sine=r=16000:d=2")
    out = tmp_path / "out.mp4"
    plain = replace(_FAST, size=(320, 180), background="#203040")
    BurnRenderer().render(_job(small_track, source, video=plain), out)
    times, frames = _frames(out)
    assert frames[0].shape == (180, 320, 3)
    assert np.abs(frames[0][0, 0].astype(int) - [0x20, 0x30, 0x40]).max() <= 6
    assert _lit(frames[times.index(1.0)])
    assert [stream.codec for stream in probe(out).streams] == ["h264", "aac"]


def test_a_slice_keeps_captions_on_their_words(tmp_path: Path, small_track: StyledTrack) -> None:
    source = _dark_video(tmp_path / "talk.mkv", "-c:a", "pcm_s16le")
    out = tmp_path / "out.mp4"
    BurnRenderer().render(_job(small_track, source, Span(1000, 2000)), out)
    times, frames = _frames(out)
    assert times[-1] == pytest.approx(0.96, abs=0.05)
    assert [_lit(f) for f in frames] == [time < 0.4 - 0.001 for time in times]


def test_without_the_media_file_it_says_so(tmp_path: Path, small_track: StyledTrack) -> None:
    with pytest.raises(UsageError, match=r"talk\.mp4: the video is not beside the Document"):
        BurnRenderer().render(_job(small_track, None), tmp_path / "out.mp4")


def test_without_libass_it_says_so() -> None:
    from sentigram.media.ffmpeg import find_ffmpeg

    bare = replace(find_ffmpeg(), has_libass=False)
    with (
        mock.patch("sentigram.render.picture.burn.find_ffmpeg", return_value=bare),
        pytest.raises(MissingError, match="without libass"),
    ):
        BurnRenderer().check(_FAST, stretch=None, duration_ms=None)


def test_a_full_temporary_disk_is_an_output_error(small_track: StyledTrack) -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    with (
        mock.patch.object(Path, "write_text", side_effect=full),
        pytest.raises(OutputError, match="disk for temporary files is full"),
        subtitles_folder(small_track, motion="none"),
    ):
        pass


def test_a_folder_that_cannot_be_written_is_an_output_error(small_track: StyledTrack) -> None:
    with (
        mock.patch.object(Path, "write_text", side_effect=PermissionError(13, "Permission denied")),
        pytest.raises(OutputError, match="Permission denied; set TMPDIR to a folder"),
        subtitles_folder(small_track, motion="none"),
    ):
        pass


def test_the_temporary_folder_goes(small_track: StyledTrack) -> None:
    with subtitles_folder(small_track, motion="none") as folder:
        assert (folder / "captions.ass").is_file()
        assert {path.suffix for path in (folder / "fonts").iterdir()} == {".ttf"}
    assert not folder.exists()


def test_an_event_per_word_is_burned_in_and_lines_on_request(small_track: StyledTrack) -> None:
    texts = []
    for flavour in get_args(Flavour):
        with subtitles_folder(small_track, motion="none", flavour=flavour) as folder:
            texts.append((folder / "captions.ass").read_text(encoding="utf-8"))
    assert texts[0].count("Dialogue: 2,") == 2
    assert "Comment:" not in texts[0]
    assert texts[1].count("Dialogue:") == 1
    with subtitles_folder(small_track, motion="none") as folder:  # as videos and clips ask for it
        assert (folder / "captions.ass").read_text(encoding="utf-8") == texts[0]
