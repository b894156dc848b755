from __future__ import annotations

import json

import pysubs2
import pytest

from sentigram.errors import TranscriptError
from sentigram.formats import read_text
from sentigram.formats.decoding import decode
from sentigram.words.given import word_times

ASS_HEAD = (
    "[Script Info]\nScriptType: v4.00+\n\n[Events]\n"
    "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
)


def transcript_of(text, suffix, name, **options):
    return word_times.transcript_of(read_text(text, suffix, name), **options)


def cues(text, suffix, **options):
    read = transcript_of(text, suffix, "given", **options)
    return [(u.span.start_ms, u.span.end_ms, u.speaker, u.text) for u in read.transcript.utterances]


def texts(text, suffix):
    return [cue[3] for cue in cues(text, suffix)]


def srt(*bodies):
    return "".join(
        f"{n}\n00:00:{2 * n:02d},000 --> 00:00:{2 * n + 1:02d},500\n{body}\n\n"
        for n, body in enumerate(bodies, 1)
    )


def vtt(*bodies):
    return "WEBVTT\n\n" + "".join(
        f"00:{2 * n:02d}.000 --> 00:{2 * n + 1:02d}.500\n{body}\n\n"
        for n, body in enumerate(bodies, 1)
    )


def ass(*events):
    return ASS_HEAD + "\n".join(events) + "\n"


def said(text):
    return f"Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,{text}"


def test_srt():
    text = (
        "1\n00:00:01,000 --> 00:00:02,500\nHello\nthere.\n\n2\n00:00:03,000 --> 00:00:04,000\nHi\n"
    )
    assert cues(text, ".srt") == [(1000, 2500, "", "Hello there."), (3000, 4000, "", "Hi")]


