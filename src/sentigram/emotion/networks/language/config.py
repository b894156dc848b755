"""Sizes and choices of networks of words, and of the models that are fine-tuned within networks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator

from sentigram.emotion.encoders.named import family
from sentigram.emotion.encoders.text_form import form_of
from sentigram.emotion.encoders.tokens import EncoderInfo, Kind
from sentigram.emotion.encoders.transformers import architecture as of_model
from sentigram.emotion.networks.config import NetworkConfig

_PIECES = "wordpieces"
_D_TEXT = 768


class LanguageModelConfig(BaseModel):
    """A model of the BERT family that learns with the network that it is in.

    Attributes:
        initial: Whose weights training starts from, a name in the store or a folder, of the same
            vocabulary; "" for the model of the word pieces, unless `architecture` is given.
        architecture: transformers' settings of it, such as model_type and hidden_size; set to
            those of `initial`, so that a checkpoint needs no other model. Given without `initial`,
            it starts from random weights.
        rate: Of its topmost block, times training.learning_rate.
        layer_decay: Of the rate from each block to the one below it, and to the embeddings below
            all (Howard & Ruder 2018, discriminative fine-tuning).
        checkpointing: Whether what blocks hand on is worked out again for gradients instead of
            kept: less memory, more time, the same result.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    initial: str = ""
    architecture: dict[str, Any] = Field({})
    rate: float = Field(1.0, gt=0, le=1)
    layer_decay: float = Field(1.0, gt=0, le=1)
    checkpointing: bool = False

    @field_validator("architecture")
    @classmethod
    def _can_be_tried(cls, given: dict[str, Any]) -> dict[str, Any]:
        return of_model.checked(given) if given else given

    @property
    def width(self) -> int:
        """Of its class token's vector, 0 where there is no such model."""
        return of_model.width(self.architecture) if self.architecture else 0

    @property
    def largest_matrix(self) -> int:
        """Of its vocabulary or a block, 0 where there is no such model."""
        return of_model.largest_matrix(self.architecture) if self.architecture else 0

    def refusal(self, network: str, text: EncoderInfo) -> str:
        """Why it cannot read these features, "" where it can or is not needed.

        Args:
            network: The family that it is in.
            text: The features.
        """
        if text.numbers != "ids":
            if self == LanguageModelConfig():
                return ""
            return (
                f"family {network} has settings of model.language, which learns from word pieces; "
                f"{text.name} are vectors: name data.text {_PIECES}:MODEL"
            )
        found = family(text.name)
        if not self._whose(text) and not self.architecture:
            return (
                f"{text.name} do not say which model they are for; name data.text "
                f"{_PIECES}:MODEL, or give model.language.initial"
            )
        own = self._for(text)
        longest, most = form_of(text.name).longest, of_model.positions(own)
        if found is not None and longest > most:
            head = text.name.partition(":")[0].partition("+longest")[0]
            return (
                f"{text.name} are up to {longest} word pieces, and the model reads {most} at once; "
                f"prepare and name {head}+longest={most}:{found[1]}"
            )
        return ""

    def fitted(self, text: EncoderInfo) -> Self:
        """The same for features at hand, where they are word pieces.

        Raises:
            MissingError: Their model is not on this machine.
            InputError: It is damaged, or of another kind.
        """
        if text.numbers != "ids" or self.architecture:
            return self
        return self.model_copy(
            update={"architecture": self._for(text), "initial": self._whose(text)}
        )

    def _whose(self, text: EncoderInfo) -> str:
        """The model that it starts from, "" where nothing says so."""
        found = family(text.name)
        return self.initial or (found[1] if found and found[0] == _PIECES else "")

    def _for(self, text: EncoderInfo) -> dict[str, Any]:
        return self.architecture or of_model.read_architecture(self._whose(text))


class TextMlpConfig(NetworkConfig):
    """A perceptron over a sentence's vector, such as BERT's [CLS] (the third system's text alone).

    Attributes:
        hidden: Of the layer between.
    """

    family: Literal["text-mlp"] = "text-mlp"
    widths: dict[Kind, int] = Field({"text": _D_TEXT})
    hidden: int = Field(256, ge=1, le=8192)

    @property
    def fused_width(self) -> int:
        """Of the sentence's vector."""
        return self.widths["text"]

    @property
    def largest_matrix(self) -> int:
        """Of the first layer."""
        return self.fused_width * self.hidden

    def refusal(self, features: Mapping[Kind, EncoderInfo]) -> str:
        """Why it cannot read these features, "" where it can."""
        text = features.get("text")
        if text is None:
            return "family text-mlp reads words: name data.text, such as bert-cls:bert-base-uncased"
        if text.numbers == "ids":
            return f"family text-mlp reads vectors; {text.name} are numbers of word pieces"
        return ""

    def _read(self, features: Mapping[Kind, EncoderInfo]) -> dict[Kind, int]:
        return {"text": features["text"].width}


class BertConfig(NetworkConfig):
    """A model of the BERT family and a linear layer over its class token, trained end to end.

    Attributes:
        language: The model.
        dropout: Before the linear layer; within the model, what its architecture says.
    """

    family: Literal["bert"] = "bert"
    widths: dict[Kind, int] = Field({"text": 1})
    language: LanguageModelConfig = LanguageModelConfig()
    dropout: float = Field(0.1, ge=0, lt=1)

    @property
    def fused_width(self) -> int:
        """Of the class token's vector."""
        return self.language.width

    @property
    def largest_matrix(self) -> int:
        """The model's."""
        return self.language.largest_matrix

    def refusal(self, features: Mapping[Kind, EncoderInfo]) -> str:
        """Why it cannot read these features, "" where it can."""
        text = features.get("text")
        if text is None or text.numbers != "ids":
            return "family bert reads word pieces: name data.text wordpieces:MODEL"
        return self.language.refusal(self.family, text)

    def fitted(
        self, features: Mapping[Kind, EncoderInfo], *, has_vad: bool, contrasts: bool
    ) -> Self:
        """See `NetworkConfig`; the architecture is that of the model of the word pieces."""
        made = super().fitted(features, has_vad=has_vad, contrasts=contrasts)
        return made.model_copy(update={"language": self.language.fitted(features["text"])})

    def checkpointed(self) -> Self:
        """With the model of its words working its blocks out again."""
        return self.model_copy(
            update={"language": self.language.model_copy(update={"checkpointing": True})}
        )

    def _read(self, features: Mapping[Kind, EncoderInfo]) -> dict[Kind, int]:
        return {"text": features["text"].width}
