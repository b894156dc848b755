from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.core.document import Document, DocumentMedia, dumps, loads
from sentigram.core.emotion import EmotionTrack, LabelSet, WordEmotion
from sentigram.core.transcript import Transcript
from sentigram.errors import TranscriptError
from sentigram.formats import read_text
from sentigram.formats.decoding import decode
from sentigram.formats.track import SpokenCue, TimedWord
from sentigram.words.given import word_times
from sentigram.words.given.word_times import place, spread, transcript_of


def read_given(text, suffix, **options):
    return transcript_of(read_text(text, suffix, "given"), **options)


def spans(cues, duration_ms=None):
    utterances, warnings = place(cues, "given", duration_ms=duration_ms)
    return [(u.text, u.span.start_ms, u.span.end_ms) for u in utterances], list(warnings)


def assert_sound(utterances, limit_ms=None):
    """What every stage after this one relies on."""
    cursor = 0
    for n, utterance in enumerate(utterances, 1):
        assert utterance.id == f"u{n}"
        assert utterance.words
        assert utterance.span.start_ms == utterance.words[0].span.start_ms
        assert utterance.span.end_ms == utterance.words[-1].span.end_ms
        assert not utterance.words[0].joined
        for word in utterance.words:
            assert word.text.strip() == word.text != ""
            assert cursor <= word.span.start_ms < word.span.end_ms
            assert 0 <= word.confidence <= 1
            cursor = word.span.end_ms
    assert limit_ms is None or cursor <= limit_ms


def test_words_share_a_cue_by_their_letters():
    (utterance,), _ = place([SpokenCue(1000, 2000, "a bbb ccccc")], "given", duration_ms=None)
    assert [(w.span.start_ms, w.span.end_ms) for w in utterance.words] == [
        (1000, 1166),
        (1166, 1500),
        (1500, 2000),
    ]


def test_cues_are_sorted_and_shortened():
    cues = [
        SpokenCue(5000, 6000, "third"),
        SpokenCue(0, 3000, "first one"),
        SpokenCue(2000, 4000, "second"),
    ]
    assert spans(cues)[0] == [("first one", 0, 2000), ("second", 2000, 4000), ("third", 5000, 6000)]


def test_cues_at_the_same_time_share_it():
    assert spans([SpokenCue(0, 2000, "one two"), SpokenCue(0, 2000, "thr fou")])[0] == [
        ("one two", 0, 1000),
        ("thr fou", 1000, 2000),
    ]


def test_a_cue_that_ends_before_it_starts():
    placed, warnings = spans([SpokenCue(1000, 500, "ten letters", line_number=7)])
    assert placed == [("ten letters", 1000, 1000 + 12 * word_times._MS_PER_LETTER)]
    assert warnings == [
        "given: 1 cue (line 7) does not end after the start; their length was estimated"
    ]


def test_longer_than_the_media():
    cues = [
        SpokenCue(0, 1000, "in"),
        SpokenCue(1500, 9000, "half", line_number=4),
        SpokenCue(9000, 9500, "out", line_number=8),
    ]
    placed, warnings = spans(cues, duration_ms=2000)
    assert placed == [("in", 0, 1000), ("half", 1500, 2000)]
    assert warnings == [
        (
            "given: 2 cues (first: line 4) do not fit before the end of the media (0:02); what "
            "lies after it was left out"
        )
    ]
    with pytest.raises(TranscriptError, match=r"entirely after the end of the media \(0:00\)"):
        spans(cues[1:], duration_ms=100)


def test_a_little_past_the_end_needs_no_warning():
    assert spans([SpokenCue(0, 2300, "end")], duration_ms=2000) == ([("end", 0, 2000)], [])


def test_no_words():
    with pytest.raises(TranscriptError, match="no words"):
        spans([SpokenCue(0, 1000, " \u200b ")])


def test_too_many_words(monkeypatch):
    monkeypatch.setattr(word_times, "MOST_WORDS", 3)
    with pytest.raises(TranscriptError, match="more than 3 words"):
        spans([SpokenCue(0, 1000, "a b c d")])


def timed(*words, speaker="", span=None):
    """A cue of words with times: text, start, end."""
    made = tuple(TimedWord(*word) for word in words)
    start_ms, end_ms = span or (words[0][1], words[-1][2])
    return SpokenCue(start_ms, end_ms, " ".join(w.text for w in made), speaker, words=made)


