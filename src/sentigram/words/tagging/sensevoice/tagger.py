"""SenseVoice names a few sounds: before a recording's words it writes which event that is.

Its text begins with language, emotion, event and style, as in `<|en|><|NEUTRAL|><|Laughter|>`. The
event of a whole recording says nothing of when; so windows of three seconds are read, and what they
say is joined. Words and emotions of it are not used.

An et al. 2024, "FunAudioLLM". The network is FunASR's; its weights come from the store
(`sentigram models pull sensevoice`) and were never tried here: only random ones were.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.core.document import EnginePart
from sentigram.core.media import SAMPLE_RATE_HZ, Audio
from sentigram.core.protocols import Progress, no_progress
from sentigram.core.sounds import Sound
from sentigram.core.time import MS_PER_SECOND, Span
from sentigram.errors import MissingError, UsageError
from sentigram.store.funasr import funasr_modules, tensors_of
from sentigram.store.installed import StoredModel, weights_sha256
from sentigram.words.activity import sane
from sentigram.words.tagging.classes import Grid, Heeded, read_classes, tagged

if TYPE_CHECKING:
    from torch import nn

    from sentigram.words.tagging.sensevoice.files import ModelFiles

ROLE = "sound tagger"
WEIGHTS = "model.safetensors"
FILES = (WEIGHTS, "model.pt", "am.mvn")  # any of them tells its folder from YAMNet's
PACKAGES = ("funasr", "pydantic", "torch", "yaml")
GRID = Grid(hop_ms=1_500, patch_ms=3_000)
N_EVENTS = 8

_HOP, _SIZE = (ms * SAMPLE_RATE_HZ // MS_PER_SECOND for ms in (GRID.hop_ms, GRID.patch_ms))
_AT_ONCE = 20  # windows of a batch, 60 s of sound
_LANGUAGE, _EVENT_EMOTION, _NO_STYLE = 0, (1, 2), 15  # rows of its embedding: any, both, as spoken
_EVENT_AT = 2  # after language and emotion


@dataclass(frozen=True, slots=True)
class SensevoiceTagger:
    """Names music, applause, laughter, crying, sneezes and coughs.

    Attributes:
        model: Its files.
        device: Of torch: auto takes a GPU where one is, else the CPU.

    Raises:
        MissingError: When it is made: its weights or what runs them are not here.
        InputError: A file of it is damaged, or is of another network.
    """

    model: StoredModel
    device: str = "auto"

    def __post_init__(self) -> None:
        if missing := obstacle():
            raise MissingError(missing)
        if not (self.model.folder / WEIGHTS).is_file():
            tensors_of(self.model.folder / WEIGHTS, {})  # says what to do
        _files(self.model.folder)

    @property
    def name(self) -> str:
        """What it is called."""
        return self.model.name

    @property
    def part(self) -> EnginePart:
        """For the Document's engine list."""
        sha256 = weights_sha256(self.model)
        return EnginePart(ROLE, self.model.name, self.model.revision, sha256)

    def tag(
        self, audio: Audio, *, within: Span | None = None, progress: Progress = no_progress
    ) -> tuple[Sound, ...]:
        """See `core.protocols.SoundTagger`."""
        return tagged(
            audio,
            within,
            lambda sound: self.scores(sound, progress=progress),
            grid=GRID,
            table=heeded_events(),
        )

    def scores(self, audio: Audio, *, progress: Progress = no_progress) -> Floats32:
        """How sure the network is of each event in each window.

        Args:
            audio: The sound, 16 kHz.
            progress: Told the share that is done.

        Returns:
            float32 (n_windows, n_events), in the order of `files.EVENTS`; a window of 3 s every
            1.5 s, the last one shorter.
        """
        network, files = _loaded(self.model.folder, self.device)
        n_windows = 1 + max(0, -(-(len(audio.samples) - _SIZE) // _HOP))
        n_whole = (
            n_windows if len(audio.samples) == (n_windows - 1) * _HOP + _SIZE else n_windows - 1
        )
        starts = [range(at, min(at + _AT_ONCE, n_whole)) for at in range(0, n_whole, _AT_ONCE)]
        starts += [range(n_whole, n_windows)] if n_whole < n_windows else []
        rows = []
        for windows in starts:
            sounds = [sane(audio.samples[i * _HOP : i * _HOP + _SIZE]) for i in windows]
            rows.append(event_scores(network, files, sounds))
            progress(windows.stop / n_windows)
        return np.concatenate(rows)


def obstacle() -> str:
    """Why it cannot be run here, and what mends it; "" where it can."""
    lacking = [package for package in PACKAGES if find_spec(package) is None]
    if not lacking:
        return ""
    return f"SenseVoice needs {', '.join(lacking)}; run: pip install 'sentigram[full]'"


@cache
def heeded_events() -> tuple[Heeded, ...]:
    """Which events are told, and when they count."""
    file = resources.files("sentigram.words.tagging.sensevoice").joinpath("events.toml")
    return read_classes(file.read_text(encoding="utf-8"), n_classes=N_EVENTS)


def build(files: ModelFiles) -> nn.Module:
    """FunASR's network of this shape, with random weights.

    Raises:
        MissingError: FunASR is not installed.
    """
    from sentigram.words.tagging.sensevoice.features import WIDTH

    with funasr_modules():
        from funasr.models.sense_voice.model import SenseVoiceSmall

        network: nn.Module = SenseVoiceSmall(
            encoder="SenseVoiceEncoderSmall",
            encoder_conf=files.encoder.model_dump(),
            input_size=WIDTH,
            vocab_size=files.n_tokens,
        )
    return network.eval().requires_grad_(requires_grad=False)


def event_scores(network: Any, files: ModelFiles, sounds: Sequence[Floats32]) -> Floats32:
    """The share of each event among all tokens, where the network writes the event.

    Args:
        network: From `build`.
        files: What it was built from.
        sounds: float32 (n_samples,) each, 16 kHz, of one length.

    Returns:
        float32 (n_sounds, n_events).
    """
    import torch

    from sentigram.words.tagging.sensevoice.features import features

    seen = (np.stack([features(one) for one in sounds]) + files.shift) * files.factor
    device = network.embed.weight.device
    with torch.inference_mode():
        queries = network.embed(
            torch.tensor([_LANGUAGE, *_EVENT_EMOTION, _NO_STYLE], device=device)
        )
        given = torch.from_numpy(seen.astype(np.float32)).to(device)  # (n_sounds, n_frames, 560)
        given = torch.cat([queries.expand(len(given), -1, -1), given], dim=1)
        lengths = torch.full((len(given),), given.shape[1], device=device)
        heard, _ = network.encoder(given, lengths)
        shares = network.ctc.ctc_lo(heard[:, _EVENT_AT]).softmax(dim=-1)  # (n_sounds, n_tokens)
        return np.asarray(shares[:, list(files.events)].cpu().numpy(), np.float32)


def _files(folder: Path) -> ModelFiles:
    from sentigram.words.tagging.sensevoice.files import read_files

    return read_files(folder)


@lru_cache(maxsize=1)
def _loaded(folder: Path, device: str) -> tuple[nn.Module, ModelFiles]:
    """The network whose files lie in a folder."""
    import torch

    files = _files(folder)
    with torch.device("meta"):  # shapes without memory
        network = build(files)
    expected = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    network.load_state_dict(tensors_of(folder / WEIGHTS, expected), assign=True)
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        return network.to(device), files
    except (RuntimeError, AssertionError) as error:
        message = f"`device {device}`: {error!s:.200}; use auto"
        raise UsageError(message) from error
