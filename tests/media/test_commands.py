from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest

from sentigram.core.media import StreamInfo, VideoOptions
from sentigram.core.time import Span
from sentigram.errors import MediaError, MissingError, UsageError
from sentigram.media import commands
from sentigram.media.clips import clip_argv
from sentigram.media.commands import burn_argv, encoder_options, frame_argv
from sentigram.media.ffmpeg import FFmpeg, find_ffmpeg, run
from sentigram.media.muxing import TextTrack, mkv_argv
from sentigram.media.probe import probe
from tests import media_samples as samples

FAST = VideoOptions(preset="ultrafast", crf=30)
SMALL = replace(FAST, size=(320, 180))
FIRST_S, LAST_S = 0.4, 0.8  # when the white block of `workdir` is shown


@pytest.fixture
def workdir(tmp_path):
    """A folder with subtitles that fill the picture with white from FIRST_S to LAST_S."""
    folder = tmp_path / "work"
    (folder / commands.FONTS_NAME).mkdir(parents=True)
    (folder / commands.SUBTITLES_NAME).write_text(
        "[Script Info]\nScriptType: v4.00+\nPlayResX: 320\nPlayResY: 180\n\n[V4+ Styles]\n"
        "Format: Name, Fontname, Fontsize, PrimaryColour, Bold\nStyle: D,Arial,20,&H00FFFFFF,0\n\n"
        "[Events]\nFormat: Layer, Start, End, Style, Text\n"
        "Dialogue: 0,0:00:00.40,0:00:00.80,D,{\\an7\\pos(0,0)\\p1}m 0 0 l 999 0 999 999 0 999\n",
        encoding="utf-8",
    )
    return folder


def burn(info, workdir, **options):
    out = workdir / "out.mp4"
    argv = burn_argv(find_ffmpeg(), info, out, **({"options": FAST} | options))
    run(argv, cwd=workdir)
    return out


def white_times_s(path):
    with av.open(str(path)) as container:
        start = (container.start_time or 0) / 1_000_000
        return [
            frame.time - start
            for frame in container.decode(video=0)
            if frame.to_ndarray(format="gray").mean() > 230
        ]


def assert_white_between(path, first_s, last_s):
    times = white_times_s(path)
    # Within a frame: in a transport stream, frames lie anywhere against the start of the sound.
    assert times[0] == pytest.approx(first_s, abs=0.045)
    assert times[-1] == pytest.approx(last_s - 1 / samples.FPS, abs=0.045)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_subtitles_are_drawn_on_time_and_sound_is_copied(tmp_path, workdir, suffix):
    source = probe(samples.video_with_tone(tmp_path / f"a{suffix}"))
    out = burn(source, workdir)
    assert_white_between(out, FIRST_S, LAST_S)
    made = probe(out)
    assert (made.width_px, made.height_px, made.fps) == (320, 180, 25)
    assert made.audio.codec == "aac"
    assert made.duration_ms == pytest.approx(source.duration_ms, abs=60)
    head = out.read_bytes()
    assert head.index(b"moov") < head.index(b"mdat")


def test_a_slice_shows_what_the_whole_shows_then(tmp_path, workdir):
    source = probe(samples.video_with_tone(tmp_path / "a.mp4", seconds=2))
    out = burn(source, workdir, slice=Span(320, 1320))
    assert_white_between(out, FIRST_S - 0.32, LAST_S - 0.32)
    made = probe(out)
    assert made.duration_ms == pytest.approx(1000, abs=60)
    assert made.audio_start_ms == pytest.approx(0, abs=5)


def test_a_slice_of_a_stream_that_does_not_begin_at_zero(tmp_path, workdir):
    source = probe(samples.video_with_tone(tmp_path / "a.ts", seconds=2))
    assert_white_between(burn(source, workdir, slice=Span(320, 1320)), 0.08, 0.48)


