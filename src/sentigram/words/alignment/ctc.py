"""Word times from a wav2vec 2.0 model that writes letters (CTC), for languages other than English.

A model says, every 20 ms, which letter it hears or that it hears none anew. The times of a known
text are the likeliest path through its letters (Graves et al. 2006, with Viterbi's maximum in
place of the sum). A character that the model has no letter for, such as a digit, may be any sound.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from sentigram.core.arrays import Floats32, Ints64
from sentigram.core.document import EnginePart
from sentigram.core.media import SAMPLE_RATE_HZ, Audio
from sentigram.core.protocols import Progress, no_progress
from sentigram.core.time import MS_PER_SECOND, Span
from sentigram.core.transcript import Transcript
from sentigram.data_files import read_json
from sentigram.errors import InputError
from sentigram.reading import MODEL_PART
from sentigram.store.installed import StoredModel, weights_sha256
from sentigram.words.alignment.windows import align_in_windows

PACKAGES = ("torch", "transformers")

_ANY = -1  # a sound that the model has no letter for
_SPACE = "|"  # how these models write it
_LEAST_SAMPLES = SAMPLE_RATE_HZ // 20  # the network takes no less than 25 ms


class CtcAligner:
    """Aligns with a model from the store.

    Args:
        model: A folder with `config.json`, `vocab.json`, weights in safetensors and
            `preprocessor_config.json`.
    """

    def __init__(self, model: StoredModel) -> None:
        self._stored = model

    @property
    def part(self) -> EnginePart:
        """The model and the sha256 of its weights."""
        return EnginePart(
            "aligner",
            self._stored.name,
            version=self._stored.revision,
            sha256=weights_sha256(self._stored),
        )

    def obstacle(self, language: str) -> str:
        """Why words of a language cannot be aligned with it here, "" where they can."""
        if language.lower().split("-")[0] not in self._stored.languages:
            return f"{self._stored.name} does not align {language!r}"
        missing = [name for name in PACKAGES if find_spec(name) is None]
        if missing:
            return (
                f"{self._stored.name} needs {' and '.join(missing)}: pip install 'sentigram[full]'"
            )
        return ""

    def align(
        self,
        transcript: Transcript,
        audio: Audio,
        *,
        language: str,
        progress: Progress = no_progress,
        apart: frozenset[str] = frozenset(),
    ) -> Transcript:
        """Find when each word is said, on the CPU.

        Raises:
            InputError: The model's files are not those of such a model.
        """
        del language
        letters = self._letters
        said = [letters.spoken(word.text) for word in transcript.words()]
        return align_in_windows(
            transcript, audio, said, self._windows, progress=progress, apart=apart
        )

    @cached_property
    def _letters(self) -> Letters:
        return read_letters(self._stored.folder)

    @cached_property
    def _windows(self) -> _Windows:
        return _Windows(self._stored.folder, self._letters)


class Letters:
    """What a model can write.

    Args:
        vocabulary: Letter → column.
        blank: The column that says "nothing new".
    """

    def __init__(self, vocabulary: Mapping[str, int], blank: int) -> None:
        self._columns = {key: at for key, at in vocabulary.items() if len(key) == 1}
        self.blank = blank
        self.space = self._columns.pop(_SPACE, None)
        self._is_upper = any(key.isupper() for key in self._columns) and not any(
            key.islower() for key in self._columns
        )

    def spoken(self, text: str) -> tuple[str, ...]:
        """The word without marks that nobody says, () where nothing is left."""
        text = text.replace("’", "'")
        text = text.upper() if self._is_upper else text.lower()
        word = "".join(c for c in unicodedata.normalize("NFC", text) if self._is_said(c))
        return (word,) if any(c.isalnum() for c in word) else ()

    def columns(self, word: str) -> list[int]:
        """The column of each of a word's letters, `_ANY` where there is none."""
        return [self._column(character) for character in word]

    def _is_said(self, character: str) -> bool:
        return character in self._columns or character.isalnum()

    def _column(self, character: str) -> int:
        if character in self._columns:
            return self._columns[character]
        plain = unicodedata.normalize("NFD", character)[0]
        return self._columns.get(plain, _ANY)


