"""What Sentigram renders passes its own check, in every format, age and profile."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from sentigram.check.checking import CheckOptions, check_file, check_text
from sentigram.check.fix.fixing import correct_file
from sentigram.core.document import Document, DocumentMedia, dumps
from sentigram.core.emotion import RAISED
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.formats import read_text
from sentigram.formats.marks import is_own_srt, looks_of, srt_mark, with_looks
from sentigram.render.ass.editors import ass_text
from sentigram.render.ass.effects import effects_text
from sentigram.render.plain import srt_text, vtt_text
from sentigram.render.ttml import ttml_text
from sentigram.style import styling
from sentigram.style.styling import style
from sentigram.style.theme.theme import load
from tests.documents import document, reading, talk

_MOODS = ("happiness", "anger", "neutral", RAISED, "sadness", "fear", "disgust", "surprise")
_SAID = (
    "We are so happy to see you here today, and we hope that all of you will stay!",
    "How dare you talk to me like that in front of everybody who is here tonight?",
    "The train leaves at nine from the second platform.",
    "I miss her every single day, more than I could ever say.",
    "Something moved behind the door, and nobody of us had heard a sound.",
    "That was the worst thing that anybody has ever put on my plate.",
    "Nobody told me that the whole of my family would be waiting here!",
)


def _long(word_ms: int = 400) -> Document:
    pairs = [(said, mood) for mood in _MOODS for said in _SAID[::2]]
    return document(*pairs, word_ms=word_ms)


def _violations(doc: Document, age: str, profiles: tuple[str, ...]) -> list[object]:
    track = style(doc, load(age=age, profiles=profiles))
    options = CheckOptions(age=age, profiles=profiles, fps=doc.media.fps)
    texts = {
        "a.ass": ass_text(track, title="talk", motion="full"),
        "b.effects.ass": effects_text(track, title="talk", motion="full"),
        "c.srt": srt_text(track),
        "d.vtt": vtt_text(track),
        "e.ttml": ttml_text(track, title="talk"),
    }
    found: list[object] = []
    for name, text in texts.items():
        report = check_text(text.lstrip("\ufeff"), Path(name).suffix, name, options)
        assert report.n_cues == len(track.cues), name
        found += [(name, f) for f in report.findings if f.severity == "violation"]
    return found


@pytest.mark.parametrize("age", ["child", "teen", "adult", "senior"])
def test_renders_of_every_age_pass(age: str) -> None:
    assert _violations(_long(), age, ()) == []


@pytest.mark.parametrize("profile", ["netflix", "bbc", "sdh", "dyslexia", "low-vision", "shorts"])
def test_renders_of_profiles_pass(profile: str) -> None:
    assert _violations(_long(), "adult", (profile,)) == []


def test_the_short_talk_passes_as_a_document(tmp_path: Path) -> None:
    path = tmp_path / "talk.sentigram.json"
    path.write_text(dumps(talk()), encoding="utf-8")
    report = check_file(path, CheckOptions())
    assert report.n_cues > 0
    assert report.language == "en"
    assert report.limits.rules.fps == Fraction(30_000, 1001)
    assert [f for f in report.findings if f.severity == "violation"] == []
    assert all(finding.line_number == 0 for finding in report.findings)


def test_a_document_is_checked_as_it_would_be_rendered(tmp_path: Path) -> None:
    """Nobody can read 15 characters in 30 ms, however they are laid out."""
    word = Word("incomprehensible", Span(0, 30))
    media = DocumentMedia("talk.wav", 30)
    track = talk().track
    hurried = Document(
        media=media,
        transcript=Transcript("en", (Utterance("u1", word.span, (word,), ""),)),
        track=type(track)(track.labels, (reading("anger"),)),
    )
    path = tmp_path / "talk.sentigram.json"
    path.write_text(dumps(hurried), encoding="utf-8")
    report = check_file(path, CheckOptions())
    assert {f.rule for f in report.findings} >= {"cps", "min-duration"}


@pytest.mark.parametrize(
    ("preset", "size"), [("pop", (1280, 720)), ("pop", (1080, 1920)), ("broadcast", (1080, 1920))]
)
def test_files_say_their_look_and_are_checked_by_it(preset: str, size: tuple[int, int]) -> None:
    doc = talk()
    first, *others = doc.transcript.utterances
    doc = replace(
        doc,
        media=replace(doc.media, width_px=size[0], height_px=size[1]),
        transcript=replace(doc.transcript, utterances=(replace(first, speaker="Bob"), *others)),
    )
    theme = load(profiles=(preset,), automatic=styling.profiles_of(*size))
    track = style(doc, theme)
    for suffix, text in {
        ".ass": ass_text(track, title="talk", motion="none", embed_fonts=False),
        ".srt": srt_text(track),
        ".vtt": vtt_text(track),
        ".ttml": ttml_text(track, title="talk"),
    }.items():
        plain = check_text(text, suffix, f"a{suffix}", CheckOptions())
        told = ", ".join(("shorts",) * (size[1] > size[0]) + (preset,))
        assert plain.n_violations == 0, plain.findings
        assert plain.remarks == (f"checked by the numbers of its own look, {told}",)
        asked = check_text(text, suffix, f"a{suffix}", CheckOptions(profiles=("netflix",)))
        assert asked.remarks == ()
        if preset == "pop":  # no look hides what a guideline that is asked for forbids
            assert {"min-duration", "gap"} <= set(asked.counts())
    flash = "1\n00:00:01,000 --> 00:00:01,300\nHey\n" + srt_mark("pop")
    (found,) = check_text(flash, ".srt", "a.srt", CheckOptions()).findings
    assert (found.rule, found.allowed) == ("min-duration", "at least 500 ms")


def test_the_mark_of_subrip_keeps_its_look_when_it_is_mended(tmp_path: Path) -> None:
    doc = talk()
    text = srt_text(style(doc, load(profiles=("pop",))))
    assert (is_own_srt(text), looks_of(text, ".srt")) == (True, ("pop",))
    assert looks_of(text.rstrip("\n ") + "\n", ".srt") == ()
    path = tmp_path / "talk.srt"
    path.write_text(text.replace(" here", "  <i>here"), encoding="utf-8")
    mended = correct_file(path, CheckOptions()).path
    assert mended is not None
    assert looks_of(mended.read_text(encoding="utf-8"), ".srt") == ("pop",)
    path.write_text(text, encoding="utf-8")
    assert correct_file(path, CheckOptions()).changes == ()  # its mark is no line of a cue


def test_words_that_marks_keep_in_their_direction_are_drawn_once() -> None:
    said = "It was דנה! at the door?"
    text = effects_text(
        style(document((said, "neutral")), load()), title="talk", motion="none", embed_fonts=False
    )
    assert {"\u200e", "\u200f"} & set(text)
    track = read_text(text.lstrip("\ufeff"), ".ass", "a.ass")
    assert (len(track.captions), [cue.text for cue in track.spoken]) == (1, [said])


def test_names_that_look_like_markup_are_names(tmp_path: Path) -> None:
    doc = talk()
    first, *others = doc.transcript.utterances
    said = (replace(first, speaker=r"<i>Bob</i> {\b1}"), *others)
    doc = replace(doc, transcript=replace(doc.transcript, utterances=said))
    track = style(doc, load(profiles=("sdh",)))
    ass = ass_text(track, title="talk", motion="none", embed_fonts=False)
    for suffix, text in {".vtt": vtt_text(track), ".ass": ass}.items():
        path = tmp_path / f"talk{suffix}"
        path.write_text(text.replace("here", r"<b>he{\i1}re"), encoding="utf-8")
        options = CheckOptions(wanted=frozenset({"stray-markup", "unclosed-tag"}))
        assert len(check_file(path, options).findings) > 0
        mended = correct_file(path, options).report
        assert mended.track.text.count("Bob") == text.count("Bob")
        path.write_text(text, encoding="utf-8")
        assert check_file(path, options).findings == ()
        assert correct_file(path, options, overwrite=True).changes == ()


def test_a_recording_whose_name_says_a_look_has_none() -> None:
    track, title = style(talk(), load()), "; Look: pop. Theme: "
    ass = ass_text(track, title=title, motion="none", embed_fonts=False)
    assert looks_of(ass, ".ass") == looks_of(ttml_text(track, title=title), ".ttml") == ()


def test_a_file_that_is_mended_for_another_look_says_no_more_that_it_has_its_own(
    tmp_path: Path,
) -> None:
    asked = CheckOptions(profiles=("netflix",))
    track = style(talk(), load(profiles=("pop",)))
    ass = ass_text(track, title="talk", motion="none", embed_fonts=False)
    for suffix, text in {".srt": srt_text(track), ".vtt": vtt_text(track), ".ass": ass}.items():
        path = tmp_path / f"talk{suffix}"
        path.write_text(text, encoding="utf-8")
        made = correct_file(path, asked, overwrite=True).report.track.text
        assert looks_of(made, suffix) == ()
        assert looks_of(with_looks(text, suffix, "shorts, pop"), suffix) == ("shorts", "pop")
