"""faster-whisper: Whisper through CTranslate2, about a hundred languages, with word times.

Nothing is ever downloaded here: a model is a folder in CTranslate2's format, or a name whose files
already lie in the Hugging Face cache.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from functools import cached_property
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from sentigram.core.document import EnginePart
from sentigram.core.media import SAMPLE_RATE_HZ, Audio
from sentigram.core.protocols import Progress, no_progress
from sentigram.core.time import MS_PER_SECOND, Span, ms_from_seconds
from sentigram.core.transcript import Transcript, Utterance, Word
from sentigram.errors import MissingError, UsageError

DEFAULT_MODEL = "small"

_BLOCK_BYTES = 1 << 20
_SHORTEST_MS = 100  # less sound holds no word


class FasterWhisperTranscriber:
    """Writes down speech with a Whisper model that is on disk.

    Args:
        model: A folder with `model.bin`, `config.json`, `tokenizer.json` and a vocabulary, or a
            name such as `small` or `large-v3` whose files are in the Hugging Face cache.
        device: `auto`, `cpu` or `cuda`.
        compute_type: CTranslate2's: `default` keeps the model's own, `int8` is the fastest on a
            CPU, `float16` on a GPU.
        vad: Whether to leave out what Silero's detector takes for no speech; the guard against
            words made up from silence and music.
        beam_size: Hypotheses that are kept; 1 is the fastest.
        batch_size: 30 s windows that are decoded at once; 1 decodes them one after the other.
            More needs `vad`, which finds where to cut.
        hotwords: Words to expect, such as names.
        initial_prompt: Text that comes before, in the style that is wanted.

    Raises:
        UsageError: A setting is out of range.
    """

    def __init__(
        self,
        model: str = DEFAULT_MODEL,
        *,
        device: str = "auto",
        compute_type: str = "default",
        vad: bool = True,
        beam_size: int = 5,
        batch_size: int = 1,
        hotwords: str | None = None,
        initial_prompt: str | None = None,
    ) -> None:
        for name, value in (("beam size", beam_size), ("batch size", batch_size)):
            if value < 1:
                message = f"{name} {value}: needs to be 1 or more"
                raise UsageError(message)
        if batch_size > 1 and not vad:
            message = f"batch size {batch_size} without vad: turn vad on, or use batch size 1"
            raise UsageError(message)
        self._model_name = model
        self._device = device
        self._compute_type = compute_type
        self._batch_size = batch_size
        self._options = {
            "beam_size": beam_size,
            "vad_filter": vad,
            "hotwords": hotwords,
            "initial_prompt": initial_prompt,
        }

    @property
    def part(self) -> EnginePart:
        """The model's name (its folder's name for a path) and the sha256 of its weights."""
        return EnginePart(
            role="transcriber",
            id=f"faster-whisper-{self._folder.name if self._is_path else self._model_name}",
            version=version("faster-whisper"),
            sha256=self._sha256,
        )

    def transcribe(
        self, audio: Audio, *, language: str | None = None, progress: Progress = no_progress
    ) -> Transcript:
        """Write down what is said, with the model's word times and probabilities.

        Raises:
            UsageError: The model does not know the language, or the device cannot be used.
            MissingError: The package or the model is not installed.
        """
        if audio.duration_ms < _SHORTEST_MS:
            return Transcript(language or "", ())
        if audio.sample_rate_hz != SAMPLE_RATE_HZ:
            message = f"{audio.sample_rate_hz} Hz: Whisper needs {SAMPLE_RATE_HZ} Hz"
            raise ValueError(message)
        if language is not None and language not in self._languages:
            message = (
                f"language {language!r}: the Whisper model {self._model_name} does not know it; "
                f"it knows: {' '.join(self._languages)}"
            )
            raise UsageError(message)
        samples = np.nan_to_num(np.asarray(audio.samples, dtype=np.float32))
        segments, info = self._run(samples, language)
        utterances: list[Utterance] = []
        share = 0.0
        for segment in segments:
            words = words_of(segment.words or (), audio.duration_ms)
            if words:
                start_ms = min(word.span.start_ms for word in words)
                end_ms = max(word.span.end_ms for word in words)
                name = f"u{len(utterances) + 1}"
                utterances.append(Utterance(name, Span(start_ms, end_ms), words))
            # Whisper's segments may overlap a little, and the last may go beyond the end.
            share = max(share, min(1.0, float(segment.end) * MS_PER_SECOND / audio.duration_ms))
            progress(share)
        progress(1.0)
        return Transcript(info.language, tuple(utterances))

    def _run(self, samples: Any, language: str | None) -> tuple[Iterable[Any], Any]:  # noqa: ANN401
        options = {**self._options, "language": language, "word_timestamps": True}
        result: tuple[Iterable[Any], Any]
        try:
            if self._batch_size > 1:
                pipeline = _library().BatchedInferencePipeline(model=self._whisper)
                result = pipeline.transcribe(samples, batch_size=self._batch_size, **options)
            else:
                # Text before a hallucination breeds more of it; words gain little from context.
                result = self._whisper.transcribe(
                    samples, condition_on_previous_text=False, **options
                )
        except ValueError as error:
            if "max()" not in str(error) and "empty" not in str(error):
                raise
            # Nothing passed the voice detector, and no language can be detected in nothing.
            return (), _Nothing(language or "")
        return result

    @property
    def _languages(self) -> tuple[str, ...]:
        return tuple(sorted(self._whisper.supported_languages))

    @property
    def _is_path(self) -> bool:
        return Path(self._model_name).is_dir()

    @cached_property
    def _folder(self) -> Path:
        """Where the model's files are."""
        folder = Path(self._model_name)
        if not folder.is_dir():
            folder = self._cached_folder()
        for name in ("model.bin", "config.json", "tokenizer.json"):
            if not (folder / name).is_file():
                message = (
                    f"{folder}: has no {name}, so it is no Whisper model in CTranslate2's format; "
                    "convert one with ct2-transformers-converter --copy_files tokenizer.json"
                )
                raise MissingError(message)
        return folder

    def _cached_folder(self) -> Path:
        try:
            return Path(_library().download_model(self._model_name, local_files_only=True))
        except (ValueError, OSError) as error:  # an unknown name; or not in the cache
            repository = self._model_name
            if "/" not in repository:
                repository = f"Systran/faster-whisper-{repository}"
            message = (
                f"the Whisper model {self._model_name!r} is not on this machine; bring it with: "
                f"hf download {repository}   or name a CTranslate2 folder with --whisper-model PATH"
            )
            raise MissingError(message) from error

    @cached_property
    def _sha256(self) -> str:
        digest = hashlib.sha256()
        with (self._folder / "model.bin").open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                digest.update(block)
        return digest.hexdigest()

    @cached_property
    def _whisper(self) -> Any:  # noqa: ANN401  (the package ships no types)
        folder = self._folder
        try:
            return _library().WhisperModel(
                str(folder),
                device=self._device,
                compute_type=self._compute_type,
                local_files_only=True,
            )
        except (ValueError, RuntimeError) as error:
            message = (
                f"{folder}: the Whisper model does not load on device {self._device!r} with "
                f"compute type {self._compute_type!r} ({error}); try --device cpu, "
                "or another model"
            )
            raise UsageError(message) from error


