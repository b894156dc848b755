from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from sentigram.core.document import Document, dumps, loads, schema
from sentigram.errors import DocumentError
from tests.documents import LABELS, documents, raised, talk


@given(documents())
def test_round_trip_loses_nothing(document):
    assert loads(dumps(document)) == document


def test_what_is_written_follows_the_schema_that_ships():
    Draft202012Validator.check_schema(schema())
    Draft202012Validator(schema()).validate(json.loads(dumps(talk())))


def test_one_word_a_line_so_that_people_can_edit():
    lines = dumps(talk()).splitlines()
    assert sum('"text": "' in line for line in lines) == len(talk().track.readings)


def _edited(change) -> str:
    data = json.loads(dumps(talk()))
    change(data)
    return json.dumps(data)


def _word(data):
    return data["utterances"][1]["words"][2]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.pop("labels"), r'talk\.json: \$: "labels" is a required property'),
        (lambda d: _word(d).pop("start_ms"), r'\$\.utterances\[1\]\.words\[2\]: "start_ms"'),
        (lambda d: _word(d).update(start_ms="1"), r"utterances\[1\]\.words\[2\]\.start_ms"),
        (lambda d: _word(d).update(end_ms=10), r"utterances\[1\]\.words\[2\]: .*before"),
        (lambda d: _word(d)["emotion"].update(label="glee"), r"words\[2\]\.emotion\.label: 'glee'"),
        (lambda d: _word(d)["emotion"].update(probs=[1.0]), r"emotion\.probs: 1 numbers for 7"),
        (lambda d: _word(d)["emotion"].update(probs=[2.0] * 7), r"emotion\.probs\[0\]"),
        (lambda d: _word(d)["emotion"].update(withheld=1), r"words\[2\]\.emotion\.withheld"),
        (lambda d: _word(d).update(text="a\nb"), r"words\[2\]\.text"),
        (lambda d: d["media"].update(fps="1/0"), r"\$\.media\.fps"),
        (lambda d: d["media"].update(shots_ms=[-1]), r"\$\.media\.shots_ms\[0\]"),
        (lambda d: d["media"].update(shots_ms=[500, 500]), r"\$\.media\.shots_ms: each time"),
        (lambda d: d.update(schema="sentigram/2"), "update Sentigram"),
        (lambda d: d.pop("schema"), "not a Sentigram Document"),
        (lambda d: d.update(labels=["anger"]), r"\$\.labels"),
        (lambda d: d["utterances"][0].update(words=[]), r"utterances\[0\]\.words"),
    ],
)
def test_what_breaks_a_rule_is_named_by_its_path(change, message):
    with pytest.raises(DocumentError, match=message):
        loads(_edited(change), name="talk.json")


@pytest.mark.parametrize("text", ["", "[]", "null", "{", "[" * 100_000, '{"schema": NaN}'])
def test_what_is_no_document_is_refused_kindly(text):
    with pytest.raises(DocumentError, match="not a Sentigram Document"):
        loads(text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.text() | st.sampled_from(["schema", "media"]), inner)
        ),
    )
)
def test_any_json_is_a_document_or_a_clear_error(data):
    try:
        loads(json.dumps(data))
    except DocumentError:
        return
    raise AssertionError


def test_editing_a_word_and_its_emotion_by_hand_works():
    def change(data):
        word = data["utterances"][2]["words"][0]
        word["text"] = "Trains"
        word["emotion"]["label"] = "anger"  # and nothing else: probabilities say neutral
        data["utterances"][2]["words"][1]["emotion"] = {"label": "fear"}

    document = loads(_edited(change))
    n_before = sum(len(utterance.words) for utterance in document.transcript.utterances[:2])
    first, second = document.track.readings[n_before : n_before + 2]
    assert document.transcript.utterances[2].words[0].text == "Trains"
    assert first.is_by_hand(LABELS)
    assert first.confidence(LABELS) == 1.0
    assert first.shown_intensity(LABELS) == 0.75
    assert second.is_by_hand(LABELS)
    assert not document.track.readings[0].is_by_hand(LABELS)


def test_a_withheld_label_is_written_only_where_it_is_withheld():
    made = talk()
    readings = (raised(0.6), *made.track.readings[1:])
    text = dumps(replace(made, track=replace(made.track, readings=readings)))
    assert text.count("withheld") == 1
    assert '"label": "neutral"' in next(line for line in text.splitlines() if "withheld" in line)
    Draft202012Validator(schema()).validate(json.loads(text))
    assert loads(text).track.readings == readings
    assert dumps(loads(text)) == text
    older = loads(text.replace(', "withheld": true', ""))
    assert older.track.readings[0] == replace(readings[0], withheld=False)


def test_a_raised_voice_may_be_marked_by_hand():
    def change(data):
        words = data["utterances"][2]["words"]
        words[0]["emotion"]["withheld"] = True  # and nothing else: the intensity stays 0
        words[1]["emotion"] = {"label": "neutral", "withheld": True}
        words[2]["emotion"] = {"label": "neutral", "withheld": True, "intensity": 1}
        words[3]["emotion"].update(label="fear", withheld=True)

    document = loads(_edited(change))
    n_before = sum(len(utterance.words) for utterance in document.transcript.utterances[:2])
    *held, labelled = document.track.readings[n_before : n_before + 4]
    assert all(reading.is_raised and reading.is_by_hand(LABELS) for reading in held)
    assert [reading.shown_intensity(LABELS) for reading in held] == [0.75, 0.75, 1.0]
    assert (labelled.name, labelled.is_by_hand(LABELS)) == ("fear", True)
    assert loads(dumps(document)) == document


def test_words_and_readings_must_match():
    document = talk()
    with pytest.raises(ValueError, match="readings"):
        Document(document.media, document.transcript, type(document.track)(LABELS, ()))


def test_names_that_are_not_text_are_checked_as_well():
    text = dumps(replace(talk(), media=replace(talk().media, name="talk\udcff.mp4")))
    assert loads(text).media.name == "talk\udcff.mp4"
    assert '"talk\\udcff.mp4"' in text.encode().decode()  # UTF-8 cannot hold it as it is
    with pytest.raises(DocumentError, match=r"\$\.media: .*required"):
        loads(text.replace('"duration_ms"', '"lasts_ms"', 1))


def test_deep_nesting_is_an_error_of_the_file():
    with pytest.raises(DocumentError, match="not a Sentigram Document"):
        loads('{"schema": "sentigram/1", "deep": ' + "[" * 600 + "]" * 600 + "}")
