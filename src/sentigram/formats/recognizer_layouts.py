"""How recognizers lay out what they heard as JSON: one function per family, found by its keys.

- `segments`, with or without `words` in them: openai-whisper, faster-whisper, whisper-ctranslate2,
  whisper-timestamped, stable-ts, whisperX; OpenAI's API has the words beside the segments.
- `chunks` with `timestamp`: pipelines of transformers, insanely-fast-whisper.
- `transcription` with `offsets`: whisper.cpp, whose segments may be parts of words (`-ml 1`).
- `results.channels`: Deepgram. `utterances` in milliseconds: AssemblyAI. `monologues`: Rev.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from statistics import median
from typing import Any

from sentigram.core.language import language_code
from sentigram.core.text import clean, clean_speaker, letters
from sentigram.core.time import ms_from_seconds
from sentigram.errors import TranscriptError
from sentigram.formats.parsing import LONGEST_MS, clock_ms
from sentigram.formats.word_pieces import WordPiece, text_of

_S, _MS = 1.0, 0.001  # units of times, in seconds
_CONFIDENCE_KEYS = ("probability", "score", "confidence", "p")
_WORD_KEYS = ("punctuated_word", "word", "text", "value")
_WRAPPERS = ("ori_dict", "output", "result", "transcript", "data", "response")
_DEEPEST_WRAPPER = 3
_LONG_PIECE = 8  # letters: texts that have no more, on the whole, are words or parts of words
_FEWEST_PIECES = 3
_OPENING = frozenset("[(<>*#♪♫")  # with these no part of a word begins

# What whisper.cpp and raw Whisper write between the words: times and marks of the model.
_SPECIAL = re.compile(r"\[_[A-Z]{1,10}_(?:\d{1,6})?\]|<\|[^|<>]{0,20}\|>")
_CLOCK = re.compile(r"(\d{1,4}):(\d{2}):(\d{2})[.,](\d{1,9})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Passage:
    """What a file says in one stretch.

    Attributes:
        start_ms: Its start.
        end_ms: Its end; may lie before the start, or at it where the file does not say.
        text: All of it, "" where only its pieces are there.
        speaker: "" when unknown.
        pieces: Its text with times.
        is_stream: It is all that is said, undivided.
    """

    start_ms: int
    end_ms: int
    text: str
    speaker: str = ""
    pieces: tuple[WordPiece, ...] = ()
    is_stream: bool = False


@dataclass(frozen=True, slots=True)
class Recognized:
    """What a recognizer wrote.

    Attributes:
        passages: In the order of the file.
        words: With their times, where they stand beside the passages.
        text: All that is said, "" where the file does not say it.
        language: A code, "" when the file does not say.
    """

    passages: tuple[Passage, ...]
    words: tuple[WordPiece, ...] = ()
    text: str = ""
    language: str = ""


Layout = Callable[[str], Recognized]
"""Reads a file of a layout; takes how messages call it."""


def layout_of(data: object) -> Layout | None:
    """What reads a file, by its keys; None where no recognizer writes such.

    What it returns raises TranscriptError for wrong values, with their path.
    """
    if isinstance(data, list):
        return _layout_of_list(data)
    if not isinstance(data, dict) or "schema" in data:
        return None
    for key, reader in (
        ("transcription", _cpp),
        ("chunks", _chunks),
        ("segments", _segments),
        ("monologues", _rev),
        ("utterances", _assembly),
        ("word_segments", _segments),
        ("words", _segments),
    ):
        if isinstance(data.get(key), list):
            return partial(reader, data)
    results = data.get("results")
    if isinstance(results, dict) and isinstance(results.get("channels"), list):
        return partial(_deepgram, data)
    return _unwrapped(data)


def _layout_of_list(data: list[Any]) -> Layout | None:
    first = data[0] if data else None
    if not isinstance(first, dict):
        return None
    if "timestamp" in first:
        return partial(_chunks, {"chunks": data}, path="")
    if "start" in first:
        return partial(_segments, {"segments": data}, path="")
    return layout_of(first) if len(data) == 1 else None


def _unwrapped(data: dict[str, Any]) -> Layout | None:
    """A file inside of another object, as services and stable-ts have it."""
    inner: object = data
    for _ in range(_DEEPEST_WRAPPER):
        if not isinstance(inner, dict):
            return None
        inner = next((inner[key] for key in _WRAPPERS if isinstance(inner.get(key), dict)), None)
        if isinstance(inner, dict) and any(
            isinstance(inner.get(key), list) for key in ("segments", "transcription", "chunks")
        ):
            return layout_of(inner)
    return None


def _language(data: dict[str, Any], inner: Sequence[Any] = ()) -> str:
    """The language that a file names, by a code or in full."""
    for holder in (data, data.get("result"), *inner[:1]):
        if isinstance(holder, dict):
            for key in ("language", "language_code", "detected_language"):
                named = holder.get(key)
                if isinstance(named, str) and (code := language_code(named)):
                    return code
    return ""


def _segments(data: dict[str, Any], name: str, *, path: str = "segments") -> Recognized:
    segments = data.get("segments") or []
    if not isinstance(segments, list):
        raise _wrong(name, "", "segments is not a list")
    passages = []
    for i, segment in enumerate(segments):
        where = f"{name}: {path}[{i}]"
        _object(segment, where)
        words = _list(segment, "words", where)
        pieces = _pieces(words, f"{where}.words")
        text = _text(segment, "text", where)
        if not pieces and not text.strip():
            continue
        start_ms, end_ms = (
            _edge_ms(segment, key, where, [getattr(piece, f"{key}_ms") for piece in pieces])
            for key in ("start", "end")
        )
        passages.append(Passage(start_ms, end_ms, text, _speaker(segment), _own(pieces, segment)))
    beside: tuple[WordPiece, ...] = ()
    for key in ("words", "word_segments"):
        if not beside and isinstance(data.get(key), list):
            beside = _pieces(data[key], f"{name}: {key}")
    whole = data.get("text")
    return Recognized(
        tuple(passages),
        beside,
        clean(whole) if isinstance(whole, str) else "",
        _language(data, segments),
    )


def _own(pieces: tuple[WordPiece, ...], segment: dict[str, Any]) -> tuple[WordPiece, ...]:
    """Pieces without a speaker are said by the one of their segment, not by the one before."""
    speaker = _speaker(segment)
    if not speaker:
        return pieces
    return tuple(piece if piece.speaker else replace(piece, speaker=speaker) for piece in pieces)


def _edge_ms(segment: dict[str, Any], key: str, where: str, known: Sequence[int | None]) -> int:
    times = [time for time in known if time is not None]
    if segment.get(key) is None and times:
        return min(times) if key == "start" else max(times)
    return _ms(segment, key, where)


def _chunks(data: dict[str, Any], name: str, *, path: str = "chunks") -> Recognized:
    pieces: list[WordPiece] = []
    for i, chunk in enumerate(data["chunks"]):
        where = f"{name}: {path}[{i}]"
        start_ms, end_ms = _timestamp(_object(chunk, where), where)
        text = _SPECIAL.sub("", _text(chunk, "text", where))
        if text.strip():
            pieces.append(WordPiece(text, start_ms, end_ms, _confidence(chunk), _speaker(chunk)))
    pieces = _ended(pieces)
    pieces = _with_speakers(pieces, data, name)
    return Recognized(_of_pieces(pieces), (), "", _language(data, data["chunks"]))


def _timestamp(chunk: dict[str, Any], where: str) -> tuple[int | None, int | None]:
    pair = chunk.get("timestamp", chunk.get("timestamps"))
    if pair is None and "start" in chunk:
        pair = [chunk["start"], chunk.get("end")]
    if pair is None:
        return None, None
    if not isinstance(pair, list) or len(pair) != 2:
        raise _wrong(where, "timestamp", "not two times")
    edges = dict(zip(("[0]", "[1]"), pair, strict=True))
    return (
        _optional_ms(edges, "[0]", f"{where}.timestamp", _S),
        _optional_ms(edges, "[1]", f"{where}.timestamp", _S),
    )


def _ended(pieces: Sequence[WordPiece]) -> list[WordPiece]:
    """Chunks whose end is not said reach to the next; the last one's stays unknown."""
    out: list[WordPiece] = []
    for i, piece in enumerate(pieces):
        following = pieces[i + 1].start_ms if i + 1 < len(pieces) else None
        start_ms = piece.start_ms
        if start_ms is None and out:
            start_ms = out[-1].end_ms
        end_ms = following if piece.end_ms is None else piece.end_ms
        out.append(replace(piece, start_ms=start_ms, end_ms=end_ms))
    return out