def placed(*cues, duration_ms=None):
    utterances, warnings = place(cues, "given", duration_ms=duration_ms)
    assert_sound(utterances, duration_ms)
    said = [
        (u.speaker, [(w.text, w.span.start_ms, w.span.end_ms, w.timing) for w in u.words])
        for u in utterances
    ]
    return said, list(warnings)


def test_people_who_speak_at_once_take_turns_near_their_times():
    first = timed(("And", 0, 400), ("so", 1000, 1400), ("on", 2000, 2600), speaker="A")
    second = timed(("yes", 500, 900), ("well", 1200, 1800), ("on", 2000, 2300), speaker="B")
    said, warnings = placed(first, second)
    assert warnings == []
    assert said == [
        ("A", [("And", 0, 400, "aligned")]),
        ("B", [("yes", 500, 900, "aligned")]),
        ("A", [("so", 1000, 1200, "aligned")]),
        ("B", [("well", 1200, 1800, "aligned")]),
        ("A", [("on", 2000, 2040, "aligned")]),
        ("B", [("on", 2040, 2300, "aligned")]),
    ]


def test_sentences_of_one_person_that_reach_into_each_other_stay_whole():
    first = timed(("for", 0, 300), ("your", 400, 700), ("country.", 900, 1400))
    second = timed(("And", 800, 850), ("so", 1500, 1800), ("on", 1900, 2200), ("we", 2300, 2600))
    said, (warning,) = placed(first, second)
    assert [[word[0] for word in words] for _, words in said] == [
        ["for", "your", "country."], ["And", "so", "on", "we"],
    ]  # fmt: skip
    assert said[1][1][0][3] == "estimated"
    assert "1 word has a time that cannot be" in warning


def test_what_is_said_while_another_one_speaks_is_not_pushed_behind_him():
    first = timed(("And", 0, 400), ("so", 1000, 1400), ("on", 2000, 2600))
    second = timed(("yes", 500, 900))
    said, warnings = placed(first, second)
    assert [words[0][:2] for _, words in said] == [("And", 0), ("yes", 500), ("so", 1000)]
    assert warnings == []


def test_a_whole_dialogue_over_each_other_moves_no_word_far():
    a = timed(*((f"a{i}", 300 * i, 300 * i + 280) for i in range(200)), speaker="A")
    b = timed(*((f"b{i}", 300 * i + 5, 300 * i + 285) for i in range(200)), speaker="B")
    said, _ = placed(a, b)
    for _, words in said:
        for text, start_ms, _, timing in words:
            assert timing == "aligned"
            assert start_ms == pytest.approx(300 * int(text[1:]), abs=50)


def test_a_cue_without_times_may_lie_under_one_with_times():
    said, _ = placed(timed(("one", 0, 400), ("two", 600, 900)), SpokenCue(400, 600, "mm"))
    assert [(words[0][0], words[0][1]) for _, words in said] == [
        ("one", 0),
        ("mm", 400),
        ("two", 600),
    ]


@pytest.mark.parametrize(
    "bad",
    [
        [("bad", 1000, 1000)],
        [("bad", 1000, 900)],
        [("bad", 1000, 1008)],
        [("bad", 900, 6500)],
        [("bad", 100, 300)],  # before the word before it
        [("bad", 9000, 9300)],  # far behind its cue
        [("bad", 1000, 3000), ("bad", 1000, 3000)],  # the time of the segment, at each
        [("bad", 1000, 1000)] * 3,
    ],
)
def test_times_that_cannot_be_are_estimated(bad):
    cue = timed(("good", 500, 900), *bad, ("end", 4000, 4400))
    ((_, words),), (warning,) = placed(cue, duration_ms=20_000)
    assert words[0] == ("good", 500, 900, "aligned")
    assert words[-1] == ("end", 4000, 4400, "aligned")
    assert {(text, timing) for text, _, _, timing in words[1:-1]} == {("bad", "estimated")}
    assert all(900 <= start_ms < end_ms <= 4000 for _, start_ms, end_ms, _ in words[1:-1])
    count = "1 word has a time" if len(bad) == 1 else f"{len(bad)} words have times"
    assert warning.startswith(f"given: {count} that cannot be")


@pytest.mark.parametrize("word", [("a", 1000, 1020), ("Supercalifragilistic", 1000, 3500)])
def test_times_that_may_be_are_kept(word):
    said, warnings = placed(timed(("good", 500, 900), word))
    assert said[0][1][1] == (*word, "aligned")
    assert warnings == []


