"""faster-whisper: Whisper through CTranslate2, about a hundred languages, with word times.

Nothing is ever downloaded here: a model is a folder in CTranslate2's format, a name in the store,
or a name whose files already lie in the Hugging Face cache. Speech is written down in its own
language (Whisper's task `transcribe`): a translation has no word times.

faster-whisper computes the spectrum of a whole recording before its first word: an hour needs
gigabytes. Here the recording goes through in batches of windows of 30 s, so that memory does not
grow with its length; the language is detected once, from the first windows with speech.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from importlib.metadata import version
from itertools import chain, islice
from pathlib import Path
from typing import Any

from sentigram.core.document import EnginePart
from sentigram.core.media import SAMPLE_RATE_HZ, Audio
from sentigram.core.protocols import Note, Progress, Recognized, no_note, no_progress, not_told
from sentigram.core.spread import in_parts
from sentigram.core.time import Span
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.errors import UsageError
from sentigram.store.installed import StoredModel, weights_sha256
from sentigram.words.repair import SILENCE_MS, repair
from sentigram.words.whisper.decode import BATCH_SIZES, WhisperOptions, decode, language_of
from sentigram.words.whisper.faults import Dropped, without_made_up
from sentigram.words.whisper.on_machine import (
    choose_compute_type,
    choose_device,
    find_whisper,
    library,
)
from sentigram.words.whisper.seams import joined_at_seam
from sentigram.words.whisper.unheard import unheard
from sentigram.words.whisper.windows import VadSettings, Window, merged, windows

DEFAULT_MODEL = "small"
_TOLD = 10  # stretches that were left out, one line each
_SURE = 0.8  # of the language: below, the user is told
_SHORTEST_MS = 100  # less sound holds no word

DEFAULT_OPTIONS = WhisperOptions()
DEFAULT_VAD = VadSettings()


@dataclass(frozen=True, slots=True)
class Hearing:
    """A transcript, and how it came about.

    Attributes:
        transcript: What stays.
        language_probability: Of the language that was detected; 1 when it was given, 0 when there
            was nothing to go by.
        dropped: What the model wrote and nobody said, in order.
    """

    transcript: Transcript
    language_probability: float
    dropped: tuple[Dropped, ...]


class FasterWhisperTranscriber:
    """Writes down speech with a Whisper model that is on disk.

    Args:
        model: A folder with `model.bin`, `config.json`, `tokenizer.json` and a vocabulary, or a
            name such as `small` or `large-v3`.
        device: `auto`, `cpu` or `cuda`; `mps` is taken for `cpu`.
        compute_type: CTranslate2's: `auto` takes what is fastest on the device, `default` keeps the
            model's own.
        vad: How voice is found, the guard against words made up from silence and music; None to
            hear everything.
        options: How to decode.
        halvings: How many times the batch is halved, where memory is short.
    """

    def __init__(
        self,
        model: str = DEFAULT_MODEL,
        *,
        device: str = "auto",
        compute_type: str = "auto",
        vad: VadSettings | None = DEFAULT_VAD,
        options: WhisperOptions = DEFAULT_OPTIONS,
        halvings: int = 0,
    ) -> None:
        self._halvings = halvings
        self._model_name = model
        self._device_name = device
        self._compute_type = compute_type
        self._vad = vad
        self._options = options if vad is not None else replace(options, timestamps=False)

    @property
    def part(self) -> EnginePart:
        """The model's name (its folder's name for a path) and the sha256 of its weights."""
        name = self._stored.name if Path(self._model_name).is_dir() else self._model_name
        return EnginePart(
            role="transcriber",
            id=f"faster-whisper-{name.rsplit('/', 1)[-1].removeprefix('whisper-')}",
            version=version("faster-whisper"),
            sha256=self._sha256,
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
        """Write down what is said, with the model's word times and probabilities.

        Raises:
            UsageError: The model does not know the language, or the device cannot be used.
            MissingError: The package or the model is not installed.
        """
        del warn  # what it leaves out nobody said
        hearing = self.hear(audio, language=language, progress=progress, recognized=recognized)
        for dropped in hearing.dropped[:_TOLD]:
            note(str(dropped))
        if len(hearing.dropped) > _TOLD:
            note(f"and {len(hearing.dropped) - _TOLD} more that nobody said were left out")
        if hearing.language_probability < _SURE and hearing.transcript.utterances:
            note(
                f"the language seems to be {hearing.transcript.language!r} "
                f"(probability {hearing.language_probability:.2f}); if not, give `language`"
            )
        return hearing.transcript

    def hear(
        self,
        audio: Audio,
        *,
        language: str | None = None,
        progress: Progress = no_progress,
        recognized: Recognized = not_told,
    ) -> Hearing:
        """Like `transcribe`, with the language's probability and what was left out."""
        if audio.sample_rate_hz != SAMPLE_RATE_HZ:
            message = f"{audio.sample_rate_hz} Hz: Whisper needs {SAMPLE_RATE_HZ} Hz"
            raise ValueError(message)
        code = self._checked(language)
        if audio.duration_ms < _SHORTEST_MS:
            progress(1.0)
            return Hearing(Transcript(code or "", ()), 0.0 if code is None else 1.0, ())
        found = windows(audio, self._vad)
        probability = 1.0
        if code is None:
            first = tuple(islice(found, self._options.language_windows))
            found = chain(first, found)
            code, probability = language_of(self._whisper, audio, first)
        utterances: list[Utterance] = []
        dropped: list[Dropped] = []
        voice: list[Span] = []
        before: Window | None = None
        n_told = 0
        heard = audio.spread.map(
            partial(self._heard, code), audio, in_parts(found, self._batch_size)
        )
        for batch in heard:
            for window, said in batch:
                words, made_up = said
                dropped += made_up
                if before is not None and window.is_continued and utterances:
                    words = _join(utterances, words, Span(window.span.start_ms, before.span.end_ms))
                if words:
                    utterances.append(_utterance(words))
                voice += window.voice
                before = window
            for utterance in utterances[n_told:-1]:  # a window after the last one may shorten it
                recognized(utterance.words)
            n_told = max(n_told, len(utterances) - 1)
            progress(min(1.0, batch[-1][0].span.end_ms / audio.duration_ms))
        for utterance in utterances[n_told:]:
            recognized(utterance.words)
        numbered = tuple(replace(u, id=f"u{i}") for i, u in enumerate(utterances, start=1))
        sounds = merged(voice, gap_ms=SILENCE_MS)
        transcript = repair(Transcript(code, numbered), audio, sounds=sounds)
        progress(1.0)
        return Hearing(transcript, probability, tuple(dropped))

    def _heard(
        self, language: str, audio: Audio, batch: Sequence[Window]
    ) -> list[tuple[Window, _Said]]:
        """What is said in each window; voice without words is heard once more."""
        out = self._said(audio, batch, language)
        if self._vad is None:  # where there is voice is not known
            return list(zip(batch, out, strict=True))
        again = [
            (i, rest)
            for i, (window, (words, _)) in enumerate(zip(batch, out, strict=True))
            for rest in unheard(window, words)
        ]
        for part in in_parts(again, self._batch_size):
            second = self._said(audio, [rest for _, rest in part], language, is_second=True)
            for (i, rest), (words, made_up) in zip(part, second, strict=True):
                first, before = out[i]
                out[i] = (_inserted(first, words, rest.span.start_ms), (*before, *made_up))
        return list(zip(batch, out, strict=True))

    def _said(
        self, audio: Audio, batch: Sequence[Window], language: str, *, is_second: bool = False
    ) -> list[_Said]:
        """The words of each window that stay, and what does not."""
        decoded = decode(self._pipeline, audio, batch, language=language, options=self._options)
        out: list[_Said] = []
        for window, heard in zip(batch, decoded, strict=True):
            words, made_up = without_made_up(
                heard.words, window.voice, heard.evidence, is_second=is_second
            )
            out.append((words, (*heard.dropped, *made_up)))
        return out

    def _checked(self, language: str | None) -> str | None:
        if language is None:
            return None
        known = tuple(sorted(self._whisper.supported_languages))
        code = language.lower().split("-")[0]
        if code not in known:
            message = (
                f"language {language!r}: the Whisper model {self._model_name} does not know it; "
                f"it knows: {' '.join(known)}"
            )
            raise UsageError(message)
        return code

    def __reduce__(self) -> tuple[Any, ...]:
        made = partial(
            type(self),
            device=self._device_name,
            compute_type=self._compute_type,
            vad=self._vad,
            options=self._options,
            halvings=self._halvings,
        )
        return made, (self._model_name,)  # what it has loaded stays in its process

    @cached_property
    def _device(self) -> Any:
        return choose_device(self._device_name)

    @property
    def _batch_size(self) -> int:
        whole = self._options.batch_size or BATCH_SIZES[self._device]
        return max(1, whole >> self._halvings)

    @cached_property
    def _stored(self) -> StoredModel:
        return find_whisper(self._model_name)

    @cached_property
    def _sha256(self) -> str:
        return weights_sha256(self._stored)

    @cached_property
    def _pipeline(self) -> Any:
        return library().BatchedInferencePipeline(model=self._whisper)

    @cached_property
    def _whisper(self) -> Any:
        folder = self._stored.folder
        device = self._device
        compute_type = choose_compute_type(self._compute_type, device)
        try:
            return library().WhisperModel(
                str(folder),
                device=device,
                compute_type=compute_type,
                cpu_threads=self._options.cpu_threads,
                local_files_only=True,
            )
        except (ValueError, RuntimeError) as error:
            message = (
                f"{folder}: the Whisper model does not load on device {device!r} with "
                f"compute type {compute_type!r} ({error}); try `device cpu`, or another model"
            )
            raise UsageError(message) from error


_Said = tuple[tuple[Word, ...], tuple[Dropped, ...]]


def _inserted(words: tuple[Word, ...], more: tuple[Word, ...], at_ms: int) -> tuple[Word, ...]:
    """Words with more before the first one that starts at a time or later."""
    place = next((i for i, w in enumerate(words) if w.span.start_ms >= at_ms), len(words))
    return (*words[:place], *more, *words[place:])


def _join(utterances: list[Utterance], words: tuple[Word, ...], overlap: Span) -> tuple[Word, ...]:
    """What stays of a window's words after a seam; the utterance before it is shortened."""
    left, right = joined_at_seam(utterances[-1].words, words, overlap)
    del utterances[-1]
    if left:
        utterances.append(_utterance(left))
    return right


def _utterance(words: tuple[Word, ...]) -> Utterance:
    first_ms = min(word.span.start_ms for word in words)
    return Utterance("", Span(first_ms, max(word.span.end_ms for word in words)), words)
