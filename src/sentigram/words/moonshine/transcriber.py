"""Writes down English speech, offline.

Silero's detector, as faster-whisper carries it, finds the speech; it lets silence, tones, noise and
synthetic music pass as what they are. A piece that lies in silence by energy is dropped all the
same, and so are phrases that the decoder repeats in a loop.

The model has no word times, so words are spread over their line in proportion to their length, for
forced alignment to improve.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np

from sentigram.core.document import EnginePart
from sentigram.core.language import language_code
from sentigram.core.media import Audio
from sentigram.core.protocols import Note, Progress, Recognized, no_note, no_progress, not_told
from sentigram.core.time import MS_PER_SECOND, Span, ms_from_samples
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.errors import MediaError, UsageError
from sentigram.words.activity import levels_db, quietest_ms, speech_spans, stretches
from sentigram.words.alignment.by_recognition import share
from sentigram.words.missed import named
from sentigram.words.moonshine.confidence import calibration
from sentigram.words.moonshine.model import Moonshine, at_once, card
from sentigram.words.moonshine.understood import (
    LEAST_TOKENS,
    Sureness,
    evidence_of,
    limits,
    together,
)
from sentigram.words.moonshine.vocabulary import vocabulary
from sentigram.words.moonshine.writing import HeardWord, clean, words_of
from sentigram.words.speech_events import speech_events

STRETCH_MS = 120_000  # of sound in memory at once

# Word error rates hardly differ from 12 to 28 s; shorter pieces lose words at their edges.
_PIECE_MS = 20_000
_PIECE_GAP_MS = 2_000  # a longer pause always separates pieces
_PAD_MS = 400  # 200 clipped speech that begins under music; clean prompts do not care
_INSET_MS = _PAD_MS - 100  # speech begins a little before the detector says so
_LEAST_SILENCE_MS = 160
_LEAST_SPEECH_MS = 120  # the detector starts a tone with a flash of false alarm
_VAD_THRESHOLD = 0.3  # the usual 0.5 cuts the first words of quiet speech
_SHORTEST_MS = 100  # less sound holds no word
_OTHERWISE = "use `transcriber_name faster-whisper`, or give the words with `transcript FILE`"
_LEAST_EVENT_MS = 500  # speech under music that is shorter is not looked at
_LOOP_WORDS = 6  # that were left out of a piece as repetitions, before it is heard in parts
_LEAST_CUT_MS = 3_000
_SURE = 0.3  # share of its tokens that the recognizer must be sure of: singing sounds like speech
_SHORTEST_SOUND_MS = 60  # a line needs this much sound that stands out of the background


class MoonshineTranscriber:
    """Writes down English speech, offline; speakers are not told apart."""

    @property
    def part(self) -> EnginePart:
        """Model, version and the sha256 of the decoder's weights."""
        of = card()
        return EnginePart(
            "transcriber", of["name"], of["version"], of["files"]["words_decoder.ort"]["sha256"]
        )

    def transcribe(
        self,
        audio: Audio,
        *,
        language: str | None = None,
        progress: Progress = no_progress,
        note: Note = no_note,
        warn: Note = no_note,
        recognized: Recognized = not_told,
    ) -> Transcript:
        """Write down what is said; word times are estimated inside each line.

        Raises:
            UsageError: A language is given, and it is not English.
            MediaError: What is said is not English, as far as can be told, and nobody said it is.
            MissingError: The weights are missing or damaged.
        """
        if language is not None and language_code(language) != "en":
            message = (
                f"`language {language!r}`: the bundled recognizer hears English only; {_OTHERWISE}"
            )
            raise UsageError(message)
        del note  # it chooses nothing
        _ = self._model  # what is missing is said before anything is looked for
        found = _stretches(audio)
        heard: list[HeardPiece] = []
        told = _Told(recognized, lambda until_ms: progress(until_ms / audio.duration_ms))
        hear = partial(self._hear, told)
        for stretch, there in zip(found, audio.spread.map(hear, audio, found), strict=True):
            heard += there
            told.end(there, stretch.span.end_ms)
        kept = _credible(heard, warn, is_english=language is not None)
        utterances = (
            Utterance(f"u{n}", piece.span, spread(piece)) for n, piece in enumerate(kept, 1)
        )
        return Transcript("en", tuple(utterances))

    def _hear(self, told: _Told, audio: Audio, stretch: _Stretch) -> list[HeardPiece]:
        """What is heard in a stretch, in order."""
        found = pieces(audio, stretch.span)
        loud = [piece for piece in found if _sounds(piece, stretch.sounds)]
        beside = _beside(audio, stretch.span, found)
        spans = sorted((*loud, *beside), key=lambda span: span.start_ms)
        out: list[HeardPiece] = []
        heard = at_once(partial(hear_piece, self._model, audio), spans)
        for span, parts in zip(spans, heard, strict=True):
            kept = [p for p in parts if span not in beside or p.evidence.sure >= _SURE]
            told.more(kept, span.end_ms)
            out += kept
        return sorted(out, key=lambda piece: piece.span.start_ms)

    @cached_property
    def _model(self) -> Moonshine:
        return Moonshine()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), ()  # what it has loaded stays in its process