def read_letters(folder: Path) -> Letters:
    """The letters of a model in a folder.

    Raises:
        InputError: Its `vocab.json` or `config.json` is missing or is something else.
    """
    try:
        vocabulary = read_json(folder / "vocab.json", MODEL_PART)
        config = read_json(folder / "config.json", MODEL_PART)
        columns = {str(key): int(at) for key, at in vocabulary.items()}
        blank = int(config["pad_token_id"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"{folder}: no aligner: vocab.json or config.json cannot be used ({error!r})"
        raise InputError(message) from error
    return Letters(columns, blank)


def best_path(scores: Floats32, columns: Sequence[int], blank: int) -> Ints64 | None:
    """The likeliest path of a text through a model's scores.

    Args:
        scores: Log probabilities, float32 (n_frames, n_columns).
        columns: Of the letters in order; `_ANY` for one that may be any but the blank.
        blank: The column that says "nothing new".

    Returns:
        For each letter its first and last frame, int64 (n_letters, 2); None where there are fewer
        frames than the text needs.
    """
    n_frames, n_letters = len(scores), len(columns)
    n_states = 2 * n_letters + 1  # blanks stand between letters, before and after
    repeats = sum(a == b for a, b in pairwise(columns))
    if not n_letters or n_frames < n_letters + repeats:
        return None
    any_sound = np.delete(scores, blank, axis=1).max(axis=1)  # (n_frames,)
    emitted = np.empty((n_frames, n_states), dtype=np.float32)
    emitted[:, 0::2] = scores[:, [blank]]
    emitted[:, 1::2] = np.stack(
        [any_sound if at == _ANY else scores[:, at] for at in columns], axis=1
    )
    skips = np.zeros(n_states, dtype=np.bool_)  # from a letter to the next, without a blank
    skips[3::2] = [a != b for a, b in pairwise(columns)]
    reached = np.full(n_states, -math.inf)
    reached[:2] = emitted[0, :2]
    steps = np.zeros((n_frames, n_states), dtype=np.int8)
    for frame in range(1, n_frames):
        one = np.concatenate(([-math.inf], reached[:-1]))
        two = np.where(skips, np.concatenate(([-math.inf] * 2, reached[:-2])), -math.inf)
        choices = np.stack((reached, one, two))  # (3, n_states): stay, one on, two on
        steps[frame] = choices.argmax(axis=0)
        reached = choices.max(axis=0) + emitted[frame]
    state = n_states - 1 if reached[-1] >= reached[-2] else n_states - 2
    if not math.isfinite(reached[state]):
        return None
    frames = np.full((n_letters, 2), -1, dtype=np.int64)
    for frame in range(n_frames - 1, -1, -1):
        if state % 2:
            letter = state // 2
            frames[letter, 0] = frame
            frames[letter, 1] = max(frames[letter, 1], frame)
        state -= int(steps[frame, state])
    return frames


class _Windows:
    """Aligns windows with a model in a folder; one at a time, for torch uses all cores itself."""

    def __init__(self, folder: Path, letters: Letters) -> None:
        self._folder = folder
        self._letters = letters

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._folder, self._letters)  # the network stays in its process

    def align(self, said: Sequence[str], samples: Floats32) -> list[Span] | None:
        """Time of each word, or None where there is no room for them."""
        if len(samples) < _LEAST_SAMPLES:
            return None
        columns: list[int] = []
        places: list[tuple[int, int]] = []  # of each word's letters, half open
        for word in said:
            if columns and self._letters.space is not None:
                columns.append(self._letters.space)
            first = len(columns)
            columns += self._letters.columns(word)
            places.append((first, len(columns)))
        scores = self._scores(samples)
        frames = best_path(scores, columns, self._letters.blank)
        if frames is None:
            return None
        frame_ms = len(samples) * MS_PER_SECOND / SAMPLE_RATE_HZ / len(scores)
        return [
            Span(round(frames[a, 0] * frame_ms), round((frames[b - 1, 1] + 1) * frame_ms))
            for a, b in places
        ]

    def _scores(self, samples: Floats32) -> Floats32:
        """Log probabilities, float32 (n_frames, n_columns)."""
        import torch

        if self._is_normalized:
            samples = (samples - samples.mean()) / np.sqrt(samples.var() + 1e-7)
        with torch.inference_mode():
            logits = self._model(torch.from_numpy(samples)[None]).logits[0]  # (frames, columns)
            scores: Floats32 = torch.log_softmax(logits.float(), dim=-1).numpy()
        return scores

    @cached_property
    def _is_normalized(self) -> bool:
        """Whether the model was trained on sound of mean 0 and variance 1."""
        try:
            about = read_json(self._folder / "preprocessor_config.json", MODEL_PART)
            return bool(about.get("do_normalize", True))
        except (OSError, ValueError, AttributeError):
            return True

    @cached_property
    def _model(self) -> Any:
        from transformers import AutoModelForCTC

        try:
            model = AutoModelForCTC.from_pretrained(
                str(self._folder), local_files_only=True, use_safetensors=True
            )
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            message = f"{self._folder}: the aligner does not load ({error})"
            raise InputError(message) from error
        return model.eval()
