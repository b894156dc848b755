"""Reads the JSON of openai-whisper, faster-whisper, whisperX and whisper.cpp."""

from __future__ import annotations

import json
import math
import re
from fractions import Fraction
from typing import Any

from sentigram.core.text import clean, clean_speaker, split
from sentigram.core.time import ms_from_seconds
from sentigram.errors import TranscriptError
from sentigram.formats.parsing import LONGEST_MS
from sentigram.formats.track import SpokenCue, SubtitleTrack, TimedWord

SUFFIXES = (".json",)
SIGNED = False

_LANGUAGE = re.compile(r"[a-z]{2,3}")
_CONFIDENCE_KEYS = ("probability", "score", "confidence")


def recognizes(text: str) -> bool:
    """Whether it is JSON with the layout of a Whisper program."""
    if text.lstrip()[:1] not in ("{", "["):
        return False
    try:
        return _segments(json.loads(text)) is not None
    except (ValueError, RecursionError):
        return False


def read(text: str, name: str, *, fps: Fraction | None = None) -> SubtitleTrack:
    """Read segments, with the times of their words where there are any.

    Raises:
        TranscriptError: Not JSON, not of Whisper, or a wrong value; the message names its path.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        message = f"{name}: not valid JSON ({error})"
        raise TranscriptError(message) from error
    found = _segments(data)
    if found is None:
        document = isinstance(data, dict) and str(data.get("schema", "")).startswith("sentigram/")
        message = f"{name}: " + (
            "is a Sentigram Document; render it itself: sentigram render FILE.sentigram.json"
            if document
            else 'not the JSON of Whisper: it needs "segments" (or "transcription")'
        )
        raise TranscriptError(message)
    path, segments = found
    cues = []
    for i, segment in enumerate(segments):
        where = f"{name}: {path}[{i}]"
        if not isinstance(segment, dict):
            message = f"{where}: not an object"
            raise TranscriptError(message)
        cues.append(_cpp_cue(segment, where) if path == "transcription" else _cue(segment, where))
    spoken = tuple(cue for cue in cues if cue is not None)
    return SubtitleTrack(name, "json", (), spoken, text=text, language=_language(data))


def _segments(data: object) -> tuple[str, list[Any]] | None:
    if isinstance(data, list) and data and isinstance(data[0], dict) and "start" in data[0]:
        return "", data
    if isinstance(data, dict):
        for key in ("segments", "transcription"):
            if isinstance(data.get(key), list):
                return key, data[key]
    return None


def _language(data: object) -> str:
    if not isinstance(data, dict):
        return ""
    result = data.get("result")
    named = data.get("language") or (result.get("language") if isinstance(result, dict) else "")
    return named if isinstance(named, str) and _LANGUAGE.fullmatch(named) else ""


def _cue(segment: dict[str, Any], where: str) -> SpokenCue | None:
    words = segment.get("words") or []
    if not isinstance(words, list):
        message = f"{where}.words: not a list"
        raise TranscriptError(message)
    text = _text(segment, "text", where)
    timed = _timed(words, text, where)
    if not timed and not text.strip():
        return None
    return SpokenCue(
        start_ms=_ms(segment, "start", where),
        end_ms=_ms(segment, "end", where),
        text=text,
        speaker=_speaker(segment, words),
        words=timed,
    )


def _cpp_cue(segment: dict[str, Any], where: str) -> SpokenCue | None:
    offsets = segment.get("offsets")
    if not isinstance(offsets, dict):
        message = f"{where}.offsets: missing"
        raise TranscriptError(message)
    text = _text(segment, "text", where)
    if not text.strip():
        return None
    start_ms, end_ms = (
        _ms(offsets, key, f"{where}.offsets", unit_s=0.001) for key in ("from", "to")
    )
    return SpokenCue(start_ms, end_ms, text)


def _timed(words: list[Any], whole: str, where: str) -> tuple[TimedWord, ...]:
    for i, word in enumerate(words):
        if not isinstance(word, dict):
            message = f"{where}.words[{i}]: not an object"
            raise TranscriptError(message)
    texts = [
        _text(word, "word" if "word" in word else "text", f"{where}.words[{i}]")
        for i, word in enumerate(words)
    ]
    glued = _glued(texts, whole)
    timed: list[TimedWord] = []
    for i, (word, text) in enumerate(zip(words, texts, strict=True)):
        at = f"{where}.words[{i}]"
        start_ms, end_ms = (
            None if word.get(key) is None else _ms(word, key, at) for key in ("start", "end")
        )
        parts = list(split(text))
        for k, (part, joined) in enumerate(parts):
            times = (
                (start_ms, end_ms) if len(parts) == 1 else _share(start_ms, end_ms, k, len(parts))
            )
            timed.append(
                TimedWord(part, *times, _confidence(word), joined or (k == 0 and glued[i]))
            )
    return tuple(timed)


def _glued(texts: list[str], whole: str) -> list[bool]:
    """Which words have no space before them.

    The segment's whole text tells: some programs write ` word`, others `word`. Where it does not
    hold the words, the former is assumed if any word is written so.
    """
    spaced = any(text[:1].isspace() for text in texts)
    glued, position = [], 0
    for i, text in enumerate(texts):
        at = whole.find(text.strip(), position)
        if at >= 0:
            position = at + len(text.strip())
            glued.append(i > 0 and at > 0 and not whole[at - 1].isspace())
        else:
            glued.append(i > 0 and spaced and not text[:1].isspace())
    return glued


def _share(
    start_ms: int | None, end_ms: int | None, k: int, n: int
) -> tuple[int | None, int | None]:
    if start_ms is None or end_ms is None:
        return None, None
    width = end_ms - start_ms
    return start_ms + width * k // n, start_ms + width * (k + 1) // n


def _speaker(segment: dict[str, Any], words: list[Any]) -> str:
    speaker = segment.get("speaker") or next((w["speaker"] for w in words if w.get("speaker")), "")
    return clean_speaker(speaker) if isinstance(speaker, str) else ""


def _confidence(word: dict[str, Any]) -> float:
    for key in _CONFIDENCE_KEYS:
        value = word.get(key)
        if isinstance(value, int | float) and math.isfinite(value):
            return min(1.0, max(0.0, float(value)))
    return 1.0


def _text(data: dict[str, Any], key: str, where: str) -> str:
    text = data.get(key, "")
    if not isinstance(text, str):
        message = f"{where}.{key}: not a text"
        raise TranscriptError(message)
    return clean(text)


def _ms(data: dict[str, Any], key: str, where: str, *, unit_s: float = 1.0) -> int:
    value = data.get(key)
    if isinstance(value, int | float) and not isinstance(value, bool):
        seconds = value * unit_s if abs(value) < 1e12 else math.inf  # a huge int has no float
        if math.isfinite(seconds) and abs(seconds) * 1000 <= LONGEST_MS:
            return ms_from_seconds(seconds)
    message = f"{where}.{key}: not a time ({value!s:.40})"
    raise TranscriptError(message)