def _with_speakers(pieces: Sequence[WordPiece], data: dict[str, Any], name: str) -> list[WordPiece]:
    """Who says each chunk, by the list beside them, which is in order of time."""
    listed = data.get("speakers")
    turns: list[tuple[int, int, str]] = []
    for i, turn in enumerate(listed if isinstance(listed, list) else []):
        where = f"{name}: speakers[{i}]"
        if not isinstance(turn, dict):  # names alone
            return list(pieces)
        start_ms, end_ms = _timestamp(turn, where)
        if start_ms is not None and end_ms is not None and _speaker(turn):
            turns.append((start_ms, end_ms, _speaker(turn)))
    turns.sort()
    out: list[WordPiece] = []
    at = 0
    for piece in pieces:
        if piece.speaker or piece.start_ms is None:
            out.append(piece)
            continue
        middle_ms = (piece.start_ms + (piece.end_ms or piece.start_ms)) // 2
        while at + 1 < len(turns) and turns[at + 1][0] <= middle_ms:
            at += 1
        speaker = turns[at][2] if turns else ""
        out.append(replace(piece, speaker=speaker))
    return out


def _cpp(data: dict[str, Any], name: str) -> Recognized:
    pieces: list[WordPiece] = []
    tokens: list[tuple[WordPiece, ...]] = []
    for i, segment in enumerate(data["transcription"]):
        where = f"{name}: transcription[{i}]"
        start_ms, end_ms = _offsets(_object(segment, where), where)
        text = _SPECIAL.sub("", _text(segment, "text", where))
        if not text.strip():
            continue
        pieces.append(WordPiece(text, start_ms, end_ms, 1.0, _speaker(segment)))
        tokens.append(_tokens(segment, where))
    language = _language(data)
    if any(tokens):
        passages = [
            Passage(piece.start_ms or 0, piece.end_ms or 0, piece.text, piece.speaker, own)
            for piece, own in zip(pieces, tokens, strict=True)
        ]
        if not _are_words(pieces):
            return Recognized(tuple(passages), (), "", language)
    return Recognized(_of_pieces(_whole_words(pieces)), (), "", language)


