"""What Sentigram renders passes its own check, in every format, age and profile."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from sentigram.check.checking import CheckOptions, check_file, check_text
from sentigram.core.document import Document, DocumentMedia, dumps
from sentigram.core.emotion import RAISED
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.render.ass.editors import ass_text
from sentigram.render.ass.effects import effects_text
from sentigram.render.plain import srt_text, vtt_text
from sentigram.render.ttml import ttml_text
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
