"""Attention of one example as heatmaps whose axes are words and times."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sentigram.core.arrays import Floats64
from sentigram.emotion.encoders.logmel import HOP_MS
from sentigram.emotion.encoders.tokens import Kind
from sentigram.emotion.networks.inputs import Inputs
from sentigram.emotion.networks.joint.config import FineTunes, PatchCrossConfig
from sentigram.emotion.networks.spectrogram.config import PatchesConfig
from sentigram.training.inside.attention import Attended, attention

if TYPE_CHECKING:
    from sentigram.emotion.networks.network import Network

_NAMES: Mapping[Kind, str] = {"text": "words", "audio": "voice", "visual": "faces"}
_MEL = "logmel"
_CLIP_AND_WINDOWS = "compact"  # its first token is the whole clip, the others windows of a second
_HALF_S = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """What stands along one side of a heatmap.

    Attributes:
        title: Such as `words`, or `time in the voice, s`.
        labels: Of each place: a word, or a time in seconds.
        groups: (n_places, n_tokens): which tokens a place stands for, 1 or 0.
        is_time: Whether places follow each other evenly in time.
    """

    title: str
    labels: tuple[str, ...]
    groups: Floats64
    is_time: bool

    def named(self, place: int) -> str:
        """One of its places in a sentence; what was said is quoted, times are not."""
        label = self.labels[place]
        return f"“{label}”" if self.title in ("words", "word pieces") else label


@dataclass(frozen=True, slots=True, eq=False)
class Heatmap:
    """Attention of one layer for one example, the mean over its heads.

    Attributes:
        layer: The module's name.
        title: Who asks whom.
        weights: (n_rows, n_columns), each row sums to at most 1; the rest went elsewhere.
        rows: Who asks.
        columns: Who is asked.
        elsewhere: Mean weight that went to what is not drawn: what was said before, or nothing.
    """

    layer: str
    title: str
    weights: Floats64
    rows: Axis
    columns: Axis
    elsewhere: float

    @property
    def in_words(self) -> str:
        """What is seen, for those who do not see it."""
        strongest = [
            f"{self.rows.named(i)} {self.columns.named(int(row.argmax()))}"
            for i, row in enumerate(self.weights[:12])
        ]
        even = 1 / self.weights.shape[1]
        rest = f" {self.elsewhere:.0%} of the weight lies elsewhere." if self.elsewhere else ""
        return (
            f"Heatmap of {self.title}, {self.layer}: {_count(self.weights.shape[0], 'row')} "
            f"({self.rows.title}), {_count(self.weights.shape[1], 'column')} "
            f"({self.columns.title}). The largest weight is {self.weights.max():.2f}; equal shares "
            f"would be {even:.2f}.{rest} Most weight of each row: {', '.join(strongest)}."
        )


@dataclass(frozen=True, slots=True)
class SaidClip:
    """What is known of the example that was read.

    Attributes:
        words: Those of the example itself, in order.
        duration_ms: Of the clip; 0 where it is not known.
        encoders: Names of the features, by modality.
    """

    words: tuple[str, ...]
    duration_ms: int
    encoders: Mapping[Kind, str]


def heatmaps(network: Network, inputs: Inputs, clip: SaidClip) -> tuple[Heatmap, ...]:
    """What attended to what in one example.

    Attention of patches to patches is shown over time. What precedes an example in its dialogue
    is not drawn; its share of the weight is told.

    Args:
        network: In evaluation mode while this runs.
        inputs: Of one example.
        clip: What is known of it.
    """
    _, found = attention(network, inputs)
    maps = [_heatmap(network, one, inputs, clip) for one in found]
    return tuple(one for one in maps if one is not None)


def class_token_maps(network: Network, inputs: Inputs) -> tuple[tuple[str, Floats64], ...]:
    """Where the class token of a transformer over patches looks, by layer, in one example.

    Args:
        network: Any; only one over patches has such a token.
        inputs: Of one example.

    Returns:
        Names of layers, and float64 (n_frames, n_bands): the mean weight over heads, spread over
        each patch, divided by the largest.
    """
    patches = network.config
    if not isinstance(patches, PatchesConfig):
        return ()
    _, found = attention(network, inputs)
    n_frames, n_bands = inputs["audio"].values.shape[1:]
    maps = []
    for one in found:
        own = one.weights[0].mean(dim=0)[0, 1:]  # (n_patches,) of the class token's weights
        grid = own.reshape(-1, patches.n_rows).double().numpy()  # (n_columns, n_rows)
        total = np.zeros((n_frames, n_bands))
        cover = np.zeros_like(total)
        for (column, row), weight in np.ndenumerate(grid):
            at = slice(column * patches.stride, column * patches.stride + patches.patch)
            bands = slice(row * patches.stride, row * patches.stride + patches.patch)
            total[at, bands] += weight
            cover[at, bands] += 1
        mean = total / np.maximum(cover, 1)
        maps.append((one.layer, mean / max(float(mean.max()), 1e-12)))
    return tuple(maps)


def _heatmap(network: Network, one: Attended, inputs: Inputs, clip: SaidClip) -> Heatmap | None:
    """None where an example lacks a modality, or where its tokens are told of elsewhere."""
    if not (inputs[one.asking].mask.any() and inputs[one.asked].mask.any()):
        return None
    if isinstance(network.config, PatchesConfig):
        return None  # see class_token_maps
    weights = one.weights[0].double().mean(dim=0).numpy()  # (n_queries, n_keys)
    rows, columns = (_axis(network, kind, inputs, clip) for kind in (one.asking, one.asked))
    asking = rows.groups / rows.groups.sum(axis=1, keepdims=True)
    asked = np.pad(columns.groups, ((0, 0), (0, weights.shape[1] - columns.groups.shape[1])))
    drawn = asking @ weights @ asked.T
    elsewhere = float(1 - drawn.sum(axis=1).mean())
    return Heatmap(
        layer=one.layer,
        title=f"{_NAMES[one.asking]} asking {_NAMES[one.asked]}",
        weights=np.asarray(drawn),
        rows=rows,
        columns=columns,
        elsewhere=elsewhere if elsewhere > 5e-3 else 0.0,
    )


def _axis(network: Network, kind: Kind, inputs: Inputs, clip: SaidClip) -> Axis:
    given = inputs[kind]
    mask, marked = (part[0].numpy() for part in (given.mask, given.marked & given.mask))
    shown = np.flatnonzero(marked if marked.any() else mask)
    if kind == "audio" and (patches := _patches(network)) is not None:
        return _patch_axis(patches, int(mask.sum()))
    groups = np.eye(len(mask))[shown]
    if kind == "text" and isinstance(network.config, FineTunes) and network.config.language.width:
        # of word pieces, one vector comes out of the model that learns
        return Axis("words", _words(clip.words, 1), np.eye(1), is_time=False)
    if kind == "text":
        return Axis("words", _words(clip.words, len(shown)), groups, is_time=False)
    if len(shown) == 1:
        return Axis(_NAMES[kind], ("the whole clip",), groups, is_time=False)
    return _time_axis(kind, clip, groups)


def _time_axis(kind: Kind, clip: SaidClip, groups: Floats64) -> Axis:
    n = len(groups)
    name = clip.encoders.get(kind, "")
    title = f"time in the {_NAMES[kind]}, s"
    if name == _CLIP_AND_WINDOWS:
        starts = [_HALF_S * i for i in range(n - 1)]
        windows = (f"{start:g}–{start + 1:g} s" for start in starts)
        return Axis(title, ("the whole clip", *windows), groups, is_time=False)
    if name.startswith(_MEL):
        step = HOP_MS / 1000
    elif clip.duration_ms:
        step = clip.duration_ms / 1000 / n
    else:
        return Axis(_NAMES[kind], tuple(f"{i + 1}." for i in range(n)), groups, is_time=False)
    return Axis(title, _seconds([step * (i + 0.5) for i in range(n)]), groups, is_time=True)


def _patch_axis(patches: PatchesConfig, n_frames: int) -> Axis:
    """Columns of patches that hold a real frame; rows of a column lie side by side."""
    n = 1 + math.ceil(max(0, n_frames - patches.patch) / patches.stride)
    centres = [(i * patches.stride + patches.patch / 2) * HOP_MS / 1000 for i in range(n)]
    groups = np.repeat(np.eye(n), patches.n_rows, axis=1)
    return Axis("time in the voice, s", _seconds(centres), groups, is_time=True)


def _seconds(times: Sequence[float]) -> tuple[str, ...]:
    return tuple(f"{time:.2f} s" for time in times)


def _words(words: Sequence[str], n_tokens: int) -> tuple[str, ...]:
    """A word for each token where there are as many; else the tokens are numbered."""
    if len(words) == n_tokens:
        return tuple(words)
    if n_tokens == 1:
        return ("the whole sentence",)
    return tuple(f"token {i + 1}" for i in range(n_tokens))


def _patches(network: Network) -> PatchesConfig | None:
    config = network.config
    if isinstance(config, PatchCrossConfig):
        return config.audio
    return config if isinstance(config, PatchesConfig) else None


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"
