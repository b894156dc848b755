from __future__ import annotations

import struct
from fractions import Fraction
from types import SimpleNamespace

import pytest

from sentigram.errors import MediaError
from sentigram.media.probe import _LISTS, _formats, _fps, probe
from tests import media_samples as samples


def test_video_with_tone(tmp_path):
    info = probe(samples.video_with_tone(tmp_path / "a.mp4"))
    assert (info.width_px, info.height_px, info.fps) == (320, 180, Fraction(25))
    assert [s.kind for s in info.streams] == ["video", "audio"]
    assert [s.codec for s in info.streams] == ["h264", "aac"]
    assert 1000 <= info.duration_ms <= 1050
    assert info.audio_start_ms == 0
    assert info.audio.codec == "aac"
    assert info.has_video


@pytest.mark.parametrize(
    ("degrees", "size"), [(90, (180, 320)), (180, (320, 180)), (270, (180, 320))]
)
def test_rotation_changes_the_displayed_size(tmp_path, degrees, size):
    info = probe(samples.rotated_video(tmp_path / "a.mp4", degrees=degrees))
    assert (info.width_px, info.height_px) == size


def test_pixels_that_are_not_square(tmp_path):
    info = probe(samples.anamorphic_video(tmp_path / "a.mp4"))
    assert (info.width_px, info.height_px) == (427, 180)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_late_audio(tmp_path, suffix):
    info = probe(samples.late_audio(tmp_path / f"a{suffix}"))
    # AAC starts one frame of priming (1024 samples) before the sound.
    assert info.audio_start_ms == pytest.approx(500, abs=30)
    assert info.duration_ms == pytest.approx(1500, abs=50)


def test_audio_streams_are_chosen_by_number_and_default(tmp_path):
    path = samples.two_languages(tmp_path / "a.mkv")
    info = probe(path, audio_stream=1)
    sounds = info.streams_of("audio")
    assert [s.language for s in sounds] == ["eng", "ger"]
    assert [s.is_default for s in sounds] == [False, True]
    with pytest.raises(
        MediaError, match=r"`audio_stream 2`: choose from 0: aac, eng; 1: aac, ger, Komm"
    ):
        probe(path, audio_stream=2)
    with pytest.raises(MediaError, match="`audio_stream -1`"):
        probe(path, audio_stream=-1)


def test_a_cover_picture_is_no_video(tmp_path):
    info = probe(samples.mp3_with_cover(tmp_path / "a.mp3"))
    assert not info.has_video
    assert (info.width_px, info.height_px, info.fps) == (0, 0, 0)
    assert info.audio.codec == "mp3"


def test_without_audio(tmp_path):
    path = samples.silent_video(tmp_path / "a.mp4")
    assert probe(path).audio is None
    with pytest.raises(MediaError, match="no sound"):
        probe(path, audio_stream=0)


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_subtitle_streams(tmp_path, suffix):
    path = samples.with_subtitles(tmp_path / f"a{suffix}")
    (stream,) = probe(path).streams_of("subtitle")
    assert stream.is_text
    assert stream.language == "eng"
    assert not stream.is_forced


def test_duration_is_measured_where_the_header_has_none(tmp_path):
    pipe = tmp_path / "a.webm"
    samples.make(
        pipe,
        *("-f", "lavfi", "-i", "sine=d=2", "-c:a", "libopus", "-live", "1", "-f", "webm"),
    )
    assert probe(pipe).duration_ms == pytest.approx(2000, abs=50)


def test_stated_end(tmp_path):
    path = samples.late_audio(tmp_path / "a.mp4")
    assert probe(path).audio.end_ms == pytest.approx(1500, abs=50)


@pytest.mark.parametrize(
    "name",
    ["-y.mp4", "a:b.mp4", "it's.mp4", "[x](y).mp4", "a\nb.mp4", "🎬.mp4", "%03d.mp4", 'q"\\.mp4'],
)
def test_any_name_can_be_read(tmp_path, name, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(samples.audio_only(tmp_path / "tone.m4a").read_bytes())
    from pathlib import Path

    assert probe(Path(name)).audio.codec == "aac"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda p: p / "none.mp4", "no such file"),
        (lambda p: p, "is a folder"),
        (lambda p: ((p / "a.mp4").write_bytes(b"") and None) or p / "a.mp4", "is empty"),
        (lambda p: samples.text_named_mp4(p / "a.mp4"), "is text, not video or audio"),
        (lambda p: samples.text_named_mp4(p / "a.txt"), "is not video or audio"),
        (lambda p: samples.truncated_mp4(p / "a.mp4"), "moov"),
        (lambda p: p / ("x" * 5000), "cannot be opened"),
        (lambda p: samples.make(p / "a.srt", "-f", "srt", "-i", _srt(p)), "neither picture nor"),
        (
            lambda p: samples.make(
                p / "a.png", "-f", "lavfi", "-i", "testsrc2=s=64x64", "-frames:v", "1"
            ),
            "is not video or audio",
        ),
    ],
)
def test_bad_files(tmp_path, make, says, capfd):
    path = make(tmp_path)
    with pytest.raises(MediaError, match=says) as caught:
        probe(path)
    assert str(path)[:200] in str(caught.value)
    assert capfd.readouterr() == ("", "")


