"""Faces of clips: of clips that show a face half of the time, always and never."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from sentigram.cli.app import main
from sentigram.emotion.encoders.faces.detector import FaceDetector
from sentigram.emotion.encoders.faces.expression import N_FEATURES, WIDTH, ExpressionNet, upright
from sentigram.errors import InputError
from sentigram.training.dataset.extractors import encoder
from sentigram.training.dataset.faces import (
    CLIP_WIDTH,
    FRAME_WIDTH,
    ClipFaces,
    FaceFeatures,
    pictures_of,
)
from sentigram.training.dataset.features import open_store
from sentigram.training.dataset.manifest import read_manifest
from tests import media_samples
from tests.emotion.encoders.faces.pictures import astronaut, placed
from tests.training.dataset.test_extractors import write_clip

SIZE = (320, 240)
FACE = placed(astronaut(), left=90, top=40, size=SIZE)
NOBODY = np.full((SIZE[1], SIZE[0], 3), 128, np.uint8)


def write_video(path: Path, pictures, *, fps=12, pitch_hz=200.0) -> Path:
    """A clip of pictures, with a tone as long as they are."""
    with av.open(str(path), "w") as out:
        video = out.add_stream("mpeg4", rate=fps, options={"q": "3"})
        video.width, video.height, video.pix_fmt = *SIZE, "yuv420p"
        audio = out.add_stream("pcm_s16le" if path.suffix == ".mkv" else "aac", rate=16_000)
        audio.layout = "mono"
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, fps)
            out.mux(video.encode(frame))
        out.mux(video.encode())
        n = len(pictures) * 16_000 // fps
        tone = (8000 * np.sin(2 * np.pi * pitch_hz * np.arange(n) / 16_000)).astype(np.int16)
        sound = av.AudioFrame.from_ndarray(tone[None], format="s16", layout="mono")
        sound.sample_rate, sound.pts = 16_000, 0
        out.mux(audio.encode(sound))
        out.mux(audio.encode())
    return path


@pytest.fixture(scope="module")
def clips(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("clips")
    shown = {"half": [FACE] * 12 + [NOBODY] * 12, "always": [FACE] * 12, "never": [NOBODY] * 12}
    return {name: write_video(folder / f"{name}.mkv", own) for name, own in shown.items()}


def test_three_pictures_are_taken_a_second(clips, tmp_path):
    assert len(list(pictures_of(clips["half"]))) == 6
    slow = write_video(tmp_path / "slow.mkv", [FACE, NOBODY, FACE], fps=1)
    assert len(list(pictures_of(slow))) == 3  # there are no more
    taken = list(pictures_of(clips["half"]))
    dark = [abs(picture[120, 170].astype(int) - 128).max() < 8 for picture in taken]
    assert dark == [False] * 3 + [True] * 3
    assert np.abs(taken[0].astype(float) - FACE).mean() < 8


def test_means_are_of_pictures_with_a_face(clips):
    half, always, never = encoder("faces").encode(list(clips.values()))
    assert half.shape == always.shape == never.shape == (1, CLIP_WIDTH)
    assert [clip[0, -1] for clip in (half, always, never)] == [0.5, 1, 0]
    assert not never.any()
    finder, net = FaceDetector(), ExpressionNet()
    pictures = list(pictures_of(clips["half"]))[:3]
    one = net.describe([upright(picture, finder.find(picture)[0]) for picture in pictures])
    np.testing.assert_allclose(half[0, :WIDTH], one.mean(axis=0), atol=1e-4)
    np.testing.assert_allclose(half[0, WIDTH:-1], one.std(axis=0), atol=1e-4)
    np.testing.assert_allclose(half[0, N_FEATURES:WIDTH].sum(), 1, atol=1e-4)


def test_frames_say_where_there_is_a_face(clips):
    (half,) = encoder("faces-frames").encode([clips["half"]])
    assert half.shape == (6, FRAME_WIDTH)
    assert half[:, -1].tolist() == [1, 1, 1, 0, 0, 0]
    assert not half[3:].any()
    (pooled,) = encoder("faces").encode([clips["half"]])
    np.testing.assert_allclose(half[:3, :WIDTH].mean(axis=0), pooled[0, :WIDTH], atol=1e-4)


def test_pooling_is_mean_deviation_and_share():
    values = np.random.default_rng(0).normal(size=(5, WIDTH)).astype(np.float32)
    shown = np.array([True, False, True, True, False])
    (pooled,) = ClipFaces(values, shown).pooled()
    own = values[[0, 2, 3]]
    wanted = [*own.mean(axis=0), *np.sqrt(((own - own.mean(axis=0)) ** 2).mean(axis=0)), 0.6]
    np.testing.assert_allclose(pooled, wanted, atol=1e-5)


def test_how_many_show_none_is_said(clips):
    made = FaceFeatures()
    assert made.remarks == ()
    made.encode([clips["always"]])
    assert made.remarks == ()
    made.encode([clips["never"], clips["half"], clips["never"]])
    assert made.remarks == ("faces: 2 of 4 clips show no face",)


@pytest.mark.parametrize("degrees", [90, -90, 180])
def test_pictures_are_turned_as_they_are_shown(tmp_path, degrees):
    """ffmpeg turns them by itself."""
    clip = media_samples.rotated_video(tmp_path / "a.mp4", degrees=degrees)
    shown = media_samples.make(tmp_path / "shown.png", "-i", f"file:{clip}", "-frames:v", "1")
    first = next(pictures_of(clip))
    wanted = np.asarray(Image.open(shown).convert("RGB"))
    assert first.shape == wanted.shape
    assert np.abs(first.astype(float) - wanted).mean() < 2


def test_pixels_become_square(tmp_path):
    clip = media_samples.anamorphic_video(tmp_path / "a.mp4")
    assert next(pictures_of(clip)).shape == (180, 427, 3)


def test_sound_alone_is_refused(tmp_path):
    clips = [
        write_clip(tmp_path / "a.wav", 1600),
        media_samples.mp3_with_cover(tmp_path / "a.mp3"),
    ]
    for clip in clips:
        with pytest.raises(InputError, match=r"has no picture, so no faces; leave `faces` out"):
            encoder("faces").encode([clip])


def test_a_clip_that_ends_before_its_first_picture_is_named(clips, tmp_path):
    broken = tmp_path / "broken.mkv"
    data = clips["always"].read_bytes()
    broken.write_bytes(data[: data.index(b"\x1f\x43\xb6\x75") + 20])  # a little of a cluster
    with pytest.raises(InputError, match=r"broken\.mkv: its picture .* leave the clip out"):
        encoder("faces").encode([broken])


def test_prepare_makes_all_that_describes_clips(clips, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    talks = tmp_path / "talks"
    talks.mkdir()
    write_video(talks / "a.mkv", [FACE] * 12)
    write_video(talks / "b.mkv", [NOBODY] * 12, pitch_hz=300.0)
    (talks / "labels.csv").write_text("id,audio,text,label\na,a.mkv,I,anger\nb,b.mkv,You,joy\n")
    names = ["prosody-25", "spectrum-25", "faces", "faces-frames"]
    assert main(["prepare", "folder", "talks", "--features", ",".join(names)]) == 0
    assert "faces: 1 of 2 clips show no face" in capsys.readouterr().err
    manifest = read_manifest(Path("runs/prepared/folder.parquet"))
    widths = {}
    for name in names:
        store = open_store(Path("runs/features"), name)
        widths[name] = {store.get(example).shape for example in manifest.examples}
    assert widths == {
        "prosody-25": {(1, 25)},
        "spectrum-25": {(1, 25)},
        "faces": {(1, CLIP_WIDTH)},
        "faces-frames": {(3, FRAME_WIDTH)},
    }
    prosody = open_store(Path("runs/features"), "prosody-25")
    pitches = [prosody.get(example)[0, 0] for example in manifest.examples]
    # a pure tone, and its lag in whole samples
    assert pitches == pytest.approx([12 * np.log2(hz / 27.5) for hz in (200, 300)], abs=0.3)


def test_joined_features_are_prepared_apart(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "talks").mkdir()
    write_clip(tmp_path / "talks" / "a.wav", 8000)
    (tmp_path / "talks" / "labels.csv").write_text("id,audio,text,label\na,a.wav,I,anger\n")
    given = ["prepare", "folder", "talks", "--features", "prosody-25+spectrum-25"]
    assert main(given) != 0
    said = " ".join(capsys.readouterr().err.split())
    assert "joins what is prepared apart: --features prosody-25,spectrum-25" in said