def _offsets(segment: dict[str, Any], where: str) -> tuple[int, int]:
    offsets, clocks = segment.get("offsets"), segment.get("timestamps")
    if isinstance(offsets, dict):
        at = f"{where}.offsets"
        return _ms(offsets, "from", at, unit_s=_MS), _ms(offsets, "to", at, unit_s=_MS)
    if not isinstance(clocks, dict):
        raise _wrong(where, "offsets", "missing")
    times = []
    for key in ("from", "to"):
        match = _CLOCK.fullmatch(str(clocks.get(key)).strip())
        if match is None:
            what = f"not a time ({clocks.get(key)!s:.40})"
            raise _wrong(where, "timestamps." + key, what)
        times.append(clock_ms(*match.groups()))
    return times[0], times[1]


def _tokens(segment: dict[str, Any], where: str) -> tuple[WordPiece, ...]:
    """The parts of words that `--output-json-full` gives; none where they are not the text.

    A letter of several bytes may be cut between two tokens: then they are broken.
    """
    pieces = []
    for i, token in enumerate(_list(segment, "tokens", where)):
        if not isinstance(token, dict):
            return ()  # numbers of tokens
        text = _text(token, "text", f"{where}.tokens[{i}]")
        if _SPECIAL.fullmatch(text.strip()):
            continue
        start_ms, end_ms = _offsets(token, f"{where}.tokens[{i}]")
        pieces.append(WordPiece(text, start_ms, end_ms, _confidence(token)))
    return () if any("\ufffd" in piece.text for piece in pieces) else tuple(pieces)


