"""The options of a job as fields of a form."""

from __future__ import annotations

from sentigram import registry
from sentigram.core.option import listed
from sentigram.jobs.asked import settings_of_texts
from sentigram.jobs.job import Settings
from sentigram.serve.endpoints import OF_JOBS, OF_RESTYLING
from sentigram.serve.form import COMMON, KINDS, form_fields


def test_every_option_that_the_server_takes_has_a_field_the_common_ones_first():
    names = [field.name for field in form_fields(OF_JOBS)]
    assert sorted(names) == sorted(OF_JOBS)
    assert tuple(names[: len(COMMON)]) == COMMON


def test_nothing_else_has_one():
    names = {field.name for field in form_fields((*OF_RESTYLING, "no-such-option"))}
    assert names == set(OF_RESTYLING)
    assert not names & {"out", "theme", "checkpoint", "device", "whisper-model"}


def test_what_a_field_says_without_a_choice_is_what_holds_without_it():
    said = {field.name: field.value for field in form_fields(OF_JOBS)}
    assert settings_of_texts(said) == Settings()


def test_every_choice_can_be_taken():
    for field in form_fields(OF_JOBS):
        for value, title, _ in field.choices:
            assert title
            settings_of_texts({field.name: value})


def test_the_default_is_among_the_choices():
    for field in form_fields(OF_JOBS):
        values = [value for value, _, _ in field.choices]
        if field.kind == "one":
            assert field.value in values, field.name
        elif field.kind == "some":
            assert set(listed(field.value)) <= set(values), field.name


def test_every_kind_of_result_is_told():
    assert set(KINDS) == set(registry.RENDERERS)


def test_numbers_know_their_bounds():
    fields = {field.name: field for field in form_fields(OF_JOBS)}
    assert fields["audio-stream"].kind == "number"
    assert fields["audio-stream"].least == 0
    assert fields["shots"].kind == fields["no-sidecar"].kind == "switch"
    assert fields["no-sidecar"].value == "false"
