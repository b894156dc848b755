"""Features for training: the tokens that the engine works with, of whole texts and clips.

A feature encoder is one class here and one row of FEATURES; third parties add theirs by entry
point, in the group `sentigram.features`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from types import MappingProxyType

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.core.media import Audio
from sentigram.core.time import Span
from sentigram.core.transcript import Utterance, Word
from sentigram.emotion.encoders.compact.acoustics import HOP_SAMPLES, SAMPLE_RATE_HZ
from sentigram.emotion.encoders.compact.frame_tokens import CompactTokens
from sentigram.emotion.encoders.compact.frames import CompactAudioEncoder
from sentigram.emotion.encoders.compact.pooling import POOLED_WIDTH, pool
from sentigram.emotion.encoders.compact.text import MiniLmEncoder
from sentigram.emotion.encoders.compute import Compute, resolve
from sentigram.emotion.encoders.functionals import ProsodyFunctionals, SpectrumFunctionals
from sentigram.emotion.encoders.logmel import LogMelTokens, VggishMelTokens
from sentigram.emotion.encoders.named import FAMILIES, audio_tokens, family, kind_of, text_tokens
from sentigram.emotion.encoders.text_form import FormedText
from sentigram.emotion.encoders.tokens import AudioTokens, EncoderInfo, TextTokens
from sentigram.emotion.encoders.whole_texts import WholeTexts
from sentigram.errors import UsageError
from sentigram.training.dataset.clips import load
from sentigram.training.dataset.faces import FaceFeatures, FaceFrames
from sentigram.training.dataset.features import FeatureEncoder, parts_of
from sentigram.training.dataset.whisper_mean import PREFIX as WHISPER_MEAN
from sentigram.training.dataset.whisper_mean import WhisperMeanFeatures

_WINDOW_FRAMES = round(1.0 * SAMPLE_RATE_HZ / HOP_SAMPLES)
_HOP_FRAMES = _WINDOW_FRAMES // 2


class WordFeatures:
    """One vector per word of a text, float32 (n_words, width).

    Args:
        encoder: Of sentences.
    """

    def __init__(self, encoder: TextTokens) -> None:
        self._info = encoder.info
        # stores give texts in the form that the name says
        self._encoder = encoder.plain if isinstance(encoder, FormedText) else encoder

    @property
    def info(self) -> EncoderInfo:
        """The encoder's."""
        return self._info

    def encode(self, batch: Sequence[str] | Sequence[Path]) -> list[Floats32]:
        """Encode texts; a text without words becomes one zero vector."""
        instant = Span(0, 0)
        words = [tuple(Word(w, instant) for w in str(text).split()) for text in batch]
        utterances = [Utterance(str(i), instant, own) for i, own in enumerate(words) if own]
        encoded = iter(self._encoder.encode(utterances))
        nothing = np.zeros((1, self.info.width), np.float32)
        return [next(encoded).vectors if own else nothing for own in words]


class WholeTextFeatures:
    """What an encoder makes of a text as a whole, float32 (n, width).

    Args:
        encoder: Of texts.
    """

    def __init__(self, encoder: WholeTexts) -> None:
        self._encoder = encoder

    @property
    def info(self) -> EncoderInfo:
        """The encoder's."""
        return self._encoder.info

    @property
    def remarks(self) -> tuple[str, ...]:
        """How many texts were cut, where any were."""
        return (self._encoder.remark,) if self._encoder.remark else ()

    def encode(self, batch: Sequence[str] | Sequence[Path]) -> list[Floats32]:
        """Encode texts, which stores give in the form that the name says."""
        return self._encoder.encode_texts([str(text) for text in batch])


class ClipFeatures:
    """Tokens of a clip, float32 (n_tokens, width).

    Args:
        encoder: Of stretches of a recording.
    """

    def __init__(self, encoder: AudioTokens) -> None:
        self._encoder = encoder

    @property
    def info(self) -> EncoderInfo:
        """The encoder's."""
        return self._encoder.info

    def encode(self, batch: Sequence[str] | Sequence[Path]) -> list[Floats32]:
        """Encode clips given by path."""
        return [self._tokens(Audio(load(Path(path)))) for path in batch]

    def _tokens(self, clip: Audio) -> Floats32:
        (tokens,) = self._encoder.encode_spans(clip, [Span(0, clip.duration_ms)])
        return tokens.values


class MiniLmFeatures(WordFeatures):
    """Word vectors of the bundled text encoder, float32 (n_words, 384)."""

    def __init__(self) -> None:
        super().__init__(MiniLmEncoder(n_threads=0))


class CompactFeatures:
    """Statistics of the whole clip, then of one-second windows every half second.

    Sound through the bundled audio encoder, float32 (n, POOLED_WIDTH).
    """

    def __init__(self) -> None:
        self._encoder = CompactAudioEncoder()

    @property
    def info(self) -> EncoderInfo:
        """The bundled encoder's name, version and digest."""
        part = self._encoder.part
        what = f"{part.id} {part.version}, statistics of the clip and of 1 s windows"
        return EncoderInfo("compact", "audio", POOLED_WIDTH, what, part.sha256)

    def encode(self, batch: Sequence[str] | Sequence[Path]) -> list[Floats32]:
        """Encode clips given by path."""
        return [self._tokens(self._encoder.encode(load(Path(path)))) for path in batch]

    @staticmethod
    def _tokens(frames: Floats32) -> Floats32:
        last = max(1, len(frames) - _WINDOW_FRAMES + _HOP_FRAMES)
        windows = [pool(frames[i : i + _WINDOW_FRAMES]) for i in range(0, last, _HOP_FRAMES)]
        return np.stack([pool(frames), *windows])


