from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentigram.core.document import DocumentMedia, dumps, loads
from sentigram.core.excerpt import cut_document
from sentigram.core.sounds import Sound
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.errors import DocumentError
from sentigram.jobs.draw import renderers_of
from sentigram.render.ass.editors import ass_text
from sentigram.render.ass.effects import effects_text
from sentigram.render.plain import srt_text, vtt_text
from sentigram.render.srv3 import srv3_text
from sentigram.render.ttml import ttml_text
from sentigram.style.layout.excerpt import cut_track
from sentigram.style.layout.places import shown
from sentigram.style.layout.sounds import AGAIN_MS, LEAST_MS, LONGEST_MS, NEAR_MS, is_of_sound
from sentigram.style.styling import style
from sentigram.style.theme.theme import load
from tests.documents import document

TEN = ("one two three four five six seven eight nine ten", "neutral")


def heard(*sounds: tuple[str, int, int], end_ms: int = 200_000, source="heard"):
    """Two sentences, 0.5 to 4.5 s and 5 to 9 s, then silence, with sounds."""
    made = document(TEN, TEN, media=DocumentMedia("talk.mp4", end_ms, 1280, 720))
    told = tuple(Sound(label, Span(a, b), 0.9, source) for label, a, b in sounds)
    return replace(made, sounds=told)


def told(made, **options) -> list[tuple[str, Span]]:
    track = style(made, load(), **options)
    return [(cue.lines[0][0].runs[0].text, cue.span) for cue in track.cues if is_of_sound(cue)]


def test_music_is_told_where_it_begins_and_nobody_speaks():
    ((text, span),) = told(heard(("music", 20_000, 50_000)))
    assert text == "[music]"
    assert (span.start_ms, span.duration_ms) == (20_000, LONGEST_MS)


def test_music_that_begins_under_words_is_told_after_them():
    ((_, span),) = told(heard(("music", 2000, 30_000)))
    assert span.start_ms > 9000
    assert span.duration_ms == LONGEST_MS


def test_music_that_only_lies_under_words_is_not_told():
    assert told(heard(("music", 1000, 9000))) == []


def test_music_that_goes_on_is_told_again_after_a_while_and_so_is_music_that_begins_again():
    cues = told(heard(("music", 0, 8000), ("music", 20_000, 40_000), ("music", 45_000, 60_000)))
    assert [span.start_ms for _, span in cues] == [20_000, 45_000]
    (cue,) = told(heard(("music", 20_000, 20_000 + AGAIN_MS)))
    assert cue[1].start_ms == 20_000


def test_heard_singing_has_no_caption_of_its_own_and_given_singing_has():
    assert told(heard(("singing", 20_000, 50_000))) == []
    assert len(told(heard(("singing", 20_000, 50_000), source="given"))) == 1


def test_sounds_can_be_left_out():
    assert told(heard(("music", 20_000, 50_000)), sounds=False) == []


def test_a_given_sound_with_time_for_it_is_a_cue_of_its_own():
    def texts(sound_ms: int) -> list[str]:
        sound = Word("(applause)", Span(1_000, 1_000 + sound_ms), source="given")
        thanks = Word("Thanks.", Span(1_000 + sound_ms, 1_600 + sound_ms), source="given")
        said = tuple(Utterance(word.text, word.span, (word,)) for word in (sound, thanks))
        made = document(("(applause) Thanks.", "neutral"), media=DocumentMedia("talk.mp4", 9_000))
        track = style(replace(made, transcript=Transcript("en", said)), load())
        return [" ".join(map(shown, cue.lines[0])) for cue in track.cues]

    assert texts(3_000) == ["(applause)", "Thanks."]
    assert texts(300) == ["(applause) Thanks."]  # alone it would be gone before it is read


def test_what_the_words_name_is_not_told_twice():
    made = document(("[applause] Thank you all so much.", "neutral"))
    span = next(iter(made.transcript.words())).span
    both = replace(made, sounds=(Sound("applause", span, source="given"),))
    assert told(both) == []
    by_hand = replace(heard(("door slams", 20_000, 22_000), source="given"), notes=())
    assert [text for text, _ in told(by_hand)] == ["[door slams]"]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["music", "laughter"]), st.integers(0, 60_000), st.integers(1, 30_000)
        ),
        max_size=6,
    )
)
@settings(max_examples=40, deadline=None)
def test_cues_stay_in_order_and_apart(made):
    sounds = sorted((start, start + length, label) for label, start, length in made)
    whole = heard(*((label, start, end) for start, end, label in sounds), end_ms=95_000)
    track = style(whole, load())
    spans = [cue.span for cue in track.cues]
    assert spans == sorted(spans)
    for before, after in pairwise(spans):
        assert after.start_ms - before.end_ms >= 60
    for cue in track.cues:
        if is_of_sound(cue):
            assert cue.span.duration_ms >= LEAST_MS
            assert cue.span.end_ms <= 95_000
            assert any(
                sound.span.start_ms <= cue.span.start_ms <= sound.span.end_ms + NEAR_MS
                for sound in whole.sounds
            )


def test_every_format_tells_them():
    made = heard(("music", 20_000, 50_000))
    track = style(made, load())
    for text in (
        srt_text(track),
        vtt_text(track),
        ass_text(track, title="talk", motion="none", embed_fonts=False),
        effects_text(track, title="talk", motion="full", embed_fonts=False),
        ttml_text(track, title="talk"),
        srv3_text(track),
    ):
        assert "[music]" in text
    assert "html" in renderers_of(["html"])


def test_a_preview_keeps_those_in_it():
    made = heard(("music", 20_000, 50_000))
    track = style(made, load())
    kept = cut_track(track, range(10, 20), Span(5000, 22_000))
    (cue,) = (cue for cue in kept.cues if is_of_sound(cue))
    assert cue.span == Span(20_000, 22_000)
    cut = cut_document(made, Span(5000, 22_000))
    assert cut.sounds[0].span == Span(20_000, 22_000)


