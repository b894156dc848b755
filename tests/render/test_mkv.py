"""Matroska: PyAV reads the tracks back, and libass draws them as it draws our ASS."""

from __future__ import annotations

import errno
from fractions import Fraction
from pathlib import Path
from unittest import mock

import av
import numpy as np
import pysubs2
import pytest
from numpy.typing import NDArray

from sentigram.core.document import Document, DocumentMedia
from sentigram.core.emotion import EmotionTrack, LabelSet
from sentigram.core.media import VideoOptions
from sentigram.core.protocols import RenderJob
from sentigram.core.style import StyledTrack
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript
from sentigram.errors import OutputError, UsageError
from sentigram.media.ffmpeg import find_ffmpeg, run
from sentigram.media.probe import probe
from sentigram.render.ass.editors import ass_text
from sentigram.render.mkv import EDITABLE, EFFECTS, PLAIN, MkvRenderer
from sentigram.words.given.finding import find_given
from tests import media_samples as samples
from tests.render.tracks import ANGER, cue, track

# AAC begins before 0; ffmpeg 5.1 moves all streams later by that, so that nothing does.
_PRIMING_MS = 25


def job(
    made: StyledTrack,
    media: Path | None,
    slice_: Span | None = None,
    video: VideoOptions | None = None,
) -> RenderJob:
    """What the pipeline asks for."""
    document = Document(
        DocumentMedia("talk.mp4", 1000, 320, 180, Fraction(25)),
        Transcript("en", ()),
        EmotionTrack(LabelSet(("neutral",)), ()),
    )
    info = None if media is None else probe(media)
    return RenderJob(document, made, (), "none", info, slice_, video or VideoOptions())


@pytest.fixture
def small_track() -> StyledTrack:
    """One cue from 0.2 s to 0.8 s."""
    made = cue(["now", ("HERE {x}", ANGER)], start_ms=200, end_ms=800)
    return track(made, width_px=320, height_px=180, base_px=20.0)


def _packets(path: Path, kind: str) -> list[bytes]:
    with av.open(str(path)) as container:
        stream = next(s for s in container.streams if s.type == kind)
        return [bytes(packet) for packet in container.demux(stream) if packet.size]


def _extract(path: Path, number: int, out: Path) -> pysubs2.SSAFile:
    samples.make(out, "-i", f"file:{path}", "-map", f"0:s:{number}", "-c", "copy")
    return pysubs2.load(str(out))


@pytest.mark.parametrize("name", ["it's [a]: 'talk'.mp4", "-b.mkv"])
def test_streams_are_copied_and_captions_added(
    tmp_path: Path, small_track: StyledTrack, name: str
) -> None:
    source = samples.video_with_tone(tmp_path / name)
    out, told = tmp_path / "-out.mkv", []
    MkvRenderer().render(job(small_track, source), out, progress=told.append)
    assert told[-1] == 1.0
    made = probe(out)
    assert [(s.kind, s.codec) for s in made.streams] == [
        ("video", "h264"),
        ("audio", "aac"),
        ("subtitle", "ass"),
        ("subtitle", "ass"),
        ("subtitle", "subrip"),
    ]
    texts = made.streams_of("subtitle")
    assert [s.title for s in texts] == [EDITABLE.title, EFFECTS.title, PLAIN.title]
    assert find_given(made, transcript=None, use_sidecar=True, warn=told.append) is None
    assert [s.language for s in texts] == ["eng"] * 3
    assert [s.is_default for s in texts] == [True, False, False]
    for kind in ("video", "audio"):
        with av.open(str(source)) as one, av.open(str(out)) as other:
            sizes = [
                [p.size for p in c.demux(next(s for s in c.streams if s.type == kind)) if p.size]
                for c in (one, other)
            ]
        assert sizes[0] == sizes[1]
    assert _packets(source, "audio") == _packets(out, "audio")
    plain = _extract(out, 2, tmp_path / "plain.srt")
    assert [(e.start, e.end) for e in plain] == [pytest.approx((200, 800), abs=_PRIMING_MS)]
    assert "HERE" in plain[0].text
    editable = _extract(out, 0, tmp_path / "editable.ass")
    assert [(e.start, e.end) for e in editable] == [pytest.approx((200, 800), abs=_PRIMING_MS)]
    effects = _extract(out, 1, tmp_path / "effects.ass")
    assert len(effects) > len(editable)


def _frame(folder: Path, source: str, captions: str) -> NDArray[np.int16]:
    out = folder / "frame.raw"
    argv = [find_ffmpeg().path, "-f", "lavfi", "-i", source, "-vf"]
    argv += [
        f"format=gbrp,setpts=PTS+0.5/TB,{captions}",
        "-frames:v",
        "1",
        "-pix_fmt",
        "rgb24",
    ]
    run([*argv, "-f", "rawvideo", f"file:{out}"], cwd=folder)
    return np.frombuffer(out.read_bytes(), np.uint8).reshape(180, 320, 3).astype(np.int16)


