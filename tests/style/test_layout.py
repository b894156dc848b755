"""Cues keep to the rules of the guides, whatever is said."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentigram.core.document import Document, DocumentMedia
from sentigram.core.emotion import EmotionTrack
from sentigram.core.style import StyledWord
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance, Word, join_words
from sentigram.style import engine
from sentigram.style.breaking import BOUND, CLAUSE, PHRASE, PLAIN, SENTENCE, break_cost
from sentigram.style.layout import shown_text
from sentigram.style.limits import LayoutRules
from sentigram.style.measure import Measure
from sentigram.style.theme import load
from tests.documents import LABELS, document, documents, reading

SIZES = [(1920, 1080), (1080, 1920), (320, 240), (1080, 1080), (2560, 1080)]


def said(text, *, word_ms=300, start_ms=0, language="en", size=(1920, 1080), pauses=None):
    """A neutral Document; each line of the text is an utterance, `pauses` ms after each."""
    at, utterances = start_ms, []
    for number, line in enumerate(text.strip().splitlines()):
        spoken = []
        for token in line.split():
            spoken.append(Word(token, Span(at, at + word_ms)))
            at += word_ms
        span = Span(spoken[0].span.start_ms, at)
        utterances.append(Utterance(f"u{number}", span, tuple(spoken)))
        at += pauses[number] if pauses else 700
    n_words = sum(len(u.words) for u in utterances)
    return Document(
        DocumentMedia("a.mp4", at + 5000, *size, Fraction(25)),
        Transcript(language, tuple(utterances)),
        EmotionTrack(LABELS, (reading("neutral"),) * n_words),
    )


def lines_of(doc, theme=None):
    cues = engine.style(doc, theme or load()).cues
    return [[join(line) for line in cue.lines] for cue in cues]


def join(line):
    return join_words(tuple(Word(shown_text(w), w.span, joined=w.joined) for w in line)).strip()


def rules_of(track, doc, theme):
    return LayoutRules.of(theme.caption, track.canvas, language="en", fps=doc.media.fps)


@given(documents(), st.sampled_from(SIZES), st.sampled_from(["adult", "child"]))
@settings(max_examples=80, deadline=None)
def test_invariants(doc, size, age):
    theme = load(age=age)
    track = engine.style(doc, theme, width_px=size[0], height_px=size[1])
    rules = rules_of(track, doc, theme)
    measure = Measure(track.canvas, track.styles)
    pieces: dict[int, list[StyledWord]] = {}
    previous_end_ms, order = 0, []
    for cue in track.cues:
        assert cue.span.start_ms >= previous_end_ms
        assert 0 < cue.span.duration_ms <= rules.max_ms
        previous_end_ms = cue.span.end_ms
        assert 1 <= len(cue.lines) <= 2
        for line in cue.lines:
            for word in line:
                pieces.setdefault(word.index, []).append(word)
                order.append(word.index)
            single = len(line) == 1
            n_chars = sum(len(shown_text(w)) + (not w.joined) for w in line) - (not line[0].joined)
            assert n_chars <= rules.line_chars or (single and len(line[0].runs) == 1)
            width_px = sum(measure.word_px(w) for w in line)
            fits = width_px <= rules.text_px + 1e-6
            assert fits or (single and width_px <= 2.5 * track.canvas.base_px)
    assert order == sorted(order)
    styled = engine.assign(doc, theme)
    assert sorted(pieces) == list(range(len(styled)))
    for word in styled:
        assert "".join(shown_text(p) for p in pieces[word.index]) == shown_text(word)
    speakers = [u.speaker for u in doc.transcript.utterances for _ in u.words]
    for cue in track.cues:
        assert {speakers[w.index] for line in cue.lines for w in line} == {cue.speaker}


def test_a_short_sentence_is_one_line_shown_at_least_833_ms():
    doc = said("Stop it!", word_ms=100)
    (cue,) = engine.style(doc, load()).cues
    assert [join(line) for line in cue.lines] == ["Stop it!"]
    assert cue.span == Span(0, 840)  # 833 ms, in whole centiseconds


def test_reading_speed_extends_a_cue_into_silence():
    doc = said("Everything happened extraordinarily quickly.", word_ms=150)
    n_chars = len("Everything happened extraordinarily quickly.")
    (cue,) = engine.style(doc, load()).cues
    assert cue.span.end_ms == -(-n_chars * 100 // 20) * 10
    (cue,) = engine.style(doc, load(age="child")).cues
    assert cue.span.end_ms == -(-n_chars * 100 // 17) * 10


def test_a_cue_never_outlasts_the_media():
    doc = said("Stop it!", word_ms=100)
    doc = dataclasses.replace(doc, media=dataclasses.replace(doc.media, duration_ms=400))
    assert engine.style(doc, load()).cues[0].span == Span(0, 400)


@pytest.mark.parametrize(
    ("pause_ms", "gap_ms"), [(0, 80), (60, 80), (120, 80), (400, 80), (499, 80), (1400, None)]
)
def test_gaps_are_two_frames_or_open(pause_ms, gap_ms):
    text = "This is one whole sentence that is spoken.\nThis is another sentence, said later."
    one, two = engine.style(said(text, pauses=[pause_ms, 0]), load()).cues
    assert one.span.end_ms < two.span.start_ms
    if gap_ms is not None:
        assert two.span.start_ms - one.span.end_ms == gap_ms
    else:
        assert two.span.start_ms - one.span.end_ms >= 500


def test_short_utterances_join_the_next_cue():
    doc = said("Yes.\nI think that we can do it.", word_ms=200, pauses=[50, 0])
    assert lines_of(doc) == [["Yes. I think that we can do it."]]
    doc = said("Yes.\nI think that we can do it.", word_ms=200, pauses=[1200, 0])
    assert lines_of(doc) == [["Yes."], ["I think that we can do it."]]


def test_speakers_never_share_a_cue():
    doc = said("Yes.\nI think that we can do it.", word_ms=200, pauses=[0, 0])
    one, two = doc.transcript.utterances
    doc = dataclasses.replace(
        doc,
        transcript=Transcript("en", (dataclasses.replace(one, speaker="Ann"), two)),
    )
    assert [cue.speaker for cue in engine.style(doc, load()).cues] == ["Ann", ""]


def test_lines_break_at_punctuation_and_are_even():
    doc = said("When the rain had finally stopped, we walked home along the river.")
    assert lines_of(doc) == [
        ["When the rain had finally stopped,", "we walked home along the river."]
    ]


def test_lines_never_end_in_an_article():
    doc = said("She told me that nobody had ever seen the enormous elephant before.")
    ((top, _bottom),) = lines_of(doc)
    assert top.split()[-1] not in {"the", "a", "that", "had"}


def test_cues_divide_at_sentence_ends_first():
    doc = said(
        "We packed our bags and went to the station in the evening. "
        "Nobody there could tell us when the next train would leave for the coast.",
        word_ms=250,
    )
    cues = lines_of(doc)
    assert cues[0][-1].endswith("evening.")
    assert cues[1][0].startswith("Nobody")


def test_a_long_pause_divides_an_utterance():
    doc = said("I waited for you all")
    words = doc.transcript.utterances[0].words
    late = (
        *words[:3],
        *(
            dataclasses.replace(w, span=Span(w.span.start_ms + 4000, w.span.end_ms + 4000))
            for w in words[3:]
        ),
    )
    span = Span(0, late[-1].span.end_ms)
    doc = dataclasses.replace(doc, transcript=Transcript("en", (Utterance("u1", span, late),)))
    assert lines_of(doc) == [["I waited for"], ["you all"]]


def test_upright_video_has_short_lines():
    doc = said("We packed our bags and went to the station.", size=(1080, 1920))
    lines = [line for cue in lines_of(doc) for line in cue]
    assert max(map(len, lines)) <= 24


def test_east_asian_text_without_spaces_is_divided_within_its_limits():
    text = "私は昨日の夜に友達と一緒に駅前の新しい店で晩ご飯を食べました。とても美味しかったです。"
    doc = said(text, word_ms=8000, language="ja")
    lines = [line for cue in lines_of(doc) for line in cue]
    assert "".join(lines) == text
    assert max(map(len, lines)) <= 13
    assert not any(line[0] in "。、" for line in lines)


def test_a_word_too_long_for_a_line_is_divided():
    word = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
    doc = said(word, word_ms=4000)
    (cue,) = engine.style(doc, load()).cues
    assert "".join(shown_text(w) for line in cue.lines for w in line) == word
    assert all(len(join(line)) <= 42 for line in cue.lines)
    assert {w.index for line in cue.lines for w in line} == {0}
    assert cue.lines[-1][-1].span.end_ms == 4000


def test_wide_styles_make_shorter_lines():
    text = "this is a sentence of some forty letters in all, and then some more of them"
    track = engine.style(
        document((text, "surprise"), media=DocumentMedia("a", 99_999, 1920, 1080)),
        load(age="child"),
    )
    measure = Measure(track.canvas, track.styles)
    for cue in track.cues:
        for line in cue.lines:
            spaces_px = sum(measure.space_px(w) for w in line[1:])
            assert sum(map(measure.word_px, line)) + spaces_px <= 0.68 * 1920


@pytest.mark.parametrize(
    ("before", "after", "language", "cost"),
    [
        ("home.", "Then", "en", SENTENCE),
        ("home.”", "Then", "en", SENTENCE),
        ("Dr.", "Smith", "en", BOUND),
        ("home,", "then", "en", CLAUSE),
        ("the", "house", "en", BOUND),
        ("have", "gone", "en", BOUND),
        ("walked", "and", "en", PHRASE),
        ("walked", "home", "en", PLAIN),
        ("Jane", "Austen", "en", BOUND / 2),
        ("das", "Haus", "de", BOUND),
        ("ging", "und", "de", PHRASE),
        ("the", "house", "fi", PLAIN),
        ("食べ", "。", "ja", BOUND),
        ("「", "食べ", "ja", BOUND),
    ],
)
def test_break_costs(before, after, language, cost):
    assert break_cost(before, after, language) == cost


@pytest.mark.parametrize(
    ("language", "age", "cps", "line_chars", "min_ms"),
    [
        ("en", "adult", 20, 42, 833),
        ("en", "child", 17, 42, 833),
        ("ja", "adult", 4, 13, 500),
        ("ko", "senior", 9, 16, 833),
        ("zh", "adult", 9, 16, 833),
        ("th", "adult", 17, 35, 833),
        ("de", "child", 13, 42, 833),
        ("hi", "child", 18, 42, 833),
    ],
)
def test_rules_by_language_and_age(language, age, cps, line_chars, min_ms):
    canvas = engine.canvas_for()
    rules = LayoutRules.of(load(age=age).caption, canvas, language=language, fps=Fraction(24))
    assert (rules.cps, rules.line_chars, rules.min_ms) == (cps, line_chars, min_ms)
    assert rules.gap_ms == 84  # two frames at 24 fps last 83.3 ms
    assert rules.line_px == pytest.approx(0.68 * 1920)
