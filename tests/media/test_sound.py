"""Sound keeps its time and is heard, however a file's streams change, break off or cancel."""

from __future__ import annotations

import re

import av
import numpy as np
import pytest

from sentigram.core.media import SAMPLE_RATE_HZ
from sentigram.errors import MediaError
from sentigram.media.audio import decode
from sentigram.media.downmix import Downmix
from sentigram.media.probe import probe
from sentigram.media.sound import _Clock, packets
from tests import media_samples as samples

# Beeps of 100 ms, one in each half second.
BEEPS = "0.5*sin(2*PI*880*t)*between(mod(t,0.5),0.2,0.3)"
EVERY_S = 0.5
FIRST_S = 0.2


def beeps(out, *arguments, seconds=2.0, rate_hz=44_100, channels=BEEPS):
    source = f"aevalsrc='{channels}':s={rate_hz}:d={seconds}"
    return samples.make(out, "-f", "lavfi", "-i", source, *arguments)


def heard(path, tmp_path, **options):
    warnings = []
    audio = decode(probe(path, **options), workdir=tmp_path, warn=warnings.append)
    return audio, warnings


def onsets_s(audio):
    """When beeps begin."""
    loud = np.abs(np.asarray(audio.samples)) > 0.1
    held = np.convolve(loud, np.ones(400), "full")[: len(loud)] > 0  # over zero crossings
    return np.flatnonzero(np.diff(held.astype(int)) == 1) / SAMPLE_RATE_HZ


def joined(out, *parts):
    out.write_bytes(b"".join(part.read_bytes() for part in parts))
    return out


@pytest.mark.parametrize(
    ("suffix", "first", "second"),
    [
        (".mp3", ["-ar", "44100", "-ac", "1"], ["-ar", "48000", "-ac", "2"]),
        (".mp3", ["-ar", "48000", "-ac", "2"], ["-ar", "22050", "-ac", "1"]),
        (".aac", ["-ar", "44100", "-ac", "1"], ["-ar", "48000", "-ac", "2"]),
        (".ts", ["-ar", "44100", "-ac", "1", "-c:a", "mp2"], ["-ar", "48000", "-ac", "2"]),
        (".ts", ["-ar", "48000", "-ac", "2"], ["-ar", "32000", "-ac", "1"]),
    ],
)
def test_rate_and_channels_may_change(tmp_path, suffix, first, second):
    plain = ["-write_xing", "0", "-id3v2_version", "0"] if suffix == ".mp3" else []
    later = ["-output_ts_offset", "2"] if suffix == ".ts" else []
    path = joined(
        tmp_path / f"whole{suffix}",
        beeps(tmp_path / f"a{suffix}", *first, *plain),
        beeps(tmp_path / f"b{suffix}", *second, *plain, *later),
    )
    audio, warnings = heard(path, tmp_path)
    # Encoders put up to 50 ms of silence before each part, which players play too.
    expected = FIRST_S + EVERY_S * np.arange(8)
    np.testing.assert_allclose(onsets_s(audio), expected, atol=0.13)
    assert audio.duration_ms == pytest.approx(4000, abs=150)
    assert probe(path).duration_ms == pytest.approx(4000, abs=300)  # .aac has no times
    assert not warnings


def test_a_broadcast_whose_clock_begins_anew(tmp_path):
    one = beeps(tmp_path / "a.ts")
    path = joined(tmp_path / "whole.ts", one, one, one)
    audio, warnings = heard(path, tmp_path)
    np.testing.assert_allclose(onsets_s(audio), FIRST_S + EVERY_S * np.arange(12), atol=0.15)
    assert probe(path).duration_ms == pytest.approx(6000, abs=200)
    assert not warnings