@pytest.mark.parametrize("suffix", [".mp4", ".ts"])
def test_a_slice_far_into_the_file(tmp_path, workdir, suffix):
    seconds = commands._PREROLL_MS // 1000 + 4
    source = probe(samples.video_with_tone(tmp_path / f"a{suffix}", seconds=seconds))
    subtitles = workdir / commands.SUBTITLES_NAME
    text = subtitles.read_text()
    subtitles.write_text(
        text.replace("0:00:00.40", "0:00:14.40").replace("0:00:00.80", "0:00:14.80")
    )
    out = burn(source, workdir, slice=Span(14_160, 15_160))
    assert_white_between(out, 0.24, 0.64)
    assert probe(out).duration_ms == pytest.approx(1000, abs=60)
    with av.open(str(out)) as container:
        shown = next(container.decode(video=0)).to_ndarray(format="gray").astype(float)
    with av.open(str(source.path)) as container:
        start = container.start_time / 1_000_000
        frames = [(f.time - start, f.to_ndarray(format="gray")) for f in container.decode(video=0)]
    nearest = min((np.abs(frame - shown).mean(), time) for time, frame in frames)
    assert nearest[1] == pytest.approx(14.16, abs=0.045)


def test_late_sound_stays_late(tmp_path, workdir):
    source = probe(samples.late_audio(tmp_path / "a.mp4"))
    assert probe(burn(source, workdir)).audio_start_ms == pytest.approx(500, abs=30)


def test_rotation_is_applied(tmp_path, workdir):
    out = burn(probe(samples.rotated_video(tmp_path / "a.mp4")), workdir)
    with av.open(str(out)) as container:
        frame = next(container.decode(video=0))
        assert (frame.width, frame.height, frame.rotation) == (180, 320, 0)


def test_pixels_become_square_and_the_size_even(tmp_path, workdir):
    out = burn(probe(samples.anamorphic_video(tmp_path / "a.mp4")), workdir)
    with av.open(str(out)) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == (426, 180)
        assert stream.sample_aspect_ratio in (None, 0, 1)


def test_sound_without_a_picture_gets_a_background(tmp_path, workdir):
    source = probe(samples.audio_only(tmp_path / "a.mp3"))
    out = burn(source, workdir, options=replace(SMALL, background="#2040c0"))
    assert_white_between(out, FIRST_S, LAST_S)
    made = probe(out)
    assert (made.width_px, made.height_px, made.fps) == (320, 180, 25)
    assert made.audio.codec == "mp3"
    assert made.duration_ms == pytest.approx(source.duration_ms, abs=80)
    with av.open(str(out)) as container:
        pixel = next(container.decode(video=0)).to_ndarray(format="rgb24")[90, 160]
    np.testing.assert_allclose(pixel, [0x20, 0x40, 0xC0], atol=6)
    part = burn(source, workdir, options=SMALL, slice=Span(320, 820))
    assert_white_between(part, 0.08, 0.48)
    assert probe(part).duration_ms == pytest.approx(500, abs=60)


def test_sound_that_mp4_does_not_take_is_encoded(tmp_path, workdir):
    source = probe(samples.audio_only(tmp_path / "a.wav"))
    out = burn(source, workdir, options=SMALL, sound_plan="encoded")
    assert probe(out).audio.codec == "aac"


def test_a_picture_without_sound(tmp_path, workdir):
    out = burn(probe(samples.silent_video(tmp_path / "a.mp4")), workdir)
    assert_white_between(out, FIRST_S, LAST_S)
    assert probe(out).audio is None


def test_the_chosen_sound_and_no_cover(tmp_path, workdir):
    path = samples.two_languages(tmp_path / "a.mkv")
    first = probe(path, audio_stream=0)
    assert "0:1" in burn_argv(find_ffmpeg(), first, path, options=FAST)
    assert "0:2" in burn_argv(find_ffmpeg(), probe(path), path, options=FAST)


def test_few_pictures_a_second_become_enough(tmp_path, workdir):
    slow = samples.make(
        tmp_path / "a.mp4",
        *(
            "-f",
            "lavfi",
            "-i",
            "testsrc2=s=320x180:r=1:d=2",
            "-c:v",
            "libx264",
            "-pix_fmt",
            "yuv420p",
        ),
    )
    assert_white_between(burn(probe(slow), workdir), FIRST_S, LAST_S)


