"""The seal: a changed Document is known, and which of its words were changed."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given

from sentigram.core.document import Document, dumps, loads
from sentigram.core.seal import Change, changes, is_untouched, sealed
from tests.documents import document, documents

TALK = sealed(document(("We are so happy.", "happiness"), ("It is late now.", "sadness")))


@given(documents())
def test_a_document_as_it_was_written_is_untouched(made: Document) -> None:
    assert not is_untouched(made)
    written = loads(dumps(sealed(made)))
    assert is_untouched(written)
    assert changes(written) == ()


def test_another_layout_of_the_file_changes_nothing() -> None:
    assert is_untouched(loads(json.dumps(json.loads(dumps(TALK)))))


def test_what_a_person_changes_breaks_it() -> None:
    for changed in (
        TALK.with_text(1, "were"),
        TALK.with_emotion(2, "anger"),
        replace(TALK, missed=(), notes=("mine",)),
        loads(dumps(TALK).replace('"speaker": "Ann"', '"speaker": "Bea"')),
        loads(dumps(TALK).replace('"schema"', '"mine": 1, "schema"', 1)),
    ):
        assert not is_untouched(loads(dumps(changed)))


def test_changed_new_and_removed_words_are_found() -> None:
    assert changes(TALK.with_text(1, "were")) == (Change(1, 2, 1),)
    assert changes(TALK.with_emotion(-1, "anger")) == (Change(7, 8, 1),)
    data = json.loads(dumps(TALK))
    first, second = (utterance["words"] for utterance in data["utterances"])
    del first[2]
    second.insert(0, {**second[0], "text": "Oh,", "start_ms": 2300, "end_ms": 2400})
    assert changes(loads(json.dumps(data))) == (Change(2, 2, 1), Change(3, 4, 0))


def test_without_a_seal_every_word_may_be_changed() -> None:
    assert changes(replace(TALK, seal=None)) == (Change(0, 8, 0),)
