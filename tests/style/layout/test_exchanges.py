"""Two people in one cue: when, in which lines, and what every format makes of it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sentigram import formats
from sentigram.core.document import Document
from sentigram.core.emotion import RAISED
from sentigram.core.style import StyledTrack
from sentigram.core.time import Span
from sentigram.core.transcript import Utterance, Word
from sentigram.render.ass.editors import ass_text
from sentigram.render.ass.effects import effects_text
from sentigram.render.plain import srt_text, vtt_text
from sentigram.render.srv3 import srv3_text
from sentigram.render.ttml import ttml_text
from sentigram.style.layout.excerpt import cut_track
from sentigram.style.layout.exchanges import BRIEF_MS, LEAD_MS
from sentigram.style.layout.limits import CLOSE_BELOW_MS, LayoutRules
from sentigram.style.layout.places import LABEL, Placer, lines_of, shown
from sentigram.style.styling import style
from sentigram.style.theme.theme import load
from sentigram.words.given.sdh import turns_of
from tests.documents import LABELS, document, reading

QUESTION, ANSWER = ("Jane", "Are you coming?", 1000), ("Tom", "In a minute.", 1900)
LATER = ("Jane", "Then we will wait for you outside.", 3200)


def dialogue(
    *lines: tuple[str, str, int], language: str = "en", word_ms: int = 250, label: str = "neutral"
) -> Document:
    """Lines of (speaker, text, start)."""
    utterances, readings = [], []
    for number, (speaker, text, start_ms) in enumerate(lines, 1):
        spans = [
            Span(start_ms + i * word_ms, start_ms + (i + 1) * word_ms)
            for i in range(len(text.split()))
        ]
        words = tuple(Word(t, span) for t, span in zip(text.split(), spans, strict=True))
        whole = Span(spans[0].start_ms, spans[-1].end_ms)
        utterances.append(Utterance(f"u{number}", whole, words, speaker))
        readings += [reading(label)] * len(words)
    made = document(("any", "neutral"))
    end_ms = utterances[-1].span.end_ms + 3000
    return replace(
        made,
        media=replace(made.media, duration_ms=end_ms),
        transcript=replace(made.transcript, language=language, utterances=tuple(utterances)),
        track=replace(made.track, readings=tuple(readings)),
    )


def drawn(track: StyledTrack) -> list[list[str]]:
    """Every cue as lines of text, openings included."""
    return [
        [
            cue.opening(number) + " ".join(shown(word) for word in line if word.index != LABEL)
            for number, line in enumerate(cue.lines)
        ]
        for cue in track.cues
    ]


def test_a_quick_answer_shares_the_cue_of_its_question() -> None:
    track = style(dialogue(QUESTION, ANSWER, LATER), load())
    assert drawn(track) == [
        ["-Are you coming?", "-In a minute."],
        ["Then we will wait for you outside."],
    ]
    both, one = track.cues
    assert both.speakers == ("Jane", "Tom")
    assert both.speaker == "" == both.label
    assert (one.speaker, one.voices) == ("Jane", ())
    assert one.span.start_ms - both.span.end_ms >= 66


@pytest.mark.parametrize(
    ("what", "lines"),
    [
        ("nobody knows who", (("", *QUESTION[1:]), ANSWER)),
        ("one person", (QUESTION, ("Jane", *ANSWER[1:]))),
        ("a pause between them", (QUESTION, ("Tom", "In a minute.", 3600))),
        (
            "an answer that would be shown long before it is said",
            (("Jane", "Are you not coming with us to the sea?", 1000), ("Tom", "No.", 3300)),
        ),
        (
            "two lines that can each be read in time",
            (
                ("Jane", "I thought so too.", 1000),
                ("Tom", "Then let us go home now and talk.", 2450),
            ),
        ),
        (
            "a second voice that needs two lines",
            (
                QUESTION,
                ("Tom", "In a minute, or perhaps in an hour, I really cannot tell you.", 1900),
            ),
        ),
    ],
)
def test_they_stay_apart_with(what: str, lines: tuple[tuple[str, str, int], ...]) -> None:
    word_ms = 400 if what.startswith("two lines") else 250
    track = style(dialogue(*lines, word_ms=word_ms), load())
    assert all(not cue.voices for cue in track.cues), what
    assert len(track.cues) == 2 or "one person" in what


@pytest.mark.parametrize("profile", ["shorts", "karaoke", "pop"])
def test_themes_of_few_words_or_one_line_keep_them_apart(profile: str) -> None:
    theme = load(profiles=(profile,))
    cues = style(dialogue(QUESTION, ANSWER), theme).cues
    is_narrow = theme.caption.lines < 2 or theme.caption.words
    assert all(not cue.voices for cue in cues) or not is_narrow


def test_three_brief_voices_are_never_in_one_cue() -> None:
    lines = [(who, "Yes, sir.", 1000 + 600 * n) for n, who in enumerate(("A", "B", "C", "D", "E"))]
    track = style(dialogue(*lines), load())
    assert drawn(track) == [["-Yes, sir."] * 2, ["-Yes, sir."] * 2, ["Yes, sir."]]
    assert [cue.speakers for cue in track.cues] == [("A", "B"), ("C", "D"), ("E",)]


@pytest.mark.parametrize(
    ("language", "first", "second"),
    [("en", "-", "-"), ("", "-", "-"), ("fr", "- ", "- "), ("nl", "", "-"), ("bg", "", "- ")],
)
def test_the_dash_is_that_of_the_language(language: str, first: str, second: str) -> None:
    track = style(dialogue(QUESTION, ANSWER, language=language), load())
    (lines,) = drawn(track)
    assert lines == [f"{first}Are you coming?", f"{second}In a minute."]
    assert srt_text(track).split("\n")[2:4] == lines


def test_names_stand_after_the_dash_where_they_are_asked_for() -> None:
    made = dialogue(("Jane", "Coming?", 1000), ("Tom", "No.", 1700))
    (lines,) = drawn(style(made, load(profiles=("sdh",))))
    assert lines == ["-[Jane] Coming?", "-[Tom] No."]


def test_from_right_to_left_the_dash_stands_at_the_right() -> None:
    made = dialogue(("א", "אתה בא איתנו?", 1000), ("ב", "בעוד רגע אחד.", 1900), language="he")
    track = style(made, load())
    first, second = Placer(track).place(track.cues[0])
    assert first.words[0].word.index != LABEL  # Hebrew: only the second one has a dash
    dash, *others = second.words
    assert dash.word.index == LABEL
    assert dash.x_px > max(word.x_px for word in others)
    nearest = others[0]
    assert dash.x_px == pytest.approx(nearest.x_px + nearest.reserved_px)


def test_a_dash_touches_its_word_or_stands_a_space_from_it() -> None:
    for language, is_near in (("en", True), ("fr", False)):
        track = style(dialogue(QUESTION, ANSWER, language=language), load())
        for line in Placer(track).place(track.cues[0]):
            dash, word, *_ = line.words
            gap_px = word.x_px - dash.x_px - dash.reserved_px
            assert (gap_px < 0.01) is is_near


def test_a_preview_of_one_of_them_has_no_dash() -> None:
    track = style(dialogue(QUESTION, ANSWER, LATER), load())
    (cue,) = cut_track(track, range(3, 6), Span(1900, 2650)).cues
    assert (cue.speaker, cue.voices, cue.opening(0)) == ("Tom", (), "")
    (both,) = cut_track(track, range(1, 6), Span(1250, 2650)).cues
    assert [both.opening(number) for number in (0, 1)] == ["-", "-"]
    assert both.speakers == ("Jane", "Tom")


def test_formats_say_who_speaks_each_line() -> None:
    track = style(dialogue(QUESTION, ANSWER), load())
    assert "<v Jane>-" in (vtt := vtt_text(track))
    assert "\n<v Tom>-" in vtt
    ass = ass_text(track, title="talk", motion="none", embed_fonts=False)
    assert r",Default,Jane / Tom,0,0,0,,-Are you coming?\N-In a minute." in ass
    effects = effects_text(track, title="talk", motion="none", embed_fonts=False)
    said = [row.split(",", 9) for row in effects.splitlines() if row.startswith("Dialogue")]
    assert {row[4]: sum(r[4] == row[4] for r in said) for row in said} == {"Jane": 4, "Tom": 4}
    ttml = ttml_text(track, title="talk")
    assert 'ttm:agent="speaker1">-Are you coming?</span><br />' in ttml
    assert 'ttm:agent="speaker2">-In a minute.</span></p>' in ttml
    assert "-Are you coming?" in srv3_text(track)


def test_names_that_hold_marks_of_the_formats_stay_names() -> None:
    lines = (("Al / Bo, Jr", *QUESTION[1:]), ("<Tom> & {x}", *ANSWER[1:]))
    track = style(dialogue(*lines), load())
    ass = ass_text(track, title="talk", motion="none", embed_fonts=False)
    assert ",Al/Bo; Jr / <Tom> & {x},0,0,0,," in ass
    read = formats.read_text(ass, ".ass", "talk.ass").spoken
    assert [one.speaker for one in read] == ["Al/Bo; Jr", "<Tom> & {x}"]
    vtt = formats.read_text(vtt_text(track), ".vtt", "talk.vtt").spoken
    assert [one.speaker for one in vtt] == ["Al / Bo, Jr", "<Tom> & {x}"]


def _written(track: StyledTrack, suffix: str) -> str:
    return {
        ".srt": lambda: srt_text(track),
        ".vtt": lambda: vtt_text(track),
        ".ass": lambda: ass_text(track, title="t", motion="full", embed_fonts=False),
        ".fx.ass": lambda: effects_text(track, title="t", motion="full", embed_fonts=False),
        ".ttml": lambda: ttml_text(track, title="t"),
    }[suffix]()


@pytest.mark.parametrize("suffix", [".srt", ".vtt", ".ass", ".fx.ass", ".ttml"])
@pytest.mark.parametrize("profiles", [(), ("sdh",), ("bbc",)])
@pytest.mark.parametrize("language", ["en", "fr", "nl"])
def test_what_is_written_is_read_again(suffix: str, profiles: tuple[str], language: str) -> None:
    lines = (("Jane", "Coming?", 1000), ("Tom", "No.", 1700), ("Jane", "Why not, my friend?", 4000))
    track = style(dialogue(*lines, language=language), load(profiles=profiles))
    assert track.cues[0].voices
    read = formats.read_text(_written(track, suffix), Path(suffix).suffix, "talk")
    turns = [turn for found in turns_of(read.spoken) for turn in found]
    texts = [" ".join(word.text for word in turn.words) for turn in turns]
    assert [text.casefold() for text in texts] == ["coming?", "no.", "why not, my friend?"]
    if suffix != ".srt" or profiles:  # SubRip has no place for a name that is not shown
        assert [turn.speaker for turn in turns] == ["Jane", "Tom", "Jane"]
    else:
        assert turns[1].is_new
    if suffix != ".fx.ass":  # its words are drawn one by one
        assert len(read.captions) == 2


def test_the_second_voice_begins_when_it_is_heard() -> None:
    track = style(dialogue(QUESTION, ANSWER), load())
    first, second = formats.read_text(vtt_text(track), ".vtt", "talk").spoken
    assert (first.end_ms, second.start_ms) == (1900, 1900)


_names = st.sampled_from(["", "A", "B", "C"])
_texts = st.lists(st.sampled_from(["No.", "Oh,", "tomorrow", "wonderful!"]), min_size=1, max_size=9)


@given(
    st.lists(st.tuples(_names, _texts, st.integers(0, 900)), min_size=1, max_size=8),
    st.sampled_from([(), ("bbc",), ("sdh",), ("shorts",)]),
)
@settings(max_examples=30, deadline=None)
def test_exchanges_keep_the_rules(
    said: list[tuple[str, list[str], int]], profiles: tuple[str, ...]
) -> None:
    lines, at_ms = [], 500
    for who, texts, pause_ms in said:
        lines.append((who, " ".join(texts), at_ms))
        at_ms += 250 * len(texts) + pause_ms
    made, theme = dialogue(*lines), load(profiles=profiles)
    track = style(made, theme)
    rules = LayoutRules.of(theme.caption, track.canvas, language="en", fps=made.media.fps)
    order = [word.index for cue in track.cues for line in cue.lines for word in line]
    assert order == sorted(order)
    for before, cue in pairwise(track.cues):
        assert cue.span.start_ms - before.span.end_ms >= rules.gap_ms
    exchanges = [cue for cue in track.cues if cue.voices]
    assume(exchanges or len(said) < 5)
    for cue in exchanges:
        assert len(cue.lines) == len(cue.voices) == 2
        assert cue.voices[0].speaker != cue.voices[1].speaker
        assert cue.span.duration_ms <= rules.max_ms
        assert cue.lines[1][0].span.start_ms - cue.span.start_ms <= LEAD_MS
        for line in lines_of(cue):
            assert len(" ".join(map(shown, line))) <= rules.line_chars + 1  # a dash has no space


def test_its_numbers_are_ordered() -> None:
    """A cue under the rules' shortest is brief, and what is near is what the layout would close."""
    assert load().caption.min_ms < BRIEF_MS < LEAD_MS
    assert CLOSE_BELOW_MS <= BRIEF_MS