@pytest.mark.parametrize(
    ("body", "plain"),
    [
        ("<i>Hello</i> <font color='red'>you</font>", "Hello you"),
        ("{\\an8}Up here", "Up here"),
        ("a {\\b1}bold{\\b0} word", "a bold word"),
        ("a --> b", "a --> b"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("{curly} 1 < 2 > 0", "{curly} 1 < 2 > 0"),
        ("one<br/>two", "one two"),
        ("[applause] (music) ♪ la ♪", "[applause] (music) ♪ la ♪"),
        ("The answer is\n42", "The answer is 42"),
        ("para\n\ngraph", "para graph"),
        ("no\xa0break\u2028line\tstop", "no break line stop"),
        ("שלום עולם", "שלום עולם"),
    ],
)
def test_srt_text(body, plain):
    assert texts(srt("first", body, "last"), ".srt") == ["first", plain, "last"]


def test_srt_counters_without_blank_lines_and_empty_cues():
    text = (
        "1\n00:00:01,000 --> 00:00:02,000\none\n2\n00:00:02,000 --> 00:00:03,000\n\n"
        "3\n00:00:03,000 --> 00:00:04,000\nthree\n99\n"
    )
    assert texts(text, ".srt") == ["one", "three 99"]


@pytest.mark.parametrize(
    "times",
    [
        "00:00:01.000 --> 00:00:02.500",
        "0:0:1,0 --> 0:0:2,5",
        "  00:00:01,000-->00:00:02,500  ",
        "00:01,000 --> 00:02,500",
        "00: 00: 01,000 --> 00:00:02:500 X1:0 X2:100",
    ],
)
def test_srt_times_as_people_write_them(times):
    assert cues(f"1\n{times}\nHi\n", ".srt") == [(1000, 2500, "", "Hi")]


def test_broken_srt_names_the_line():
    text = (
        srt("fine", "broken").replace("00:00:04,000", "00:00:xx,000").replace("00:00:xx", "00:00:")
    )
    with pytest.raises(TranscriptError, match=r"given: line 6: broken SRT: '00:00:,000 --> 00:0"):
        transcript_of(text, ".srt", "given")
    with pytest.raises(TranscriptError, match="broken SRT: no line like"):
        transcript_of("just words\n", ".srt", "given")


def test_vtt():
    text = (
        "WEBVTT - a title\nLanguage: en\nKind: captions\n\nSTYLE\n::cue { color: red }\n\n"
        "NOTE a comment\nof two lines\n\nREGION\nid:fred\n\n"
        "intro\n00:01.000 --> 00:02.500 align:start position:10%\n<v Roger Bingham>We are in\n\n"
        "NOTE\n\n1:00:03.000 --> 1:00:04.000\n<c.loud>New</c> &lt;York&gt; &amp; <i>you</i>\n"
    )
    read = transcript_of(text, ".vtt", "given")
    assert read.transcript.language == "en"
    assert cues(text, ".vtt") == [
        (1000, 2500, "Roger Bingham", "We are in"),
        (3_603_000, 3_604_000, "", "New <York> & you"),
    ]


def test_vtt_voices_share_a_cue():
    text = vtt("<v.first Ann &amp; Co>Hi there</v>\n<v Bob>Oh hello</v>")
    assert cues(text, ".vtt") == [
        (2000, 2750, "Ann & Co", "Hi there"),
        (2750, 3500, "Bob", "Oh hello"),
    ]


def test_rolling_captions_are_unrolled():
    text = (
        "WEBVTT\n\n00:00.000 --> 00:02.000\n \nhello<00:00:01.000><c> world</c>\n\n"
        "00:02.000 --> 00:02.010\nhello world\n\n"
        "00:02.010 --> 00:04.000\nhello world\nnext<00:00:03.000><c> line</c>\n\n"
        "00:04.000 --> 00:04.010\nnext line\n \n\n"
    )
    assert cues(text, ".vtt") == [(0, 2000, "", "hello world"), (2010, 4000, "", "next line")]
    assert texts(vtt("No.", "No."), ".vtt") == ["No.", "No."]  # said twice, not rolling


def test_broken_vtt():
    with pytest.raises(TranscriptError, match=r"given: line 3: '00:01\.000 --> later'"):
        transcript_of("WEBVTT\n\n00:01.000 --> later\nHi\n", ".vtt", "given")
    with pytest.raises(TranscriptError, match="no cue"):
        transcript_of("WEBVTT\n\nHi\n", ".vtt", "given")


def test_ass():
    text = ass(
        "Comment: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,not said",
        "Dialogue: 0,0:00:01.00,0:00:02.50,Default,Ann,0,0,0,,{\\i1}Well{\\i0}, yes,\\Nno",
        "Dialogue: 1,0:00:01.00,0:00:02.50,Default,Ann,0,0,0,,Well, yes,\\Nno",
        "Dialogue: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,{\\p1}m 0 0 l 9 9{\\p0} shape",
        "Dialogue: 0,0:00:04.00,0:00:05.00,Default,,0,0,0,,{\\k20}ka{\\kf30}ra {\\k10}oke",
        "Dialogue: 0,0:00:05.00,0:00:06.00,Default,,0,0,0,,{\\pos(1,2)\\p1}m 0 0 l 9 9",
    )
    assert cues(text, ".ass") == [
        (1000, 2500, "Ann", "Well, yes, no"),
        (3000, 4000, "", "shape"),
        (4000, 5000, "", "kara oke"),
    ]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a\\hb\\nc", "a b c"),
        ("\\{real\\} braces", "{real} braces"),  # as libass draws it
        ("an {open brace", "an {open brace"),
        ("back\\slash", "back\\slash"),
        ("{}nothing{comment}", "nothing"),
        ("{\\b1{\\i1}nested", "nested"),
    ],
)
def test_ass_text(text, plain):
    assert texts(ass(said(text)), ".ass") == [plain]


