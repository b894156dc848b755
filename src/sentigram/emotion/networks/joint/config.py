"""Sizes and choices of networks of several modalities."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from sentigram.emotion.encoders.tokens import EncoderInfo, Kind
from sentigram.emotion.networks.config import NetworkConfig, Width
from sentigram.emotion.networks.language.config import LanguageModelConfig
from sentigram.emotion.networks.spectrogram.config import (
    N_BANDS,
    PatchesConfig,
    ResNet18Config,
    VggishConfig,
    mel_refusal,
)

_D_TEXT = 768
BRANCH = 256  # what voice and face come to in `trimodal`


class WordsAndSoundConfig(NetworkConfig):
    """What networks of word vectors and a spectrogram have in common."""

    widths: dict[Kind, Width] = Field({"text": _D_TEXT, "audio": N_BANDS})

    def refusal(self, features: Mapping[Kind, EncoderInfo]) -> str:
        """Why it cannot read these features, "" where it can."""
        return mel_refusal(self.family, features) or text_refusal(self.family, features)

    def _read(self, features: Mapping[Kind, EncoderInfo]) -> dict[Kind, int]:
        return {"text": features["text"].width, "audio": features["audio"].width}


def text_refusal(family: str, features: Mapping[Kind, EncoderInfo]) -> str:
    """Why there are no vectors of words or sentences to read, "" where there are."""
    text = features.get("text")
    if text is None:
        return f"family {family} reads words too: name data.text, such as bert:bert-base-uncased"
    if text.numbers == "ids":
        return f"family {family} reads vectors of words; {text.name} are numbers of word pieces"
    return ""


class FineTunes(NetworkConfig):
    """What networks have in common that read vectors of words, or learn them from word pieces.

    Attributes:
        language: The model that learns with the network, where data.text are word pieces.
    """

    language: LanguageModelConfig = LanguageModelConfig()

    @property
    def text_width(self) -> int:
        """Of the vectors that are read of words."""
        return self.language.width or self.widths["text"]

    def checkpointed(self) -> Self:
        """With the model of its words working its blocks out again."""
        return self.model_copy(
            update={"language": self.language.model_copy(update={"checkpointing": True})}
        )

    def fitted(
        self, features: Mapping[Kind, EncoderInfo], *, has_vad: bool, contrasts: bool
    ) -> Self:
        """See `NetworkConfig`; a model that learns has the architecture of that of the pieces."""
        made = super().fitted(features, has_vad=has_vad, contrasts=contrasts)
        return made.model_copy(update={"language": self.language.fitted(features["text"])})

    def words_refusal(self, features: Mapping[Kind, EncoderInfo]) -> str:
        """Why there are no words that it reads, "" where there are."""
        text = features.get("text")
        if text is None:
            return text_refusal(self.family, features)
        return self.language.refusal(self.family, text)


class EarlyFusionConfig(WordsAndSoundConfig):
    """Two embeddings end to end: ResNet-18 of the spectrogram, and the sentence's vector.

    Attributes:
        audio: The network of the spectrogram.
        hidden: Of the layer that reads both.
    """

    family: Literal["early-fusion"] = "early-fusion"
    audio: ResNet18Config = ResNet18Config()
    hidden: int = Field(256, ge=1, le=8192)

    @property
    def fused_width(self) -> int:
        """Both embeddings."""
        return self.audio.fused_width + self.widths["text"]

    @property
    def largest_matrix(self) -> int:
        """Of the network of the spectrogram, or the layer that reads both."""
        return max(self.audio.largest_matrix, self.fused_width * self.hidden)


class PatchCrossConfig(WordsAndSoundConfig):
    """Patches of the spectrogram and words attend to each other.

    Attributes:
        audio: How the spectrogram is cut and read; its `hidden` is that of words, too.
        n_layers: Of attention in both directions.
    """

    family: Literal["patch-cross"] = "patch-cross"
    audio: PatchesConfig = PatchesConfig(n_layers=2)
    n_layers: int = Field(2, ge=1, le=24)

    @property
    def fused_width(self) -> int:
        """Means of both sides."""
        return 2 * self.audio.hidden

    @property
    def largest_matrix(self) -> int:
        """Of a feed-forward or a projection."""
        hidden = self.audio.hidden
        return max(
            self.audio.largest_matrix, hidden * self.widths["text"], self.fused_width * hidden
        )


class VggishBertConfig(WordsAndSoundConfig, FineTunes):
    """VGGish and BERT, fully connected layers over both, as the fourth system has it.

    Attributes:
        audio: VGGish.
        hidden: Widths of the layers over both embeddings.
    """

    family: Literal["vggish-bert"] = "vggish-bert"
    audio: VggishConfig = VggishConfig()
    hidden: tuple[int, ...] = Field((512, 128), min_length=1, max_length=8)

    made_for: ClassVar[str] = VggishConfig.made_for

    @model_validator(mode="before")
    @classmethod
    def _weights_have_a_place(cls, given: Any) -> Any:
        if isinstance(given, dict) and "weights" in given:
            message = "weights are those of VGGish here: model.audio.weights"
            raise ValueError(message)
        return given

    @property
    def fused_width(self) -> int:
        """Of the last layer before the classes."""
        return self.hidden[-1]

    @property
    def largest_matrix(self) -> int:
        """Of VGGish, of BERT, or the first layer over both."""
        widths = (self.audio.fused_width + self.text_width, *self.hidden)
        return max(
            self.audio.largest_matrix,
            self.language.largest_matrix,
            *(given * out for given, out in pairwise(widths)),
        )

    @property
    def unscaled(self) -> tuple[Kind, ...]:
        """What VGGish needs so."""
        return self.audio.unscaled

    @property
    def learnt_elsewhere(self) -> tuple[str, ...]:
        """VGGish's weights."""
        return self.audio.learnt_elsewhere

    def refusal(self, features: Mapping[Kind, EncoderInfo]) -> str:
        """Why it cannot read these features, "" where it can."""
        return (
            mel_refusal(self.family, features)
            or self.audio.weights_refusal(features["audio"])
            or self.words_refusal(features)
        )

    def fitted(
        self, features: Mapping[Kind, EncoderInfo], *, has_vad: bool, contrasts: bool
    ) -> Self:
        """See `FineTunes`; the digest of VGGish's weights is written down."""
        made = super().fitted(features, has_vad=has_vad, contrasts=contrasts)
        return made.model_copy(update={"audio": self.audio.pinned()})


