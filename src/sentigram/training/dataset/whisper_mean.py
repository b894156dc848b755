"""`whisper-mean:MODEL`: the mean of what Whisper's encoder makes of a clip, one vector a clip.

The encoder of a model in CTranslate2's format is run through faster-whisper. It hears 30 s at a
time, filled up with silence; only frames that begin within the clip count, so that the filling is
not part of the mean. Whisper base makes 512 numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.core.media import SAMPLE_RATE_HZ
from sentigram.emotion.encoders.tokens import EncoderInfo
from sentigram.errors import InputError
from sentigram.store.installed import StoredModel, weights_sha256
from sentigram.training.dataset.clips import load
from sentigram.words.whisper.on_machine import choose_device, find_whisper, library

PREFIX = "whisper-mean"

WINDOW_SAMPLES = 30 * SAMPLE_RATE_HZ
FRAME_SAMPLES = 320  # 20 ms: two frames of the spectrum, which the encoder's second layer halves
_VERSION = "1"


@dataclass(frozen=True)
class WhisperMeanFeatures:
    """One vector per clip, float32 (1, width), in float32 whatever the machine.

    Args:
        model: A folder in CTranslate2's format, or a name such as `base`.

    Raises:
        MissingError: The model is not on this machine, when it is first needed.
    """

    model: str

    @cached_property
    def info(self) -> EncoderInfo:
        """The model's name and digest; its width is measured on silence."""
        width = self._encoded(np.zeros(FRAME_SAMPLES, np.float32)).shape[1]
        what = f"{self._stored.name}, mean of the encoder's frames {_VERSION}"
        name = f"{PREFIX}:{self.model}"
        return EncoderInfo(name, "audio", width, what, weights_sha256(self._stored))

    def encode(self, batch: Sequence[str] | Sequence[Path]) -> list[Floats32]:
        """Encode clips given by path."""
        return [self.encode_clip(load(Path(path))) for path in batch]

    def encode_clip(self, samples: Floats32) -> Floats32:
        """The mean over a clip, float32 (1, width).

        Args:
            samples: float32 (n,) at 16 kHz; longer than 30 s is heard in windows.
        """
        starts = range(0, max(1, len(samples)), WINDOW_SAMPLES)
        windows = [self._encoded(samples[at : at + WINDOW_SAMPLES]) for at in starts]
        frames = np.concatenate(windows)
        return np.asarray(frames.mean(axis=0, dtype=np.float64), np.float32)[None]

    def _encoded(self, window: Floats32) -> Floats32:
        """The encoder's frames of at most 30 s, (⌈n / FRAME_SAMPLES⌉, width), at least one."""
        filled = np.zeros(WINDOW_SAMPLES, np.float32)
        filled[: len(window)] = window
        mel = np.ascontiguousarray(self._network.feature_extractor(filled, padding=0), np.float32)
        encode, of_array = self._network.model.encode, import_module("ctranslate2").StorageView
        heard = np.array(encode(of_array.from_array(mel[None]), to_cpu=True))
        frames: Floats32 = heard[0]  # (1500, width)
        return frames[: max(1, math.ceil(len(window) / FRAME_SAMPLES))]

    @cached_property
    def _stored(self) -> StoredModel:
        return find_whisper(self.model)

    @cached_property
    def _network(self) -> Any:
        folder = self._stored.folder
        try:
            return library().WhisperModel(
                str(folder),
                device=choose_device("auto"),
                compute_type="float32",
                local_files_only=True,
            )
        except (RuntimeError, ValueError) as error:
            message = f"{folder}: cannot be loaded as a Whisper model ({error})"
            raise InputError(message) from error
