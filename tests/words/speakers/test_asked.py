"""What may be asked for about speakers, and names that are put on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sentigram.core.document import FoundSpeaker, FoundSpeakers
from sentigram.errors import UsageError
from sentigram.jobs.hear import named
from sentigram.words.heard_or_given import HearOptions
from sentigram.words.speakers.asked import names_option, renamed, renames, speakers_option
from tests.documents import talk
from tests.fakes import Recorder


@pytest.mark.parametrize(
    ("typed", "read"), [("auto", "auto"), (" OFF ", "off"), ("3", "3"), ("03", "3"), ("20", "20")]
)
def test_how_many(typed, read):
    assert speakers_option(typed) == read
    assert HearOptions(speakers=typed).speakers == read


@pytest.mark.parametrize("typed", ["", "0", "21", "-1", "two", "²", "1.5"])
def test_other_numbers_are_refused(typed):
    with pytest.raises(UsageError, match="choose auto, off, or how many people speak, 1 to 20"):
        speakers_option(typed)


def test_names_by_first_speech_or_for_another():
    assert renames(names_option("Ann, Ben")) == {"Speaker 1": "Ann", "Speaker 2": "Ben"}
    assert renames(names_option("Speaker 2=Ben,Dr. Who = The Doctor")) == {
        "Speaker 2": "Ben",
        "Dr. Who": "The Doctor",
    }
    assert names_option("") == ()
    assert names_option("Ann, Ben,") == ("Ann", "Ben")


@pytest.mark.parametrize("typed", ["Speaker 1=", "=Ann", "Ann,=", ",Ben", "Ann,,Cy", ","])
def test_names_must_say_something(typed):
    with pytest.raises(UsageError, match="write Ann,Ben or Speaker 1=Ann"):
        names_option(typed)


@pytest.mark.parametrize("typed", ["Speaker 2=Ben,Ann", "Speaker 1=A,Speaker 1=B", "A,Speaker 1=B"])
def test_nobody_gets_two_names(typed):
    with pytest.raises(UsageError, match="two names for 'Speaker "):
        names_option(typed)


def found_talk():
    document = talk()
    utterances = tuple(
        replace(one, speaker=f"Speaker {1 + i % 2}")
        for i, one in enumerate(document.transcript.utterances)
    )
    people = (FoundSpeaker("Speaker 1", 4.0, 0.3), FoundSpeaker("Speaker 2", 2.0, 0.2))
    return replace(
        document,
        transcript=replace(document.transcript, utterances=utterances),
        speakers=FoundSpeakers(people, 0.7),
    )


def test_a_document_is_renamed_as_a_whole():
    made, unknown = renamed(found_talk(), ("Ann", "Speaker 3=Cy"))
    names = [one.speaker for one in made.transcript.utterances]
    assert names[:2] == ["Ann", "Speaker 2"]
    assert [one.name for one in made.speakers.people] == ["Ann", "Speaker 2"]
    assert unknown == ("Speaker 3",)


def test_given_names_are_not_touched_unless_they_are_named():
    document = talk()
    given = replace(document.transcript.utterances[0], speaker="Jane")
    rest = document.transcript.utterances[1:]
    transcript = replace(document.transcript, utterances=(given, *rest))
    document = replace(document, transcript=transcript)
    assert renamed(document, ("Ann",)) == (document, ("Speaker 1",))
    reporter = Recorder()
    assert named(document, ("A", "B", "Zed=C"), reporter) == document
    there = ", ".join(dict.fromkeys(u.speaker for u in transcript.utterances if u.speaker))
    assert reporter.warnings == [
        f"the speakers have names already, {there}: to change one, write Jane=A",
        f"no speaker is called Zed; there are: {there}",
    ]
    assert named(document, ("Jane",), reporter := Recorder()) == document
    assert reporter.warnings == []
    made, _ = renamed(document, ("Jane=Jane Doe",))
    assert made.transcript.utterances[0].speaker == "Jane Doe"


def test_two_that_were_found_can_be_made_one():
    made, _ = renamed(found_talk(), names_option("Ann,Ann"))
    assert {one.speaker for one in made.transcript.utterances} == {"Ann"}
