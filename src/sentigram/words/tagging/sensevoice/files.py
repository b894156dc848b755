"""What lies beside SenseVoice's weights: its shape, its tokens, and how its input is scaled.

The files are data: entries are checked against what the released network is, and nothing of them is
run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sentigram.core.arrays import Floats32
from sentigram.data_files import json_of, yaml_of
from sentigram.errors import InputError, MissingError
from sentigram.reading import MODEL_PART, read_text
from sentigram.words.tagging.sensevoice.features import WIDTH

CONFIG = "config.yaml"
SCALE = "am.mvn"
TOKENS = "tokens.json"
PIECES = "chn_jpn_yue_eng_ko_spectok.bpe.model"
EVENTS = ("BGM", "Speech", "Applause", "Laughter", "Cry", "Sneeze", "Breath", "Cough")
"""Its events, as its tokens call them."""

_MOST_TOKENS = 200_000
_FIXED: dict[str, dict[str, object]] = {
    "encoder_conf": {"normalize_before": True},
    "frontend_conf": {"fs": 16000, "window": "hamming", "n_mels": 80, "lfr_m": 7, "lfr_n": 6},
}


class EncoderShape(BaseModel):
    """Sizes of SenseVoice's encoder, in FunASR's names.

    Attributes:
        output_size: Width of a frame.
        attention_heads: Of each block.
        linear_units: Width of the inner layers.
        num_blocks: Blocks before the norm.
        tp_blocks: Blocks after it.
        kernel_size: Of the memory beside the attention, in frames.
        sanm_shfit: By how many frames it is shifted.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    output_size: int = Field(512, ge=16, le=4096)
    attention_heads: int = Field(4, ge=1, le=64)
    linear_units: int = Field(2048, ge=16, le=16_384)
    num_blocks: int = Field(50, ge=1, le=200)
    tp_blocks: int = Field(20, ge=0, le=200)
    kernel_size: int = Field(11, ge=1, le=101)
    sanm_shfit: int = Field(0, ge=0, le=50)

    @model_validator(mode="after")
    def _divides(self) -> EncoderShape:
        if self.output_size % self.attention_heads:
            message = f"output_size {self.output_size} among {self.attention_heads} heads"
            raise ValueError(message)
        return self


@dataclass(frozen=True, slots=True, eq=False)
class ModelFiles:
    """All but the weights.

    Attributes:
        encoder: Its shape.
        n_tokens: How many tokens it knows.
        events: The token of each of EVENTS.
        shift: float32 (560,), added to its input.
        factor: float32 (560,), by which the sum is multiplied.
    """

    encoder: EncoderShape
    n_tokens: int
    events: tuple[int, ...]
    shift: Floats32
    factor: Floats32


def read_files(folder: Path) -> ModelFiles:
    """Read them.

    Raises:
        InputError: A file is absent, damaged, or of another network.
        MissingError: sentencepiece, which reads tokens where no `tokens.json` is, is not installed.
    """
    tokens, name = _tokens(folder)
    places = {token: number for number, token in enumerate(tokens)}
    wanted = [f"<|{event}|>" for event in EVENTS]
    if lacking := [token for token in wanted if token not in places]:
        message = f"{folder / name}: has no {lacking[0]}: these are not SenseVoice's tokens"
        raise InputError(message)
    shift, factor = _scale(folder / SCALE)
    events = tuple(places[token] for token in wanted)
    return ModelFiles(_encoder(folder / CONFIG), len(tokens), events, shift, factor)


def _encoder(path: Path) -> EncoderShape:
    try:
        data = yaml_of(_read(path), MODEL_PART, str(path))
        named = [data.get(key) for key in ("model", "encoder", "frontend")]
        settings = data["encoder_conf"]
        parts: dict[str, Any] = {key: data.get(key, {}) for key in _FIXED}
        other = [
            f"{key}.{name} is {parts[key].get(name, value)!r:.80}, not {value!r}"
            for key, fixed in _FIXED.items()
            for name, value in fixed.items()
            if parts[key].get(name, value) != value
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"{path}: not the configuration of SenseVoice ({error!s:.200})"
        raise InputError(message) from error
    wanted = ["SenseVoiceSmall", "SenseVoiceEncoderSmall", "WavFrontend"]
    if named != wanted:
        other.insert(0, f"model, encoder and frontend are {named!r:.200}, not {wanted}")
    if other:
        message = f"{path}: {other[0]}: only SenseVoiceSmall is known"
        raise InputError(message)
    try:
        return EncoderShape.model_validate(settings)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        message = f"{path}: {wrong}"
        raise InputError(message) from error


def _tokens(folder: Path) -> tuple[list[str], str]:
    """All tokens in order of their numbers, and the file that they are from."""
    path = folder / TOKENS
    if not path.is_file():
        return _pieces(folder / PIECES), PIECES
    try:
        found = json_of(_read(path), MODEL_PART, str(path))
    except ValueError as error:
        message = f"{path}: not JSON ({error!s:.200})"
        raise InputError(message) from error
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        message = f"{path}: not a list of tokens"
        raise InputError(message)
    return _bounded(found, path), TOKENS


def _pieces(path: Path) -> list[str]:
    """The tokens of a sentencepiece model."""
    if not path.is_file():
        message = f"{path.parent}: has neither {TOKENS} nor {PIECES}; bring the model again"
        raise InputError(message)
    try:
        from sentencepiece import SentencePieceProcessor

        reader = SentencePieceProcessor(model_file=str(path))
        return _bounded([reader.id_to_piece(i) for i in range(reader.get_piece_size())], path)
    except ImportError as error:
        message = f"sentencepiece does not load ({error}); run: pip install 'sentigram[full]'"
        raise MissingError(message) from error
    except (RuntimeError, ValueError, OSError) as error:
        message = f"{path}: not a sentencepiece model ({error!s:.200})"
        raise InputError(message) from error


def _bounded(tokens: list[str], path: Path) -> list[str]:
    if not 0 < len(tokens) <= _MOST_TOKENS:
        message = f"{path}: {len(tokens)} tokens"
        raise InputError(message)
    return tokens


def _scale(path: Path) -> tuple[Floats32, Floats32]:
    """What is added to the input, and by what it is multiplied; Kaldi's text format."""
    text = _read(path)
    rows = []
    for part in ("AddShift", "Rescale"):
        found = re.search(rf"<{part}>[^<\[]*<LearnRateCoef>[^<\[]*\[([^\]]*)\]", text)
        try:
            row = np.array(found[1].split() if found else [], np.float32)
        except ValueError:
            row = np.zeros(0, np.float32)
        if row.shape != (WIDTH,) or not np.isfinite(row).all():
            message = f"{path}: <{part}> does not hold {WIDTH} numbers; bring the model again"
            raise InputError(message)
        rows.append(row)
    return rows[0], rows[1]


def _read(path: Path) -> str:
    try:
        return read_text(path, MODEL_PART)
    except (OSError, ValueError) as error:
        message = f"{path}: cannot be read ({error}); bring the model again with sentigram models"
        raise InputError(message) from error