def _whole_words(pieces: Sequence[WordPiece]) -> list[WordPiece]:
    """Segments of which some begin inside a word, as a program cuts them at a length.

    The rest of the word goes to the segment before, which has its beginning.
    """
    if _are_words(pieces) or not (pieces and pieces[0].text[:1].isspace()):
        return list(pieces)  # or in a language without spaces
    out: list[tuple[WordPiece, list[str]]] = []  # each with the parts of its text
    for piece in pieces:
        first = piece.text[:1]
        if not out or first.isspace() or first in _OPENING or out[-1][1][-1][-1:].isspace():
            out.append((piece, [piece.text]))
            continue
        rest, space, others = piece.text.partition(" ")
        before, parts = out[-1]
        parts += [rest] if rest else []
        if others.strip():
            out.append((piece, [space + others]))
        else:
            out[-1] = replace(before, end_ms=piece.end_ms), parts
    return [replace(piece, text="".join(parts)) for piece, parts in out]


def _are_words(pieces: Sequence[WordPiece]) -> bool:
    """Whether texts with times are words or parts of words, rather than whole phrases."""
    if len(pieces) < _FEWEST_PIECES or any(len(p.text.split()) > 1 for p in pieces):
        return False
    return median(letters(piece.text) for piece in pieces) <= _LONG_PIECE


def _of_pieces(pieces: Sequence[WordPiece]) -> tuple[Passage, ...]:
    """Passages of texts with times, which may be words."""
    if _are_words(pieces):
        return (Passage(0, 0, _run_together(pieces), "", tuple(pieces), is_stream=True),)
    return tuple(
        Passage(
            piece.start_ms or 0,
            piece.start_ms or 0 if piece.end_ms is None else piece.end_ms,
            piece.text,
            piece.speaker,
        )
        for piece in pieces
    )


def _run_together(pieces: Sequence[WordPiece]) -> str:
    """The text of pieces that hold their own spaces, if any does or none needs one."""
    if any(piece.text != piece.text.strip() for piece in pieces):
        return "".join(piece.text for piece in pieces)
    return text_of(pieces)


def _deepgram(data: dict[str, Any], name: str) -> Recognized:
    results = data["results"]
    path = f"{name}: results"
    said = results.get("utterances")
    if isinstance(said, list) and said:
        return Recognized(tuple(_turns(said, f"{path}.utterances", _S)), (), "", _language(data))
    passages: list[Passage] = []
    channels = results["channels"]
    for i, channel in enumerate(channels):
        where = f"{path}.channels[{i}].alternatives"
        alternatives = _list(_object(channel, where), "alternatives", where)
        for alternative in alternatives[:1]:
            text = _text(_object(alternative, f"{where}[0]"), "transcript", f"{where}[0]")
            words = _list(alternative, "words", f"{where}[0]")
            pieces = _pieces(words, f"{where}[0].words")
            if pieces:
                passages.append(Passage(0, 0, text, "", pieces, is_stream=True))
    return Recognized(tuple(passages), (), "", _language(data, channels))


def _assembly(data: dict[str, Any], name: str) -> Recognized:
    unit_s = _MS if any(key in data for key in ("audio_duration", "audio_url")) else _S
    turns = _turns(data["utterances"], f"{name}: utterances", unit_s)
    words = data.get("words")
    beside = _pieces(words, f"{name}: words", unit_s) if isinstance(words, list) else ()
    text = data.get("text")
    return Recognized(
        tuple(turns), beside, clean(text) if isinstance(text, str) else "", _language(data)
    )


