from __future__ import annotations

import json
import tracemalloc
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from sentigram.core.document import Document, dumps, loads, schema
from sentigram.core.time import Span
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


def _sound(label):
    return {"label": label, "start_ms": 0, "end_ms": 500}


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
        (lambda d: d.update(missed=[{"start_ms": 5}]), r"\$\.missed\[0\]"),
        (lambda d: d.update(missed=[{"start_ms": 5, "end_ms": 5}]), r"\$\.missed\[0\]: 5–5 ms"),
        (
            lambda d: d.update(
                missed=[{"start_ms": 5, "end_ms": 9}, {"start_ms": 8, "end_ms": 10}]
            ),
            r"\$\.missed\[1\]: 8–10 ms",
        ),
        (lambda d: d.update(sounds=[_sound("\x01")]), r"\$\.sounds\[0\]\.label"),
        (lambda d: d.update(sounds=[_sound("a\x85\x07b")]), r"\$\.sounds\[0\]\.label"),
        (
            lambda d: d.update(sounds=[_sound("\u200b\u2060")]),
            r"\$\.sounds\[0\]\.label: is no name",
        ),
        (lambda d: d.update(sounds=[_sound("a\x85b")]), r"\$\.sounds\[0\]\.label: is no name"),
        (lambda d: d.update(notes=["x" * 501]), r"\$\.notes\[0\]"),
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
        loads(dumps(talk()).replace("{", '{"deep": ' + "[" * 600 + "]" * 600 + ",", 1))


def test_missed_speech_and_notes_are_written_only_where_there_are_any():
    plain = dumps(talk())
    assert '"missed"' not in plain
    assert '"notes"' not in plain
    told = replace(
        talk(), missed=(Span(12_200, 14_900),), notes=("talk.srt: read as Windows-1250",)
    )
    text = dumps(told)
    assert '\n  "missed": [{"start_ms": 12200, "end_ms": 14900}],\n' in text
    assert '\n  "notes": ["talk.srt: read as Windows-1250"],\n' in text
    Draft202012Validator(schema()).validate(json.loads(text))
    assert loads(text) == told
    assert dumps(loads(text)) == text


def test_notes_are_kept_on_one_line_and_within_bounds():
    made = replace(talk(), notes=("two\nlines \x1b[31m", "", "x" * 9_000, *map(str, range(500))))
    assert made.notes[0] == "two lines [31m"
    assert len(made.notes[1]) == 500
    assert made.notes[1].endswith(" …")
    assert len(made.notes) == 100
    assert made.notes[-1] == "… and 403 more notes, which are not kept"
    assert loads(dumps(made)) == made
    assert replace(made, missed=()).notes == made.notes


def test_fields_of_a_newer_version_survive():
    def change(data):
        data["scenes"] = [{"start_ms": 1, "what": "rain", "share": 1.0, "deep": {"a": [None]}}]
        data["Ω"] = 12345678901234567890

    text = _edited(change)
    document = loads(text)
    assert document.extra["scenes"][0]["what"] == "rain"
    assert json.loads(dumps(document)) == json.loads(text)
    assert dumps(loads(dumps(document))) == dumps(document)
    assert loads(dumps(document.with_text(0, "They"))).extra == document.extra
    hash(document)


def test_fields_that_could_not_be_written_again_are_refused():
    text = dumps(talk()).replace('"labels"', '"far": 1e999, "labels"', 1)
    with pytest.raises(DocumentError, match="not JSON compliant"):
        loads(text)


def test_below_the_first_level_an_unknown_field_is_a_mistake():
    with pytest.raises(DocumentError, match=r"words\[2\]: .*confidense"):
        loads(_edited(lambda d: _word(d).update(confidense=0.5)))


def test_a_document_of_faults_costs_no_more_than_it_holds():
    """Only the first of them is made: each holds a copy of what it is about."""
    fault = '{"a":1}'
    text = (
        '{"schema": "sentigram/1", "media": {"name": "a", "duration_ms": 1}, "language": "en", '
        f'"labels": ["neutral"], "utterances": [{",".join([fault] * 20_000)}]}}'
    )
    tracemalloc.start()
    try:
        with pytest.raises(DocumentError, match=r"\$\.utterances\[0\]"):
            loads(text)
        assert tracemalloc.get_traced_memory()[1] < 100 * len(text)
    finally:
        tracemalloc.stop()
