"""Words without emotions: no model of them is asked, and nothing pretends that one was."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from sentigram.core.document import NO_EMOTIONS, Document, dumps, loads
from sentigram.core.time import Span
from sentigram.jobs import batch
from sentigram.jobs.engine import Engine
from sentigram.jobs.hear import NOT_READ, hear, memory_for
from sentigram.jobs.job import Settings, plan
from sentigram.jobs.one_source import Result
from sentigram.jobs.record import RecordFile
from sentigram.jobs.run import draw_job, hear_job
from sentigram.jobs.up_to_date import heard_key
from sentigram.media.probe import probe
from sentigram.render.picture.timeline import in_words, overview
from sentigram.store.memory import FolderMemory
from sentigram.words.heard_or_given import HearOptions
from tests import media_samples
from tests.fakes import FakeModel, Recorder, use_fakes

ALONE = HearOptions(emotions=False)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return media_samples.audio_only(tmp_path_factory.mktemp("sound") / "tone.wav")


@pytest.fixture
def talk(tmp_path: Path, sound: Path) -> Path:
    return Path(shutil.copy(sound, tmp_path / "talk.wav"))


@pytest.fixture
def _no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever makes the emotion model fails."""
    use_fakes(monkeypatch)

    def made(*_args: object, **_options: object) -> None:
        raise AssertionError

    monkeypatch.setattr(FakeModel, "__init__", made)


@pytest.mark.usefixtures("_no_model")
def test_no_model_is_made_and_the_document_says_so(talk: Path) -> None:
    reporter = Recorder()
    made = hear(probe(talk), Engine(), ALONE, reporter)
    assert [word.text for word in made.words] == ["Hello", "there,", "friend."]
    assert not made.is_read
    assert made.unread == {0, 1, 2}
    assert NO_EMOTIONS in made.engine
    assert NOT_READ in made.notes
    assert NOT_READ in reporter.notes
    assert not reporter.warnings, "what was asked for is no warning"
    assert reporter.stages == ["decode", "words", "missed"]
    again = loads(dumps(made))
    assert again == made
    assert not again.is_read


@pytest.mark.usefixtures("_no_model")
def test_results_are_plain_and_name_no_emotion(talk: Path) -> None:
    kinds = ("html", "ass", "effects", "srt", "vtt", "ttml", "srv3", "json", "timeline")
    settings = Settings(kinds=kinds, hear=ALONE)
    (job,) = plan([talk], settings)
    from contextlib import ExitStack

    with ExitStack() as stack:
        made = draw_job(hear_job(job, Recorder(), stack), Recorder())
    assert made.as_json()["emotions"] == {}
    assert made.as_json()["words"] == 3
    assert made.concerns == (), "--strict minds nothing that was asked for"
    texts = {kind: made.paths[kind].read_text() for kind in kinds if kind != "timeline"}
    assert "<c." not in texts["vtt"]
    assert "Hello there, friend." in texts["srt"]
    spoken = [line for line in texts["ass"].splitlines() if line.startswith("Dialogue:")]
    assert spoken
    assert all(",Default," in line for line in spoken)
    assert 'ttm:role="x-' not in texts["ttml"]
    data = json.loads(re.search(r'id="talk"[^>]*>(.*?)</script>', texts["html"], re.DOTALL)[1])
    assert data["words"]["unread"] == [0, 1, 2]
    assert data["notes"] == [NOT_READ]
    assert in_words(overview(made.document, n_bins=10)).endswith("Emotions were not read.")


def test_what_a_person_says_of_a_word_is_a_reading(talk: Path, monkeypatch) -> None:
    use_fakes(monkeypatch)
    made = hear(probe(talk), Engine(), ALONE, Recorder())
    text = dumps(made).replace('"labels": ["neutral"]', '"labels": ["neutral", "anger"]')
    text = text.replace('"probs": [1.0]', '"probs": [1.0, 0.0]')
    text = text.replace('"label": "neutral"', '"label": "anger"', 1)
    corrected = loads(text)
    assert not corrected.is_read
    assert corrected.unread == {1, 2}
    assert "anger" in in_words(overview(corrected, n_bins=10))


def test_both_ways_of_hearing_are_kept_apart(talk: Path, monkeypatch) -> None:
    use_fakes(monkeypatch)
    engine, info = Engine(), probe(talk)
    read = memory_for(info, engine, HearOptions(), results=())
    alone = memory_for(info, engine, ALONE, results=())
    assert read.folder != alone.folder
    record = RecordFile(talk.parent, talk.stem)
    (job,) = plan([talk], Settings(kinds=("srt",), engine=engine))
    (other,) = plan([talk], Settings(kinds=("srt",), engine=engine, hear=ALONE))
    assert heard_key(job, record.read()) != heard_key(other, record.read())


def test_a_batch_hears_anew_what_is_asked_for_otherwise(talk: Path, monkeypatch) -> None:
    transcriber = use_fakes(monkeypatch)

    def run(*, emotions: bool) -> Result:
        settings = Settings(kinds=("srt", "json"), hear=HearOptions(emotions=emotions))
        (result,) = batch.run(talk.parent, settings, Recorder())
        return result

    assert run(emotions=True).status == "done"
    assert run(emotions=True).status == "skipped"
    calls = transcriber.calls
    changed = run(emotions=False)
    assert changed.status == "done"
    assert transcriber.calls > calls
    assert changed.made is not None
    assert not changed.made.document.is_read


def test_keys_of_batches_from_before_still_hold() -> None:
    assert "emotions" not in repr(HearOptions())


def said(document: Document) -> list[tuple[str, Span]]:
    """Its words and their times: how they are said is measured with the emotions."""
    return [(word.text, word.span) for word in document.transcript.words()]


def test_words_are_told_before_emotions_are_read(talk: Path, tmp_path: Path, monkeypatch) -> None:
    use_fakes(monkeypatch)
    reporter = Recorder()
    seen: list[int] = []
    read = FakeModel.read

    def reads(self, *args, **options):
        seen.append(len(reporter.told))
        return read(self, *args, **options)

    monkeypatch.setattr(FakeModel, "read", reads)
    memory = FolderMemory(tmp_path / "memory")
    made = hear(probe(talk), Engine(), HearOptions(), reporter, memory=memory)
    assert seen == [1]
    (first, words), (second, readings) = reporter.told
    assert (first, second) == ("words", "readings")
    assert said(words) == said(made)
    assert not words.is_read
    assert readings == made
    taken_up = Recorder()
    hear(probe(talk), Engine(), HearOptions(), taken_up, memory=memory)
    assert [kind for kind, _ in taken_up.told] == ["words", "readings"]


def test_of_a_slice_its_words_are_told(talk: Path, monkeypatch) -> None:
    use_fakes(monkeypatch)
    reporter = Recorder()
    made = hear(probe(talk), Engine(), HearOptions(), reporter, preview=Span(300, 500))
    assert [said(told) for _, told in reporter.told] == [said(made)] * 2