def test_the_attached_fonts_draw_what_the_ass_draws(
    tmp_path: Path, small_track: StyledTrack
) -> None:
    """libass, given the .mkv alone, finds its fonts in the attachments."""
    source = samples.video_with_tone(tmp_path / "talk.mp4")
    out = tmp_path / "out.mkv"
    MkvRenderer().render(job(small_track, source), out)
    assert probe(out).n_attachments == 2
    black = "color=c=black:s=320x180"
    soft = _frame(tmp_path, black, "subtitles=out.mkv:si=0")
    text = ass_text(small_track, title="x", motion="none")
    (tmp_path / "own.ass").write_text(text, encoding="utf-8")
    assert soft.max() > 200
    own = _frame(tmp_path, black, "ass=own.ass")
    if probe(out).streams_of("video")[0].start_ms:  # all is a little later, amid a fade
        assert np.abs(soft - own).mean() < 0.3
    else:
        np.testing.assert_array_equal(soft, own)


def test_subtitles_chapters_and_fonts_of_the_source_stay(
    tmp_path: Path, small_track: StyledTrack
) -> None:
    old = samples.with_subtitles(tmp_path / "old.mp4", language="ger")  # mov_text
    chapters = tmp_path / "chapters.txt"
    chapters.write_text(
        ";FFMETADATA1\nlocation=+48.1+11.5/\n"
        "[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=500\ntitle=One\n"
        "[CHAPTER]\nTIMEBASE=1/1000\nSTART=500\nEND=1000\ntitle=Two\n",
        encoding="utf-8",
    )
    source = samples.make(
        tmp_path / "talk.mp4",
        *("-i", f"file:{old}", "-i", f"file:{chapters}", "-map", "0", "-c", "copy"),
        *("-map_metadata", "1", "-map_metadata:s:s", "0:s:s", "-map_chapters", "1"),
        *("-movflags", "use_metadata_tags"),
    )
    first, second = tmp_path / "first.mkv", tmp_path / "second.mkv"
    MkvRenderer().render(job(small_track, source), first)
    texts = probe(first).streams_of("subtitle")
    assert [(s.codec, s.language, s.is_default) for s in texts] == [
        ("subrip", "ger", False),
        ("ass", "eng", True),
        ("ass", "eng", False),
        ("subrip", "eng", False),
    ]
    assert [e.plaintext for e in _extract(first, 0, tmp_path / "kept.srt")] == [
        "Hello there.",
        "General Kenobi.",
    ]
    with av.open(str(first)) as container:
        assert [c["metadata"]["title"] for c in container.chapters()] == ["One", "Two"]
        assert "location" not in {key.lower() for key in container.metadata}
    MkvRenderer().render(job(small_track, first), second)
    assert probe(second).n_attachments == 2 * probe(first).n_attachments == 4
    assert [s.is_default for s in probe(second).streams_of("subtitle")] == [
        *[False] * 4,
        *[True, False, False],
    ]


def test_a_track_without_a_language_has_none(tmp_path: Path) -> None:
    made = track(cue(["x"], start_ms=0, end_ms=500), language="")
    out = tmp_path / "out.mkv"
    MkvRenderer().render(job(made, samples.audio_only(tmp_path / "a.wav")), out)
    assert {s.language for s in probe(out).streams_of("subtitle")} == {""}


def test_sound_that_starts_late_stays_late(tmp_path: Path, small_track: StyledTrack) -> None:
    source = samples.late_audio(tmp_path / "late.mkv")
    out = tmp_path / "out.mkv"
    MkvRenderer().render(job(small_track, source), out)
    assert abs(probe(out).audio_start_ms - probe(source).audio_start_ms) <= _PRIMING_MS
    (event,) = _extract(out, 2, tmp_path / "plain.srt")
    assert (event.start, event.end) == (200, 800)


def test_without_the_media_or_with_a_slice_it_says_so(
    tmp_path: Path, small_track: StyledTrack
) -> None:
    with pytest.raises(UsageError, match=r"talk\.mp4: the video is not beside the Document"):
        MkvRenderer().render(job(small_track, None), tmp_path / "out.mkv")
    with pytest.raises(UsageError, match="leave out `preview`, or choose `to video`"):
        MkvRenderer().check(VideoOptions(), stretch=Span(0, 500), duration_ms=1000)


def test_a_full_temporary_disk_is_an_output_error(tmp_path: Path, small_track: StyledTrack) -> None:
    source = samples.video_with_tone(tmp_path / "a.mp4")
    full = OSError(errno.ENOSPC, "No space left on device")
    with (
        mock.patch.object(Path, "write_text", side_effect=full),
        pytest.raises(OutputError, match="the disk is full"),
    ):
        MkvRenderer().render(job(small_track, source), tmp_path / "out.mkv")