def test_words_after_the_end_are_estimated_where_there_is_room_before_it():
    cue = timed(("one", 0, 400), ("two", 9000, 9400), ("three", 9500, 9900))
    said, warnings = placed(cue, duration_ms=5000)
    assert [(text, timing) for text, *_, timing in said[0][1]] == [
        ("one", "aligned"), ("two", "estimated"), ("three", "estimated"),
    ]  # fmt: skip
    assert any("2 words have times that cannot be" in warning for warning in warnings)
    # Where the words before go on to the end, the media was cut.
    cut = timed(("one", 0, 4900), ("two", 5000, 5400), ("three", 5500, 5900))
    said, warnings = placed(cut, duration_ms=5000)
    assert [text for text, *_ in said[0][1]] == ["one"]
    assert ["left out" in warning for warning in warnings] == [True]


def test_an_hour_of_one_cue_is_placed():
    cue = SpokenCue(0, 3_600_000, "word " * 9000)
    said, _ = placed(cue, duration_ms=3_600_000)
    assert len(said[0][1]) == 9000


def test_turns_of_a_cue_are_utterances():
    said, _ = placed(SpokenCue(0, 2000, "JOHN: one two.\n[door opens]\n- three"))
    assert [(speaker, [word[0] for word in words]) for speaker, words in said] == [
        ("JOHN", ["one", "two.", "[door opens]"]),
        ("", ["three"]),
    ]


def test_how_words_are_said_is_no_word_and_is_counted():
    text = "[Tom] [angry] No.\n[Tom] Stop it now [sad] please."
    cue = SpokenCue(0, 3000, text)
    told = ("given: 2 notes of how words are said, such as [angry], left out",)
    for utterances, warnings in (
        place([cue], "given", duration_ms=None),
        spread([cue], "given", duration_ms=None),
    ):
        assert [(u.speaker, u.text) for u in utterances] == [
            ("Tom", "No."), ("Tom", "Stop it now please."),
        ]  # fmt: skip
        assert warnings == told


_CUES = st.lists(
    st.builds(
        SpokenCue,
        st.integers(-1000, 5000),
        st.integers(-1000, 5000),
        st.text("ab世 \n.", max_size=30),
    ),
    max_size=12,
)
_LIMITS = st.none() | st.integers(1, 6000)


@given(_CUES, _LIMITS)
def test_any_cues(cues, limit_ms):
    try:
        utterances, warnings = place(cues, "given", duration_ms=limit_ms)
    except TranscriptError:
        return
    assert_sound(utterances, limit_ms)
    if limit_ms is None:
        assert len(utterances) >= sum(bool(c.text.replace("\n", " ").strip()) for c in cues)
        assert not any("left out" in warning for warning in warnings)


@given(_CUES, _LIMITS)
def test_any_text_without_times(cues, limit_ms):
    try:
        utterances, _ = spread(cues, "given", duration_ms=limit_ms)
    except TranscriptError:
        return
    assert_sound(utterances, limit_ms)


_TIMES = st.none() | st.integers(-500, 5000)
_TIMED = st.builds(TimedWord, st.text("ab", min_size=1, max_size=5), _TIMES, _TIMES)


@given(
    st.lists(
        st.tuples(st.integers(0, 5000), st.integers(0, 5000), st.lists(_TIMED, min_size=1)),
        min_size=1,
        max_size=6,
    ),
    _LIMITS,
)
def test_any_word_times(segments, limit_ms):
    cues = [SpokenCue(start, end, "", words=tuple(words)) for start, end, words in segments]
    try:
        utterances, _ = place(cues, "given", duration_ms=limit_ms)
    except TranscriptError:
        return
    assert_sound(utterances, limit_ms)


_LINES = st.sampled_from(
    [
        *("WEBVTT", "", " ", "1", "2", "42", "00:00:01,000 --> 00:00:02,000", "NOTE x", "STYLE"),
        *("00:01.000 --> 00:02.000 align:left", "00:00:03,5 --> 00:00:01,0", "a --> b", "-->"),
        *(
            "99:99:99,999 --> 99999:99:99,999",
            "[Script Info]",
            "[Events]",
            "Format: Start, End, Text",
        ),
        *(
            "Dialogue: 0:00:01.00,0:00:02.00,{\\p1}x{\\p0}y\\N{",
            "Dialogue: 0,1,2",
            "<v Bob>Hi <i>you",
        ),
        *(
            "<00:00:01.000>now",
            "{\\an8}<b>x</b>",
            "世界。",
            "\u202eevil",
            "&lt;x&#0;&#xd800;",
            "{",
            "[",
        ),
        '{"segments": [{"start": 1, "end": 2, "text": "x"}]}',
    ]
)
_FILES = st.text() | st.lists(_LINES | st.text(max_size=20)).map("\n".join)
_SUFFIXES = st.sampled_from([".srt", ".vtt", ".ass", ".ssa", ".txt", ".json", ""])


