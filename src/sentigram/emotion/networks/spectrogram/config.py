"""Sizes and choices of the networks on spectrograms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from sentigram.emotion.encoders.tokens import EncoderInfo, Kind
from sentigram.emotion.networks.config import NetworkConfig, Width
from sentigram.errors import InputError

N_BANDS = 64
_MEL = "logmel"
_VGGISH_MEL = "logmel-vggish"
VGGISH_FRAMES = 96  # 0.96 s


class SpectrogramConfig(NetworkConfig):
    """What networks on spectrograms have in common: they read the voice alone."""

    widths: dict[Kind, Width] = Field({"audio": N_BANDS})

    def refusal(self, features: Mapping[Kind, EncoderInfo]) -> str:
        """Why it cannot read these features, "" where it can."""
        return mel_refusal(self.family, features)

    def _read(self, features: Mapping[Kind, EncoderInfo]) -> dict[Kind, int]:
        return {"audio": features["audio"].width}


def mel_refusal(family: str, features: Mapping[Kind, EncoderInfo], *, name: str = _MEL) -> str:
    """Why features are no spectrogram of the kind that a family reads, "" where they are."""
    audio = features.get("audio")
    if audio is None or not (audio.name == name or (name == _MEL and audio.name.startswith(_MEL))):
        given = "none are named" if audio is None else f"{audio.name} are not"
        return f"family {family} reads spectrograms, such as data.audio: {name}; {given}"
    return ""


class ResNet18Config(SpectrogramConfig):
    """ResNet-18 (He et al. 2016, table 1) on one channel.

    Attributes:
        width: Channels of the first stage; 64 in the paper.
    """

    family: Literal["resnet18"] = "resnet18"
    width: int = Field(64, ge=4, le=1024)

    @property
    def fused_width(self) -> int:
        """Channels of the last stage."""
        return 8 * self.width

    @property
    def largest_matrix(self) -> int:
        """A convolution of the last stage."""
        return 9 * self.fused_width**2


class CnnBiLstmConfig(SpectrogramConfig):
    """Convolutions for what is local in the spectrum, then an LSTM in both directions over time.

    Attributes:
        channels: Of each convolution; each halves the bands, the first two halve the time.
        hidden: Of the LSTM, in each direction.
        n_layers: Of the LSTM.
    """

    family: Literal["cnn-bilstm"] = "cnn-bilstm"
    channels: tuple[int, ...] = Field((32, 64, 128), min_length=1, max_length=6)
    hidden: int = Field(128, ge=1, le=4096)
    n_layers: int = Field(2, ge=1, le=8)

    @property
    def fused_width(self) -> int:
        """Both directions."""
        return 2 * self.hidden

    @property
    def frame_width(self) -> int:
        """Of what the LSTM is given."""
        return self.channels[-1] * max(1, N_BANDS >> len(self.channels))

    @property
    def largest_matrix(self) -> int:
        """Of the LSTM or a convolution."""
        widest = max(self.frame_width, 2 * self.hidden)
        return max(4 * self.hidden * widest, 9 * max(self.channels) ** 2)


class PatchesConfig(SpectrogramConfig):
    """A transformer over patches of the spectrogram (Gong et al. 2021, AST).

    Attributes:
        patch: Bands and frames of a patch.
        stride: Bands and frames from one patch to the next; less than `patch` overlaps.
        hidden: Width of a patch's vector.
        n_layers: Of the transformer.
        n_heads: Divides hidden.
        feed_forward: Times hidden.
    """

    family: Literal["audio-transformer"] = "audio-transformer"
    patch: int = Field(16, ge=2, le=N_BANDS)
    stride: int = Field(16, ge=1, le=N_BANDS)
    hidden: int = Field(192, ge=4, le=4096)
    n_layers: int = Field(4, ge=1, le=24)
    n_heads: int = Field(4, ge=1)
    feed_forward: int = Field(4, ge=1, le=8)

    @model_validator(mode="after")
    def _fits(self) -> PatchesConfig:
        if self.hidden % self.n_heads:
            message = f"hidden {self.hidden} is not a multiple of n_heads {self.n_heads}"
            raise ValueError(message)
        if self.stride > self.patch:
            message = f"stride {self.stride} is more than patch {self.patch}: sound is left out"
            raise ValueError(message)
        return self

    @property
    def n_rows(self) -> int:
        """Patches above each other."""
        return 1 + (N_BANDS - self.patch) // self.stride

    @property
    def fused_width(self) -> int:
        """Of the class token."""
        return self.hidden

    @property
    def largest_matrix(self) -> int:
        """Of the feed-forward."""
        return max(self.feed_forward * self.hidden**2, self.patch**2 * self.hidden)


class VggishConfig(SpectrogramConfig):
    """VGGish (Hershey et al. 2017): 128 numbers for each 0.96 s, then a classifier over their mean.

    Attributes:
        channels: Of the four groups of convolutions; (64, 128, 256, 512) in the published network.
        hidden: Of the two layers after them; 4,096 there.
        embedding: Width of the embedding; 128 there.
        frozen: Whether everything up to the embedding stays as it was given.
        weights: Which weights training starts from: `vggish` (sentigram models pull vggish), a
            folder, or a file of the PyTorch port's layout; "" for random ones.
        weights_sha256: Of these weights, written into the card; where it is given, others are
            refused.
        postprocess: `pca` does to each embedding what AudioSet does: PCA with whitening, clipped
            to [-2, 2]; `pca-8bit` leaves 256 levels of that; `none` leaves it as it is.
        pca: Components of a PCA that is fitted on the embeddings of training examples, in place
            of the published one; needs `frozen`. 0 for the published one, which comes with the
            weights.
    """

    family: Literal["vggish"] = "vggish"
    channels: tuple[int, int, int, int] = (64, 128, 256, 512)
    hidden: int = Field(4096, ge=1, le=8192)
    embedding: int = Field(128, ge=1, le=4096)
    frozen: bool = False
    weights: str = ""
    weights_sha256: str = Field("", pattern="^([0-9a-f]{64})?$")
    postprocess: Literal["none", "pca", "pca-8bit"] = "none"
    pca: int = Field(0, ge=0, le=4096)

    made_for: ClassVar[str] = _VGGISH_MEL

    @model_validator(mode="after")
    def _has_a_pca(self) -> VggishConfig:
        message = ""
        if self.pca and self.postprocess == "none":
            message = f"pca {self.pca} needs postprocess: pca or pca-8bit"
        elif self.pca > self.embedding:
            message = f"pca {self.pca} is more than the {self.embedding} of an embedding"
        elif self.pca and not self.frozen:
            message = f"pca {self.pca} is fitted once, on embeddings that stay: frozen: true"
        elif self.postprocess != "none" and not (self.pca or self.weights):
            message = (
                f"postprocess {self.postprocess} takes its parameters from published weights: "
                f"weights: vggish; or fits them, with a number such as pca: {self.embedding}"
            )
        if message:
            raise ValueError(message)
        return self

    @property
    def fused_width(self) -> int:
        """Of the embedding, or of what is left of it."""
        return self.pca or self.embedding

    @property
    def unscaled(self) -> tuple[Kind, ...]:
        """The spectrogram, where weights were learnt on it."""
        return ("audio",) if self.weights else ()

    @property
    def learnt_elsewhere(self) -> tuple[str, ...]:
        """The weights that it starts from."""
        return (self.weights,) if self.weights else ()

    def refusal(self, features: Mapping[Kind, EncoderInfo]) -> str:
        """Why it cannot read these features, "" where it can."""
        if reason := mel_refusal(self.family, features):
            return reason
        return self.weights_refusal(features["audio"])

    def weights_refusal(self, audio: EncoderInfo) -> str:
        """Why these are not what its weights were learnt on, "" where they are."""
        if not self.weights or audio.name == _VGGISH_MEL:
            return ""
        return (
            f"weights {self.weights} were learnt on the spectrogram {_VGGISH_MEL} (125 to 7,500 "
            f"Hz, magnitudes, log(x + 0.01)), and {audio.name} is another one: prepare and name "
            f"data.audio: {_VGGISH_MEL}"
        )

    def fitted(
        self, features: Mapping[Kind, EncoderInfo], *, has_vad: bool, contrasts: bool
    ) -> Self:
        """See `NetworkConfig`; the digest of the weights is written down."""
        return super().fitted(features, has_vad=has_vad, contrasts=contrasts).pinned()

    def pinned(self) -> Self:
        """The same with the digest of its weights.

        Raises:
            MissingError: They are not here; the message names the command that brings them.
            InputError: They are not those of the digest that was given.
        """
        if not self.weights:
            return self
        from sentigram.emotion.networks.spectrogram.vggish_weights import weights_sha256

        found = weights_sha256(self.weights)
        if self.weights_sha256 not in ("", found):
            message = (
                f"weights {self.weights}: their sha256 is {found}, and weights_sha256 is "
                f"{self.weights_sha256}; name the weights that are meant, or leave it out"
            )
            raise InputError(message)
        return self.model_copy(update={"weights_sha256": found})

    @property
    def flat_width(self) -> int:
        """Of what the first layer after the convolutions is given."""
        return (VGGISH_FRAMES // 16) * (N_BANDS // 16) * self.channels[-1]

    @property
    def largest_matrix(self) -> int:
        """The first layer after the convolutions."""
        return max(self.flat_width * self.hidden, 9 * max(self.channels) ** 2, self.hidden**2)
