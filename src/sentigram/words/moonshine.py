"""Moonshine tiny English: the bundled recognizer, whose weights come inside its package.

Its own voice detector is switched off: it carries state from one call into the next, so that the
same sound gave other words, and lost seconds of quiet speech. Silero's detector, as faster-whisper
carries it, finds the speech instead, afresh for every stretch; it lets silence, tones, noise and
synthetic music pass as what they are. A piece that lies in silence by energy is dropped all the
same, and so are phrases that the decoder repeats in a loop.

It has no word times offline, so words are spread over their line in proportion to their length,
for forced alignment to improve. It gives no confidence either: words carry 1.0, which here means
"not measured".
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from sentigram.core.document import EnginePart
from sentigram.core.media import Audio
from sentigram.core.protocols import Note, Progress, no_note, no_progress
from sentigram.core.time import MS_PER_SECOND, Span, ms_from_samples, ms_from_seconds
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.errors import MissingError, UsageError
from sentigram.words.activity import speech_spans, stretches

MODEL = "tiny-en"
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
_SHORTEST_SOUND_MS = 60  # a line needs this much sound that stands out of the background
_FASTEST_WORD_MS = 60  # nobody speaks more than about 16 words a second
_LONGEST_LOOP = 12  # words in a phrase that is looked for as a loop
_ENGLISH = frozenset({"en", "eng", "english"})


class MoonshineTranscriber:
    """Writes down English speech, offline.

    Speakers are not told apart: the library's own speaker labels need its voice detector, and were
    not trustworthy (`benchmarks/words.py` measures them).
    """

    @property
    def part(self) -> EnginePart:
        """Model, version of its package and the sha256 of its weights."""
        return EnginePart(
            role="transcriber",
            id="moonshine-tiny-en",
            version=version("moonshine-voice"),
            sha256=_weights_sha256(),
        )

    def transcribe(
        self,
        audio: Audio,
        *,
        language: str | None = None,
        progress: Progress = no_progress,
        note: Note = no_note,
    ) -> Transcript:
        """Write down what is said; word times are estimated inside each line.

        Raises:
            UsageError: The language is not English.
            MissingError: The package or its model is not installed.
        """
        del note  # it chooses nothing
        if language is not None and language.lower().split("-")[0] not in _ENGLISH:
            message = (
                f"`language {language!r}`: the bundled recognizer hears English only; use "
                "`transcriber_name faster-whisper`, or give the words with `transcript FILE`"
            )
            raise UsageError(message)
        _model_folder()  # what is missing is said before anything is looked for
        sounds = speech_spans(audio)
        utterances: list[Utterance] = []
        for stretch in stretches(audio, target_ms=STRETCH_MS):
            for piece in pieces(audio, stretch):
                if sum(piece.overlap_ms(sound) for sound in sounds) < _SHORTEST_SOUND_MS:
                    continue
                for span, text in self._lines(audio, piece):
                    words = spread(text.split(), span)
                    utterances.append(Utterance(f"u{len(utterances) + 1}", span, words))
            progress(stretch.end_ms / audio.duration_ms)
        return Transcript("en", tuple(utterances))

    @cached_property
    def _native(self) -> Any:
        folder = str(_model_folder())
        library = _library()
        options = {"return_audio_data": "false", "vad_threshold": "0"}
        return library.Transcriber(folder, library.ModelArch.TINY, options=options)

    def _lines(self, audio: Audio, piece: Span) -> Iterator[tuple[Span, str]]:
        """Time and text of the lines in one piece."""
        samples = np.nan_to_num(np.asarray(audio.cut(piece), dtype=np.float32))
        # The library takes a Python list.
        result = self._native.transcribe_without_streaming(
            np.clip(samples, -1, 1).tolist(), audio.sample_rate_hz
        )
        for line in result.lines:
            start_ms = piece.start_ms + max(0, ms_from_seconds(line.start_time))
            end_ms = start_ms + max(0, ms_from_seconds(line.duration))
            span = _inset(Span(min(start_ms, piece.end_ms), min(end_ms, piece.end_ms)), piece)
            text = clean(line.text, span.duration_ms)
            if text:
                yield span, text


def _inset(span: Span, piece: Span) -> Span:
    """Take the detector's padding off again where a line reaches into it."""
    start_ms = max(span.start_ms, piece.start_ms + _INSET_MS)
    end_ms = min(span.end_ms, piece.end_ms - _INSET_MS)
    return Span(start_ms, end_ms) if end_ms - start_ms >= _SHORTEST_MS else span


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


def spread(texts: Sequence[str], span: Span) -> tuple[Word, ...]:
    """Share a span among words in proportion to their length, marked as estimated."""
    weights = np.array([len(text) + 1 for text in texts], dtype=np.float64)
    edges = np.concatenate(([0.0], np.cumsum(weights))) / max(1.0, weights.sum())
    times = [span.start_ms + round(edge * span.duration_ms) for edge in edges]
    return tuple(
        Word(text, Span(times[i], times[i + 1]), source="heard", timing="estimated")
        for i, text in enumerate(texts)
    )


def clean(text: str, duration_ms: int) -> str:
    """Remove what the decoder made up: loops, doubled punctuation, more words than fit.

    A phrase said four times in a row is a loop only where it would not fit into the time that the
    line lasts, or where it goes on ten times; one copy is kept.
    """
    text = re.sub(r"([,;:])\1+", r"\1", text)
    words = text.split()
    if not any(c.isalnum() for c in text):
        return ""
    too_fast = len(words) * _FASTEST_WORD_MS > duration_ms
    words = _without_loops(words, 4 if too_fast else 10)
    return " ".join(words[: max(1, duration_ms // _FASTEST_WORD_MS)])


def _without_loops(words: list[str], most: int) -> list[str]:
    bare = [re.sub(r"\W", "", word).lower() for word in words]
    out: list[str] = []
    i = 0
    while i < len(words):
        for length in range(1, min(_LONGEST_LOOP, (len(words) - i) // 2) + 1):
            phrase = bare[i : i + length]
            count = 1
            while bare[i + count * length : i + (count + 1) * length] == phrase:
                count += 1
            if count >= most:
                out += words[i : i + length]
                i += count * length
                break
        else:
            out.append(words[i])
            i += 1
    return out


def _library() -> Any:
    try:
        return import_module("moonshine_voice")
    except (ImportError, OSError) as error:  # OSError: its native library does not load here
        message = (
            f"the bundled recognizer does not load ({error}); install it with "
            "pip install moonshine-voice==0.1.0, or give words with their times: `transcript FILE`"
        )
        raise MissingError(message) from error


def _model_folder() -> Path:
    folder = Path(_library().get_model_path(MODEL))
    if not (folder / "decoder_model_merged.ort").is_file():
        message = (
            f"{folder}: the model of the bundled recognizer is not there; only "
            "moonshine-voice 0.1.0 carries it: pip install --force-reinstall moonshine-voice==0.1.0"
        )
        raise MissingError(message)
    return folder


@cache
def _weights_sha256() -> str:
    """Of the encoder followed by the decoder."""
    digest = hashlib.sha256()
    for name in ("encoder_model.ort", "decoder_model_merged.ort"):
        digest.update((_model_folder() / name).read_bytes())
    return digest.hexdigest()