def without(source, out, lost):
    """A copy of a file without the packets of some seconds."""
    with av.open(str(source)) as old, av.open(str(out), "w") as new:
        stream = old.streams.audio[0]
        copy = new.add_stream_from_template(stream)
        begin = old.start_time / 1_000_000
        for packet in old.demux(stream):
            if packet.dts is None or lost[0] <= packet.pts * packet.time_base - begin < lost[1]:
                continue
            packet.stream = copy
            new.mux(packet)
    return out


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".ts"])
def test_what_follows_lost_packets_keeps_its_time(tmp_path, suffix):
    whole = beeps(tmp_path / f"whole{suffix}", "-c:a", "aac", seconds=4)
    before = onsets_s(heard(whole, tmp_path)[0])
    audio, warnings = heard(without(whole, tmp_path / f"a{suffix}", (1.1, 2.6)), tmp_path)
    kept = [time for time in before if not 1.05 < time < 2.65]
    np.testing.assert_allclose(onsets_s(audio), kept, atol=0.05)
    (warning,) = warnings
    told = r"parts of its sound are missing, 1\.\d s in 1 places, the first at 0:01"
    assert re.search(told, warning)


def test_a_time_that_is_broken_fills_no_disk(tmp_path):
    whole = beeps(tmp_path / "a.mkv", "-c:a", "aac", seconds=4)
    broken = tmp_path / "b.mkv"
    with av.open(str(whole)) as old, av.open(str(broken), "w") as new:
        stream = old.streams.audio[0]
        copy = new.add_stream_from_template(stream)
        for packet in old.demux(stream):
            if packet.dts is not None:
                if packet.pts * packet.time_base > 2:
                    packet.pts += 90_000_000
                    packet.dts += 90_000_000
                packet.stream = copy
                new.mux(packet)
    audio, (warning,) = heard(broken, tmp_path)
    assert audio.duration_ms == pytest.approx(4000, abs=100)
    assert "its times jump, 1 times" in warning


def test_a_stray_packet_does_not_move_the_rest():
    clock = _Clock(longest_step=10)
    times = []
    for written in (0, 1, 2, 500, 4, 5):
        clock.now = None if not times else times[-1] + 1
        times.append(clock.time(float(written)))
    assert times == [0, 1, 2, 3, 4, 5]
    assert clock.n_jumps == 1


@pytest.mark.parametrize(
    ("layout", "channels", "says"),
    [
        ("stereo", f"{BEEPS}|-1*{BEEPS}", "left"),
        ("stereo", f"0.02*{BEEPS}|-0.9*{BEEPS}|".rstrip("|"), None),
        ("stereo", f"{BEEPS}|0*t", None),
        ("stereo", f"0*t|{BEEPS}", None),
        ("5.1", f"0*t|0*t|{BEEPS}|0*t|0*t|0*t", None),
        ("5.1", f"{BEEPS}|-1*{BEEPS}|0*t|0*t|0*t|0*t", "left"),
        ("2.1", f"0*t|0*t|{BEEPS}", "LFE"),
        ("7.1", "0*t|" * 5 + f"{BEEPS}|0*t|0*t", None),
        ("hexadecagonal", "0*t|" * 13 + f"{BEEPS}|0*t|0*t", None),
    ],
)
def test_no_channel_is_lost_by_mixing(tmp_path, layout, channels, says):
    source = f"{channels}:c={layout}"
    path = samples.make(
        tmp_path / "a.wav",
        *(
            "-f",
            "lavfi",
            "-i",
            f"aevalsrc='{channels}':c={layout}:s=48000:d=2",
            "-c:a",
            "pcm_s16le",
        ),
    )
    audio, warnings = heard(path, tmp_path)
    np.testing.assert_allclose(onsets_s(audio), FIRST_S + EVERY_S * np.arange(4), atol=0.01)
    assert [("channels cancel each other" in w, f"alone: {says}" in w) for w in warnings] == (
        [(True, True)] if says else []
    ), source


def test_channels_that_cancel_for_a_while(tmp_path):
    inverted = f"{BEEPS}|({BEEPS})*(1-2*gte(t,2))"
    audio, (warning,) = heard(beeps(tmp_path / "a.wav", channels=inverted, seconds=4), tmp_path)
    np.testing.assert_allclose(onsets_s(audio), FIRST_S + EVERY_S * np.arange(8), atol=0.01)
    assert "for 2.0 s" in warning
    peaks = np.abs(np.asarray(audio.samples)).reshape(8, -1).max(axis=1)
    assert peaks.min() > 0.45  # as loud as where they do not


