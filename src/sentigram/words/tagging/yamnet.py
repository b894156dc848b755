"""YAMNet: names what can be heard in every half second, of 521 classes of AudioSet.

The network is a TensorFlow Lite file that takes patches of log-mel bands. It comes from the store
(`sentigram models pull yamnet`) or from a file, and runs in LiteRT (`sentigram[sounds]`).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.core.document import EnginePart
from sentigram.core.media import SAMPLE_RATE_HZ, Audio
from sentigram.core.protocols import Progress, no_progress
from sentigram.core.sounds import Sound
from sentigram.core.time import MS_PER_SECOND, Span
from sentigram.errors import MissingError
from sentigram.store.installed import files_sha256
from sentigram.words.activity import sane
from sentigram.words.tagging.classes import N_CLASSES, Grid, heeded, tagged
from sentigram.words.tagging.log_mel import (
    N_BANDS,
    PATCH_FRAMES,
    PATCH_HOP,
    PATCH_SAMPLES,
    patches,
)

INSTALL = "run: pip install 'sentigram[sounds]'"
PACKAGE = "ai_edge_litert"
ROLE = "sound tagger"

_HOP_MS = PATCH_HOP * MS_PER_SECOND // SAMPLE_RATE_HZ  # 480
GRID = Grid(_HOP_MS, 2 * _HOP_MS)
_BLOCK = 120  # patches that are worked on together, 58 s


@dataclass(frozen=True, slots=True)
class YamnetTagger:
    """Names sounds with YAMNet, or another network of its classes and input.

    Attributes:
        net: A TensorFlow Lite file: float32 (1, 96, 64) in, (1, 521) out.
        name: What it is called in the Document's engine list.

    Raises:
        MissingError: When it is made: LiteRT is not installed, or the file is no such network.
    """

    net: Path
    name: str = "yamnet"

    def __post_init__(self) -> None:
        _open(self.net)

    @property
    def part(self) -> EnginePart:
        """For the Document's engine list."""
        return EnginePart(ROLE, self.name, "", files_sha256([self.net]))

    def tag(
        self, audio: Audio, *, within: Span | None = None, progress: Progress = no_progress
    ) -> tuple[Sound, ...]:
        """See `core.protocols.SoundTagger`."""
        return tagged(
            audio,
            within,
            lambda sound: self.scores(sound, progress=progress),
            grid=GRID,
            table=heeded(),
        )

    def scores(self, audio: Audio, *, progress: Progress = no_progress) -> Floats32:
        """How sure the network is of each class in each patch.

        Args:
            audio: The sound, 16 kHz.
            progress: Told the share that is done.

        Returns:
            float32 (n_patches, 521), in [0, 1]; a patch of .96 s every .48 s.
        """
        n_patches = 1 + max(0, -(-(len(audio.samples) - PATCH_SAMPLES) // PATCH_HOP))
        blocks = [(at, min(at + _BLOCK, n_patches)) for at in range(0, n_patches, _BLOCK)]
        rows = []
        for (_, end), row in zip(
            blocks, audio.spread.map(self._in_block, audio, blocks, group=2), strict=True
        ):
            rows.append(row)
            progress(end / n_patches)
        return np.concatenate(rows)

    def _in_block(self, audio: Audio, block: tuple[int, int]) -> Floats32:
        """Scores of patches from one number up to another."""
        first, last = block
        samples = audio.samples[first * PATCH_HOP : (last - 1) * PATCH_HOP + PATCH_SAMPLES]
        net = _open(self.net)
        return np.stack([_run(net, patch) for patch in patches(sane(samples))])


def obstacle() -> str:
    """Why no network can be run here, and what mends it; "" where one can."""
    try:
        _litert()
    except MissingError as error:
        return str(error)
    return ""


def _litert() -> Any:
    """The module of LiteRT's interpreter.

    Raises:
        MissingError: It is not installed, or does not load.
    """
    try:
        return import_module(f"{PACKAGE}.interpreter")
    except (ImportError, OSError) as error:  # OSError: its native library does not load here
        message = f"LiteRT, which runs the sound tagger, does not load ({error}); {INSTALL}"
        raise MissingError(message) from error


def _open(path: Path) -> Any:
    """A network of this thread's own, as none may be used by two at a time.

    Raises:
        MissingError: LiteRT is not installed, or this is no such network.
    """
    try:
        stat = path.stat()
    except OSError as error:
        message = f"{path}: no sound tagger is there ({error.strerror})"
        raise MissingError(message) from error
    return _opened(path, threading.get_ident(), stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=64)
def _opened(path: Path, _thread: int, _size: int, _time_ns: int) -> Any:
    litert = _litert()
    try:
        net = litert.Interpreter(
            model_path=str(path),
            num_threads=1,
            # Its faster kernels write a line to stderr.
            experimental_op_resolver_type=(litert.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES),
        )
        net.allocate_tensors()
        given, made = net.get_input_details(), net.get_output_details()
    except (ValueError, RuntimeError, OSError) as error:
        message = f"{path}: cannot be loaded as TensorFlow Lite ({error!s:.200})"
        raise MissingError(message) from error
    shapes = [_described(one) for one in (*given, *made)]
    wanted = [((1, PATCH_FRAMES, N_BANDS), "float32"), ((1, N_CLASSES), "float32")]
    if shapes != wanted:
        message = (
            f"{path}: takes and makes {shapes}, where a sound tagger of YAMNet's kind has {wanted}"
        )
        raise MissingError(message)
    return net


def _described(tensor: dict[str, Any]) -> tuple[Sequence[int], str]:
    return tuple(int(n) for n in tensor["shape"]), np.dtype(tensor["dtype"]).name


def _run(net: Any, patch: Floats32) -> Floats32:
    net.set_tensor(net.get_input_details()[0]["index"], patch[None])
    net.invoke()
    made = np.asarray(net.get_tensor(net.get_output_details()[0]["index"])[0], np.float32)
    return np.clip(np.nan_to_num(made), 0, 1)
