"""What runs sound like: an embedding for each, of where nobody else speaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.core.document import EnginePart
from sentigram.core.media import Audio
from sentigram.core.protocols import Progress, no_progress
from sentigram.core.time import Span
from sentigram.errors import MissingError
from sentigram.store.shipped import read_card, sha256
from sentigram.store.threads import n_threads
from sentigram.words.speakers.bands import N_BANDS, log_bands
from sentigram.words.speakers.nets import NAME, VOICES, open_net, shipped_net

LEAST_MS = 250  # of sound that anything can be told from
_MOST_MS = 10_000  # more of one run says nothing new
_GROUP = 32


@dataclass(frozen=True, slots=True)
class BandVoices:
    """Embeds voices with CAM++, or another net that reads 80 log-mel bands as it does.

    WeSpeaker and 3D-Speaker publish theirs so: float32 (batch, n_frames, 80) in, (batch, width)
    out.

    Attributes:
        net: An ONNX file; None for the one that ships.
    """

    net: Path | None = None

    @property
    def part(self) -> EnginePart:
        """For the Document's engine list."""
        if self.net is not None:
            return EnginePart("voices", self.net.name, "", sha256(self.net))
        card = read_card(NAME)
        digest = card["files"][VOICES]["sha256"]
        return EnginePart("voices", card["name"], str(card["version"]), digest)

    def embed(
        self,
        audio: Audio,
        stretches: Sequence[Sequence[Span]],
        *,
        progress: Progress = no_progress,
    ) -> Floats32:
        """See `core.protocols.SpeakerEncoder`."""
        rows: list[Floats32] = []
        for row in audio.spread.map(
            self._one, audio, list(stretches), group=_GROUP, n_threads=n_threads()
        ):
            rows.append(row)
            progress(len(rows) / len(stretches))
        return np.stack(rows) if rows else np.zeros((0, 1), np.float32)

    def _one(self, audio: Audio, spans: Sequence[Span]) -> Floats32:
        net = shipped_net(VOICES) if self.net is None else _opened(self.net)
        bands = np.concatenate([log_bands(sane(audio.cut(span))) for span in spans])
        bands = bands[: _MOST_MS // 10]
        if not len(bands):
            message = f"{sum(span.duration_ms for span in spans)} ms: too short for a voice"
            raise ValueError(message)
        centred = bands - bands.mean(axis=0)
        (voice,) = net.run(None, {net.get_inputs()[0].name: centred[None]})
        row = np.asarray(voice[0], np.float32)
        return row / max(float(np.linalg.norm(row)), 1e-9)


@cache
def _opened(path: Path) -> Any:
    """A net of the user's, checked.

    Raises:
        MissingError: It is not there, or it is no such net.
    """
    try:
        net = open_net(path)
    except Exception as error:  # onnxruntime's own tree of errors
        message = f"{path}: cannot be loaded as ONNX ({error!s:.200})"
        raise MissingError(message) from error
    shape = net.get_inputs()[0].shape
    if len(net.get_inputs()) != 1 or len(shape) != 3 or shape[2] != N_BANDS:
        message = f"{path}: takes {shape}, not (batch, frames, {N_BANDS}) log-mel bands"
        raise MissingError(message)
    return net


def sane(samples: Floats32) -> Floats32:
    """In [-1, 1]; what is not a number is silence."""
    block = np.nan_to_num(np.asarray(samples, np.float32), nan=0.0, posinf=1.0, neginf=-1.0)
    return np.clip(block, -1, 1)