def test_user_paths_are_never_part_of_a_filter(tmp_path):
    name = "-a:b'c[d],e;f\n🎬.mp4"
    path = samples.video_with_tone(tmp_path / "a.mp4").rename(tmp_path / name)
    argv = burn_argv(find_ffmpeg(), probe(path), tmp_path / "o.mp4", options=FAST, slice=Span(1, 2))
    assert argv[argv.index("-i") + 1] == f"file:{path}"
    assert argv[argv.index("-vf") + 1] == (
        "trim=start=0.001:end=0.002,scale=320:180,setsar=1,ass=captions.ass:fontsdir=fonts,"
        "setpts=PTS-0.001/TB"
    )


@pytest.mark.parametrize(
    ("encoder", "quality"),
    [
        ("libx264", {"crf": 23, "preset": "fast", "pix_fmt": "yuv420p"}),
        ("h264_nvenc", {"rc": "vbr", "cq": 23, "b:v": 0, "preset": "fast", "pix_fmt": "yuv420p"}),
        ("h264_qsv", {"global_quality": 23, "preset": "fast", "pix_fmt": "yuv420p"}),
        ("h264_vaapi", {"rc_mode": "CQP", "qp": 23, "vaapi_device": "/dev/dri/renderD128"}),
        ("h264_videotoolbox", {"q:v": 55, "pix_fmt": "yuv420p"}),
    ],
)
def test_quality_in_the_encoders_own_terms(monkeypatch, encoder, quality):
    monkeypatch.setattr(commands, "encoders", lambda _: frozenset({encoder}))
    options = VideoOptions(encoder=encoder, crf=23, preset="fast")
    assert encoder_options(find_ffmpeg(), options) == {"vcodec": encoder} | quality


def test_an_encoder_that_is_not_there():
    with pytest.raises(
        MissingError, match=r"`encoder h264_nope`: .* does not have it; it has .*libx264"
    ):
        encoder_options(find_ffmpeg(), VideoOptions(encoder="h264_nope"))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"crf": 52}, "`crf 52`"),
        ({"crf": -1}, "`crf -1`"),
        ({"encoder": "a b"}, "`encoder 'a b'`"),
        ({"preset": "fast;x"}, "`encoder-preset 'fast;x'`"),
        ({"size": (321, 180)}, "`size '321x180'`"),
        ({"size": (0, 0)}, "`size '0x0'`"),
        ({"size": (9000, 180)}, "`size '9000x180'`"),
        ({"background": "red:x"}, "`background 'red:x'`"),
        ({"clip_width": 20}, "`clip_width 20`"),
    ],
)
def test_wrong_options(options, says):
    with pytest.raises(UsageError, match=re.escape(says)):
        VideoOptions(**options)


def test_a_frame_as_shown(tmp_path):
    source = samples.rotated_video(tmp_path / "a.mp4")
    out = tmp_path / "%03d 'x'.png"
    run(frame_argv(find_ffmpeg(), probe(source), 480, out))
    with av.open(f"file:{out}", format="png_pipe") as container:
        shown = next(container.decode(video=0)).to_ndarray(format="gray")
    assert shown.shape == (320, 180)
    with av.open(str(source)) as container:
        frames = [f for f in container.decode(video=0) if f.time == pytest.approx(0.48)]
    turned = np.rot90(frames[0].to_ndarray(format="gray")).astype(float)
    assert np.abs(turned - shown).mean() < 3


def test_no_frame_without_a_picture(tmp_path):
    info = probe(samples.audio_only(tmp_path / "a.wav"))
    with pytest.raises(MediaError, match="no picture"):
        frame_argv(find_ffmpeg(), info, 0, tmp_path / "a.png")


