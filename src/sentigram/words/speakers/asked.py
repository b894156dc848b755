"""What may be asked for about speakers: how many there are, and what they are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from itertools import count

from sentigram.core.document import Document
from sentigram.core.text import clean_speaker
from sentigram.errors import UsageError

AUTO, OFF = "auto", "off"
MOST = 20


def speakers_option(text: str) -> str:
    """Read `auto`, `off`, or how many people speak.

    Raises:
        UsageError: It is none of these.
    """
    asked = text.strip().casefold()
    if asked in (AUTO, OFF):
        return asked
    if asked.isascii() and asked.isdigit() and 1 <= int(asked) <= MOST:
        return str(int(asked))
    message = f"`speakers {text!r:.50}`: choose auto, off, or how many people speak, 1 to {MOST}"
    raise UsageError(message)


def names_option(text: str) -> tuple[str, ...]:
    """Read names: `Ann,Ben` in order of first speech, or `Speaker 2=Ben`.

    Two that get one name are one person from then on.

    Raises:
        UsageError: A name is empty, or one speaker gets two.
    """
    if not text.strip():
        return ()
    names = tuple(name.strip() for name in text.strip().removesuffix(",").split(","))
    for name in names:
        old, sign, new = name.partition("=")
        if not clean_speaker(new if sign else old) or (sign and not old.strip()):
            message = f"`speaker-names {name or text!r:.100}`: write Ann,Ben or Speaker 1=Ann"
            raise UsageError(message)
    twice = next((who for who, n in Counter(map(_whose, names, count(1))).items() if n > 1), "")
    if twice:
        message = f"`speaker-names {text!r:.100}`: two names for {twice!r:.50}"
        raise UsageError(message)
    return names


def found_name(number: int) -> str:
    """What the speaker is called who is the first, the second and so on to speak.

    Args:
        number: From 1.
    """
    return f"Speaker {number}"


def renames(names: tuple[str, ...]) -> Mapping[str, str]:
    """Found name → what it is to be called.

    Args:
        names: See `names_option`.
    """
    return {
        _whose(name, number): clean_speaker(name.partition("=")[2] or name)
        for number, name in enumerate(names, start=1)
    }


def _whose(name: str, number: int) -> str:
    """The found name that one of the names stands in place of, by its place if it names none."""
    old, sign, _ = name.partition("=")
    return old.strip() if sign else found_name(number)


def renamed(document: Document, names: tuple[str, ...]) -> tuple[Document, tuple[str, ...]]:
    """A Document with speakers called as asked, and which names stand for nobody in it.

    A name without `=` stands for the one that was found at its place; names that people or
    transcripts gave are only changed where they are named.
    """
    asked = renames(names)
    there = {utterance.speaker for utterance in document.transcript.utterances}
    unknown = tuple(old for old in asked if old not in there)
    made = {old: new for old, new in asked.items() if old in there}
    if not made:
        return document, unknown
    utterances = tuple(
        replace(one, speaker=made.get(one.speaker, one.speaker))
        for one in document.transcript.utterances
    )
    found = document.speakers
    if found is not None:
        people = tuple(replace(one, name=made.get(one.name, one.name)) for one in found.people)
        found = replace(found, people=people)
    transcript = replace(document.transcript, utterances=utterances)
    return replace(document, transcript=transcript, speakers=found), unknown