class _Told:
    """Tells the words of pieces that are believed, one after another.

    Where a stretch is heard by another process nobody listens there, so its words are told when
    they come back.

    Args:
        recognized: Is told words.
        reached: Is told until where all is heard, in ms.
    """

    def __init__(
        self, recognized: Recognized = not_told, reached: Callable[[int], None] = lambda _ms: None
    ) -> None:
        self._recognized, self._reached = recognized, reached
        self._until_ms = 0
        self._is_heard_here = False

    def more(self, found: Sequence[HeardPiece], until_ms: int) -> None:
        """Tell what was just heard, and until where."""
        self._is_heard_here = True
        for piece in found:
            if piece.words and not limits().is_invented(piece.evidence):
                self._recognized(spread(piece))
        self._until_ms = max(self._until_ms, until_ms)
        self._reached(self._until_ms)

    def end(self, found: Sequence[HeardPiece], until_ms: int) -> None:
        """Tell what of a stretch was not told, and that it is heard."""
        self.more(() if self._is_heard_here else found, until_ms)
        self._is_heard_here = False

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), ()  # who is told stays in this process


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Some two minutes of a recording, heard by themselves.

    Attributes:
        span: It begins and ends in silence, if there is any.
        sounds: What stands out of the background in it, as the whole recording has it.
    """

    span: Span
    sounds: tuple[Span, ...]


def _stretches(audio: Audio) -> list[_Stretch]:
    sounds = speech_spans(audio)
    return [
        _Stretch(span, tuple(sound for sound in sounds if sound.overlap_ms(span)))
        for span in stretches(audio, target_ms=STRETCH_MS)
    ]


@dataclass(frozen=True, slots=True)
class HeardPiece:
    """What was heard in a piece of sound.

    Attributes:
        span: Of the speech, without the detector's padding.
        words: Without what was made up.
        evidence: How sure the recognizer is.
    """

    span: Span
    words: tuple[HeardWord, ...]
    evidence: Sureness


def hear_piece(model: Moonshine, audio: Audio, piece: Span) -> tuple[HeardPiece, ...]:
    """Write down one piece of a recording.

    A decoder that goes round in circles writes nothing of what is said after: then the piece is
    heard in two parts.
    """
    samples = np.clip(np.nan_to_num(np.asarray(audio.cut(piece), dtype=np.float32)), -1, 1)
    written = model.write(model.encode(samples))
    span = _inset(piece)
    heard = words_of(written, vocabulary())
    words = clean(heard, span.duration_ms)
    if len(heard) - len(words) >= _LOOP_WORDS and piece.duration_ms >= _LEAST_CUT_MS:
        parts = _halves(audio, piece)
        return tuple(found for part in parts for found in hear_piece(model, audio, part))
    return (HeardPiece(span, words, evidence_of(samples, written)),)


def _halves(audio: Audio, piece: Span) -> tuple[Span, Span]:
    """A piece cut at the quietest place in its middle half."""
    quarter_ms = piece.duration_ms // 4
    levels = levels_db(replace(audio, samples=audio.cut(piece)))
    cut_ms = piece.start_ms + quietest_ms(levels, Span(quarter_ms, 3 * quarter_ms))
    return Span(piece.start_ms, cut_ms), Span(cut_ms, piece.end_ms)


def _inset(piece: Span) -> Span:
    """Take the detector's padding off again."""
    span_ms = piece.duration_ms - 2 * _INSET_MS
    if span_ms < _SHORTEST_MS:
        return piece
    return Span(piece.start_ms + _INSET_MS, piece.end_ms - _INSET_MS)


