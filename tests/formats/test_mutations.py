"""Damaged files: read, or refused in words, in no time. benchmarks/fuzz_readers.py tries more."""

from __future__ import annotations

import json
from contextlib import suppress

import fuzz_readers
import pytest

from sentigram import formats
from sentigram.core.document import SUFFIX
from sentigram.errors import UsageError
from tests.formats.test_whisper_json import DIALECTS

SEED = 1
STEP = 2_000


def test_there_is_a_seed_of_every_format_and_all_are_read():
    for made in fuzz_readers.samples():
        with suppress(UsageError):  # corrected it cannot be
            fuzz_readers.read(made, is_checked=True)
    suffixes = {made.suffix for made in fuzz_readers.samples()}
    for kind in formats.GRAMMARS:
        assert suffixes & set(formats.grammar(kind).SUFFIXES), kind
    assert SUFFIX in suffixes


@pytest.mark.parametrize("first", [0, pytest.param(STEP, marks=pytest.mark.slow)])
def test_damaged_files_are_read_or_refused(first):
    assert not list(fuzz_readers.faults(SEED, range(first, first + STEP)))


@pytest.mark.parametrize("name", DIALECTS)
def test_damaged_dialects_are_read_or_refused(name):
    known = (fuzz_readers.Sample(json.dumps(DIALECTS[name]).encode(), ".json"),)
    assert not list(fuzz_readers.faults(SEED, range(100), known))


def test_a_case_is_made_from_its_number_alone():
    again = [fuzz_readers.sample(SEED, number) for number in range(200)]
    assert again == [fuzz_readers.sample(SEED, number) for number in range(200)]
    assert len({made.data for made in again}) > 190


def test_foreign_exceptions_and_slowness_are_faults(monkeypatch):
    made = fuzz_readers.sample(SEED, 1)

    def broken(*_arguments, **_options):
        raise KeyError("no word about it")

    monkeypatch.setattr(fuzz_readers, "decode", broken)
    found = fuzz_readers.fault_of(1, made)
    assert found is not None
    assert "KeyError" in found.what
    monkeypatch.undo()
    monkeypatch.setattr(fuzz_readers, "SLOW_S", 0.0)
    found = fuzz_readers.fault_of(1, made)
    assert found is not None
    assert "took" in found.what or "refused" in found.what
