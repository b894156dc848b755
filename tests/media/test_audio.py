from __future__ import annotations

import resource
import struct
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from sentigram.core.media import SAMPLE_RATE_HZ, Audio, MediaInfo
from sentigram.errors import MediaError, OutputError
from sentigram.media.audio import RAW_NAME, decode, releasing
from sentigram.media.probe import probe
from tests import media_samples as samples


def heard(path, tmp_path, **options):
    warnings = []
    audio = decode(probe(path, **options), workdir=tmp_path, warn=warnings.append, progress=float)
    return audio, warnings


def pitch_hz(samples_, rate_hz=SAMPLE_RATE_HZ):
    return np.argmax(np.abs(np.fft.rfft(samples_))) * rate_hz / len(samples_)


def test_a_tone_at_16_khz_mono(tmp_path):
    audio, warnings = heard(samples.audio_only(tmp_path / "a.wav"), tmp_path)
    assert isinstance(audio.samples, np.memmap)
    assert not audio.samples.flags.writeable
    assert audio.samples.dtype == np.float32
    assert audio.samples.shape == (16_000,)
    assert pitch_hz(audio.samples) == pytest.approx(samples.TONE_HZ, abs=1)
    assert (audio.duration_ms, audio.speech_start_ms, warnings) == (1000, 0, [])


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_a_late_track_keeps_its_offset(tmp_path, suffix):
    audio, warnings = heard(samples.late_audio(tmp_path / f"a{suffix}"), tmp_path)
    loud = np.flatnonzero(np.abs(audio.samples) > 0.02)
    assert loud[0] / SAMPLE_RATE_HZ == pytest.approx(0.5, abs=0.03)
    assert loud[-1] / SAMPLE_RATE_HZ == pytest.approx(1.5, abs=0.05)
    assert audio.speech_start_ms == pytest.approx(500, abs=30)
    assert not warnings


def test_the_default_stream_or_the_chosen_one(tmp_path):
    path = samples.two_languages(tmp_path / "a.mkv")
    for chosen, hz in ((None, 880), (0, 440), (1, 880)):
        audio, _ = heard(path, tmp_path, audio_stream=chosen)
        assert pitch_hz(audio.samples) == pytest.approx(hz, abs=2)


def test_cover_picture(tmp_path):
    audio, _ = heard(samples.mp3_with_cover(tmp_path / "a.mp3"), tmp_path)
    assert audio.duration_ms == pytest.approx(1000, abs=60)


def test_fifty_milliseconds(tmp_path):
    audio, warnings = heard(samples.audio_only(tmp_path / "a.wav", seconds=0.05), tmp_path)
    assert (audio.duration_ms, warnings) == (50, [])


def test_no_sound(tmp_path):
    with pytest.raises(MediaError, match="has no sound"):
        heard(samples.silent_video(tmp_path / "a.mp4"), tmp_path)


def test_no_samples(tmp_path):
    path = tmp_path / "a.wav"
    whole = samples.audio_only(tmp_path / "whole.wav").read_bytes()
    head = whole[: whole.index(b"data")]
    path.write_bytes(head + b"data" + struct.pack("<I", 0))
    with pytest.raises(MediaError, match="cannot be decoded"):
        heard(path, tmp_path)


def test_a_part_is_kept_with_a_warning(tmp_path):
    audio, warnings = heard(samples.partly_lost_mp4(tmp_path / "a.mp4"), tmp_path)
    assert 1000 < audio.duration_ms < 9000
    assert pitch_hz(audio.samples[:16_000]) == pytest.approx(samples.TONE_HZ, abs=2)
    (warning,) = warnings
    assert "is damaged; only the first 0:0" in warning
    assert "of 0:10" in warning


def test_samples_are_finite_and_at_most_one(tmp_path):
    values = np.array([0.5, 3, -7, np.nan, np.inf, -np.inf, -1, 1], "<f4")
    raw = np.tile(values, 200_001)  # more than one block
    path = tmp_path / "a.wav"
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 3, 1, 16_000, 64_000, 4, 32)
    data = raw.tobytes()
    path.write_bytes(
        b"RIFF"
        + struct.pack("<I", 36 + len(data))
        + b"WAVE"
        + fmt
        + b"data"
        + struct.pack("<I", len(data))
        + data
    )
    audio, _ = heard(path, tmp_path)
    assert len(audio.samples) == len(raw)
    np.testing.assert_array_equal(audio.samples[:8], [0.5, 1, -1, 0, 1, -1, -1, 1])
    np.testing.assert_array_equal(audio.samples[-8:], audio.samples[:8])


def test_a_file_that_vanished(tmp_path):
    path = samples.audio_only(tmp_path / "a.wav")
    info = probe(path)
    path.unlink()
    with pytest.raises(MediaError, match="no such file"):
        decode(info, workdir=tmp_path)


def test_awkward_names(tmp_path):
    whole = samples.audio_only(tmp_path / "tone.wav").read_bytes()
    for name in ("-i.wav", "a:b'c\"[d],e;f.wav", "a\nb 🎬 %d.wav", "\\.wav"):
        (tmp_path / name).write_bytes(whole)
        audio, _ = heard(tmp_path / name, tmp_path)
        assert audio.duration_ms == 1000


def test_takes_what_probe_gives(tmp_path):
    info = probe(samples.audio_only(tmp_path / "a.wav"))
    assert isinstance(info, MediaInfo)
    assert decode(info, workdir=tmp_path).duration_ms == info.duration_ms


def test_releasing_keeps_samples_and_progress(tmp_path):
    raw = tmp_path / "audio.f32le"
    np.arange(200_000, dtype="<f4").tofile(raw)
    audio = Audio(np.memmap(raw, dtype="<f4", mode="r", shape=(200_000,)))
    told = []
    tell = releasing(audio, told.append)
    for share in (0.0, 0.5, 1.0):
        assert audio.samples[::50_000].tolist() == [0.0, 50_000.0, 100_000.0, 150_000.0]
        tell(share)
    assert audio.samples[199_999] == 199_999
    assert told == [0.0, 0.5, 1.0]


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux's /proc")
def test_releasing_gives_memory_back(tmp_path):
    def resident_bytes():
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()

    raw = tmp_path / "audio.f32le"
    n = 25_000_000  # 100 MB
    np.zeros(n, dtype="<f4").tofile(raw)
    audio = Audio(np.memmap(raw, dtype="<f4", mode="r", shape=(n,)))
    assert float(audio.samples.sum()) == 0
    before = resident_bytes()
    releasing(audio, lambda _share: None)(1.0)
    assert before - resident_bytes() > 80_000_000


def test_too_little_room_is_said_before_the_work(tmp_path, monkeypatch):
    info = probe(samples.video_with_tone(tmp_path / "a.mp4"))
    monkeypatch.setattr("shutil.disk_usage", lambda _folder: SimpleNamespace(free=20_000))
    with pytest.raises(OutputError, match=r"sound take 6. kB in .*, where 20 kB are free"):
        decode(info, workdir=tmp_path)
    assert not (tmp_path / RAW_NAME).exists()
