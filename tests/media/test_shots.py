"""Changes of shot are found to the frame, in any file that holds a picture."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sentigram.media import shots
from sentigram.media.ffmpeg import FFmpeg
from sentigram.media.probe import probe
from sentigram.media.shots import shots_argv
from tests import media_samples as samples

CUTS_MS = (1000, 2200, 3800)  # whole frames at 25 a second


def made_of_shots(out, *sources, extra=()):
    """A video of pictures one after the other: (source, seconds) each."""
    inputs = [
        part
        for source, length_s in sources
        for part in ("-f", "lavfi", "-t", str(length_s), "-i", source)
    ]
    joined = "".join(f"[{n}:v]" for n in range(len(sources))) + f"concat=n={len(sources)}"
    return samples.make(
        out, *inputs, "-filter_complex", joined, "-c:v", "libx264", "-preset", "ultrafast", *extra
    )


def shots_of(path, tmp_path, **options):
    return shots.find_shots(probe(path), workdir=tmp_path, **options)


def shot(kind):
    return f"{kind}=s=320x180:r={samples.FPS}"


def cut_video(out, *, extra=()):
    return made_of_shots(
        out,
        (shot("testsrc2"), 1.0),
        (shot("mandelbrot"), 1.2),
        ("color=c=white:s=320x180:r=25", 1.6),
        (shot("smptebars"), 1.0),
        extra=extra,
    )


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_hard_cuts_are_found_to_the_frame(tmp_path, suffix):
    told = []
    found = shots_of(cut_video(tmp_path / f"cuts{suffix}"), tmp_path, progress=told.append)
    assert found == CUTS_MS
    assert told[-1] == 1.0
    assert told == sorted(told)


def test_a_name_that_means_something_to_filters(tmp_path):
    path = cut_video(tmp_path / "plain.mp4").rename(tmp_path / "a'b:c[d],e=%03d \\.mp4")
    assert shots_of(path, tmp_path) == CUTS_MS


def test_motion_within_a_shot_is_no_cut(tmp_path):
    assert shots_of(samples.video_with_tone(tmp_path / "a.mp4", seconds=2), tmp_path) == ()


def test_a_flash_is_one_change(tmp_path):
    path = made_of_shots(
        tmp_path / "flash.mp4",
        (shot("smptebars"), 1.0),
        ("color=c=white:s=320x180:r=25", 0.08),
        (shot("smptebars"), 1.0),
    )
    assert shots_of(path, tmp_path) == (1000,)


def test_a_picture_that_starts_late_keeps_its_offset(tmp_path):
    plain = cut_video(tmp_path / "plain.mp4")
    late = samples.make(
        tmp_path / "late.ts",
        *("-f", "lavfi", "-i", "sine=f=440:d=5", "-itsoffset", "0.4", "-i", f"file:{plain}"),
        *("-map", "0:a", "-map", "1:v", "-c:v", "copy", "-c:a", "aac"),
    )
    found = shots_of(late, tmp_path)
    assert found == pytest.approx([ms + 400 for ms in CUTS_MS], abs=60)


def test_sound_alone_has_no_shots(tmp_path):
    assert shots_of(samples.audio_only(tmp_path / "a.wav"), tmp_path) == ()


def test_the_path_is_an_argument_of_its_own(tmp_path):
    path = cut_video(tmp_path / "cuts.mp4")
    info = probe(path)
    late = tuple(replace(stream, start_ms=1500) for stream in info.streams)
    info = replace(info, streams=late, times_jump=True)
    argv = shots_argv(FFmpeg("ffmpeg", "7", has_libass=True), info)
    assert argv[argv.index("-i") + 1] == f"file:{path}"
    assert argv[:3] == ["ffmpeg", "-itsoffset", "1.500"]
    assert not any(str(tmp_path) in part for part in argv if not part.startswith("file:"))


def test_a_real_trailer_changes_shots(shared_data, tmp_path):
    path = shared_data / "demo" / "sintel_trailer_480x204.mp4"
    found = shots_of(path, tmp_path)
    assert 4 <= len(found) <= 12
    assert 16_583 in found