def test_the_document_keeps_them():
    made = heard(("music", 0, 8000), ("door slams", 20_000, 22_000))
    assert loads(dumps(made)) == made
    wrong = dumps(made).replace('"start_ms": 20000', '"start_ms": 22000', 1)
    with pytest.raises(DocumentError, match=r"\$\.sounds\[1\]: 22000–22000 ms"):
        loads(wrong)
    with pytest.raises(DocumentError, match=r"\$\.sounds\[0\]\.label"):
        loads(dumps(made).replace('"label": "music"', '"label": "a\\nb"'))


def test_a_short_sound_is_told_for_as_long_as_it_takes_to_read():
    ((text, span),) = told(heard(("door", 20_000, 20_480)))
    assert text == "[door]"
    assert (span.start_ms, span.duration_ms) == (20_000, LEAST_MS)


def test_a_sound_under_words_is_told_in_a_pause_right_after_it_and_in_none_later():
    ((_, span),) = told(heard(("gunshot", 8_000, 8_480)))
    assert 9_000 < span.start_ms < 10_000
    assert told(heard(("gunshot", 5_500, 5_980))) == []


def test_what_comes_and_goes_is_not_told_each_time():
    barks = [("dog barks", start, start + 500) for start in range(20_000, 50_000, 3_000)]
    starts = [span.start_ms for _, span in told(heard(*barks))]
    assert starts == [20_000, 32_000, 44_000]


def test_what_a_person_adds_is_told_beside_another_sound_that_the_words_name():
    made = document(TEN, ("[applause]", "neutral"), media=DocumentMedia("talk.mp4", 20_000))
    word = made.words[-1].span
    bang = Span(word.start_ms, word.end_ms + 1500)
    added = (Sound("applause", word, source="given"), Sound("bang", bang, source="given"))
    assert [text for text, _ in told(replace(made, sounds=added))] == ["[bang]"]


@pytest.mark.parametrize("label", ["[door]", "♪ la la ♪", "(laughs)"])
def test_a_label_that_has_its_marks_gets_no_more(label):
    ((text, _),) = told(heard((label, 20_000, 22_000), source="given"))
    assert text == label


def test_a_sound_that_a_person_wrote_down_is_called_as_they_did():
    made = heard(("door", 20_000, 22_000), source="given")
    german = replace(made, transcript=replace(made.transcript, language="de"))
    assert [text for text, _ in told(german)] == ["[door]"]
    of_tagger = heard(("door", 20_000, 22_000), ("gasp", 40_000, 42_000))
    german = replace(of_tagger, transcript=replace(of_tagger.transcript, language="de"))
    assert [text for text, _ in told(german)] == ["[Tür]", "[gasp]"]


def laughing(*speakers: str, at: tuple[int, int] = (4_700, 6_600)):
    """Sentences from 0.5 to 4.5, 7 to 11 and 13 to 17 s, with laughter."""
    made = document(TEN, TEN, TEN, media=DocumentMedia("talk.mp4", 60_000, 1280, 720))
    moved = tuple(
        replace(
            one,
            speaker=speaker,
            span=Span(one.span.start_ms + by, one.span.end_ms + by),
            words=tuple(
                replace(w, span=Span(w.span.start_ms + by, w.span.end_ms + by)) for w in one.words
            ),
        )
        for one, speaker, by in zip(
            made.transcript.utterances, speakers, (0, 2_000, 3_500), strict=True
        )
    )
    transcript = replace(made.transcript, utterances=moved)
    return replace(made, transcript=transcript, sounds=(Sound("laughter", Span(*at), 0.9),))


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (laughing("Ann", "Ann", "Ben"), "[Ann laughs]"),
        (laughing("Ann", "Ben", "Ann"), "[laughter]"),  # either of them, or somebody else
        (laughing("Ann", "Ann", "Ann"), "[laughter]"),  # one voice is not named
        (laughing("", "", "Ann"), "[laughter]"),
        (laughing("A" * 90, "A" * 90, "Ben"), "[laughs]"),
        (laughing("Ann", "Ann", "Ben", at=(18_000, 19_000)), "[laughter]"),
    ],
)
def test_a_speaker_is_named_where_it_is_certain_that_they_laugh(made, text):
    theme = load(profiles=["sdh"])
    track = style(made, theme)
    (cue,) = (cue for cue in track.cues if is_of_sound(cue))
    assert cue.lines[0][0].runs[0].text == text
    assert [t for t, _ in told(made)] == ["[laughter]"]  # this profile names no speakers


def test_a_noisy_recording_has_some_captions_a_minute_and_the_longest_and_surest_of_them():
    """One of twelve kinds every two seconds and a half: 24 in a minute but for the limit."""
    noises = [(f"noise {i % 12}", 20_000 + 2_500 * i, 21_000 + 2_500 * i) for i in range(48)]
    made = heard(*sorted([*noises, ("siren", 80_500, 84_000)], key=lambda noise: noise[1]))
    track = style(made, load())
    starts = [cue.span.start_ms for cue in track.cues if is_of_sound(cue)]
    most = load().caption.sounds
    assert track.n_untold > 20
    assert all(later - first >= 60_000 for first, later in zip(starts, starts[most:], strict=False))
    assert "[siren]" in {text for text, _ in told(made)}
    written = replace(made, sounds=tuple(replace(one, source="given") for one in made.sounds))
    assert style(written, load()).n_untold == 0
    assert style(made, load(profiles=("sdh",))).n_untold < track.n_untold
    assert style(made, load(), sounds=False).n_untold == 0
