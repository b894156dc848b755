"""The JSON of Whisper programs."""

from __future__ import annotations

import json

import pytest

from sentigram.errors import TranscriptError
from sentigram.formats import read_text
from sentigram.formats.whisper_json import recognizes
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
        ("world.", 1500, 2000, 0.5),
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


TEXT = "Ask not, my friend. Ask what?"
TIMES = [(290, 630), (630, 970), (970, 1240), (1240, 1630), (3250, 3760), (3990, 4320)]
PLAIN = TEXT.replace(",", "").replace(".", "").replace("?", "").split()
TIMED = list(zip(TEXT.split(), *zip(*TIMES, strict=True), strict=True))


def in_s(words, *, text="word", before="", **more):
    return [
        {text: before + word, "start": start / 1000, "end": end / 1000, **more}
        for word, (start, end) in zip(words, TIMES, strict=True)
    ]


def cpp(*texts, times=TIMES):
    return [
        {"text": text, "offsets": {"from": start, "to": end}}
        for text, (start, end) in zip(texts, times, strict=True)
    ]


def chunk(text, start, end):
    return {"text": text, "timestamp": [start, end]}


WORD_CHUNKS = [
    chunk(" " + word, start / 1000, end / 1000)
    for word, (start, end) in zip(TEXT.split(), TIMES, strict=True)
]

DIALECTS = {
    "OpenAI's API, words alone": {
        "language": "english", "text": TEXT, "words": in_s(PLAIN),
    },
    "OpenAI's API, words beside segments": {
        "segments": [
            {"start": 0.2, "end": 1.7, "text": " Ask not, my friend."},
            {"start": 3.2, "end": 4.4, "text": " Ask what?"},
        ],
        "words": in_s(PLAIN),
    },
    "whisperX, word_segments alone": {"word_segments": in_s(TEXT.split(), score=0.9)},
    "faster-whisper": {
        "segments": [
            {"start": 0.2, "end": 4.4, "text": f" {TEXT}", "words": in_s(TEXT.split(), before=" ")}
        ]
    },
    "whisper-timestamped": {
        "text": TEXT,
        "segments": [
            {"start": 0.2, "end": 4.4, "text": TEXT, "words": in_s(TEXT.split(), text="text")}
        ],
    },
    "stable-ts, the original inside": {
        "ori_dict": {
            "segments": [
                {"start": 0.2, "end": 4.4, "text": f" {TEXT}", "words": in_s(TEXT.split())}
            ]
        }
    },
    "transformers, words": {"text": f" {TEXT}", "chunks": WORD_CHUNKS},
    "transformers, a batch of one": [{"text": f" {TEXT}", "chunks": WORD_CHUNKS}],
    "whisper.cpp, one word a segment": {
        "transcription": cpp(
            "", " Ask", " n", "ot", ",", " my", " friend", ".", " Ask", " what", "?",
            times=[
                (0, 0), (290, 630), (630, 800), (800, 970), (970, 970), (970, 1240), (1240, 1630),
                (1630, 1630), (3250, 3760), (3990, 4320), (4320, 4320),
            ],
        )
    },
    "whisper.cpp, with tokens": {
        "transcription": [
            {
                "text": f" {TEXT}",
                "offsets": {"from": 200, "to": 4400},
                "tokens": [
                    {"text": "[_BEG_]", "offsets": {"from": 0, "to": 0}, "p": 0.9},
                    *cpp(*(f" {word}" for word in TEXT.split())),
                    {"text": "[_TT_150]", "offsets": {"from": 3000, "to": 3000}, "p": 0.1},
                ],
            }
        ]
    },
    "Deepgram": {
        "results": {
            "channels": [
                {
                    "alternatives": [
                        {
                            "transcript": TEXT,
                            "words": [
                                {**word, "punctuated_word": said}
                                for word, said in zip(in_s(PLAIN), TEXT.split(), strict=True)
                            ],
                        }
                    ]
                }
            ]
        }
    },
    "AssemblyAI": {
        "audio_duration": 12,
        "utterances": [
            {
                "speaker": "A",
                "text": TEXT,
                "start": 290,
                "end": 4320,
                "words": [
                    {"text": word, "start": start, "end": end, "confidence": 0.9}
                    for word, (start, end) in zip(TEXT.split(), TIMES, strict=True)
                ],
            }
        ],
    },
    "Rev": {
        "monologues": [
            {
                "speaker": 0,
                "elements": [
                    element
                    for word, (start, end), mark in zip(
                        PLAIN, TIMES, (" ", ", ", " ", ". ", " ", "?"), strict=True
                    )
                    for element in (
                        {"type": "text", "value": word, "ts": start / 1000, "end_ts": end / 1000},
                        {"type": "punct", "value": mark},
                    )
                ],
            }
        ]
    },
}  # fmt: skip


@pytest.mark.parametrize("name", DIALECTS)
def test_each_dialect_gives_the_same_words_and_times(name):
    text = json.dumps(DIALECTS[name])
    assert recognizes(text)
    read = transcript_of(text, ".json", "given")
    words = list(read.transcript.words())
    assert [(w.text, w.span.start_ms, w.span.end_ms) for w in words] == TIMED
    assert {word.timing for word in words} == {"aligned"}
    assert read.warnings == ()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"language": "spanish", "segments": []}, "es"),
        ({"language": "es-MX", "segments": []}, "es"),
        ({"language_code": "en_us", "words": []}, "en"),
        ({"result": {"language": "de"}, "transcription": []}, "de"),
        ({"chunks": [{"text": " So", "timestamp": [0, 1], "language": "english"}]}, "en"),
        ({"language": None, "segments": []}, ""),
        ({"language": "xyzzy", "segments": []}, ""),
    ],
)
def test_languages_are_codes_or_names(data, code):
    assert read_text(json.dumps(data), ".json", "given").language == code


