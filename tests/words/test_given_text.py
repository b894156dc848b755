"""Given texts are held against the sound: moved where they are late, and doubted aloud."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from sentigram.core.media import Audio, MediaInfo
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.errors import MediaError
from sentigram.words import heard_or_given
from sentigram.words.fit import text_fit
from sentigram.words.given import GivenSource
from sentigram.words.given_text import GivenWords, given_words
from sentigram.words.heard_or_given import HearOptions, find_words
from sentigram.words.moonshine.model import Moonshine
from tests.fakes import FakeTranscriber, Recorder
from tests.words.clips import OTHER_LINES, TALK, TALK_LINES, spread, talk

GERMAN = (
    "Guten Morgen, hast du gut geschlafen?",
    "Nein, ich konnte überhaupt nicht schlafen.",
    "Die Nachbarn haben bis drei Uhr früh Lärm gemacht.",
    "Warum hast du ihnen nichts gesagt?",
    "Ich wollte mich mit niemandem streiten.",
    "Mein Vater sagte immer, dass es besser ist zu warten.",
    "Und was machst du heute?",
    "Zuerst muss ich zur Bank.",
    "Dann treffe ich meine Schwester am Bahnhof.",
)
UNSAID = (10_600, 12_100, "The storm has taken down the telephone lines again.")  # in a pause
Line = tuple[int, int, str]


@pytest.fixture(scope="module")
def audio() -> Audio:
    return Audio(talk().samples[: 16_000 * 24])


@pytest.fixture(scope="module")
def model() -> Moonshine:
    return Moonshine()


@pytest.fixture(autouse=True)
def _opened_once(model, monkeypatch):
    """The recognizer is asked in each test and opened in none."""
    monkeypatch.setattr(text_fit, "Moonshine", lambda: model)


@pytest.fixture
def ask(tmp_path: Path, audio: Audio):
    """Ask for the words of some lines; gives back what came out, and what was said of them."""

    def asked(
        lines: Sequence[Line],
        *,
        language: str | None = None,
        heard: Sequence[Line] | None = None,
        voice: Sequence[Span] = (),
        sound: Audio | None = None,
    ) -> tuple[GivenWords, list[str]]:
        def hear_some() -> list[Word]:
            if heard is None:
                pytest.fail("nothing needs to be heard")
            return [word for line in heard for word in _utterance(line).words]

        reporter = Recorder()
        found = given_words(
            GivenSource("given", write(tmp_path / "text.srt", lines), ""),
            MediaInfo(TALK, (sound or audio).duration_ms, 1280, 720, Fraction(25), ()),
            sound or audio,
            language=language,
            hear_all=lambda: pytest.fail("it has times"),
            hear_some=hear_some,
            voice=lambda: list(voice),
            reporter=reporter,
        )
        return found, [warning.removeprefix(f"{tmp_path}/") for warning in reporter.warnings]

    return asked


def write(path: Path, lines: Sequence[Line]) -> Path:
    cues = (
        f"{n}\n{_clock(start_ms)} --> {_clock(end_ms)}\n{text}\n"
        for n, (start_ms, end_ms, text) in enumerate(lines, 1)
    )
    path.write_text("\n".join(cues), encoding="utf-8")
    return path


def later(lines: Sequence[Line], by_ms: int) -> list[Line]:
    return [(start_ms + by_ms, end_ms + by_ms, text) for start_ms, end_ms, text in lines]


def other(lines: Sequence[Line], texts: Sequence[str]) -> list[Line]:
    return [(*line[:2], text) for line, text in zip(lines, texts, strict=True)]


def starts(found: GivenWords) -> list[int]:
    return [utterance.span.start_ms for utterance in found.transcript.utterances]


def _clock(ms: int) -> str:
    seconds, ms = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02},{ms:03}"


def _utterance(line: Line) -> Utterance:
    span = Span(*line[:2])
    return Utterance(f"u{span.start_ms}", span, spread(line[2].split(), span))


def test_a_text_in_time_is_left_where_it_is_and_nothing_is_said(ask):
    found, warnings = ask(TALK_LINES, language="en")
    assert warnings == []
    assert starts(found) == [line[0] for line in TALK_LINES]
    assert found.unspoken == frozenset()


@pytest.mark.parametrize("by_ms", [9_000, pytest.param(-3_000, marks=pytest.mark.slow)])
def test_a_text_that_is_late_or_early_is_moved_and_that_is_said(ask, by_ms):
    lines = TALK_LINES if by_ms > 0 else TALK_LINES[2:]
    found, warnings = ask(later(lines, by_ms), language="en", heard=TALK_LINES)
    assert starts(found) == pytest.approx([line[0] for line in lines], abs=150)
    (warning,) = warnings
    side = "earlier" if by_ms > 0 else "later"
    assert warning.startswith(f"text.srt: its times were moved {abs(by_ms) / 1000:.1f} s {side}")
    assert "the recognizer expects" in warning
    assert found.unspoken == frozenset()


@pytest.mark.slow
def test_a_text_that_begins_with_the_hours_of_a_tape_is_moved(ask):
    found, warnings = ask(later(TALK_LINES, 10 * 3_600_000), language="en")
    assert starts(found) == [line[0] for line in TALK_LINES]
    assert warnings == ["text.srt: begins after the end of the recording; moved 10:00:00 earlier"]


@pytest.mark.slow
def test_the_text_of_another_film_is_warned_of_and_stays_where_it_is(ask):
    lines = other(TALK_LINES, OTHER_LINES)
    found, warnings = ask(lines, language="en", heard=TALK_LINES)
    assert starts(found) == [line[0] for line in lines]
    (warning,) = warnings
    assert warning.startswith("text.srt: does not fit the sound: the recognizer expects ")
    assert warning.endswith("is it of another recording?")
    # All of it is doubted at once: none of it is aligned to words that are not its own.
    assert found.unspoken == {utterance.id for utterance in found.transcript.utterances}


def test_a_sentence_that_nobody_says_is_named_and_keeps_its_time(ask):
    lines = sorted([*TALK_LINES, UNSAID])
    found, warnings = ask(lines, language="en")
    (silent,) = [u for u in found.transcript.utterances if u.id in found.unspoken]
    assert silent.text == UNSAID[2]
    assert silent.span == Span(*UNSAID[:2])
    (warning,) = warnings
    assert warning.startswith("1 sentence is not heard where the text says, and keeps its")
    assert warning.endswith("'The storm has taken down the telephone lines …' at 0:10")


def test_sounds_and_short_songs_are_no_speech_and_nothing_is_said_of_them(ask):
    shown = [(10_600, 11_200, "(door slams)"), (11_300, 12_000, "♪ la la la ♪")]
    found, warnings = ask(sorted([*TALK_LINES, *shown]), language="en")
    assert warnings == []
    assert found.unspoken == frozenset()
    assert [
        (u.span.start_ms, u.span.end_ms, u.text)
        for u in found.transcript.utterances
        if u.id in found.apart
    ] == shown


def test_sounds_in_other_languages_are_no_speech(ask):
    lines = [(2_000 * i, 2_000 * i + 1_900, text) for i, text in enumerate(GERMAN)]
    lines[3] = (*lines[3][:2], "[Tür knallt]")
    found, _ = ask(lines, language="de", voice=[Span(0, 18_000)])
    assert [u.text for u in found.transcript.utterances if u.id in found.apart] == ["[Tür knallt]"]


def test_only_its_neighbours_are_aligned(tmp_path, audio, monkeypatch):
    asked_for = []
    real = heard_or_given._aligned

    def watched(transcript, *more):
        asked_for.extend(utterance.text for utterance in transcript.utterances)
        return real(transcript, *more)

    monkeypatch.setattr(heard_or_given, "_aligned", watched)
    lines = sorted([*TALK_LINES, UNSAID])
    options = HearOptions(transcript=write(tmp_path / "text.srt", lines), language="en")
    info = MediaInfo(TALK, audio.duration_ms, 1280, 720, Fraction(25), ())
    found = find_words(info, audio, FakeTranscriber, options, Recorder()).transcript
    assert asked_for == [line[2] for line in TALK_LINES]
    assert " ".join(u.text for u in found.utterances) == " ".join(line[2] for line in lines)
    for utterance in found.utterances:
        timings = {word.timing for word in utterance.words}
        if utterance.text == UNSAID[2]:
            assert timings == {"estimated"}
            assert utterance.span == Span(*UNSAID[:2])
        else:
            assert timings == {"aligned"}, utterance.text


def test_the_language_is_found_from_the_text(ask):
    assert ask(TALK_LINES)[0].transcript.language == "en"
    lines = other(TALK_LINES, GERMAN)
    voice = [Span(*line[:2]) for line in lines]
    found, warnings = ask(lines, voice=voice)
    assert found.transcript.language == "de"
    assert warnings == []


def test_the_language_of_a_text_that_does_not_show_it_is_found_from_the_sound(ask, monkeypatch):
    monkeypatch.setattr("sentigram.words.given_text.detect", lambda _text: "")
    found, warnings = ask(TALK_LINES)
    assert found.transcript.language == "en"
    assert warnings == []
    found, _ = ask(other(TALK_LINES, GERMAN), heard=TALK_LINES)
    assert found.transcript.language == ""


def test_a_text_in_another_language_is_moved_by_voices(ask):
    lines = other(TALK_LINES, GERMAN)
    voice = [Span(start_ms + 6_000, end_ms + 6_000) for start_ms, end_ms, _ in lines]
    long = Audio(np.zeros(16_000 * 40, np.float32))
    found, warnings = ask(lines, language="de", voice=voice, sound=long)
    (warning,) = warnings
    assert warning.startswith("text.srt: its times were moved 6.0 s later: there somebody speaks")
    assert starts(found)[:2] == pytest.approx([6_290, 9_250], abs=100)


def test_a_text_in_another_language_where_nobody_speaks_is_doubted(ask):
    lines = other(TALK_LINES, GERMAN)
    found, warnings = ask(lines, language="de", voice=[Span(7_500, 8_100)])
    (warning,) = warnings
    assert warning.startswith("text.srt: may not fit the sound: somebody speaks in only ")
    assert starts(found) == [line[0] for line in lines]


def test_without_times_a_text_of_another_film_is_warned_of(tmp_path, audio):
    heard = Transcript("en", tuple(_utterance(line) for line in TALK_LINES))
    for texts, is_other in ((OTHER_LINES, True), ([line[2] for line in TALK_LINES], False)):
        path = tmp_path / "text.txt"
        path.write_text("\n".join(texts))
        reporter = Recorder()
        found = given_words(
            GivenSource("given", path, ""),
            MediaInfo(TALK, audio.duration_ms, 1280, 720, Fraction(25), ()),
            audio,
            language="en",
            hear_all=lambda: heard,
            hear_some=lambda: pytest.fail("it has no times"),
            voice=lambda: pytest.fail("it has no times"),
            reporter=reporter,
        )
        assert [w.text for w in found.transcript.words()] == " ".join(texts).split()
        if is_other:
            (warning,) = reporter.warnings
            assert warning.startswith(f"{path}: may not fit the sound: ")
        else:
            assert reporter.warnings == []


def test_a_text_without_times_whose_sound_is_not_understood_is_spread_and_that_is_said(
    tmp_path, audio
):
    def hear_all() -> Transcript:
        message = "what is said is not English"
        raise MediaError(message)

    path = tmp_path / "text.txt"
    path.write_text("\n".join(OTHER_LINES))
    reporter = Recorder()
    found = given_words(
        GivenSource("given", path, ""),
        MediaInfo(TALK, audio.duration_ms, 1280, 720, Fraction(25), ()),
        audio,
        language=None,
        hear_all=hear_all,
        hear_some=lambda: pytest.fail("it has no times"),
        voice=lambda: pytest.fail("it has no times"),
        reporter=reporter,
    )
    assert len(list(found.transcript.words())) == len(" ".join(OTHER_LINES).split())
    assert reporter.warnings == [
        f"{path}: its words are spread evenly, not placed: what is said is not English"
    ]


@pytest.mark.parametrize(
    "at", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in (3, len(TALK_LINES)))]
)
def test_a_sentence_that_nobody_says_keeps_no_other_from_its_place(tmp_path, audio, at):
    """A text without times: what is invented is named, all words stay, and the others are right."""
    heard = Transcript("en", tuple(_utterance(line) for line in TALK_LINES))
    texts = [line[2] for line in TALK_LINES]
    invented = "The purple elephant danced on the roof yesterday."
    path = tmp_path / "text.txt"
    path.write_text("\n".join([*texts[:at], invented, *texts[at:]]))
    reporter = Recorder()
    found = given_words(
        GivenSource("given", path, ""),
        MediaInfo(TALK, audio.duration_ms, 1280, 720, Fraction(25), ()),
        audio,
        language="en",
        hear_all=lambda: heard,
        hear_some=lambda: pytest.fail("it has no times"),
        voice=lambda: pytest.fail("it has no times"),
        reporter=reporter,
    )
    words = list(found.transcript.words())
    assert [w.text for w in words] == path.read_text().split()
    (warning,) = reporter.warnings
    assert "1 sentence is not heard where the text says" in warning
    assert [u.text for u in found.transcript.utterances if u.id in found.unspoken] == [invented]
    true = [w.span.start_ms for w in heard.words()]
    placed = [
        w.span.start_ms
        for u in found.transcript.utterances
        if u.id not in found.unspoken
        for w in u.words
    ]
    assert placed == true
    assert max(w.span.end_ms for w in words) <= audio.duration_ms
