"""The example talk, really heard: a preview has the words and labels of the whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from sentigram.core.document import Document
from sentigram.core.excerpt import cut_document, sentence_bounds
from sentigram.core.time import Span
from sentigram.jobs.engine import Engine
from sentigram.jobs.hear import hear
from sentigram.media.probe import probe
from sentigram.store.memory import FolderMemory
from sentigram.words.heard_or_given import HearOptions
from tests.fakes import Recorder

TALK = Path(__file__).resolve().parents[2] / "examples" / "talk.mp4"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


@pytest.fixture(scope="module")
def whole(engine: Engine) -> Document:
    """Read as one person's, as a preview is: it does not tell voices apart."""
    return hear(probe(TALK), engine, HearOptions(use_sidecar=False, speakers="off"), Recorder())


@pytest.mark.slow
def test_sampled_voice_statistics_hardly_change_a_label(
    engine: Engine, whole: Document, tmp_path: Path
) -> None:
    memory = FolderMemory(tmp_path / "memory")
    n_words = n_same = 0
    for asked in (Span(1000, 9000), Span(38_000, 50_000)):
        options = HearOptions(use_sidecar=False, whole_until_ms=0)
        reporter = Recorder()
        made = hear(probe(TALK), engine, options, reporter, preview=asked, memory=memory)
        assert any("labels may differ slightly" in note for note in reporter.notes)
        there = cut_document(whole, sentence_bounds(whole, asked))
        assert [w.text for w in made.transcript.words()] == [
            w.text for w in there.transcript.words()
        ]
        labels = [reading.label for reading in made.track.readings]
        n_words += len(labels)
        n_same += sum(
            label == reading.label
            for label, reading in zip(labels, there.track.readings, strict=True)
        )
    assert n_words > 35
    assert n_same / n_words >= 0.95
