"""The shape of an emotion2vec network, read from the `config.yaml` beside its weights.

FunASR evaluates one of that file's entries as Python. Here the file is data: entries are checked
against what the released networks are, and everything else about the network is fixed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sentigram.data_files import yaml_of
from sentigram.errors import InputError
from sentigram.reading import MODEL_PART, read_text

CONFIG = "config.yaml"
LABELS = "tokens.txt"
FRONT_END = "[(512, 10, 5)] + [(512, 3, 2)] * 4 + [(512,2,2)] + [(512,2,2)]"
_MOST_LABELS = 1000


class AudioShape(BaseModel):
    """The part of the configuration that describes the front end and the first blocks.

    Attributes:
        prenet_depth: Blocks before the main ones.
        num_extra_tokens: Learnt tokens in front of the frames.
        num_alibi_heads: Heads of the distance bias.
        conv_pos_depth: Positional convolutions.
        conv_pos_width: Of all of them together, in frames.
        conv_pos_groups: Groups of each.
        conv_pos_pre_ln: Whether a norm goes before them.
        learned_alibi_scale_per_head: Whether each head has its own scale.
        learned_alibi_scale_per_layer: Whether each block has its own scales.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    prenet_depth: int = Field(4, ge=0, le=48)
    num_extra_tokens: int = Field(10, ge=0, le=64)
    num_alibi_heads: int = Field(12, ge=1, le=64)
    conv_pos_depth: int = Field(5, ge=1, le=12)
    conv_pos_width: int = Field(95, ge=3, le=1024)
    conv_pos_groups: int = Field(16, ge=1, le=64)
    conv_pos_pre_ln: bool = False
    learned_alibi_scale_per_head: bool = True
    learned_alibi_scale_per_layer: bool = False


class NetworkShape(BaseModel):
    """Sizes of an emotion2vec network.

    Attributes:
        embed_dim: Width of a frame.
        depth: Main blocks.
        num_heads: Of the attention.
        mlp_ratio: Width of the inner layers over embed_dim.
        norm_eps: Of the norms.
        layer_norm_first: Whether norms go before attention and inner layers, or after.
        normalize: Whether the waveform is brought to mean 0 and deviation 1.
        audio: The front.
        labels: What the scores are of; empty for a network that was not fine-tuned.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    embed_dim: int = Field(768, ge=16, le=4096)
    depth: int = Field(8, ge=1, le=48)
    num_heads: int = Field(12, ge=1, le=64)
    mlp_ratio: float = Field(4.0, gt=0, le=16)
    norm_eps: float = Field(1e-5, gt=0)
    layer_norm_first: bool = False
    normalize: bool = True
    audio: AudioShape = AudioShape()
    labels: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _divides(self) -> NetworkShape:
        for name, n in (
            ("num_heads", self.num_heads),
            ("conv_pos_groups", self.audio.conv_pos_groups),
        ):
            if self.embed_dim % n:
                message = f"embed_dim {self.embed_dim} is not a multiple of {name} {n}"
                raise ValueError(message)
        if self.audio.num_alibi_heads != self.num_heads:
            message = f"{self.audio.num_alibi_heads} alibi heads, {self.num_heads} heads"
            raise ValueError(message)
        return self

    def for_funasr(self) -> dict[str, Any]:
        """The configuration that FunASR's class is built from; training options are off."""
        audio = {
            **self.audio.model_dump(),
            "type": "AUDIO",
            "model_depth": self.depth,
            "feature_encoder_spec": FRONT_END,
            "extractor_mode": "layer_norm",
            "use_alibi_encoder": True,
            "alibi_scale": 1.0,
            "learned_alibi": False,
            "alibi_max_pos": None,
            "learned_alibi_scale": False,
            "local_grad_mult": 1.0,
            "init_extra_token_zero": True,
            "prenet_layerdrop": 0.0,
            "prenet_dropout": 0.0,
            "start_drop_path_rate": 0.0,
            "end_drop_path_rate": 0.0,
            "mask_noise_std": 0.0,
            "decoder": None,
        }
        return {
            **self.model_dump(exclude={"audio", "labels"}),
            "norm_affine": True,
            "encoder_dropout": 0.0,
            "post_mlp_drop": 0.0,
            "attention_dropout": 0.0,
            "activation_dropout": 0.0,
            "dropout_input": 0.0,
            "layerdrop": 0.0,
            "start_drop_path_rate": 0.0,
            "end_drop_path_rate": 0.0,
            "end_of_block_targets": False,
            "average_top_k_layers": self.depth,
            "loss_beta": 0.0,
            "loss_scale": None,
            "clone_batch": 1,
            "modalities": {"audio": audio},
        }


def read_shape(folder: Path) -> NetworkShape:
    """Read `config.yaml`, and `tokens.txt` if there is one.

    Raises:
        InputError: A file is absent, damaged, or describes another kind of network.
    """
    path = folder / CONFIG
    try:
        data = yaml_of(_read(path), MODEL_PART, str(path))
        settings = data["model_conf"]
        audio = settings["modalities"]["audio"]
    except (ValueError, KeyError, TypeError) as error:
        message = f"{path}: not the configuration of an emotion2vec network ({error})"
        raise InputError(message) from error
    kind, front = data.get("model"), audio.get("feature_encoder_spec", FRONT_END)
    wanted = (
        ("model", kind, "Emotion2vec"),
        ("feature_encoder_spec", "".join(str(front).split()), "".join(FRONT_END.split())),
        ("extractor_mode", audio.get("extractor_mode", "layer_norm"), "layer_norm"),
        ("use_alibi_encoder", audio.get("use_alibi_encoder", True), True),
        ("learned_alibi", audio.get("learned_alibi", False), False),
    )
    for name, found, expected in wanted:
        if found != expected:
            message = f"{path}: {name} is {found!r:.80}, emotion2vec networks have {expected!r}"
            raise InputError(message)
    try:
        return NetworkShape(**{**settings, "audio": audio, "labels": _labels(folder)})
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        message = f"{path}: {wrong}"
        raise InputError(message) from error


def _labels(folder: Path) -> tuple[str, ...]:
    """Names of the scores, in English: a line reads `生气/angry`."""
    path = folder / LABELS
    if not path.is_file():
        return ()
    names = tuple(line.strip().rpartition("/")[2] for line in _read(path).splitlines())
    names = tuple(name for name in names if name)
    if len(names) > _MOST_LABELS or len(set(names)) != len(names):
        message = f"{path}: not a list of distinct labels"
        raise InputError(message)
    return names


def _read(path: Path) -> str:
    try:
        return read_text(path, MODEL_PART)
    except (OSError, ValueError) as error:
        message = f"{path}: cannot be read ({error}); bring the model again with sentigram models"
        raise InputError(message) from error