def test_ass_honours_its_format_line_and_reads_ssa():
    text = (
        "[Script Info]\nScriptType: v4.00\n[V4 Styles]\n[Events]\n"
        "Format: Marked, End, Start, Actor, Text\n"
        "Dialogue: Marked=0,0:00:02.50,0:00:01.00,Bo,Hi, you\n"
    )
    assert cues(text, ".ssa") == [(1000, 2500, "Bo", "Hi, you")]


@pytest.mark.parametrize(
    ("event", "says"),
    [
        ("Dialogue: 0,0:00:01.00", "line 6: 10 fields are needed, here are 2"),
        ("Dialogue: 0,now,0:00:02.00,D,,0,0,0,,Hi", "line 6: 'now' is not a time"),
        ("Format: Start, Text, End", "line 6: the Format"),
        ("Comment: 0,0:00:00.00,0:00:01.00,D,,0,0,0,,Hi", "no Dialogue"),
    ],
)
def test_broken_ass(event, says):
    with pytest.raises(TranscriptError, match=says):
        transcript_of(ass(event), ".ass", "given")


def test_an_attached_font_is_not_read():
    text = ass(said("Hi")) + "\n[Fonts]\nfontname: a.ttf\nDialogue: rubbish\n"
    assert texts(text, ".ass") == ["Hi"]


@pytest.mark.parametrize("suffix", [".srt", ".vtt", ".ass"])
def test_pysubs2_agrees(suffix):
    subs = pysubs2.SSAFile()
    for n, text in enumerate(["Hello there.", "It's two\\Nlines", "Grüße, 世界!", "1 < 2"]):
        subs.append(pysubs2.SSAEvent(start=n * 2000 + 120, end=n * 2000 + 1980, text=text))
    written = subs.to_string(suffix[1:])
    expected = [(e.start, e.end, "", " ".join(e.plaintext.split())) for e in subs]
    if suffix == ".vtt":
        written = written.replace("1 < 2", "1 &lt; 2")
    assert cues(written, suffix) == expected


def test_txt():
    text = "Hello there. How are you?\nFine\n\nSecond paragraph {\\b1} <i> --> stays"
    read = transcript_of(text, ".txt", "given", duration_ms=10_000)
    assert not read.has_times
    assert [u.text for u in read.transcript.utterances] == [
        "Hello there.",
        "How are you?",
        "Fine",
        "Second paragraph {\\b1} <i> --> stays",
    ]
    words = list(read.transcript.words())
    assert (words[0].span.start_ms, words[-1].span.end_ms) == (0, 10_000)
    assert {(w.source, w.timing, w.confidence) for w in words} == {("given", "estimated", 1.0)}
    assert texts("你好。我很好！", ".txt") == ["你好。", "我很好！"]


def test_txt_of_another_video():
    with pytest.raises(TranscriptError, match="3 words do not fit into 2 ms"):
        transcript_of("a b c", ".txt", "given", duration_ms=2)


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


@pytest.mark.parametrize(
    ("text", "suffix"),
    [
        (vtt("Hi"), ".srt"),
        (ass(said("Hi")), ".txt"),
        (srt("Hi"), ".txt"),
        (srt("Hi"), ""),
        ('{"segments": [{"start": 1, "end": 2, "text": "Hi"}]}', ".txt"),
    ],
)
def test_what_a_file_holds_counts_more_than_its_name(text, suffix):
    assert texts(text, suffix) == ["Hi"]
    assert transcript_of(text, suffix, "given").has_times


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


def test_an_unknown_format():
    with pytest.raises(TranscriptError, match=r"given: not a transcript; give one of \.srt"):
        transcript_of("words", ".docx", "given")


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_encodings_and_line_ends(encoding):
    data = srt("Ça va – “très” bien").replace("\n", "\r\n").encode(encoding)
    assert texts(decode(data, "given"), ".srt") == ["Ça va – “très” bien"]


def test_binary_files():
    with pytest.raises(TranscriptError, match="not a text file"):
        decode(bytes(range(256)) * 100, "given")
