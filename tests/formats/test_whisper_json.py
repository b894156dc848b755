"""The JSON of Whisper programs."""

from __future__ import annotations

import json

import pytest

from sentigram.errors import TranscriptError
from tests.formats.files import cues, transcript_of

WORDS = [
    {"word": " Hello", "start": 1.0, "end": 1.4, "probability": 0.9},
    {"word": " wor", "start": 1.5, "end": 1.7, "probability": 0.5},
    {"word": "ld.", "start": 1.7, "end": 2.0, "probability": 2},
]


def test_whisper():
    segments = [{"start": 1.0, "end": 2.5, "text": " Hello world.", "words": WORDS}]
    data = {"text": "", "language": "en", "segments": segments}
    read = transcript_of(json.dumps(data), ".json", "given")
    (utterance,) = read.transcript.utterances
    assert read.transcript.language == "en"
    assert utterance.text == "Hello world."
    assert [(w.text, w.span.start_ms, w.span.end_ms, w.confidence) for w in utterance.words] == [
        ("Hello", 1000, 1400, 0.9),
        ("wor", 1500, 1700, 0.5),
        ("ld.", 1700, 2000, 1.0),
    ]
    assert {(w.source, w.timing) for w in utterance.words} == {("given", "aligned")}


def test_whisper_without_word_times():
    data = {
        "segments": [{"start": 0, "end": 2, "text": " Hi you"}, {"start": 2, "end": 3, "text": ""}]
    }
    assert cues(json.dumps(data), ".json") == [(0, 2000, "", "Hi you")]
    read = transcript_of(json.dumps(data), ".json", "given")
    assert {w.timing for w in read.transcript.words()} == {"estimated"}


def test_whisperx_words_without_times_and_speakers():
    words = [
        {"word": "In", "start": 0.1, "end": 0.3, "score": 0.8},
        {"word": "2026"},
        {"word": "we", "start": 1.0, "end": 1.2, "score": 0.7},
    ]
    data = {
        "segments": [
            {"start": 0, "end": 1.5, "text": "In 2026 we", "speaker": "S0", "words": words}
        ]
    }
    read = transcript_of(json.dumps(data), ".json", "given")
    (utterance,) = read.transcript.utterances
    assert (utterance.speaker, utterance.text) == ("S0", "In 2026 we")
    assert [(w.span.start_ms, w.span.end_ms, w.timing) for w in utterance.words] == [
        (100, 300, "aligned"),
        (300, 1000, "estimated"),
        (1000, 1200, "aligned"),
    ]


def test_whisper_cpp():
    data = {
        "result": {"language": "de"},
        "transcription": [{"offsets": {"from": 320, "to": 1500}, "text": " Guten Tag"}],
    }
    assert cues(json.dumps(data), ".json") == [(320, 1500, "", "Guten Tag")]
    assert transcript_of(json.dumps(data), ".json", "given").transcript.language == "de"


def test_whisper_words_of_several_characters_share_their_time():
    words = [{"word": "今日", "start": 1, "end": 2}, {"word": "は x", "start": None, "end": None}]
    data = {"segments": [{"start": 1, "end": 3, "text": "今日は x", "words": words}]}
    (utterance,) = transcript_of(json.dumps(data), ".json", "given").transcript.utterances
    assert utterance.text == "今日は x"
    assert [(w.text, w.span.start_ms, w.span.end_ms, w.timing) for w in utterance.words] == [
        ("今", 1000, 1500, "aligned"),
        ("日", 1500, 2000, "aligned"),
        ("は", 2000, 2500, "estimated"),
        ("x", 2500, 3000, "estimated"),
    ]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("{", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ({"a": 1}, 'needs "segments"'),
        ({"schema": "sentigram/1"}, "is a Sentigram Document"),
        ({"segments": [3]}, r"segments\[0\]: not an object"),
        (
            {"segments": [{"start": "0", "end": 1, "text": "a"}]},
            r"segments\[0\].start: not a time \(0\)",
        ),
        ({"segments": [{"start": 0, "text": "a"}]}, r"segments\[0\].end: not a time \(None\)"),
        ({"segments": [{"start": 0, "end": 10**400, "text": "a"}]}, r"\.end: not a time"),
        ({"segments": [{"start": 0, "end": 1, "text": 5}]}, r"\.text: not a text"),
        ({"segments": [{"start": 0, "end": 1, "words": 5}]}, r"\.words: not a list"),
        ({"segments": [{"start": 0, "end": 1, "words": [5]}]}, r"\.words\[0\]: not an object"),
        ({"segments": []}, "no words"),
        ({"transcription": [{"text": "a"}]}, r"transcription\[0\].offsets: missing"),
        ('{"segments": [{"start": NaN, "end": 1, "text": "a"}]}', "not a time"),
    ],
)
def test_broken_json(data, says):
    with pytest.raises(TranscriptError, match=says):
        transcript_of(data if isinstance(data, str) else json.dumps(data), ".json", "given")