@pytest.mark.parametrize(
    ("size", "fps", "filters"),
    [
        ((320, 180), 25, "trim=start=0.000,scale=320:180,setsar=1"),
        ((321, 181), 25, "trim=start=0.000,scale=321:181,setsar=1,crop=320:180:0:0"),
        ((320, 180), 2, "fps=25,trim=start=0.000,scale=320:180,setsar=1"),
    ],
)
def test_display_filters(tmp_path, size, fps, filters):
    info = replace(
        probe(samples.silent_video(tmp_path / "a.mp4")),
        width_px=size[0],
        height_px=size[1],
        fps=Fraction(fps),
    )
    argv = frame_argv(find_ffmpeg(), info, 0, tmp_path / "a.png")
    assert argv[argv.index("-vf") + 1] == filters


def test_names_of_files_are_arguments_of_their_own(tmp_path):
    info = probe(samples.video_with_tone(tmp_path / "it's [a]: 'talk',b;c.mp4"))
    out = tmp_path / "-o'[x].gif"
    gif = clip_argv(find_ffmpeg(), info, out, kind="gif", options=FAST, slice=Span(0, 500))
    tracks = [TextTrack("captions.ass", "One"), TextTrack("plain.srt", "Two")]
    mkv = mkv_argv(find_ffmpeg(), info, out, tracks=tracks, fonts=["fonts/a.ttf"], language="de")
    for argv in (gif, mkv):
        assert [part for part in argv if "talk" in part] == [f"file:{info.path}"]
        assert [part for part in argv if "-o'" in part] == [f"file:{out}"]
    assert mkv.count("language=ger") == 2


def test_a_clip_has_one_graph_with_its_palette(tmp_path):
    info = probe(samples.video_with_tone(tmp_path / "a.mp4", size="640x360"))
    argv = clip_argv(find_ffmpeg(), info, tmp_path / "a.gif", kind="gif", options=FAST)
    graph = argv[argv.index("-vf") + 1]
    assert "fps=25/2,scale=480:-1:flags=lanczos,split" in graph
    assert graph.count("palettegen") == graph.count("paletteuse") == 1
    assert argv[argv.index("-loop") + 1] == "0"
    webp = clip_argv(
        find_ffmpeg(),
        info,
        tmp_path / "a.webp",
        kind="webp",
        options=VideoOptions(clip_width=200),
        slice=Span(13_000, 14_000),
    )
    assert "fps=15,scale=200:-1" in webp[webp.index("-vf") + 1]
    assert webp[webp.index("-ss") + 1] == "1.000"


def test_only_subtitles_that_matroska_holds_are_copied(tmp_path):
    info = probe(samples.video_with_tone(tmp_path / "a.mp4"))
    texts = [
        StreamInfo(2, "subtitle", "mov_text", is_text=True),
        StreamInfo(3, "subtitle", "dvb_teletext"),
        StreamInfo(4, "subtitle", "hdmv_pgs_subtitle"),
    ]
    info = replace(info, streams=(*info.streams, *texts))
    argv = mkv_argv(
        find_ffmpeg(), info, tmp_path / "o.mkv", tracks=[TextTrack("c.ass", "C")], fonts=[]
    )
    maps = [argv[i + 1] for i, part in enumerate(argv) if part == "-map"]
    assert maps == ["0:0", "0:1", "0:2", "0:4", "1:0", "0:t?"]
    assert argv[argv.index("-c:s:0") + 1] == "srt"
    assert "-c:s:1" not in argv
    assert argv[argv.index("-disposition:s:2") + 1] == "default"


def test_a_track_that_starts_late_is_put_back(tmp_path):
    info = probe(samples.video_with_tone(tmp_path / "a.mp4"))
    late = tuple(replace(stream, start_ms=120) for stream in info.streams)
    info = replace(info, streams=late, times_jump=True)
    for version, offset in (("7.1", "0.120"), ("5.1.9-0+deb12u1", "0.000001")):
        ffmpeg = FFmpeg("ffmpeg", version, has_libass=True)
        argv = mkv_argv(ffmpeg, info, tmp_path / "o.mkv", tracks=[], fonts=[])
        assert argv[1:3] == ["-itsoffset", offset]
