"""Plain text: paragraphs and sentences."""

from __future__ import annotations

import pytest

from sentigram.errors import TranscriptError
from tests.formats.files import texts, transcript_of


def test_txt():
    text = "Hello there. How are you?\nFine\n\nSecond paragraph {\\b1} <i> --> stays"
    read = transcript_of(text, ".txt", "given", duration_ms=10_000)
    assert not read.has_times
    assert [u.text for u in read.transcript.utterances] == [
        "Hello there.",
        "How are you?",
        "Fine",
        "Second paragraph {\\b1} <i> --> stays",
    ]
    words = list(read.transcript.words())
    assert (words[0].span.start_ms, words[-1].span.end_ms) == (0, 10_000)
    assert {(w.source, w.timing, w.confidence) for w in words} == {("given", "estimated", 1.0)}
    assert texts("你好。我很好！", ".txt") == ["你好。", "我很好！"]


def test_txt_of_another_video():
    with pytest.raises(TranscriptError, match="3 words do not fit into 2 ms"):
        transcript_of("a b c", ".txt", "given", duration_ms=2)