class CompactFrames(ClipFeatures):
    """Frames themselves, averaged over 96 ms, float32 (n, FRAME_WIDTH).

    Clips of more than 15 s are heard at once here, and in pieces at work: stores that were made
    before there were pieces stay what they are.
    """

    def __init__(self) -> None:
        self._compact = CompactTokens()
        super().__init__(self._compact)

    def _tokens(self, clip: Audio) -> Floats32:
        return self._compact.encode_clip(clip.samples)


class MelFeatures(ClipFeatures):
    """The spectrogram of a clip, float32 (n_frames, 64)."""

    def __init__(self, encoder: LogMelTokens) -> None:
        self._mel = encoder
        super().__init__(encoder)

    def _tokens(self, clip: Audio) -> Floats32:
        return self._mel.encode_clip(clip.samples)


class FunctionalFeatures:
    """One vector for a whole clip, float32 (1, 25).

    Args:
        functionals: Which.
    """

    def __init__(self, functionals: ProsodyFunctionals | SpectrumFunctionals) -> None:
        self._functionals = functionals

    @property
    def info(self) -> EncoderInfo:
        """Of the functionals."""
        return self._functionals.info

    def encode(self, batch: Sequence[str] | Sequence[Path]) -> list[Floats32]:
        """Encode clips given by path."""
        return [self._functionals.encode_clip(load(Path(path))) for path in batch]


FEATURES: Mapping[str, Callable[[], FeatureEncoder]] = MappingProxyType(
    {
        "minilm": MiniLmFeatures,
        "compact": CompactFeatures,
        "compact-frames": CompactFrames,
        "logmel": lambda: MelFeatures(LogMelTokens()),
        "logmel-vggish": lambda: MelFeatures(VggishMelTokens()),
        "prosody-25": lambda: FunctionalFeatures(ProsodyFunctionals()),
        "spectrum-25": lambda: FunctionalFeatures(SpectrumFunctionals()),
        "faces": FaceFeatures,
        "faces-frames": FaceFrames,
    }
)
CLIP_FAMILIES: Mapping[str, Callable[[str], FeatureEncoder]] = MappingProxyType(
    {WHISPER_MEAN: WhisperMeanFeatures}
)
"""What comes before the colon in names of features that describe whole clips by a model."""


def encoders(names: Iterable[str]) -> Iterator[FeatureEncoder]:
    """The named encoders, made one after another.

    Raises:
        UsageError: A name is unknown.
        MissingError: A model is not on this machine.
    """
    for name in names:
        yield encoder(name)


def encoder(name: str) -> FeatureEncoder:
    """The encoder of a name: of FEATURES, of an entry point, or such as `bert:MODEL`.

    Raises:
        UsageError: There is none.
        MissingError: The model is not on this machine.
    """
    return _maker(name)()


def check_names(names: Iterable[str]) -> None:
    """Find out before any work whether there are such features; no model is loaded.

    Raises:
        UsageError: A name is unknown.
    """
    for name in names:
        _maker(name)


def _maker(name: str) -> Callable[[], FeatureEncoder]:
    head, _, _ = name.partition(":")
    if family(name) or (head.partition("+")[0] == "minilm" and head == name != "minilm"):
        return partial(of_model, name)
    prefix, _, model = name.partition(":")
    if prefix in CLIP_FAMILIES and model:
        return partial(CLIP_FAMILIES[prefix], model)
    added = {entry.name: entry for entry in entry_points(group="sentigram.features")}
    if name in FEATURES:
        return FEATURES[name]
    if name in added:
        made: Callable[[], FeatureEncoder] = added[name].load()
        return made
    if len(names := parts_of(name)) > 1:
        parts = ",".join(names)
        message = f"{name!r} joins what is prepared apart: --features {parts}"
        raise UsageError(message)
    families = (*FAMILIES, *CLIP_FAMILIES)
    known = (*FEATURES, *sorted(added), *(f"{prefix}:MODEL" for prefix in families))
    message = f"no features are called {name!r}; there are: {', '.join(known)}"
    raise UsageError(message)


def of_model(name: str) -> WordFeatures | WholeTextFeatures | ClipFeatures:
    """Features by a model's name, such as `bert:bert-base-uncased`.

    They are made in float32 whatever the machine, so that stores agree; tokens in bfloat16 differ
    from them by less than networks are sensitive to.

    Args:
        name: A family and a name in the store or a path; or `minilm` with what is done to texts.

    Raises:
        UsageError: There is no such family, or nothing of the kind is done to texts.
        MissingError: The model is not on this machine.
    """
    compute = Compute(resolve().device, "float32")
    if kind_of(name) == "text":
        made = text_tokens(name, compute)
        return WholeTextFeatures(made) if isinstance(made, WholeTexts) else WordFeatures(made)
    return ClipFeatures(audio_tokens(name, compute))