def _turns(said: Sequence[Any], path: str, unit_s: float) -> list[Passage]:
    turns = []
    for i, turn in enumerate(said):
        where = f"{path}[{i}]"
        key = "text" if "text" in _object(turn, where) else "transcript"
        text = _text(turn, key, where)
        pieces = _pieces(_list(turn, "words", where), f"{where}.words", unit_s)
        if pieces or text.strip():
            start_ms = _ms(turn, "start", where, unit_s=unit_s)
            end_ms = _ms(turn, "end", where, unit_s=unit_s)
            turns.append(Passage(start_ms, end_ms, text, _speaker(turn), _own(pieces, turn)))
    return turns


def _rev(data: dict[str, Any], name: str) -> Recognized:
    passages = []
    for i, monologue in enumerate(data["monologues"]):
        where = f"{name}: monologues[{i}]"
        elements = _list(_object(monologue, where), "elements", where)
        texts, pieces = [], []
        for k, element in enumerate(elements):
            at = f"{where}.elements[{k}]"
            text = _text(_object(element, at), "value", at)
            texts.append(text)
            if element.get("type") == "text":
                start_ms, end_ms = (_optional_ms(element, key, at, _S) for key in ("ts", "end_ts"))
                pieces.append(WordPiece(text, start_ms, end_ms, _confidence(element)))
        if pieces:
            own = _own(tuple(pieces), monologue)
            passages.append(Passage(0, 0, "".join(texts), "", own, is_stream=True))
    return Recognized(tuple(passages), (), "", _language(data))


def _pieces(words: Sequence[Any], path: str, unit_s: float = _S) -> tuple[WordPiece, ...]:
    out = []
    for i, word in enumerate(words):
        where = f"{path}[{i}]"
        _object(word, where)
        key = next((key for key in _WORD_KEYS if key in word), "text")
        text = _SPECIAL.sub("", _text(word, key, where))
        if not text.strip():
            continue
        if "timestamp" in word and "start" not in word:
            start_ms, end_ms = _timestamp(word, where)
        else:
            start_ms, end_ms = (_optional_ms(word, key, where, unit_s) for key in ("start", "end"))
        out.append(WordPiece(text, start_ms, end_ms, _confidence(word), _speaker(word)))
    return tuple(out)


def _speaker(data: dict[str, Any]) -> str:
    speaker = data.get("speaker")
    if isinstance(speaker, int) and not isinstance(speaker, bool):
        return f"Speaker {speaker}" if abs(speaker) < 10**9 else ""
    return clean_speaker(speaker).strip("?") if isinstance(speaker, str) else ""


def _confidence(word: dict[str, Any]) -> float:
    for key in _CONFIDENCE_KEYS:
        value = word.get(key)
        if isinstance(value, int | float) and abs(value) < 1e12 and math.isfinite(value):
            return min(1.0, max(0.0, float(value)))
    return 1.0


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(where, "", "not an object")
    return value


def _list(data: dict[str, Any], key: str, where: str) -> list[Any]:
    value = data.get(key) or []
    if not isinstance(value, list):
        raise _wrong(where, key, "not a list")
    return value


def _text(data: dict[str, Any], key: str, where: str) -> str:
    text = data.get(key, "")
    if not isinstance(text, str):
        raise _wrong(where, key, "not a text")
    return clean(text)


def _optional_ms(data: dict[str, Any], key: str, where: str, unit_s: float) -> int | None:
    """A time; None where it is not there, or no number, as whisperX writes what it cannot align."""
    value = data.get(key)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return _ms(data, key, where, unit_s=unit_s)


def _ms(data: dict[str, Any], key: str, where: str, *, unit_s: float = _S) -> int:
    value = data.get(key)
    if isinstance(value, int | float) and not isinstance(value, bool):
        seconds = value * unit_s if abs(value) < 1e15 else math.inf  # a huge int has no float
        if math.isfinite(seconds) and abs(seconds) * 1000 <= LONGEST_MS:
            return ms_from_seconds(seconds)
    what = f"not a time ({value!s:.40})"
    raise _wrong(where, key, what)


def _wrong(where: str, key: str, what: str) -> TranscriptError:
    return TranscriptError(f"{where}.{key}: {what}" if key else f"{where}: {what}")