@given(_FILES, _SUFFIXES, _LIMITS)
def test_any_file_is_read_or_refused(text, suffix, limit_ms):
    data = text.encode("utf-8", "surrogatepass")
    try:
        read = read_given(decode(data, "given").text, suffix, duration_ms=limit_ms)
    except TranscriptError as error:
        refusal = str(error)
    else:
        assert_sound(read.transcript.utterances, limit_ms)
        assert_survives_a_document(read.transcript)
        return
    assert refusal.startswith("given: ")
    assert "\n" not in refusal


@given(st.binary(), _SUFFIXES)
def test_any_bytes_are_read_or_refused(data, suffix):
    try:
        read = read_given(decode(data, "given").text, suffix)
    except TranscriptError:
        return
    assert_sound(read.transcript.utterances)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["segments", "start", "end", "text", "words", "word", "speaker", "result"]
                * 2  # more often than the rest
                + ["transcription", "offsets", "from", "to", "probability", "language"]
                + ["chunks", "timestamp", "tokens", "utterances", "monologues", "elements"]
                + ["results", "channels", "alternatives", "word_segments", "speakers", "ori_dict"]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=30,
)


@given(_JSON, _LIMITS)
def test_any_json_is_read_or_refused(data, limit_ms):
    try:
        read = read_given(json.dumps(data), ".json", duration_ms=limit_ms)
    except TranscriptError:
        return
    assert_sound(read.transcript.utterances, limit_ms)


def assert_survives_a_document(transcript: Transcript) -> None:
    n_words = sum(1 for _ in transcript.words())
    reading = WordEmotion("neutral", (1.0,), 0.0)
    track = EmotionTrack(LabelSet(("neutral",)), (reading,) * n_words)
    document = Document(DocumentMedia("a.mp4", 400_000_000), transcript, track)
    assert loads(dumps(document)).transcript == transcript


@pytest.mark.parametrize(
    ("cues", "right"),
    [
        ([(1000, 3000, "[rain]"), (1000, 3000, "a b")], [("[rain]", 1000), ("a b", 1001)]),
        ([(1000, 3000, "a b"), (1900, 1900, "(bang)")], [("(bang)", 1000), ("a b", 1001)]),
        ([(1000, 3000, "a b"), (2100, 2100, "(bang)")], [("a b", 1000), ("(bang)", 3000)]),
        ([(0, 900, "a b"), (5000, 5001, "[c] [d]")], [("a b", 0), ("[c] [d]", 5000)]),
        ([(1000, 3000, "a b"), (2500, 3000, "♪ la ♪")], [("a b", 1000), ("♪ la ♪", 3000)]),
        (
            [(1000, 3000, "a b"), (2500, 6500, "[rain]"), (5000, 6000, "c d")],
            [("a b", 1000), ("[rain]", 3000), ("c d", 5000)],
        ),
        (
            [(0, 9000, "[music]"), (100, 2000, "a b"), (3200, 4000, "c d"), (8000, 8500, "e f")],
            [("a b", 100), ("[music]", 2000), ("c d", 3200), ("e f", 8000)],
        ),
    ],
)
def test_a_sound_over_what_is_said_takes_no_time_from_it(cues, right):
    utterances, _ = place([SpokenCue(*cue) for cue in cues], "given", duration_ms=10_000)
    assert [(u.text, u.span.start_ms) for u in utterances] == right
    assert [u.span.end_ms for u in utterances if u.text == "a b"] == [
        end_ms for _, end_ms, text in cues if text == "a b"
    ]
    assert_sound(utterances, 10_000)


def test_many_sounds_over_a_sentence_push_no_words_out():
    sounds = [SpokenCue(at, at + 20, "[bang]") for at in range(0, 3000, 50)]
    utterances, warnings = place([*sounds, SpokenCue(0, 2900, "a b")], "given", duration_ms=3000)
    assert [u.text for u in utterances if not u.is_sound] == ["a b"]
    assert warnings == ()
