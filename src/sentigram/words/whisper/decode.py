"""Decodes windows with faster-whisper's batched pipeline, and finds the language."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.core.media import SAMPLE_RATE_HZ, Audio
from sentigram.core.time import MS_PER_SECOND, Span, ms_from_seconds
from sentigram.core.transcript import Word
from sentigram.errors import UsageError
from sentigram.words.whisper.faults import LOOP_RATIO, Dropped, WordDoubts, loops_of
from sentigram.words.whisper.windows import WINDOW_MS, Window

_NO_BREAK_SPACE = "\u00a0"
# Scripts that put no space between words, by the first word of their characters' Unicode names.
_UNSPACED = frozenset(
    {"CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN", "IDEOGRAPHIC"}
)
_OPENING = frozenset({"Ps", "Pi"})  # Unicode categories: opening brackets and quotes
_OPENING_MARKS = frozenset("¿¡")


def words_of(words: Sequence[Any], duration_ms: int) -> tuple[Word, ...]:
    """Turn faster-whisper's words into ours.

    Whisper marks a word's start by a space before it. One without belongs to the word before it
    (`don` + `'t`, `l` + `'homme`, `U` + `.S` + `.`), except in scripts without spaces, where it is
    a word of its own that is joined. Punctuation that stands alone goes to the word before it, or
    to the word after it where it opens something or is written together with it (`€` + `5`); with
    no word at all it is left out. The first word of a segment starts a line.

    Args:
        words: With `word`, `start` and `end` in seconds, `probability`.
        duration_ms: Of the sound; Whisper's last window may go beyond.
    """
    heard_words = [heard for heard in words if heard.word.strip()]
    out: list[Word] = []
    opening = ""
    for i, heard in enumerate(heard_words):
        text = " ".join(heard.word.split())
        is_apart = heard.word[0].isspace()
        if not _has_letters(text):
            after = heard_words[i + 1].word if i + 1 < len(heard_words) else " "
            if opening or _opens(text) or (is_apart and not after[0].isspace()):
                opening += text
            elif out:
                out[-1] = _closed(out[-1], text, is_apart=is_apart)
            continue
        word = Word(
            opening + text,
            _span(heard, duration_ms),
            confidence=_share(heard.probability),
            source="heard",
            timing="estimated",  # by attention: 50 to 100 ms off on average
            joined=bool(out) and not is_apart and not (opening and _is_spaced(text[0])),
        )
        opening = ""
        if word.joined and _is_spaced(text[0]) and _is_spaced(out[-1].text[-1]):
            out[-1] = _merged(out[-1], word)
        else:
            out.append(word)
    if opening and out:
        out[-1] = _closed(out[-1], opening, is_apart=True)
    return tuple(out)


def _closed(word: Word, mark: str, *, is_apart: bool) -> Word:
    """A word with the mark behind it; a space between them does not break the line."""
    return replace(word, text=f"{word.text}{_NO_BREAK_SPACE if is_apart else ''}{mark}")


def _merged(before: Word, after: Word) -> Word:
    start_ms = min(before.span.start_ms, after.span.start_ms)
    span = Span(start_ms, max(before.span.end_ms, after.span.end_ms))
    n_before, n_after = len(before.text), len(after.text)
    confidence = (before.confidence * n_before + after.confidence * n_after) / (n_before + n_after)
    return replace(before, text=before.text + after.text, span=span, confidence=confidence)


def _span(heard: Any, duration_ms: int) -> Span:
    start_ms = min(max(0, ms_from_seconds(heard.start)), duration_ms)
    return Span(start_ms, min(max(start_ms, ms_from_seconds(heard.end)), duration_ms))


def _share(probability: float) -> float:
    return min(1.0, max(0.0, float(probability))) if math.isfinite(probability) else 0.0


def _has_letters(text: str) -> bool:
    return any(c.isalnum() or unicodedata.category(c) in ("Mn", "Mc") for c in text)


def _opens(text: str) -> bool:
    return all(unicodedata.category(c) in _OPENING or c in _OPENING_MARKS for c in text)


def _is_spaced(character: str) -> bool:
    return unicodedata.name(character, "").split(" ")[0] not in _UNSPACED


# On two cores with beam 5, two at once take 0.7 of the time of one by one, and four gain no more.
BATCH_SIZES: Mapping[str, int] = {"cpu": 2, "cuda": 16}

_WINDOW_SAMPLES = WINDOW_MS * SAMPLE_RATE_HZ // MS_PER_SECOND
_SURE_OF_LANGUAGE = 0.9  # then the next window is not asked
_NO_REPEAT_TOKENS = 4  # that a window which went round in circles may not write twice


@dataclass(frozen=True, slots=True)
class WhisperOptions:
    """How Whisper decodes.

    Attributes:
        beam_size: Hypotheses that are kept; 1 is the fastest.
        batch_size: Windows of 30 s that are decoded at once; None for 2 on a CPU, 16 on a GPU.
        cpu_threads: For one batch; 0 for CTranslate2's choice.
        language_windows: Windows with speech that are asked for the language, at most.
        hotwords: Words to expect, such as names.
        initial_prompt: Text that comes before, in the style that is wanted.
        timestamps: The model writes times between its sentences. Without, it stops early now and
            then, and leaves out what repeats; with them it makes more up where nobody speaks.
    """

    beam_size: int = 5
    batch_size: int | None = None
    cpu_threads: int = 0
    language_windows: int = 4
    hotwords: str | None = None
    initial_prompt: str | None = None
    timestamps: bool = True

    def __post_init__(self) -> None:
        for name, least in (
            ("beam_size", 1),
            ("batch_size", 1),
            ("cpu_threads", 0),
            ("language_windows", 1),
        ):
            value = getattr(self, name)
            if value is not None and value < least:
                message = f"{name.replace('_', ' ')} {value}: needs to be {least} or more"
                raise UsageError(message)


@dataclass(frozen=True, slots=True)
class HeardWindow:
    """What the model says of one window.

    Attributes:
        words: With times in the recording, not repaired.
        evidence: How sure the model is.
        dropped: A loop that was decoded once more, and is gone.
    """

    words: tuple[Word, ...] = ()
    evidence: WordDoubts = field(default_factory=WordDoubts)
    dropped: tuple[Dropped, ...] = ()


def decode(
    pipeline: Any,
    audio: Audio,
    batch: Sequence[Window],
    *,
    language: str,
    options: WhisperOptions,
) -> list[HeardWindow]:
    """What the model writes for each window, in one batch.

    A window where it goes round in circles is decoded once more, with repetition forbidden: under
    the loop is speech that it did not write down. (Whisper's own remedy, higher temperatures,
    draws random numbers.)

    Args:
        pipeline: faster_whisper.BatchedInferencePipeline.
        audio: The recording.
        batch: Its windows.
        language: A code that the model knows.
        options: How to decode.
    """
    out = _run(pipeline, audio, batch, language, options)
    loops = {
        i: loops_of(heard.words, window.voice)
        for i, (window, heard) in enumerate(zip(batch, out, strict=True))
        if heard.evidence.compression_ratio > LOOP_RATIO
    }
    again = [i for i, found in loops.items() if found]
    if not again:
        return out
    second = _run(
        pipeline,
        audio,
        [batch[i] for i in again],
        language,
        options,
        no_repeat_ngram_size=_NO_REPEAT_TOKENS,
    )
    for i, heard in zip(again, second, strict=True):
        if heard.words and not loops_of(heard.words, batch[i].voice):
            out[i] = replace(heard, dropped=loops[i])
    return out


def language_of(
    whisper: Any,
    audio: Audio,
    heard: Sequence[Window],
) -> tuple[str, float]:
    """The language by the mean over windows, weighted by how long somebody speaks in each.

    A single window is often a jingle, a name or a greeting in another language.

    Args:
        whisper: faster_whisper.WhisperModel.
        audio: The recording.
        heard: The windows to ask; no more are asked once one language has nine tenths.

    Returns:
        Its code and probability; "" and 0 without a window.
    """
    if not heard:
        return "", 0.0
    if not whisper.model.is_multilingual:
        return "en", 1.0
    sums: dict[str, float] = {}
    total_ms = 0
    for window in heard:
        _, _, shares = whisper.detect_language(_samples(audio, window))
        total_ms += window.speech_ms
        for code, share in shares:
            sums[code] = sums.get(code, 0.0) + share * window.speech_ms
        if max(sums.values()) > _SURE_OF_LANGUAGE * total_ms:
            break
    best = max(sums, key=lambda code: sums[code])
    return best, min(1.0, sums[best] / total_ms)


def _run(
    pipeline: Any,
    audio: Audio,
    batch: Sequence[Window],
    language: str,
    options: WhisperOptions,
    **extra: object,
) -> list[HeardWindow]:
    # Each window has a slot of 30 s, so that a segment's place says whose it is.
    slots = np.zeros((len(batch), _WINDOW_SAMPLES), dtype=np.float32)
    for slot, window in zip(slots, batch, strict=True):
        samples = _samples(audio, window)
        slot[: len(samples)] = samples
    slot_s = WINDOW_MS / MS_PER_SECOND
    clips = [
        {"start": i * slot_s, "end": i * slot_s + window.span.duration_ms / MS_PER_SECOND}
        for i, window in enumerate(batch)
    ]
    segments, _ = pipeline.transcribe(
        slots.reshape(-1),  # (len(batch) * 480,000,)
        language=language,
        task="transcribe",
        beam_size=options.beam_size,
        batch_size=len(batch),
        clip_timestamps=clips,
        word_timestamps=True,
        without_timestamps=not options.timestamps,
        hotwords=options.hotwords,
        initial_prompt=options.initial_prompt,
        **extra,
    )
    frames = pipeline.model.frames_per_second * WINDOW_MS // MS_PER_SECOND
    out = [HeardWindow() for _ in batch]
    for segment in segments:
        i = int(segment.seek) // frames
        words = _placed(segment, batch[i], i * WINDOW_MS)
        evidence = WordDoubts(
            float(segment.no_speech_prob),
            float(segment.avg_logprob),
            max(float(segment.compression_ratio), out[i].evidence.compression_ratio),
        )
        out[i] = HeardWindow(out[i].words + words, evidence)
    return out


def _samples(audio: Audio, window: Window) -> Floats32:
    """float32 (n,), at most 30 s; a copy, so that the memory map can be given back."""
    cut = np.nan_to_num(np.asarray(audio.cut(window.span), dtype=np.float32))
    return cut[:_WINDOW_SAMPLES]


def _placed(segment: Any, window: Window, slot_ms: int) -> tuple[Word, ...]:
    """A segment's words at their times in the recording, inside of their window."""
    by_ms = window.span.start_ms - slot_ms
    latest_ms = window.span.end_ms - 1  # a word that starts where the sound ends is outside of it
    out = []
    for word in words_of(segment.words or (), slot_ms + window.span.duration_ms):
        start_ms = min(max(word.span.start_ms + by_ms, window.span.start_ms), latest_ms)
        out.append(replace(word, span=Span(start_ms, max(start_ms, word.span.end_ms + by_ms))))
    return tuple(out)
