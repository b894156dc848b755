"""A stretch of what was styled looks as it does in the whole."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

import pytest

from sentigram.core.style import StyledWord
from sentigram.core.time import Span
from sentigram.style.layout.excerpt import cut_looks, cut_track
from sentigram.style.styling import looks, style
from sentigram.style.theme.theme import load
from tests.documents import document, talk


def _words(track) -> list[StyledWord]:
    return [word for cue in track.cues for line in cue.lines for word in line]


@pytest.fixture(scope="module")
def whole():
    return style(talk(), load())


def test_whole_cues_stay_as_they_are(whole):
    second = talk().transcript.utterances[1].span
    places = range(9, 17)
    cut = cut_track(whole, places, second)
    kept = [word for word in _words(whole) if word.index in places]
    assert [word.index for word in _words(cut)] == list(range(8))
    assert [(w.span, w.runs) for w in _words(cut)] == [(w.span, w.runs) for w in kept]
    assert [cue.span for cue in cut.cues] == [
        cue.span for cue in whole.cues if cue.lines[0][0].index in places
    ]
    used = {run.style for word in _words(cut) for run in word.runs}
    assert used <= set(cut.styles)
    assert {key.emotion for key in cut.styles} == {"anger", "neutral"}
    assert cut.canvas == whole.canvas


def test_a_cue_that_loses_words_is_shown_while_the_others_are(whole):
    span = Span(1301, 2499)  # so, happy, to
    cut = cut_track(whole, range(2, 5), span)
    (cue,) = cut.cues
    assert [word.index for word in chain(*cue.lines)] == [0, 1, 2]
    assert (cue.span.start_ms, cue.span.end_ms) == (1310, 2490)


def test_speakers_are_named_where_their_cue_begins():
    made = document(("We are so happy.", "happiness"), ("How dare you?", "anger"))
    first, second = made.transcript.utterances
    two = replace(made.transcript, utterances=(first, replace(second, speaker="Bob")))
    named = style(replace(made, transcript=two), load(profiles=("sdh",)))
    assert "Ann" in named.cues[0].label
    labels = [cue.label for cue in named.cues]
    assert [cue.label for cue in cut_track(named, range(1, 7), Span(900, 4100)).cues] == [
        "",
        *labels[1:],
    ]
    assert [cue.label for cue in cut_track(named, range(7), Span(500, 4100)).cues] == labels


def test_looks_that_share_words_still_do():
    all_looks = looks(talk())
    cut = cut_looks(all_looks, range(9, 17))
    assert {len(look.words) for look in cut} == {8}
    assert [word.index for word in cut[0].words] == list(range(8))
    assert [w.runs for w in cut[0].words] == [w.runs for w in all_looks[0].words[9:17]]
    assert len({id(look.words) for look in cut}) == len({id(look.words) for look in all_looks})
    assert [look.styles for look in cut] == [look.styles for look in all_looks]
