"""Strong emotions in words: where they are said, and how cues make room for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from sentigram.core.emotion import RAISED
from sentigram.core.style import Canvas, Cue, LineVoice, StyledWord, StyleKey
from sentigram.core.time import Span
from sentigram.jobs.draw import draw
from sentigram.style.layout.excerpt import cut_track
from sentigram.style.layout.limits import LayoutRules
from sentigram.style.layout.notes import NotedCues, with_notes
from sentigram.style.layout.places import LABEL, shown
from sentigram.style.look import Look
from sentigram.style.styling import style
from sentigram.style.theme.theme import load
from tests.documents import document
from tests.fakes import Recorder
from tests.render.tracks import ANGER, JOY, PLAIN, SAD, STYLES, cue

RULES = LayoutRules(42, 2, 2000.0, 0.0, 20.0, 833, 7000, 80, Fraction(25), "en")
LOOKS = {
    **dict.fromkeys(STYLES, PLAIN),
    StyleKey("awe", 3): PLAIN,
    StyleKey(RAISED, 2): PLAIN,
    StyleKey(RAISED, 3): PLAIN,
}


def _noted(*cues: Cue, end_ms: int = 0, shots_ms: Sequence[int] = (), **rules) -> NotedCues:
    numbered, first = [], 0
    for one in cues:
        lines = []
        for line in one.lines:
            lines.append(tuple(replace(word, index=first + i) for i, word in enumerate(line)))
            first += len(line)
        numbered.append(replace(one, lines=tuple(lines)))
    of = replace(RULES, **rules)
    return with_notes(
        numbered, LOOKS, Canvas(1280, 720, 36.0), of, end_ms=end_ms, shots_ms=shots_ms
    )


def _texts(noted: NotedCues) -> list[str]:
    return [
        "|".join(one.opening(i) + " ".join(map(shown, line)) for i, line in enumerate(one.lines))
        for one in noted.cues
    ]


def _angry(text: str) -> list[tuple[str, StyleKey]]:
    return [(word, ANGER) for word in text.split()]


def test_strong_emotions_are_said_once_where_they_begin():
    line = cue(["so", ("I", ANGER), ("MEAN", ANGER), ("low", SAD), ("yes", JOY)], end_ms=6000)
    assert _texts(_noted(line)) == ["so [angry] I MEAN low [happy] yes"]
    assert _texts(_noted(cue([("oh", StyleKey("awe", 3))]))) == ["[awe] oh"]
    weak, strong = StyleKey(RAISED, 2), StyleKey(RAISED, 3)
    raised = cue([("my", weak), ("fellow", strong), ("Americans", strong)])
    assert _texts(_noted(raised)) == ["my [raised voice] fellow Americans"]


def test_another_speaker_is_angry_anew():
    ann, again = (cue(_angry("GO AWAY"), start_ms=ms, end_ms=ms + 2000) for ms in (0, 2080))
    bob = replace(again, span=Span(4160, 6160), speaker="Bob")
    assert _texts(_noted(ann, again, bob)) == ["[angry] GO AWAY", "GO AWAY", "[angry] GO AWAY"]


def test_notes_are_english():
    line = cue(["so", ("WUT", ANGER), ("low", SAD), ("yes", JOY)], end_ms=6000)
    for language in ("en-US", "EN", "en"):
        assert _texts(_noted(line, language=language)) == ["so [angry] WUT low [happy] yes"]
    for language in ("de", "", "-"):
        made = _noted(line, language=language)
        assert (_texts(made), made.n_left_out) == (["so WUT low yes"], 2)


def test_a_full_line_gets_the_note_above_it_or_is_broken_anew():
    full = "THESE ARE FORTY TWO CHARACTERS, NO MORE OK"
    line = cue(_angry(full), start_ms=0, end_ms=4000)
    assert _texts(_noted(line)) == [f"[angry]|{full}"]
    assert _texts(_noted(replace(line, label="[Jane]"))) == [f"[Jane] [angry]|{full}"]
    calm_first = cue(["well,", *_angry("THESE ARE FORTY TWO CHARS, NO MORE OK")], end_ms=6000)
    assert _texts(_noted(calm_first)) == ["well, [angry] THESE ARE FORTY|TWO CHARS, NO MORE OK"]


def test_a_cue_stays_longer_for_its_note_where_silence_follows():
    line = cue(_angry("GO AWAY"), start_ms=0, end_ms=700)  # 15 characters take 750 ms
    assert [one.span.end_ms for one in _noted(line).cues] == [750]
    soon = cue(["yes"], start_ms=900, end_ms=2000)
    assert [one.span.end_ms for one in _noted(line, soon).cues] == [820, 2000]  # no flicker
    for noted in (
        _noted(line, cue(["yes"], start_ms=780, end_ms=2000)),
        _noted(line, end_ms=740),
        _noted(line, shots_ms=[720]),
    ):
        assert noted.n_left_out == 1
        assert _texts(noted)[0] == "GO AWAY"


def test_a_full_cue_is_divided_for_its_note():
    first, second = (
        "I TOLD YOU NOT TO OPEN THAT DOOR OF HIS,",
        "AND YOU WENT AND DID IT ALL THE SAME!",
    )
    full = cue(_angry(first), _angry(second), start_ms=0, end_ms=6800)
    words = [
        replace(word, span=Span(ms, ms + 380))
        for word, ms in zip((*full.lines[0], *full.lines[1]), range(0, 6800, 350), strict=False)
    ]
    full = replace(full, label="[Jane]", lines=(tuple(words[:10]), tuple(words[10:])))
    noted = _noted(full)
    assert _texts(noted) == [f"[Jane] [angry]|{first}", second]
    one, two = noted.cues
    assert (one.span, two.span) == (Span(0, 3420), Span(3500, 6800))


def test_a_note_without_room_is_counted_and_may_come_with_the_next_cue():
    fast = cue(_angry("I HATE YOU"), start_ms=0, end_ms=500)
    later = cue(_angry("SO MUCH!"), start_ms=580, end_ms=2500)
    assert _texts(_noted(fast, later)) == ["I HATE YOU", "[angry] SO MUCH!"]
    assert _noted(fast, later).n_left_out == 0
    assert _noted(fast, cue(["oh"], start_ms=580)).n_left_out == 1
    both = cue(_angry("NO!"), _angry("YES! " * 8), end_ms=9000)
    voices = (LineVoice("A", "-[Jane] "), LineVoice("B", "-"))
    noted = _noted(replace(both, voices=voices))
    assert _texts(noted)[0].startswith("-[Jane] [angry] NO!|-YES!")  # each on its own line
    assert noted.n_left_out == 1


def test_who_draws_is_told_of_notes_without_room(tmp_path):
    made = document(("I hate this so very much!", "anger"), word_ms=100)
    made = replace(made, media=replace(made.media, duration_ms=1100))
    for profiles, kind, told in (
        ("sdh", "srt", True),
        ("sdh", "ass", False),
        ("netflix,sdh", "ass", True),
    ):
        reporter = Recorder()
        look = Look(profiles=tuple(profiles.split(",")))
        draw(made, None, {kind: tmp_path / f"{profiles}.{kind}"}, reporter, look=look)
        line = "1 strong emotion had no room in its line to be said in words"
        assert (line in reporter.notes) is told
    for language, but in (("de-AT", "this is German"), ("", "the language is not known")):
        reporter = Recorder()
        other = replace(made, transcript=replace(made.transcript, language=language))
        draw(other, None, {"srt": tmp_path / f"{language}.srt"}, reporter, look=look)
        line = f"1 strong emotion is not said in words: those are English, and {but}"
        assert line in reporter.notes


def test_a_stretch_keeps_its_notes():
    made = document(("I do hate this so much", "anger"), ("fine by me", "happiness"))
    for track in (
        style(made, load(profiles=("sdh",))),
        style(made, load(profiles=("netflix", "sdh"))),
    ):
        (kept,) = cut_track(track, range(6, 9), Span(3400, 4600)).written
        assert [word.index for word in kept.lines[0]] == [LABEL, 0, 1, 2]
        (kept,) = cut_track(track, range(2, 4), Span(1300, 2100)).written
        assert [word.index for word in kept.lines[0]] == [0, 1]


@settings(max_examples=40)
@given(
    texts=st.lists(
        st.tuples(st.text("abc", min_size=1, max_size=9), st.sampled_from([*LOOKS])), min_size=2
    ),
    label=st.sampled_from(["", "[Tom]"]),
    limit=st.integers(12, 60),
    cps=st.floats(5, 40),
)
def test_notes_break_no_limit_and_lose_no_word(texts, label, limit, cps):
    half = len(texts) // 2
    before = replace(cue(texts[:half], texts[half:], end_ms=5000), label=label)
    noted = _noted(before, line_chars=limit, cps=cps, end_ms=8000)

    def words(*cues: Cue) -> list[str]:
        return [shown(w) for one in cues for line in one.lines for w in line if w.index != LABEL]

    assert words(before) == words(*noted.cues)
    assert all(two.span.start_ms - one.span.end_ms >= 80 for one, two in pairwise(noted.cues))
    if _n_notes(noted.cues):
        assert all(len(one.lines) <= 2 for one in noted.cues)
        lines = [line for text in _texts(noted) for line in text.split("|")]
        assert max(map(len, lines)) <= limit
        for one, text in zip(noted.cues, _texts(noted), strict=True):
            assert len(text.replace("|", "")) <= cps * one.span.duration_ms / 1000 + 1e-6


def _n_notes(cues: Sequence[Cue]) -> int:
    return sum(_is_note(word) for one in cues for line in one.lines for word in line)


def _is_note(word: StyledWord) -> bool:
    return word.index == LABEL
