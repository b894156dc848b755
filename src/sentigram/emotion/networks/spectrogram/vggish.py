"""VGGish (Hershey et al. 2017): an embedding of each 0.96 s, and a classifier over their mean."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from sentigram.emotion.networks.heads import LinearHeads
from sentigram.emotion.networks.inputs import Inputs, Sequences
from sentigram.emotion.networks.network import Network
from sentigram.emotion.networks.output import NetworkOutput
from sentigram.emotion.networks.pretrained import Batches, Pretrained
from sentigram.emotion.networks.spectrogram.config import VGGISH_FRAMES, VggishConfig
from sentigram.emotion.networks.spectrogram.postprocess import PostProcess
from sentigram.emotion.networks.spectrogram.vggish_weights import (
    MEANS,
    VECTORS,
    picked,
    read_weights,
)
from sentigram.errors import UsageError

MAPS_OF_A_PIECE = 6
MAP_FRAMES = VGGISH_FRAMES // MAPS_OF_A_PIECE


class VggishEncoder(Pretrained):
    """From pieces of a spectrogram to embeddings, which end in a ReLU as those of 2017 do.

    Args:
        config: Sizes.
    """

    def __init__(self, config: VggishConfig) -> None:
        super().__init__()
        self._config = config
        self.width = config.fused_width
        first, second, third, fourth = config.channels
        # one convolution, one, two, two; after each group a maximum over two by two
        self.features = nn.Sequential(
            *_group(1, first),
            *_group(first, second),
            *_group(second, third, third),
            *_group(third, fourth, fourth),
        )
        self.embeddings = nn.Sequential(
            nn.Linear(config.flat_width, config.hidden),
            nn.ReLU(),
            nn.Linear(config.hidden, config.hidden),
            nn.ReLU(),
            nn.Linear(config.hidden, config.embedding),
            nn.ReLU(),
        )
        self.post: PostProcess | None = None
        if config.postprocess != "none":
            in_bytes = config.postprocess == "pca-8bit"
            self.post = PostProcess(config.embedding, config.fused_width, in_bytes=in_bytes)
        for module in self.modules():  # nothing normalizes: other beginnings die out
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, pieces: Tensor) -> Tensor:
        """(n, 96, 64) → (n, width); without post-processing, each number is at least 0."""
        return self._embedded(self.features(pieces.unsqueeze(1)))

    def take_initial_weights(self) -> None:
        """Those that `weights` names, and with them the parameters of the post-processing.

        Raises:
            MissingError: They are not on this machine.
            InputError: They are damaged, or of another layout.
        """
        config = self._config
        if not config.weights:
            return
        own = {n: v for n, v in self.state_dict().items() if not n.startswith("post.")}
        shapes = {name: tuple(value.shape) for name, value in own.items()}
        if self.post is not None and not config.pca:
            shapes |= {VECTORS: (config.embedding,) * 2, MEANS: (config.embedding,)}
        arrays = picked(read_weights(config.weights), shapes, config.weights)
        given = {name: torch.from_numpy(value) for name, value in arrays.items()}
        with torch.no_grad():
            for name, value in own.items():
                value.copy_(given[name])
            if self.post is not None and not config.pca:
                self.post.vectors.copy_(given[VECTORS])
                self.post.means.copy_(given[MEANS])

    def measure(self, training: Batches) -> None:
        """Fit the PCA on the embeddings of all pieces of training examples, where it is fitted.

        Raises:
            UsageError: There are too few that differ.
        """
        if self.post is None or not self._config.pca:
            return
        with torch.no_grad():
            try:
                self.post.fit(self._raw_of_pieces(given["audio"]) for given in training())
            except ValueError as error:
                message = f"pca {self._config.pca}: {error}; give a smaller number"
                raise UsageError(message) from error

    def _raw_of_pieces(self, given: Sequences) -> Tensor:
        """Embeddings of all pieces of a batch that count, (n, embedding), as they are."""
        pieces, counted = cut(given.values, given.mask)
        return self._raw(self.features(pieces[counted].unsqueeze(1)))

    def _raw(self, found: Tensor) -> Tensor:
        """(n, channels, 6, 4) → (n, embedding)."""
        # as TensorFlow flattens: time, bands, channels
        embeddings: Tensor = self.embeddings(found.permute(0, 2, 3, 1).flatten(1))
        return embeddings

    def _embedded(self, found: Tensor) -> Tensor:
        """(n, channels, 6, 4) → (n, width)."""
        embeddings = self._raw(found)
        return embeddings if self.post is None else self.post(embeddings)

    def of_clips(self, given: Sequences) -> Tensor:
        """The mean over the pieces of each clip, (batch, embedding)."""
        return self.of_maps(*self.maps(given))

    def maps(self, given: Sequences) -> tuple[Tensor, Tensor]:
        """What the last convolution says of the pieces of each clip, end to end.

        Returns:
            (batch, channels, 6 · n_pieces, 4), zero where padded, and bool (batch, 6 · n_pieces).
        """
        pieces, counted = cut(given.values, given.mask)
        found = self.features(pieces[counted].unsqueeze(1))  # no work for what is padded
        maps = found.new_zeros((*counted.shape, *found.shape[1:]))
        maps = maps.masked_scatter(counted[..., None, None, None], found)
        maps = maps.transpose(1, 2).flatten(2, 3)  # (batch, channels, n_pieces · 6, 4)
        return maps, counted.repeat_interleave(found.shape[2], dim=1)

    def of_maps(self, maps: Tensor, mask: Tensor) -> Tensor:
        """The mean of the embeddings of the pieces that the maps are of, (batch, embedding)."""
        counted = mask[:, ::MAPS_OF_A_PIECE]  # (batch, n_pieces)
        n, channels, _, n_bands = maps.shape
        pieces = maps.reshape(n, channels, -1, MAPS_OF_A_PIECE, n_bands).transpose(1, 2)
        found = self._embedded(pieces[counted])
        embeddings = found.new_zeros((*counted.shape, self.width))
        embeddings = embeddings.masked_scatter(counted.unsqueeze(-1), found)
        mean: Tensor = embeddings.sum(dim=1) / counted.sum(dim=1, keepdim=True).clamp_min(1)
        return mean


class Vggish(Network):
    """The mean of the embeddings of a clip, and heads.

    Args:
        config: Sizes.
        n_classes: Emotions that are told apart.
    """

    def __init__(self, config: VggishConfig, n_classes: int) -> None:
        super().__init__(config, n_classes)
        self.encoder = VggishEncoder(config)
        self.encoder.requires_grad_(not config.frozen)
        self.dropout = nn.Dropout(config.dropout)
        self.heads = LinearHeads(config.fused_width, n_classes, has_vad=config.vad_head)

    map_frames = MAP_FRAMES

    def maps(self, inputs: Inputs) -> tuple[Tensor, Tensor]:
        """What the last convolution says, (batch, channels, n, bands), and its mask (batch, n)."""
        return self.encoder.maps(inputs["audio"])

    def read_maps(self, maps: Tensor, mask: Tensor, inputs: Inputs) -> NetworkOutput:
        """What the network says of its last maps."""
        del inputs
        fused = self.encoder.of_maps(maps, mask)
        logits, vad = self.heads(self.dropout(fused))
        return NetworkOutput(logits=logits, vad=vad, fused=fused)

    def forward(self, inputs: Inputs) -> NetworkOutput:
        """Read a batch; see `Network`."""
        return self.read_maps(*self.maps(inputs), inputs)


def cut(values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Pieces of 96 frames, one after the other.

    Args:
        values: (batch, n_frames, n_bands).
        mask: bool (batch, n_frames).

    Returns:
        (batch, n_pieces, 96, n_bands), zero where padded; and bool (batch, n_pieces): whole pieces
        count, as in VGGish, and of a clip that is shorter than one, that one.
    """
    clean = functional.pad(values * mask.unsqueeze(-1), (0, 0, 0, -values.shape[1] % VGGISH_FRAMES))
    pieces = clean.reshape(len(clean), -1, VGGISH_FRAMES, clean.shape[2])
    n_whole = (mask.sum(dim=1, keepdim=True) // VGGISH_FRAMES).clamp_min(1)
    places = torch.arange(pieces.shape[1], device=values.device)
    return pieces, places < n_whole


def _group(given: int, *outs: int) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for out in outs:
        layers += [nn.Conv2d(given, out, 3, padding=1), nn.ReLU()]
        given = out
    return [*layers, nn.MaxPool2d(2, 2)]