def test_answers_that_are_numbers_come_back_from_every_format():
    for first, second in (("-5 minutes, you said?", "Fine."), ("How many?", "5 minutes.")):
        track = style(dialogue(("Jane", first, 1000), ("Tom", second, 1900)), load())
        texts = {
            ".srt": srt_text(track),
            ".vtt": vtt_text(track),
            ".ass": ass_text(track, title="", motion="none", embed_fonts=False),
            ".ttml": ttml_text(track, title=""),
        }
        for suffix, text in texts.items():
            spoken = formats.read_text(text, suffix, f"talk{suffix}").spoken
            turns = [turn for cue in turns_of(spoken) for turn in cue]
            said = [" ".join(word.text for word in turn.words) for turn in turns]
            assert said == [first, second], suffix


def test_notes_of_how_words_are_said_are_no_words_when_they_come_back():
    labels = [*LABELS.names, RAISED]
    lines = [
        ("Jane" if number % 2 else "Tom", "Where have you been?", 1000 + 4000 * number)
        for number in range(len(labels))
    ]
    made = dialogue(*lines)
    readings = tuple(reading(label, p=0.95) for label in labels for _ in range(4))
    made = replace(made, track=replace(made.track, readings=readings))
    text = srt_text(style(made, load(profiles=("netflix", "sdh"))))
    assert text.count("] [") == len(labels) - 1  # all but neutral
    turns = [turn for cue in turns_of(formats.read_text(text, ".srt", "t").spoken) for turn in cue]
    said = [(turn.speaker, " ".join(word.text for word in turn.words)) for turn in turns]
    assert said == [(speaker, text) for speaker, text, _ in lines]
