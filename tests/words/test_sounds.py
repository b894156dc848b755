from __future__ import annotations

from dataclasses import replace

import pytest

from sentigram.core.sounds import Sound
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.words.sounds import (
    INVENTED_CONFIDENCE,
    LEAST_CONFIDENCE,
    LEAST_MS,
    VOICES,
    doubted,
    invented_line,
    sounds_of,
    without_invented,
    without_sounds,
)
from sentigram.words.speech_events import SpeechEvent
from sentigram.words.tagging.classes import heeded

NOBODY = Transcript("en", ())


def event(kind, start_ms, end_ms, confidence=0.9):
    return SpeechEvent(kind, Span(start_ms, end_ms), confidence)


def said(*words) -> Transcript:
    made = tuple(Word(text, Span(*at)) for text, at in words)
    span = Span(made[0].span.start_ms, made[-1].span.end_ms)
    return Transcript("en", (Utterance("u1", span, made),))


def test_music_is_joined_over_short_pauses_and_speech_is_no_sound():
    events = [
        event("speech", 0, 9000),
        event("music", 10_000, 12_000, 0.8),
        event("music", 13_000, 17_000, 0.95),
    ]
    assert sounds_of(events, NOBODY) == (Sound("music", Span(10_000, 17_000), 0.9),)


@pytest.mark.parametrize(
    "odd",
    [
        event("music", 0, LEAST_MS - 10),
        event("music", 0, 8000, LEAST_CONFIDENCE - 0.01),
        event("singing", 0, 8000),  # a voice alone is taken for song too often
    ],
)
def test_what_is_short_unsure_or_a_voice_alone_is_left_out(odd):
    assert sounds_of([odd], NOBODY) == ()


def test_singing_counts_in_music():
    events = [event("singing", 12_000, 18_000), event("music", 10_000, 30_000)]
    assert [s.label for s in sounds_of(events, NOBODY)] == ["music", "singing"]
    apart = [event("singing", 0, 8000), event("music", 10_000, 30_000)]
    assert [s.label for s in sounds_of(apart, NOBODY)] == ["music"]


def test_given_sounds_are_kept_and_not_doubled():
    words = said(("[applause]", (0, 1000)), ("Thanks.", (2000, 2500)), ("♪", (9000, 9900)))
    events = [event("music", 10_000, 20_000), event("music", 40_000, 50_000)]
    assert sounds_of(events, words) == (
        Sound("applause", Span(0, 1000), source="given"),
        Sound("music", Span(9000, 9900), source="given"),
        Sound("music", Span(40_000, 50_000), 0.9),
    )
    nameless = said(("[\u200b]", (0, 1000)))  # as an empty pair of brackets is
    assert sounds_of([], nameless) == (Sound("music", Span(0, 1000), source="given"),)


def test_words_in_music_without_a_voice_are_doubtful():
    words = said(("la", (1000, 1500)), ("Hello", (5000, 5500)), ("there", (30_000, 30_500)))
    events = [event("music", 0, 20_000), event("speech", 4900, 5600)]
    low, spoken, apart = doubted(words, events).words()
    assert (low.confidence, spoken.confidence, apart.confidence) == (INVENTED_CONFIDENCE, 1, 1)
    (sung, *_) = doubted(words, [*events, event("singing", 900, 1600)]).words()
    assert sung.confidence == 1
    (utterance,) = words.utterances
    given = replace(
        words,
        utterances=(
            replace(
                utterance, words=tuple(replace(word, source="given") for word in utterance.words)
            ),
        ),
    )
    assert doubted(given, events) == given


def test_only_what_was_looked_at_is_told():
    events = [event("music", 0, 60_000)]
    inside = sounds_of(events, NOBODY, within=Span(20_000, 30_000))
    assert [s.span for s in inside] == [Span(20_000, 30_000)]
    assert sounds_of(events, NOBODY, within=Span(59_000, 70_000)) == ()


def test_what_a_tagger_names_stands_beside_music_and_gives_way_to_what_a_transcript_names():
    tagged = (
        Sound("laughter", Span(4_500, 5_500), 0.7),
        Sound("dog barks", Span(20_000, 21_000), 0.8),
    )
    named = said(("Hello", (0, 500)), ("[audience laughs]", (4_000, 5_000)))
    events = [event("music", 10_000, 18_000)]
    found = sounds_of(events, named, tagged=tagged)
    assert [one.label for one in found] == ["audience laughs", "music", "dog barks"]
    within = sounds_of(events, named, within=Span(0, 6_000), tagged=tagged)
    assert [one.label for one in within] == ["audience laughs"]


def tagged(label, start_ms, end_ms):
    return Sound(label, Span(start_ms, end_ms), 0.9)


def test_words_over_a_sound_without_any_sign_of_a_voice_are_left_out_or_doubtful():
    words = said(("Thank", (3_000, 3_400)), ("you.", (3_400, 3_900)))
    barks, voice = tagged("dog barks", 2_800, 5_000), tagged("speech", 0, 1_500)
    kept, invented = without_invented(words, [voice, barks])
    assert (kept.utterances, invented) == ((), words.utterances)
    assert invented_line(invented).startswith("what was heard at 0:03–0:04 is left out")
    doubtful = doubted(words, [event("speech", 0, 5_000)], tagged=[voice, barks])
    assert {word.confidence for word in doubtful.words()} == {INVENTED_CONFIDENCE}
    (utterance,) = words.utterances
    own = replace(words, utterances=(replace(
        utterance, words=tuple(replace(word, source="given") for word in utterance.words)
    ),))  # fmt: skip
    half = said(("So", (1_900, 2_300)), ("you.", (3_400, 3_900)))
    believed = {
        "no sound is named": (words, [voice]),
        "a voice is near": (words, [barks, tagged("speech", 0, 2_500)]),
        "they are given": (own, [barks]),
        "one of them is apart": (half, [barks]),
        "music has its own rule": (words, [tagged("music", 0, 9_000)]),
    }
    for why, (said_there, tags) in believed.items():
        assert without_invented(said_there, tags) == (said_there, ()), why
        if said_there is not half:
            assert doubted(said_there, [], tagged=tags) == said_there, why
    laughs = [tagged("laughter", 2_800, 5_000)]
    assert without_invented(words, laughs) == (words, ())  # who laughs may speak
    assert doubted(words, [], tagged=laughs) == doubtful
    assert sounds_of([], NOBODY, tagged=[voice, barks]) == (barks,)
    assert {*VOICES, "speech"} < {one.label for one in heeded()}


def test_nothing_was_missed_where_a_tagger_hears_barking_and_no_voice():
    missed = (Span(3_000, 4_500), Span(9_000, 11_000))
    barks = tagged("dog barks", 2_800, 5_000)
    assert without_sounds(missed, [barks]) == missed[1:]
    for others in (
        [],
        [tagged("laughter", 2_800, 5_000)],  # may hide words
        [tagged("music", 2_800, 5_000)],
        [barks, tagged("speech", 4_000, 4_300)],
        [tagged("dog barks", 2_800, 3_500)],  # most of it is something else
    ):
        assert without_sounds(missed, others) == missed