def test_a_change_of_channel_does_not_click():
    mixer = Downmix()
    tone, on = np.split(np.sin(np.arange(32_000) * 0.1).astype(np.float32), 2)
    one = mixer.mix(np.stack([tone, -0.55 * tone]), ("FL", "FR"))
    both = mixer.mix(np.stack([on, -0.4 * on]), ("FL", "FR"))
    assert (np.abs(one).max(), np.abs(both[1000:]).max()) == pytest.approx((1, 0.3), abs=0.01)
    assert np.abs(np.diff(np.concatenate([one, both]))).max() < 0.2
    assert mixer.n_cancelled == 16_000
    assert list(mixer.names) == ["left"]


def test_quiet_sound_is_heard_louder_and_silence_is_told(tmp_path):
    quiet = beeps(tmp_path / "a.wav", "-af", "volume=-44dB", "-c:a", "pcm_s24le")
    audio, (warning,) = heard(quiet, tmp_path)
    assert np.abs(audio.samples).max() == pytest.approx(0.5, abs=0.01)
    assert "very quiet (at most -50 dB); it is heard 44 dB louder" in warning
    audio, (warning,) = heard(beeps(tmp_path / "b.wav", "-af", "volume=0"), tmp_path)
    assert "is silent throughout" in warning
    assert not np.any(audio.samples)


def half(path, out):
    out.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return out


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [(".mp3", "mp3"), (".wav", "pcm_s16le"), (".mkv", "flac"), (".flac", "flac")],
)
def test_the_decoded_length_is_held_against_the_stated_one(tmp_path, suffix, codec):
    whole = beeps(tmp_path / f"whole{suffix}", "-c:a", codec, seconds=6)
    assert heard(whole, tmp_path)[1] == []
    audio, (warning,) = heard(half(whole, tmp_path / f"a{suffix}"), tmp_path)
    assert audio.duration_ms < 4000
    told = f"only the first 0:0{audio.duration_ms // 1000} of 0:06 of its sound could be decoded"
    assert told in warning


def test_more_sound_than_is_stated(tmp_path):
    one = beeps(tmp_path / "a.mp3")  # its first frame counts only its own
    path = joined(tmp_path / "whole.mp3", one, one)
    audio, (warning,) = heard(path, tmp_path)
    assert audio.duration_ms == pytest.approx(4000, abs=150)
    assert "states 0:02 of sound, but holds 0:04" in warning


def test_sound_shorter_than_the_picture_is_no_damage(tmp_path):
    path = samples.make(
        tmp_path / "a.mkv",
        *("-f", "lavfi", "-i", "testsrc2=s=64x64:r=25:d=5", "-f", "lavfi", "-i", "sine=d=2"),
        *("-map_metadata", "-1", "-c:a", "aac"),
    )
    assert heard(path, tmp_path)[1] == []


def test_a_rate_that_fills_disks_is_refused(tmp_path):
    path = tmp_path / "a.wav"
    whole = bytearray(beeps(path, "-c:a", "pcm_s16le", rate_hz=16_000).read_bytes())
    at = whole.index(b"fmt ") + 12
    whole[at : at + 4] = (1).to_bytes(4, "little")  # a sample a second
    path.write_bytes(whole)
    with pytest.raises(MediaError, match="states 1 samples a second, where speech has"):
        heard(path, tmp_path)


class StumblingContainer:
    """PyAV, where a stream turns up midway that was not there at the beginning."""

    streams = (0,)

    def __init__(self):
        self.left = [1, 2, IndexError, 3]

    def demux(self, _streams):
        while self.left:
            packet = self.left.pop(0)
            if packet is IndexError:
                raise IndexError
            yield packet


def test_a_stream_that_turns_up_midway_ends_nothing():
    assert list(packets(StumblingContainer(), [0])) == [1, 2, 3]
