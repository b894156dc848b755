"""Of several audio streams, the one that sounds is heard, and the user is told which."""

from __future__ import annotations

import numpy as np
import pytest

from sentigram.core.protocols import SilentReporter
from sentigram.media.audio import decode
from sentigram.media.probe import probe
from sentigram.media.tracks import tell_tracks
from tests import media_samples as samples

SPEECH = "aevalsrc='0.4*sin(2*PI*300*t)*between(mod(t,0.6),0.2,0.5)':s=44100:d=3"
SILENCE = "anullsrc=r=44100:cl=mono:d=3"
HISS = "anoisesrc=r=44100:a=0.003:d=3"
CLICK = "aevalsrc='0.8*between(t,0.1,0.12)':s=44100:d=3"
INVERTED = "aevalsrc='0.4*sin(2*PI*300*t)|-0.4*sin(2*PI*300*t)':s=44100:d=3"


class Told(SilentReporter):
    def __init__(self):
        self.lines = []

    def note(self, text):
        self.lines.append(("note", text))

    def warn(self, text):
        self.lines.append(("warn", text))


def recorded(out, *tracks, extra=()):
    """A screen recording with these sounds."""
    inputs = [part for track in tracks for part in ("-f", "lavfi", "-i", track)]
    maps = [part for n in range(len(tracks) + 1) for part in ("-map", str(n))]
    picture = ["-f", "lavfi", "-i", "color=s=64x64:r=5:d=3"]
    return samples.make(out, *picture, *inputs, *maps, "-c:a", "aac", *extra)


def told(path, **options):
    reporter = Told()
    info = probe(path, **options)
    tell_tracks(info, reporter)
    number = info.streams_of("audio").index(info.audio)
    return number, reporter.lines


@pytest.mark.parametrize("mute", [SILENCE, HISS, CLICK])
@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_the_track_that_sounds_is_heard(tmp_path, mute, suffix):
    path = recorded(tmp_path / f"a{suffix}", mute, mute, SPEECH)
    number, ((kind, line),) = told(path)
    assert (number, kind) == (2, "warn")
    assert "hears audio stream 2 (aac); there is also 0 (aac, silent); 1 (aac, silent)" in line
    assert "choose with `audio_stream N`" in line
    audio = decode(probe(path), workdir=tmp_path)
    assert np.abs(audio.samples).max() > 0.3


def test_the_default_one_stays_where_several_sound(tmp_path):
    titles = ["-metadata:s:a:1", "title=Desktop"]
    path = recorded(tmp_path / "a.mkv", SPEECH, SPEECH, extra=titles)
    number, ((kind, line),) = told(path)
    assert (number, kind) == (0, "note")
    assert "hears audio stream 0 (aac); there is also 1 (aac, Desktop)" in line


def test_channels_that_cancel_are_sound(tmp_path):
    assert told(recorded(tmp_path / "a.mkv", INVERTED, SPEECH))[0] == 0


def test_a_beep_is_no_talk(tmp_path):
    beep = "aevalsrc='0.5*sin(2*PI*800*t)*between(t,0.1,0.5)':s=44100:d=12"
    talk = SPEECH.replace("d=3", "d=12")
    assert told(recorded(tmp_path / "a.mkv", SILENCE, beep, talk))[0] == 2


def test_the_user_is_obeyed(tmp_path):
    path = recorded(tmp_path / "a.mkv", SILENCE, SPEECH)
    assert told(path, audio_stream=0) == (0, [])
    warnings = []
    decode(probe(path, audio_stream=0), workdir=tmp_path, warn=warnings.append)
    (warning,) = warnings
    assert "is silent throughout; choose another stream with `audio_stream N`" in warning


def test_all_silent_stays_with_the_default(tmp_path):
    assert told(recorded(tmp_path / "a.mkv", SILENCE, SILENCE))[0] == 0


def test_one_track_needs_no_words(tmp_path):
    assert told(recorded(tmp_path / "a.mkv", SPEECH)) == (0, [])