class PacketsOnly:
    """A container that knows nothing but its packets."""

    def __init__(self, times):
        self.times = times

    streams = (None,)

    def demux(self, *_):
        return [SimpleNamespace(pts=time) for time in self.times]

    def seek(self, time):
        assert time == 0


@pytest.mark.parametrize(
    ("rates", "times", "fps"),
    [
        ((None, Fraction(30000, 1001), 90000), [], Fraction(30000, 1001)),
        ((Fraction(0), Fraction(90000), None), [None, 40, 0, 80, None], 25),
        ((None, None, None), [0], Fraction(1000, 8000)),
        ((None, None, None), [0, 0, 0], Fraction(1000, 8000)),
    ],
)
def test_frame_rates_that_the_header_lacks(rates, times, fps):
    average, guessed, base = rates
    stream = SimpleNamespace(
        average_rate=average,
        guessed_rate=guessed,
        base_rate=base,
        time_base=Fraction(1, 1000),
        frames=0,
        index=0,
    )
    assert _fps(PacketsOnly(times), stream, 8000) == fps


def test_a_picture_that_cannot_be_decoded_keeps_its_stated_size(tmp_path):
    path = samples.video_with_tone(tmp_path / "a.mp4")
    data = bytearray(path.read_bytes())
    start = data.index(b"mdat") + 4
    end = data.index(b"moov") - 4
    data[start:end] = b"\xff" * (end - start)
    path.write_bytes(data)
    info = probe(path)
    assert (info.width_px, info.height_px) == (320, 180)


def test_random_bytes(tmp_path, capfd):
    path = tmp_path / "a.mp4"
    path.write_bytes(bytes(i * i % 251 for i in range(20_000)))
    with pytest.raises(MediaError, match="not a video or audio file"):
        probe(path)
    assert capfd.readouterr() == ("", "")


def test_playlists_reach_no_network(tmp_path):
    path = tmp_path / "a.m3u8"
    path.write_text("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n", encoding="utf-8")
    with pytest.raises(MediaError):
        probe(path)


LISTS = {
    "ffconcat": "ffconcat version 1.0\nfile other.mp4\n",
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nfile:{}/other.mp4\n#EXT-X-ENDLIST\n",
    "dash": (
        '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" '
        'profiles="urn:mpeg:dash:profile:isoff-live:2011" type="static"></MPD>\n'
    ),
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 9 RTP/AVP 0\n",
    "imf": "<CompositionPlaylist></CompositionPlaylist>\n",
}


@pytest.mark.parametrize("suffix", [".mp4", ".m3u8", ".wav", ""])
@pytest.mark.parametrize("kind", LISTS)
def test_lists_of_other_files_are_refused_whatever_their_name(tmp_path, kind, suffix):
    samples.video_with_tone(tmp_path / "other.mp4")
    path = tmp_path / f"talk{suffix}"
    path.write_text(LISTS[kind].replace("{}", str(tmp_path)), encoding="utf-8")
    says = "is text" if kind == "imf" else "a list that names other files or addresses"
    with pytest.raises(MediaError, match=says):
        probe(path)


def test_lists_are_not_opened_at_all(tmp_path):
    """The file that is named is not looked at: the list is refused before."""
    (tmp_path / "a.mp4").write_text("ffconcat version 1.0\nfile none.mp4\n", encoding="utf-8")
    with pytest.raises(MediaError, match="a list that names"):
        probe(tmp_path / "a.mp4")
    assert not _LISTS & set(_formats().split(","))
    assert {"wav", "mp3", "flac", "mpegts"} <= set(_formats().split(","))


@pytest.mark.parametrize("rate_hz", [1, 100, 1999, 4_000_000])
def test_sound_of_a_rate_that_cannot_be_is_refused(tmp_path, rate_hz):
    path = tmp_path / "a.wav"
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + 8000, b"WAVE", b"fmt ", 16, 1, 1, rate_hz,
        2 * rate_hz, 2, 16, b"data", 8000,
    )  # fmt: skip
    path.write_bytes(head + bytes(8000))
    with pytest.raises(MediaError, match=f"states {rate_hz} samples a second, where speech has"):
        probe(path)


def _srt(folder) -> str:
    path = folder / "source.txt"
    path.write_text("1\n00:00:00,000 --> 00:00:01,000\nHi\n", encoding="utf-8")
    return str(path)
