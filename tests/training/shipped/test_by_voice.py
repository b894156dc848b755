"""Who speaks is found before recordings are read, as in the product."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sentigram.core.document import FoundSpeaker, FoundSpeakers
from sentigram.core.emotion import EmotionTrack
from sentigram.core.media import Audio
from sentigram.core.transcript import Transcript
from sentigram.training.shipped import by_voice
from sentigram.training.shipped.by_voice import ByVoice
from sentigram.words.speakers.telling import Told
from sentigram.words.speakers.voices import BandVoices
from tests.training.recordings import RuleModel, recording


class Listening(RuleModel):
    """Keeps who it was told."""

    def __init__(self) -> None:
        super().__init__(lambda _word, _sound: "neutral")
        self.told: list[str] = []

    def read(self, transcript: Transcript, audio: Audio, **options: object) -> EmotionTrack:
        self.told = [one.speaker for one in transcript.utterances]
        return super().read(transcript, audio, **options)


def _found(transcript: Transcript, confidence: float) -> Told:
    utterances = tuple(
        replace(one, speaker=f"Speaker {1 + n % 2}") for n, one in enumerate(transcript.utterances)
    )
    people = tuple(FoundSpeaker(f"Speaker {n}", 9.0, confidence) for n in (1, 2))
    named = replace(transcript, utterances=utterances)
    return Told(named, FoundSpeakers(people, confidence, is_number_given=False))


@pytest.mark.parametrize(("confidence", "names"), [(0.5, {"Speaker 1"}), (0.1, {""})])
def test_only_voices_that_are_surely_their_own_have_levels(monkeypatch, confidence, names):
    monkeypatch.setattr(by_voice, "is_enough", lambda *_: True)
    monkeypatch.setattr(by_voice, "tell_speakers", lambda words, *_: _found(words, confidence))
    model, talk = Listening(), recording("talk")
    track = ByVoice(model, BandVoices()).read(talk.transcript, talk.audio)
    assert len(track.readings) == sum(1 for _ in talk.transcript.words())
    assert names <= set(model.told)


def test_given_names_are_kept(monkeypatch):
    monkeypatch.setattr(by_voice, "tell_speakers", None)  # is not asked
    model, talk = Listening(), recording("talk")
    given = replace(
        talk.transcript,
        utterances=tuple(replace(one, speaker="Ann") for one in talk.transcript.utterances),
    )
    ByVoice(model, BandVoices()).read(given, talk.audio)
    assert set(model.told) == {"Ann"}


def test_too_little_is_one_persons(monkeypatch):
    monkeypatch.setattr(by_voice, "is_enough", lambda *_: False)
    monkeypatch.setattr(by_voice, "tell_speakers", None)
    model, talk = Listening(), recording("talk")
    ByVoice(model, BandVoices()).read(talk.transcript, talk.audio)
    assert set(model.told) == {""}