class _Nothing:
    """What is known of a recording without speech."""

    def __init__(self, language: str) -> None:
        self.language = language


def words_of(words: Sequence[Any], duration_ms: int) -> tuple[Word, ...]:
    """Turn faster-whisper's words into ours.

    Whisper marks a word's start by a space before it; one without follows its predecessor joined,
    as in Chinese. The first word of a segment starts a line either way.

    Args:
        words: With `word`, `start` and `end` in seconds, `probability`.
        duration_ms: Of the sound; Whisper's last window may go beyond.
    """
    out: list[Word] = []
    for word in words:
        text = " ".join(word.word.split())
        if not text:
            continue
        start_ms = min(max(0, ms_from_seconds(word.start)), duration_ms)
        end_ms = min(max(start_ms, ms_from_seconds(word.end)), duration_ms)
        probability = float(word.probability)
        out.append(
            Word(
                text,
                Span(start_ms, end_ms),
                confidence=min(1.0, max(0.0, probability)) if math.isfinite(probability) else 0.0,
                source="heard",
                timing="aligned",
                joined=bool(out) and not word.word[0].isspace(),
            )
        )
    return tuple(out)


def _library() -> Any:  # noqa: ANN401
    try:
        return import_module("faster_whisper")
    except ImportError as error:
        message = f"faster-whisper does not load ({error}): pip install faster-whisper"
        raise MissingError(message) from error
