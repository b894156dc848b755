"""Where somebody pauses in a sentence without commas, a cue ends."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sentigram.core.document import Document, DocumentMedia
from sentigram.core.emotion import EmotionTrack
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.render.plain import srt_text
from sentigram.style.styling import profiles_of, style
from sentigram.style.theme.theme import load
from tests.documents import LABELS, reading

_BEFORE = ["I", "have", "to", "say", "my", "fellow", "Americans"]
_AFTER = ["ask", "not", "what", "your", "country", "can", "do", "for", "you"]


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280)])
@pytest.mark.parametrize("pause_ms", [800, 950, 1100])
def test_a_cue_ends_at_a_pause(size: tuple[int, int], pause_ms: int) -> None:
    words, at = [], 500
    for text in (*_BEFORE, *_AFTER):
        at += pause_ms if text == "ask" else 40
        words.append(Word(text, Span(at, at + 260)))
        at += 260
    utterance = Utterance("u1", Span(540, at), tuple(words))
    document = Document(
        media=DocumentMedia("talk.mp4", at + 2000, *size, Fraction(25)),
        transcript=Transcript("en", (utterance,)),
        track=EmotionTrack(LABELS, (reading("neutral"),) * len(words)),
    )
    cues = srt_text(style(document, load(automatic=profiles_of(*size)))).strip().split("\n\n")
    first = " ".join(" ".join(cue.splitlines()[2:]) for cue in cues[:1])
    assert first == " ".join(_BEFORE)
