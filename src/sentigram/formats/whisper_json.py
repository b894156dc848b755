"""Reads the JSON of recognizers: openai-whisper and what descends from it, and some services.

What a program writes is found by its keys, see `recognizer_layouts`; here its passages become cues.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import groupby

from sentigram.core.text import clean, is_visible
from sentigram.data_files import json_of
from sentigram.errors import TranscriptError
from sentigram.formats.recognizer_layouts import Recognized, layout_of
from sentigram.formats.track import SpokenCue, SubtitleTrack
from sentigram.formats.word_pieces import Said, text_of, timed, timed_texts
from sentigram.reading import RECOGNIZED

SUFFIXES = (".json",)
SIGNED = False

_ENDS = (".", "?", "!", "…", "。", "？", "！", "؟", "।")
_CLOSING = "\"'”’»)]」』）"
_PAUSE_MS = 1500  # between two words of a text that nothing else divides


def recognizes(text: str) -> bool:
    """Whether it is JSON with the layout of a recognizer."""
    if text.lstrip()[:1] not in ("{", "["):
        return False
    try:
        return layout_of(json_of(text, RECOGNIZED, "it")) is not None
    except (ValueError, TranscriptError):
        return False


def read(text: str, name: str, *, fps: Fraction | None = None) -> SubtitleTrack:
    """Read segments, with the times of their words where there are any.

    Raises:
        TranscriptError: Not JSON, too much or too deep, not of a recognizer, or a wrong value; the
            message names its path.
    """
    try:
        data = json_of(text, RECOGNIZED, name)
    except ValueError as error:
        message = f"{name}: not valid JSON ({error})"
        raise TranscriptError(message) from error
    layout = layout_of(data)
    if layout is not None:
        recognized = layout(name)
        cues = tuple(_cues(recognized))
        if cues or not _mere_text(data):
            return SubtitleTrack(name, "json", (), cues, text=text, language=recognized.language)
    if mere := _mere_text(data):
        cue = SpokenCue(0, 0, clean(mere))
        return SubtitleTrack(name, "json", (), (cue,), text=text, has_times=False)
    document = isinstance(data, dict) and str(data.get("schema", "")).startswith("sentigram/")
    message = f"{name}: " + (
        "is a Sentigram Document; render it itself: sentigram render FILE.sentigram.json"
        if document
        else 'not the JSON of Whisper: it needs "segments" (or "transcription", "chunks", "words")'
    )
    raise TranscriptError(message)


def _mere_text(data: object) -> str:
    """What is said in a file that holds no times, as OpenAI's `json` has it."""
    said = data.get("text") if isinstance(data, dict) and "schema" not in data else ""
    return said if isinstance(said, str) and is_visible(said) else ""


def _cues(recognized: Recognized) -> Iterator[SpokenCue]:
    passages = [one for one in recognized.passages if one.pieces or is_visible(one.text)]
    if recognized.words and not any(one.pieces for one in passages):
        texts = [one.text for one in passages] or [recognized.text]
        said = timed_texts(texts, recognized.words) if any(map(is_visible, texts)) else None
        if said is None:  # the text is another one than that of the words
            whole = text_of(recognized.words)
            yield from _sentences(timed(whole, recognized.words))
        elif not passages:
            yield from _sentences(said[0])
        else:
            for one, words in zip(passages, said, strict=True):
                yield from _by_speaker(words, one.start_ms, one.end_ms, one.speaker)
        return
    for one in passages:
        if not one.pieces:
            yield SpokenCue(one.start_ms, one.end_ms, one.text, one.speaker)
        elif one.is_stream:
            yield from _sentences(timed(one.text, one.pieces))
        else:
            words = timed(one.text, one.pieces)
            yield from _by_speaker(words, one.start_ms, one.end_ms, one.speaker)


def _sentences(said: Iterable[Said]) -> Iterator[SpokenCue]:
    """Cues of words that no segment holds: sentences, and what stands between pauses."""
    group: list[Said] = []
    for word, speaker in said:
        if group and _divides(group[-1], (word, speaker)):
            yield from _by_speaker(group)
            group = []
        group.append((word, speaker))
    yield from _by_speaker(group)


def _divides(before: Said, after: Said) -> bool:
    if before[0].text.rstrip(_CLOSING).endswith(_ENDS):
        return True
    end_ms, start_ms = before[0].end_ms, after[0].start_ms
    return end_ms is not None and start_ms is not None and start_ms - end_ms > _PAUSE_MS


def _by_speaker(
    said: Sequence[Said],
    start_ms: int | None = None,
    end_ms: int | None = None,
    speaker: str = "",
) -> Iterator[SpokenCue]:
    """A cue for each stretch that one person says; its times are those of its words, if need be."""
    turns = [
        (name, tuple(word for word, _ in group))
        for name, group in groupby(said, key=lambda one: one[1] or speaker)
    ]
    whole = len(turns) == 1
    reached_ms = start_ms or 0
    for name, words in turns:
        starts = [word.start_ms for word in words if word.start_ms is not None]
        ends = [word.end_ms for word in words if word.end_ms is not None]
        first_ms = start_ms if whole and start_ms is not None else min(starts, default=reached_ms)
        last_ms = end_ms if whole and end_ms is not None else max(ends, default=first_ms)
        reached_ms = last_ms
        text = "".join(
            word.text if word.joined or not i else f" {word.text}" for i, word in enumerate(words)
        )
        yield SpokenCue(first_ms, last_ms, text, name, words=words)
