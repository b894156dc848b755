"""Captions for the deaf: sounds, songs, names, and who speaks next."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentigram.core.text import letters
from sentigram.formats.track import SpokenCue, TimedWord
from sentigram.words.given.sdh import turns_of


def turns(*texts):
    """Speaker and words of each turn; words that follow without a space begin with a plus."""
    cues = [SpokenCue(n * 1000, n * 1000 + 900, text) for n, text in enumerate(texts)]
    return [
        (turn.speaker, *(("+" if word.joined else "") + word.text for word in turn.words))
        for found in turns_of(cues)
        for turn in found
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[ APPLAUSE ]", ["[ APPLAUSE ]"]),
        ("(clears throat) ask not", ["(clears throat)", "ask", "not"]),
        ("ask (laughs) not", ["ask", "(laughs)", "not"]),
        ("ask not (INDISTINCT CHATTER).", ["ask", "not", "(INDISTINCT CHATTER)."]),
        ("[indistinct chatter\nover radio] So", ["[indistinct chatter over radio]", "So"]),
        ("（拍手）はい", ["（拍手）", "+は", "+い"]),
        ("[sighs]Hello", ["[sighs]", "+Hello"]),
        ("*clears throat* I *really* do", ["*clears throat*", "I", "really", "do"]),
        ("hello *world,* and *things* *go*", ["hello", "world,", "and", "things", "go"]),
        ("*sighs* Well. *laughter*", ["*sighs*", "Well.", "*laughter*"]),
        ("Well.\n*No.*", ["Well.", "No."]),
        ("[NO AUDIO] So", ["[NO AUDIO]", "So"]),
        ("*Things* change. 5*3*2", ["Things", "change.", "5*3*2"]),
        ("[ __ ] off", ["[ __ ]", "off"]),
        ("♪ la la ♪", ["♪ la", "la ♪"]),
        ("♪ We are\nthe champions ♪", ["♪ We", "are", "the", "champions ♪"]),
        ("# Ask not #", ["# Ask", "not #"]),
        ("♪♪", ["♪♪"]),
        ("(laughs) ♪ la la ♪", ["(laughs)", "♪ la", "la ♪"]),
        ("♪ la (laughs) ♪", ["♪ la", "(laughs) ♪"]),
        ("♪ (upbeat music) ♪", ["♪ (upbeat music) ♪"]),
        ("you -- ask – what", ["you --", "ask –", "what"]),
        ("you—ask", ["you—", "+ask"]),
        ("-- and so", ["-- and", "so"]),
        ("vous êtes là ?", ["vous", "êtes", "là ?"]),
    ],
)
def test_sounds_are_one_word_and_marks_are_none(text, words):
    assert turns(text) == [("", *words)]


@pytest.mark.parametrize(
    "text",
    [
        "at 3:30 we met",
        "Note: it is so",
        "NOTE: it is so",
        "see http://a.org now",
        "He said: go home",
        "OK: we go",
        "word(s) that (see figure 2) I wrote",
        "(I can't believe it)",
        "It (the cat) sat down",
        "-5 degrees is cold",
        "#1 in the world",
        "Part two: the end",
        "5 & 6",
        "an (open bracket",
        "THE POINT IS: WE GO",
        "(3) hello there",
        "(1) First. (2) Second.",
        "[1] According to him",
    ],
)
def test_prose_stays_prose(text):
    assert turns(text) == [("", *text.split())]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("JOHN: So it is.", [("JOHN", "So", "it", "is.")]),
        ("WOMAN 2 (over radio): ask", [("WOMAN 2", "(over radio)", "ask")]),
        ("DR. McCOY: Jim", [("DR. McCOY", "Jim")]),
        ("Speaker 1: So.", [("Speaker 1", "So.")]),
        ("SPEAKER_00: So.", [("SPEAKER_00", "So.")]),
        ("Q: What?\nA: That.", [("Q", "What?"), ("A", "That.")]),
        ("I go. MARY: No.", [("", "I", "go."), ("MARY", "No.")]),
        ("[ APPLAUSE ]\nJOHN: So", [("", "[ APPLAUSE ]"), ("JOHN", "So")]),
        ("[John] Hello", [("John", "Hello")]),
        ("(JOHN) Hello", [("JOHN", "Hello")]),
        ("- [Man] Go!\n- No.", [("Man", "Go!"), ("", "No.")]),
        ("(OVER RADIO) COME IN", [("", "(OVER RADIO)", "COME", "IN")]),
        ("JOHN: COME IN", [("JOHN", "COME", "IN")]),
        ("[Laughs] I know", [("", "[Laughs]", "I", "know")]),
        ("-[Tom] [angry] No.\n-[Ann] Yes!", [("Tom", "No."), ("Ann", "Yes!")]),
        ("[Tom] [raised voice]\nSTOP [sad] it", [("Tom", "STOP", "it")]),
        ("[Angry] No", [("", "No")]),
        ("(angry) No", [("", "No")]),
        ("JOHN (angry): No", [("JOHN", "No")]),
        ("(Tom) (sad) No", [("Tom", "No")]),
        ("So (angry) it is", [("", "So", "it", "is")]),
        ("[Tom] [door slams] No", [("", "[Tom]", "[door slams]", "No")]),
        ("No. [calm]", [("", "No.", "[calm]")]),
        (">> So?\n>> No. >> MARY: Oh", [("", "So?"), ("", "No."), ("MARY", "Oh")]),
        (">>> In other news", [("", "In", "other", "news")]),
        ("- Yes.\n- No.", [("", "Yes."), ("", "No.")]),
        ("–Yes.\n—No.", [("", "Yes."), ("", "No.")]),
    ],
)
def test_names_and_turns(text, found):
    assert turns(text) == found


def test_a_dash_after_a_mark_of_direction_or_before_an_asterisk_is_one():
    assert turns("לא.\n\u200f-OK אז.") == [("", "לא."), ("", "OK", "אז.")]
    assert turns("-Go.\n-*Never* again.")[1][1:] == ("Never", "again.")


def test_a_name_that_is_not_in_capitals_must_come_again():
    assert turns("Anna: yes.", "so", "Anna: no.") == [
        ("Anna", "yes."), ("", "so"), ("Anna", "no."),
    ]  # fmt: skip
    assert turns("Anna: yes.") == [("", "Anna:", "yes.")]


def test_a_sentence_goes_on_with_its_speaker():
    assert turns("JOHN: my fellow", "(coughs) citizens.", "and more") == [
        ("JOHN", "my", "fellow"), ("JOHN", "(coughs)", "citizens."), ("", "and", "more"),
    ]  # fmt: skip
    assert turns("JOHN: my fellow", "- citizens") == [("JOHN", "my", "fellow"), ("", "citizens")]


def test_speakers_of_the_file_count():
    cues = [SpokenCue(0, 1, "so", "Ann"), SpokenCue(1, 2, "it goes"), SpokenCue(2, 3, "[hi", "Bo")]
    assert [found[0].speaker for found in turns_of(cues)] == ["Ann", "", "Bo"]


@pytest.mark.parametrize(
    "text",
    ["[James] Where", "[Chris] Where", "[Tom Jones] Where", "[Ann Sterling] [angry] Where"],
)
def test_names_that_end_as_verbs_do_are_names(text):
    assert turns(text) == [(text[1 : text.index("]")], "Where")]


@pytest.mark.parametrize(
    "sound",
    [
        *("Laughs", "Sobbing", "Cries", "Hisses", "WHIMPERS", "Man Mutters", "Tires Screech"),
        *("Exclaiming", "Door Opens", "Rires", "Risas"),
    ],
)
def test_what_is_heard_is_no_name(sound):
    assert turns(f"[{sound}] Where") == [("", f"[{sound}]", "Where")]


def test_a_label_is_who_the_file_says_speaks_in_full():
    full = "Dr. Maximilian Featherstonehaugh"
    labels = ["[Featherstonehaugh]", "[DMF]", "[Dr. Max…]", "DMF:", f"[{full}]"]
    cues = [SpokenCue(0, 1, f"{label} [laughs] Yes", full) for label in labels]
    cues += [SpokenCue(0, 1, "-[Laughs] [sad] No.\n-[DMF] Oh", "Laughs")]
    cues += [SpokenCue(0, 1, "[sad] No", "Sad"), SpokenCue(0, 1, "[Man] No", "Man 2")]
    cues += [SpokenCue(0, 1, "[Man] No"), SpokenCue(0, 1, "[Ann] No", full)]
    said = [(turn.speaker, turn.words[0].text) for found in turns_of(cues) for turn in found]
    assert said == [
        *[(full, "[laughs]")] * len(labels),
        *[("Laughs", "No."), (full, "Oh"), ("Sad", "No"), ("Man 2", "No"), ("Man", "No")],
        ("Ann", "No"),
    ]


def test_a_name_that_is_cut_is_one():
    assert turns("[Feath…] Yes", "-[Featherst…] No.\n-[Ann] Oh", "[Feath…] [sad] So") == [
        ("Featherst…", "Yes"), ("Featherst…", "No."), ("Ann", "Oh"), ("Featherst…", "So"),
    ]  # fmt: skip
    assert turns("[Jan…] Yes", "[Jane D…] No", "[Jane S…] Oh")[0] == ("Jan…", "Yes")
    assert turns("[Sobbing…] Yes") == [("", "[Sobbing…]", "Yes")]
    assert turns("(Wait…) No.") == [("", "(Wait…)", "No.")]
    cues = [SpokenCue(0, 1, "So", "Dr. Max Featherstonehaugh"), SpokenCue(1, 2, "[Dr. M…] Yes")]
    assert turns_of(cues)[1][0].speaker == "Dr. Max Featherstonehaugh"


def test_words_with_times_keep_them():
    words = [
        TimedWord(text, 100 * n, 100 * n + 90, joined=text == "fine")
        for n, text in enumerate(("JOHN:", "♪", "So", "[clears", "throat]", "fine", "♪"))
    ]
    text = "JOHN: ♪ So [clears throat]fine ♪"
    ((turn,),) = turns_of([SpokenCue(0, 700, text, words=tuple(words))])
    assert turn.speaker == "JOHN"
    assert [(w.text, w.start_ms, w.end_ms, w.joined) for w in turn.words] == [
        ("♪ So", 200, 290, False),
        ("[clears throat]", 300, 490, False),
        ("fine ♪", 500, 590, True),
    ]


def test_lines_of_words_with_times_are_those_of_the_text():
    words = tuple(TimedWord(text, n, n + 1) for n, text in enumerate(("-", "Yes.", "-", "No.")))
    (found,) = turns_of([SpokenCue(0, 9, "- Yes.\n- No.", words=words)])
    assert [[word.text for word in turn.words] for turn in found] == [["Yes."], ["No."]]


@given(st.lists(st.text("aZ :[]()-–♪#>*\n.9，（）：", max_size=40), max_size=4))
def test_nothing_that_is_said_is_lost(texts):
    cues = [SpokenCue(0, 1, text) for text in texts]
    for cue, found in zip(cues, turns_of(cues), strict=True):
        shown = sum(letters(w.text) for turn in found for w in turn.words)
        names = sum(letters(turn.speaker) for turn in found)
        assert shown <= letters(cue.text)
        is_label = not found and cue.text.rstrip().endswith((":", "："))  # a name, and no words
        assert names or is_label or shown == letters(cue.text)
        assert all(word.text == word.text.strip() != "" for turn in found for word in turn.words)


@pytest.mark.parametrize(
    "part",
    ["(", "[", "( x", "[a ", "- ", "A: ", "x. A", ">> ", "♪ ", "*a ", "a: ", "—", "(a)\n", "[A]"],
)
def test_hostile_texts_take_no_time(part):
    begin = time.process_time()
    turns_of([SpokenCue(0, 1, part * (30_000 // len(part)))])
    assert time.process_time() - begin < 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("-How many?\n-5 minutes.", [["How", "many?"], ["5", "minutes."]]),
        ("-How cold?\n--5 degrees.", [["How", "cold?"], ["-5", "degrees."]]),
        ("-Stop!\n-$5 is enough.", [["Stop!"], ["$5", "is", "enough."]]),
        ("-5 degrees outside.", [["-5", "degrees", "outside."]]),
        ("-- Yes.\n-—No.", [["- Yes."], ["—No."]]),
        ("-Yes?\n-- No.", [["Yes?"], ["- No."]]),
        ("--5 degrees?\n--4.", [["-5", "degrees?"], ["-4."]]),
        ("-- and so\nit goes", [["-- and", "so", "it", "goes"]]),
        ("It was\n-5 degrees.", [["It", "was", "-5", "degrees."]]),
    ],
)
def test_a_dash_before_a_number_is_a_speakers_where_each_line_has_one(text, said):
    (turns,) = turns_of([SpokenCue(0, 3000, text)])
    assert [[word.text for word in turn.words] for turn in turns] == said