def test_sentences_of_bare_words_are_cues():
    data = {"text": TEXT, "words": in_s(PLAIN)}
    assert cues(json.dumps(data), ".json") == [
        (290, 1630, "", "Ask not, my friend."),
        (3250, 4320, "", "Ask what?"),
    ]


def test_words_of_another_text_are_what_is_said():
    data = {"text": "Nothing of the sort is in it at all", "words": in_s(PLAIN)}
    read = transcript_of(json.dumps(data), ".json", "given")
    assert [word.text for word in read.transcript.words()] == PLAIN


def test_a_word_that_only_the_text_has_is_estimated():
    data = {"text": TEXT.replace("my", "my (dear)"), "words": in_s(PLAIN)}
    read = transcript_of(json.dumps(data), ".json", "given")
    words = {word.text: word for word in read.transcript.words()}
    assert words["(dear)"].timing == "estimated"
    assert words["friend."].timing == "aligned"
    assert words["friend."].span.start_ms == pytest.approx(1240, abs=2)


def test_segments_that_are_cut_inside_words():
    data = {
        "transcription": cpp(
            " And so my fel", "low Americ", "an, ask", times=[(0, 1500), (1500, 2000), (2000, 3000)]
        )
    }
    assert cues(json.dumps(data), ".json") == [
        (0, 1500, "", "And so my fellow"),
        (1500, 2000, "", "American,"),
        (2000, 3000, "", "ask"),
    ]


def test_japanese_words_of_whisper_cpp_have_no_spaces():
    times = [(k * 300, k * 300 + 300) for k in range(6)]
    data = {"transcription": cpp("今日", "は", "いい", "天気", "です", "。", times=times)}
    (cue,) = cues(json.dumps(data), ".json")
    assert cue[3] == "今日はいい天気です。"


def test_thai_words_are_those_of_the_recognizer():
    words = [{"word": w, "start": i, "end": i + 1} for i, w in enumerate(("สวัสดี", "ครับ"))]
    data = {"segments": [{"start": 0, "end": 2, "text": "สวัสดีครับ", "words": words}]}
    read = transcript_of(json.dumps(data), ".json", "given")
    assert [(w.text, w.span.start_ms, w.joined) for w in read.transcript.words()] == [
        ("สวัสดี", 0, False),
        ("ครับ", 1000, True),
    ]


def test_chunks_whose_end_is_not_said():
    data = {
        "chunks": [
            chunk(" Ask not what it can do.", 0.5, None),
            chunk(" Ask what you can.", 3.0, None),
        ]
    }
    read = transcript_of(json.dumps(data), ".json", "given")
    first, second = read.transcript.utterances
    assert (first.span.start_ms, first.span.end_ms) == (500, 3000)
    assert second.span.start_ms == 3000
    assert second.span.duration_ms > 500
    assert "1 cue (0:03) does not end after the start" in read.warnings[0]


def test_speakers_beside_chunks():
    data = {
        "speakers": [
            {"speaker": "SPEAKER_01", "timestamp": [0.0, 2.0], "text": " Ask not."},
            {"speaker": "SPEAKER_00", "timestamp": [2.0, 4.0], "text": " Why should I?"},
        ],
        "chunks": [chunk(" Ask not.", 0.2, 1.9), chunk(" Why should I?", 2.1, 3.9)],
    }
    assert cues(json.dumps(data), ".json") == [
        (200, 1900, "SPEAKER_01", "Ask not."),
        (2100, 3900, "SPEAKER_00", "Why should I?"),
    ]


def test_speakers_of_words():
    words = in_s(TEXT.split())
    for i, word in enumerate(words):
        word["speaker"] = "A" if i < 4 else "B"
    del words[1]["start"], words[1]["end"]
    words[2]["start"] = float("nan")
    data = {"segments": [{"start": 0.2, "end": 4.4, "text": TEXT, "words": words}]}
    read = transcript_of(json.dumps(data), ".json", "given")
    assert [(u.speaker, u.text) for u in read.transcript.utterances] == [
        ("A", "Ask not, my friend."),
        ("B", "Ask what?"),
    ]
    assert [word.timing for word in read.transcript.words()] == [
        "aligned", "estimated", "estimated", "aligned", "aligned", "aligned",
    ]  # fmt: skip


def test_numbers_of_speakers_are_names():
    data = {
        "results": {
            "channels": [],
            "utterances": [{"start": 0, "end": 1, "speaker": 0, "transcript": "So."}],
        }
    }
    assert cues(json.dumps(data), ".json") == [(0, 1000, "Speaker 0", "So.")]


def test_a_text_alone_has_no_times():
    read = transcript_of('{"text": "Ask not what."}', ".json", "given", duration_ms=3000)
    assert not read.has_times
    assert [word.text for word in read.transcript.words()] == ["Ask", "not", "what."]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("{", "not valid JSON"),
        ("[" * 100_000, "too deep"),
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
        ({"chunks": [{"text": "a", "timestamp": [1]}]}, r"chunks\[0\].timestamp: not two times"),
        ({"chunks": [{"text": "a", "timestamp": ["x", 1]}]}, r"timestamp.\[0\]: not a time \(x\)"),
        ({"utterances": [{"text": "a"}]}, r"utterances\[0\].start: not a time"),
        ('{"segments": [{"start": NaN, "end": 1, "text": "a"}]}', "not a time"),
    ],
)
def test_broken_json(data, says):
    with pytest.raises(TranscriptError, match=says):
        transcript_of(data if isinstance(data, str) else json.dumps(data), ".json", "given")
