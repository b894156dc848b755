"""A recording that is there twice is heard once, and only where that is certainly right."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from sentigram.core.document import dumps, read_document
from sentigram.core.seal import is_untouched
from sentigram.jobs.engine import Engine
from sentigram.jobs.job import Settings
from sentigram.jobs.one_source import Result, Wanted, do_source
from sentigram.jobs.twins import find_twins
from tests import media_samples
from tests.fakes import FakeTranscriber, Recorder, use_fakes


@pytest.fixture
def recognizer(monkeypatch: pytest.MonkeyPatch) -> type[FakeTranscriber]:
    return use_fakes(monkeypatch)


@pytest.fixture
def pair(tmp_path: Path, recognizer: type[FakeTranscriber]) -> tuple[Path, Path]:
    """A recording that is done, and a copy that is not."""
    first = media_samples.audio_only(tmp_path / "a.wav")
    (tmp_path / "below").mkdir()
    copy = Path(shutil.copy(first, tmp_path / "below" / "b.wav"))
    assert do(first).status == "done"
    assert recognizer.calls == 1
    return first, copy


def do(source: Path, *, twin: Path | None = None, **options: object) -> Result:
    root = source.parent if source.name == "a.wav" else source.parent.parent
    settings = replace(Settings(kinds=("srt", "json"), engine=Engine()), **options)
    result = do_source(source, Wanted(root, settings), Recorder(), twin=twin)
    assert isinstance(result, Result)
    return result


def test_words_are_taken_over_and_the_document_is_its_own(
    pair: tuple[Path, Path], recognizer: type[FakeTranscriber]
) -> None:
    first, copy = pair
    assert do(copy, twin=first).status == "done"
    assert recognizer.calls == 1
    made = read_document(copy.with_name("b.sentigram.json"))
    assert made.media.name == "b.wav"
    assert is_untouched(made)
    assert made.transcript == read_document(first.with_name("a.sentigram.json")).transcript
    assert copy.with_suffix(".srt").read_bytes() == first.with_suffix(".srt").read_bytes()
    assert do(copy).status == "skipped"  # as if it had been heard
    assert recognizer.calls == 1


@pytest.mark.parametrize("differs", ["content", "transcript", "corrected", "shots", "record"])
def test_what_is_not_certainly_the_same_is_heard(
    pair: tuple[Path, Path], recognizer: type[FakeTranscriber], differs: str
) -> None:
    first, copy = pair
    options: dict[str, object] = {}
    document = first.with_name("a.sentigram.json")
    if differs == "content":
        copy.write_bytes(copy.read_bytes()[:-1] + b"\1")
    elif differs == "transcript":
        copy.with_suffix(".srt").write_text("1\n00:00:00,100 --> 00:00:00,900\nGood day.\n")
        options = {"kinds": ("json",)}
    elif differs == "corrected":
        known = read_document(document)
        words = known.transcript.utterances[0].words
        corrected = replace(words[0], text="Howdy")
        utterance = replace(known.transcript.utterances[0], words=(corrected, *words[1:]))
        transcript = replace(known.transcript, utterances=(utterance,))
        document.write_text(dumps(replace(known, transcript=transcript)), encoding="utf-8")
    elif differs == "shots":
        options = {"hear": replace(Settings().hear, shots=True)}
    else:
        (first.parent / ".sentigram" / "a.record.json").write_text("{}")
    assert do(copy, twin=first, **options).status == "done"
    text = read_document(copy.with_name("b.sentigram.json")).transcript.utterances[0].words[0].text
    if differs == "transcript":
        assert text == "Good"
    else:
        assert recognizer.calls == 2
        assert text == "Hello"


def test_only_the_same_size_and_content_seem_to_be_twins(tmp_path: Path) -> None:
    contents = {"a": b"1" * 100, "b": b"2" * 100, "c": b"1" * 100, "d": b"1" * 99, "e": b"2" * 100}
    sources = []
    for name, content in contents.items():
        sources.append(tmp_path / name)
        sources[-1].write_bytes(content)
    found = find_twins([*sources, tmp_path / "gone"])
    assert {source.name: first.name for source, first in found.items()} == {"c": "a", "e": "b"}