def pieces(audio: Audio, stretch: Span) -> list[Span]:
    """Speech in a stretch, in pieces of at most 20 s that begin and end in pauses."""
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    samples = np.nan_to_num(np.asarray(audio.cut(stretch), dtype=np.float32))
    if stretch.duration_ms < _SHORTEST_MS:
        return []
    options = VadOptions(
        threshold=_VAD_THRESHOLD,
        min_speech_duration_ms=_LEAST_SPEECH_MS,
        min_silence_duration_ms=_LEAST_SILENCE_MS,
        speech_pad_ms=_PAD_MS,
        max_speech_duration_s=_PIECE_MS / MS_PER_SECOND,
    )
    out: list[Span] = []
    for found in get_speech_timestamps(samples, options):
        span = Span(
            stretch.start_ms + ms_from_samples(int(found["start"]), audio.sample_rate_hz),
            stretch.start_ms + ms_from_samples(int(found["end"]), audio.sample_rate_hz),
        )
        together = bool(out) and span.start_ms - out[-1].end_ms < _PIECE_GAP_MS
        if together and span.end_ms - out[-1].start_ms <= _PIECE_MS:
            out[-1] = Span(out[-1].start_ms, span.end_ms)
        else:
            out.append(span)
    return out


def _credible(heard: Sequence[HeardPiece], warn: Note, *, is_english: bool) -> list[HeardPiece]:
    """The pieces whose words were heard rather than invented; what is left out is said."""
    least = limits()
    whole = together([piece.evidence for piece in heard])
    said = [piece for piece in heard if piece.words]
    if not least.is_understood(whole) and said:
        share = (
            f"sure of {whole.sure:.0%} of what it wrote; English is understood from "
            f"{least.least(whole):.0%} on"
        )
        if is_english:
            warn(f"the words may be invented: the recognizer is {share}")
            return said
        if not least.is_noisy(whole) and whole.n_tokens >= LEAST_TOKENS:
            message = (
                "what is said is not English, as far as the bundled recognizer can tell "
                f"({share}); {_OTHERWISE}; if it is English, say `language en`"
            )
            raise MediaError(message)
        warn(
            f"what is said is hardly understood, as it is short, noisy or not English: the "
            f"recognizer is {share}; {_OTHERWISE}"
        )
    kept = [piece for piece in said if not least.is_invented(piece.evidence)]
    if len(kept) < len(said):
        spans = [piece.span for piece in said if least.is_invented(piece.evidence)]
        warn(
            f"what is said at {named(spans)} is not understood, for noise or because it is not "
            "English; its words are left out"
        )
    return kept


def _sounds(piece: Span, sounds: Sequence[Span]) -> bool:
    """Whether there is sound that stands out of the background."""
    return sum(piece.overlap_ms(sound) for sound in sounds) >= _SHORTEST_SOUND_MS


def _beside(audio: Audio, stretch: Span, found: Sequence[Span]) -> list[Span]:
    """Speech that Silero's detector does not find, most of it under music."""
    out = []
    for event in speech_events(audio, within=stretch):
        inside = Span(
            max(event.span.start_ms, stretch.start_ms), min(event.span.end_ms, stretch.end_ms)
        )
        covered_ms = sum(inside.overlap_ms(span) for span in found)
        is_new = 2 * covered_ms < inside.duration_ms and inside.duration_ms >= _LEAST_EVENT_MS
        if event.kind == "speech" and is_new and inside.duration_ms <= _PIECE_MS:
            before_ms = max((s.end_ms for s in found if s.end_ms <= inside.start_ms), default=0)
            after_ms = min(
                (s.start_ms for s in found if s.start_ms >= inside.end_ms),
                default=audio.duration_ms,
            )
            start_ms = max(before_ms, inside.start_ms - _PAD_MS, 0)
            out.append(Span(start_ms, min(after_ms, inside.end_ms + _PAD_MS)))
    return out


def spread(piece: HeardPiece) -> tuple[Word, ...]:
    """Share a span among words in proportion to their length, marked as estimated."""
    times = share([len(word.text) + 1 for word in piece.words], piece.span)
    sure = calibration()
    return tuple(
        Word(
            word.text,
            span,
            confidence=sure.confidence(word, piece.evidence),
            source="heard",
            timing="estimated",
        )
        for word, span in zip(piece.words, times, strict=True)
    )