class TrimodalConfig(FineTunes):
    """Branches for words, voice and face; words attend to the others (the fifth system).

    What is not among the features is left out with its branch, so the same network reads two
    modalities or one beside words.

    Attributes:
        audio_parts: Widths of groups of audio features, each with a branch of its own: 512
            acoustic ones beside 50 prosodic and spectral ones. Empty for one branch over all.
        n_heads: Of attention.
        hidden: Width of words, and of what attends.
    """

    family: Literal["trimodal"] = "trimodal"
    widths: dict[Kind, Width] = Field({"text": _D_TEXT, "audio": 562, "visual": 512})
    audio_parts: tuple[Width, ...] = ()
    hidden: int = Field(512, ge=8, le=8192)
    n_heads: int = Field(8, ge=1)

    @model_validator(mode="after")
    def _heads_divide(self) -> TrimodalConfig:
        if self.hidden % self.n_heads or self.hidden % 2:
            message = f"hidden {self.hidden} is not a multiple of 2 and of n_heads {self.n_heads}"
            raise ValueError(message)
        return self

    @property
    def others(self) -> tuple[Kind, ...]:
        """What words attend to."""
        return tuple(kind for kind in self.modalities if kind != "text")

    @property
    def fused_width(self) -> int:
        """After the layer that joins what attended."""
        return self.hidden

    @property
    def largest_matrix(self) -> int:
        """Of a branch, of attention, or of the layer that joins."""
        widest = max(self.text_width, *self.widths.values(), 2 * self.hidden, 3 * BRANCH)
        return max(
            widest * max(self.hidden, BRANCH),
            BRANCH**2 * (1 + len(self.audio_parts)),
            self.language.largest_matrix,
        )

    def refusal(self, features: Mapping[Kind, EncoderInfo]) -> str:
        """Why it cannot read these features, "" where it can."""
        if reason := self.words_refusal(features):
            return reason
        if len(features) < 2:
            return "family trimodal reads words with voice, faces or both: name them too"
        audio = features.get("audio")
        if self.audio_parts and audio is not None and sum(self.audio_parts) != audio.width:
            return (
                f"audio_parts {'+'.join(map(str, self.audio_parts))} do not sum to the "
                f"{audio.width} numbers of {audio.name}"
            )
        return ""
