"""Corrections of the page, run by node: what the saved Document holds after each of them."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from itertools import pairwise

import jsonschema
import pytest

from sentigram.core.document import Document, dumps, loads, schema
from sentigram.core.emotion import NEUTRAL
from sentigram.core.time import Span
from sentigram.core.transcript import Word
from tests.render import html_jobs
from tests.render.html.test_writers import NODE, written

pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed")

_VALIDATOR = jsonschema.validators.validator_for(schema())(schema())
SAID = [
    ("Anna", "I waited for you all afternoon.", "neutral"),
    ("Ben", "Your cannot called here!", "anger"),
]


def edited(of: Document, *acts: str) -> list[tuple[Document, str, int]]:
    """The Document after each act, what the act said, and how many corrections there are."""
    made = written(html_jobs.job(of), acts)
    out = []
    for step in made["after"]:
        _VALIDATOR.validate(json.loads(step["json"]))
        out.append((loads(step["json"]), step["said"], step["count"]))
    return out


def edit(of: Document, act: str) -> Document:
    ((document, said, _),) = edited(of, act)
    assert said in ("", True, None), said
    return document


def line(of: Document, number: int) -> list[tuple[str, int, int]]:
    words = of.transcript.utterances[number].words
    return [(word.text, word.span.start_ms, word.span.end_ms) for word in words]


def known(of: Document) -> dict[Span, tuple[Word, object]]:
    return {
        word.span: (word, reading)
        for word, reading in zip(of.transcript.words(), of.track.readings, strict=True)
    }


def spread(of: Document, gap_ms: int) -> Document:
    """The Document with another pause after each word: 50 ms of 400 as it is."""
    utterances = tuple(
        replace(
            utterance,
            words=tuple(
                replace(w, span=Span(w.span.start_ms, w.span.start_ms + html_jobs.WORD_MS - gap_ms))
                for w in utterance.words
            ),
        )
        for utterance in of.transcript.utterances
    )
    return loads(dumps(replace(of, transcript=replace(of.transcript, utterances=utterances))))


@pytest.fixture(scope="module")
def said() -> Document:
    return loads(dumps(html_jobs.document(SAID)))


def test_a_line_with_one_word_changed_keeps_all_others_number_by_number(said):
    after = edit(said, 'correctLine(0, "I waited for Hugh all afternoon.")')
    words = list(after.transcript.words())
    assert [w.text for w in words[:6]] == ["I", "waited", "for", "Hugh", "all", "afternoon."]
    assert (words[3].source, words[3].confidence) == ("given", 1.0)
    before = list(said.transcript.words())
    assert replace(words[3], text="you", source="heard", confidence=0.93) == before[3]
    assert words[:3] + words[4:] == before[:3] + before[4:]
    assert after.track == said.track


def test_words_that_are_put_in_take_the_pause_in_proportion_to_their_letters(said):
    wide = spread(said, 250)  # each word 150 ms, then 250 ms of silence
    after = edit(wide, 'correctLine(0, "I waited in vain for you all afternoon.")')
    assert line(after, 0)[1:5] == [
        ("waited", 400, 550), ("in", 550, 633), ("vain", 633, 800), ("for", 800, 950),
    ]  # fmt: skip
    assert [r.label for r in after.track.readings[2:4]] == [NEUTRAL, NEUTRAL]
    put_in = after.track.readings[2]
    assert (put_in.vad, put_in.evidence, put_in.intensity) == (None, None, 0.0)
    assert put_in.probs[after.track.labels.index(NEUTRAL)] == 1
    assert [w.timing for w in after.transcript.words()][2:4] == ["estimated", "estimated"]
    unchanged = known(wide)
    kept = {span: what for span, what in known(after).items() if span in unchanged}
    assert kept == unchanged


def test_where_no_pause_is_the_words_beside_it_give_some_of_their_time(said):
    after = edit(said, 'correctLine(0, "I waited in for you all afternoon.")')
    words = line(after, 0)
    assert [text for text, *_ in words] == ["I", "waited", "in", "for", "you", "all", "afternoon."]
    assert words[1][1] == 400
    assert words[3][2] == 1150
    long, new, short = (end - start for _, start, end in words[1:4])
    assert (long, new, short) == (409, 136, 205)  # 750 ms by 6, 2 and 3 letters
    assert words[4:] == line(said, 0)[3:]


def test_a_word_in_two_and_two_in_one_share_and_span_their_times(said):
    after = edit(said, 'correctLine(1, "Your can not called here!")')
    assert line(after, 1)[1:3] == [("can", 2800, 2975), ("not", 2975, 3150)]
    readings = after.track.readings
    assert readings[7] == readings[8] == said.track.readings[7]
    ((_, _, count), (again, _, _)) = edited(
        said,
        'correctLine(1, "Your can not called here!")',
        'correctLine(1, "Yourcan notcalled here!")',
    )
    assert count == 2
    assert line(again, 1) == [
        ("Yourcan", 2400, 2975), ("notcalled", 2975, 3550), ("here!", 3600, 3950),
    ]  # fmt: skip
    assert again.track.readings[6] == said.track.readings[6]


def test_a_line_that_loses_words_leaves_the_rest(said):
    after = edit(said, 'correctLine(0, "I waited all afternoon.")')
    assert line(after, 0) == [line(said, 0)[i] for i in (0, 1, 4, 5)]
    after = edit(said, 'correctLine(0, "  ")')
    assert len(after.transcript.utterances) == 1


def test_lines_without_spaces_keep_the_words_that_are_still_there():
    made = html_jobs.document([("", "我們 今天 很 高興", "happiness")], language="zh")
    (utterance,) = made.transcript.utterances
    words = tuple(replace(w, joined=i > 0) for i, w in enumerate(utterance.words))
    made = replace(
        made, transcript=replace(made.transcript, utterances=(replace(utterance, words=words),))
    )
    after = edit(made, 'correctLine(0, "我們昨天很高興")')
    assert [w.text for w in after.transcript.words()] == ["我們", "昨天", "很", "高興"]
    assert [w.span for w in after.transcript.words()] == [w.span for w in words]
    assert [w.joined for w in after.transcript.words()] == [False, True, True, True]
    after = edit(made, 'splitWord(3, "高興", 1)')
    assert [(w.text, w.joined) for w in after.transcript.words()][3:] == [
        ("高", True),
        ("興", True),
    ]


def test_words_are_split_merged_put_in_and_removed(said):
    after = edit(said, 'splitWord(7, "cannot", 3)')
    assert line(after, 1)[1:3] == [("can", 2800, 2975), ("not", 2975, 3150)]
    after = edit(said, "mergeWords([6, 7])")
    assert line(after, 1)[0] == ("Yourcannot", 2400, 3150)
    assert list(after.transcript.words())[6].timing == "aligned"
    after = edit(spread(said, 200), 'insertWord(0, "have", 1)')
    assert line(after, 0)[:3] == [("I", 0, 200), ("have", 200, 400), ("waited", 400, 600)]
    after = edit(spread(said, 200), 'insertWord(6, "Oh,", -1)')
    assert line(after, 1)[:2] == [("Oh,", 2200, 2400), ("Your", 2400, 2600)]
    steps = edited(said, "removeWords([1, 2])", "putBack(1)", "undo()", "undo()", "redo()")
    assert [len(list(d.transcript.words())) for d, *_ in steps] == [8, 9, 8, 10, 8]
    assert steps[3][0] == said


def test_a_word_that_comes_back_finds_room_where_its_time_was_given_away(said):
    *_, (after, refusal, _) = edited(
        said, "removeWords([2])", "retime(1, 'end', 1200)", "putBack(2)"
    )
    assert refusal == ""
    words = line(after, 0)
    assert [text for text, *_ in words][1:4] == ["waited", "for", "you"]
    assert all(end <= start for (_, _, end), (_, start, _) in pairwise(words))


def test_what_cannot_be_done_says_why_and_changes_nothing(said):
    brief = spread(said, html_jobs.WORD_MS - 1)  # each word lasts one millisecond
    for act, reason in {
        'splitWord(7, "cannot", 0)': "Put the cursor inside",
        'splitWord(7, "cannot", 3)': "The word is too short to be split",
    }.items():
        ((after, refusal, count),) = edited(brief, act)
        assert refusal.startswith(reason)
        assert (after, count) == (brief, 0)
    tight = html_jobs.document([("", "a b", "neutral")], word_ms=51)
    close = [Span(0, 1), Span(1, 2)]
    words = tuple(
        replace(word, span=span) for word, span in zip(tight.transcript.words(), close, strict=True)
    )
    (utterance,) = tight.transcript.utterances
    tight = replace(
        tight, transcript=replace(tight.transcript, utterances=(replace(utterance, words=words),))
    )
    ((_, refusal, count),) = edited(tight, 'insertWord(0, "c", 1)')
    assert refusal.startswith("No time is left between these words")
    assert count == 0


@pytest.mark.parametrize(
    ("act", "start_ms", "end_ms"),
    [
        ("retime(1, 'start', 380)", 380, 750),
        ("retime(1, 'start', 5)", 350, 750),  # where the word before it ends
        ("retime(1, 'start', 9999)", 740, 750),
        ("retime(1, 'end', 9999)", 400, 800),  # where the word after it starts
        ("retime(1, 'end', 0)", 400, 410),
        ("retime(1, 'end', 754.6)", 400, 755),
    ],
)
def test_times_are_bounded_by_the_words_beside_them(said, act, start_ms, end_ms):
    after = edit(said, act)
    word = list(after.transcript.words())[1]
    assert (word.span, word.timing) == (Span(start_ms, end_ms), "aligned")
    assert after.track == said.track
    assert dumps(edit(said, f"{act}; undo()")) == dumps(said)


def test_every_emotion_of_the_theme_can_be_chosen_and_labels_grow_only_by_those(said):
    after = edit(said, 'correctFeeling([7], "excitement", 4, "")')
    assert after.track.labels.names == (*html_jobs.LABELS, "excitement")
    reading = after.track.readings[7]
    assert (reading.label, reading.intensity) == ("excitement", 1.0)
    assert reading.is_by_hand(after.track.labels)
    for now, before in zip(after.track.readings, said.track.readings, strict=True):
        assert now.probs == (*before.probs, 0.0)
        if now is not reading:
            assert replace(now, probs=before.probs) == before
    assert edit(said, 'correctFeeling([7], "excitement", 4, ""); undo()') == said
    new = edit(
        said, 'insertWord(7, "so", 1); correctFeeling([words.text.length - 1], RAISED, 2, "")'
    )
    assert new.track.readings[8].is_raised
    assert new.track.readings[8].is_by_hand(new.track.labels)


def test_a_line_of_many_words_is_matched_as_one(said):
    """The cheapest match is found, not the first one: repeated words stay at their places."""
    words = ["no", "no", "no", "wait", "no", "no", "go", "no", "no", "no"]
    made = spread(html_jobs.document([("", " ".join(words), "anger")]), 250)
    after = edit(made, 'correctLine(0, "no no no wait please no no go no no")')
    now, before = line(after, 0), line(made, 0)
    assert now[4] == ("please", 1350, 1600)  # all of the pause
    assert now[:4] == before[:4]
    assert [word for word in now[5:] if word in before] == now[5:]
    assert ("go", 2400, 2550) in now


ACTS = (
    'correctLine({u}, "{text}")',
    "splitWord({w}, words.text[{w}], {n})",
    "mergeWords(utterances[{u}].words.filter((w) => !isGone(w)).slice(0, 2))",
    'insertWord({w}, "{word}", {step})',
    "removeWords([{w}])",
    "retime({w}, '{edge}', words.start[{w}] + {ms})",
    'correctFeeling([{w}], EMOTIONS[{n}], {n} % 5, "")',
    "undo()",
    "redo()",
    "splitAt({w})",
    "joinBefore({w})",
)


def test_whatever_is_done_the_document_is_valid_and_untouched_words_are_as_they_were(said):
    chance = random.Random(3)  # noqa: S311
    letters = ["I", "waited", "in", "vain", "for", "you", "all", "the", "long", "afternoon."]
    acts = []
    for _ in range(150):
        act = chance.choice(ACTS).format(
            u="chance % utterances.length",
            w="saidWords[chance % saidWords.length]",
            n=chance.randrange(9),
            step=chance.choice((1, -1)),
            edge=chance.choice(("start", "end")),
            ms=chance.randrange(-900, 900),
            word=chance.choice(letters),
            text=" ".join(chance.choices(letters, k=chance.randrange(1, 9))),
        )
        guarded = act.replace("mergeWords(", "((list) => list.length > 1 && mergeWords(list))(")
        acts.append(
            f"{{ const chance = {chance.randrange(10**6)};"
            f" if (saidWords.length > 3 || {int('undo' in act or 'insert' in act)}) {guarded} }}"
        )
    steps = edited(said, *acts)
    assert len({dumps(document) for document, *_ in steps}) > 75
    for document, *_ in steps:
        for word, reading in zip(document.transcript.words(), document.track.readings, strict=True):
            if word.source == "heard":  # no person wrote it
                assert reading.vad == said.track.readings[0].vad
    back = edited(said, *acts, *["undo()"] * 150)
    assert back[-1][0] == said
