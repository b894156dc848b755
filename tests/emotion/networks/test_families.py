"""What every network promises, whatever its family."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import torch

from sentigram.emotion.encoders.tokens import KINDS, EncoderInfo, Kind, Numbers
from sentigram.emotion.networks.config import NetworkConfig
from sentigram.emotion.networks.inputs import Sequences, heeding
from sentigram.emotion.networks.network import Network
from sentigram.emotion.networks.registry import FAMILIES, build, network_config
from sentigram.training.config import ObjectiveConfig
from sentigram.training.dataset.examples import Batch
from sentigram.training.fit.losses import Objective
from sentigram.training.fit.reachability import unreachable

N_CLASSES = 4


@dataclass(frozen=True)
class Case:
    """A small network of a family, and what it reads.

    Attributes:
        settings: Of the network.
        features: Names and widths by modality.
        lengths: Tokens of each example, by modality.
    """

    settings: dict[str, Any]
    features: dict[Kind, tuple[str, int]]
    lengths: dict[Kind, tuple[int, ...]]

    def numbers(self, kind: Kind) -> Numbers:
        """What the tokens of a modality are."""
        return "ids" if self.features[kind][0].startswith("wordpieces:") else "values"


MEL: dict[Kind, tuple[str, int]] = {"audio": ("logmel", 64)}
CLIPS: dict[Kind, tuple[int, ...]] = {"audio": (200, 41, 97, 150, 8)}
CASES = {
    "fusion": Case(
        {"family": "fusion", "hidden": 16, "n_heads": 2, "d_contrast": 0},
        {"text": ("made-words", 12), "audio": ("made-frames", 10)},
        {"text": (5, 1, 3, 2, 4), "audio": (7, 3, 2, 6, 4)},
    ),
    "resnet18": Case({"family": "resnet18", "width": 4}, MEL, CLIPS),
    "cnn-bilstm": Case({"family": "cnn-bilstm", "channels": (4, 6, 8), "hidden": 8}, MEL, CLIPS),
    "audio-transformer": Case(
        {"family": "audio-transformer", "hidden": 16, "n_layers": 2, "n_heads": 2}, MEL, CLIPS
    ),
    "audio-transformer, overlapping": Case(
        {"family": "audio-transformer", "hidden": 16, "n_layers": 1, "n_heads": 2, "stride": 10},
        MEL,
        CLIPS,
    ),
    "vggish": Case(
        {"family": "vggish", "channels": (4, 4, 8, 8), "hidden": 16, "embedding": 12}, MEL, CLIPS
    ),
}
BOTH: dict[Kind, tuple[str, int]] = {"text": ("made-words", 12), "audio": ("logmel", 64)}
SAID: dict[Kind, tuple[int, ...]] = {**CLIPS, "text": (5, 1, 3, 2, 4)}
SMALL_PATCHES = {"hidden": 16, "n_layers": 1, "n_heads": 2}
SMALL_VGGISH = {"channels": (4, 4, 8, 8), "hidden": 16, "embedding": 12}
ONE: dict[Kind, tuple[int, ...]] = dict.fromkeys(KINDS, (1,) * 5)
CASES |= {
    "early-fusion": Case(
        {"family": "early-fusion", "audio": {"width": 4}, "hidden": 16}, BOTH, SAID
    ),
    "patch-cross": Case(
        {"family": "patch-cross", "audio": SMALL_PATCHES, "n_layers": 1}, BOTH, SAID
    ),
    "vggish-bert": Case(
        {"family": "vggish-bert", "audio": SMALL_VGGISH, "hidden": (16, 8)}, BOTH, SAID
    ),
    "trimodal, one vector each": Case(
        {"family": "trimodal", "hidden": 16, "n_heads": 2, "audio_parts": (8, 3)},
        {"text": ("made-words", 12), "audio": ("table", 11), "visual": ("faces", 9)},
        ONE,
    ),
    "trimodal, sequences": Case(
        {"family": "trimodal", "hidden": 16, "n_heads": 2},
        {"text": ("made-words", 12), "audio": ("table", 11), "visual": ("faces", 9)},
        {"text": (5, 1, 3, 2, 4), "audio": (7, 3, 2, 6, 4), "visual": (2, 4, 1, 1, 3)},
    ),
    "trimodal, without faces": Case(
        {"family": "trimodal", "hidden": 16, "n_heads": 2},
        {"text": ("made-words", 12), "audio": ("table", 11)},
        ONE,
    ),
}
PIECES: tuple[str, int] = ("wordpieces:made-up", 1)
N_PIECES = 40
TINY_BERT = {
    "model_type": "bert",
    "vocab_size": N_PIECES,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "max_position_embeddings": 128,
    "initializer_range": 0.2,
}
CASES |= {
    "text-mlp": Case(
        {"family": "text-mlp", "hidden": 16},
        {"text": ("made-words", 12)},
        {"text": (5, 1, 3, 2, 4)},
    ),
    "bert": Case(
        {"family": "bert", "language": {"architecture": TINY_BERT}},
        {"text": PIECES},
        {"text": (5, 2, 3, 9, 4)},
    ),
    "vggish-bert, fine-tuned": Case(
        {
            "family": "vggish-bert",
            "audio": SMALL_VGGISH,
            "hidden": (16, 8),
            "language": {"architecture": TINY_BERT},
        },
        {"text": PIECES, "audio": ("logmel", 64)},
        SAID,
    ),
    "trimodal, fine-tuned": Case(
        {
            "family": "trimodal",
            "hidden": 16,
            "n_heads": 2,
            "language": {"architecture": TINY_BERT},
        },
        {"text": PIECES, "audio": ("table", 11), "visual": ("faces", 9)},
        {"text": (5, 1, 3, 2, 4), "audio": (1,) * 5, "visual": (1,) * 5},
    ),
}
EVERY = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def infos(case: Case) -> dict[Kind, EncoderInfo]:
    return {
        kind: EncoderInfo(name, kind, width, "made for a test", numbers=case.numbers(kind))
        for kind, (name, width) in case.features.items()
    }


def made(case: Case, seed: int = 0, *, has_vad: bool = True) -> Network:
    """A network in evaluation mode, in double precision, fitted to its features."""
    config = network_config(case.settings)
    assert config.refusal(infos(case)) == ""
    torch.manual_seed(seed)
    fitted = config.fitted(infos(case), has_vad=has_vad, contrasts=False)
    return build(fitted, N_CLASSES).double().eval()


def examples(case: Case, seed: int = 0) -> dict[Kind, Sequences]:
    """Noise of unequal lengths."""
    draws = torch.Generator().manual_seed(seed)
    inputs: dict[Kind, Sequences] = {}
    for kind, (_, width) in case.features.items():
        lengths = torch.tensor(case.lengths[kind])
        values = tokens(case, kind, (len(lengths), int(lengths.max()), width), draws).double()
        mask = torch.arange(int(lengths.max())) < lengths[:, None]
        inputs[kind] = Sequences(values, mask, mask)
    return inputs


def tokens(case: Case, kind: Kind, shape: tuple[int, ...], draws: torch.Generator) -> torch.Tensor:
    """Noise, or numbers of word pieces."""
    if case.numbers(kind) == "ids":
        return torch.randint(1, N_PIECES, shape, generator=draws).float()
    return torch.randn(shape, generator=draws)


def as_batch(inputs: dict[Kind, Sequences]) -> Batch:
    n = len(next(iter(inputs.values())).mask)
    vad = torch.linspace(-0.9, 0.9, 3 * n).reshape(n, 3).double()
    return Batch(inputs, torch.arange(n) % N_CLASSES, vad, torch.arange(n))


def test_every_family_is_tried():
    assert {str(case.settings["family"]) for case in CASES.values()} == set(FAMILIES)


@EVERY
def test_shapes(case: Case):
    network = made(case)
    output = network(examples(case))
    assert output.logits.shape == (5, N_CLASSES)
    assert output.vad.shape == (5, 3)
    assert output.vad.abs().max() <= 1
    assert output.fused.shape == (5, network.config.fused_width)
    assert network.config.modalities == tuple(kind for kind in KINDS if kind in case.features)
    assert made(case, has_vad=False)(examples(case)).vad.isnan().all()
    largest = max(p[0].numel() * len(p) for p in network.parameters() if p.ndim > 1)
    assert largest <= network.config.largest_matrix


@EVERY
def test_an_example_is_read_alike_alone_and_in_company(case: Case):
    network, inputs = made(case), examples(case)
    together = network(inputs)
    for row in range(5):
        alone = {
            kind: Sequences(*(part[row : row + 1, : case.lengths[kind][row]] for part in given))
            for kind, given in inputs.items()
        }
        output = network(alone)
        torch.testing.assert_close(output.logits[0], together.logits[row], rtol=1e-9, atol=1e-9)
        torch.testing.assert_close(output.vad[0], together.vad[row], rtol=1e-9, atol=1e-9)


@EVERY
def test_the_order_of_the_batch_and_what_is_padded_change_nothing(case: Case):
    network, inputs = made(case), examples(case)
    order = torch.tensor([3, 0, 4, 2, 1])
    turned = {
        kind: Sequences(
            torch.where(given.mask.unsqueeze(-1), given.values, 7.0)[order],
            given.mask[order],
            given.marked[order],
        )
        for kind, given in inputs.items()
    }
    torch.testing.assert_close(
        network(turned).logits, network(inputs).logits[order], rtol=1e-9, atol=1e-9
    )


@EVERY
def test_training_steps_take_statistics_of_what_is_there(case: Case):
    """What batch normalization learns of a clip does not depend on how far it is padded."""
    inputs = examples(case)
    longer = {
        kind: Sequences(
            torch.nn.functional.pad(given.values, (0, 0, 0, 16), value=3.0),
            torch.nn.functional.pad(given.mask, (0, 16)),
            torch.nn.functional.pad(given.marked, (0, 16)),
        )
        for kind, given in inputs.items()
    }
    networks = [made(case), made(case)]
    for network, given in zip(networks, (inputs, longer), strict=True):
        network.train()
        for module in network.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
        network(given)
    for (name, one), other in zip(networks[0].named_buffers(), networks[1].buffers(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-9, msg=name)


@EVERY
def test_every_parameter_learns(case: Case):
    names = unreachable(made(case), as_batch(examples(case)), Objective(ObjectiveConfig()))
    assert names == ()


@EVERY
def test_it_learns_sixteen_examples_by_heart(case: Case):
    torch.manual_seed(0)
    network = made(case).float()
    draws = torch.Generator().manual_seed(1)
    inputs: dict[Kind, Sequences] = {}
    for kind, (_, width) in case.features.items():
        n = 100 if kind == "audio" and width == 64 else 4
        values = tokens(case, kind, (16, n, width), draws)
        mask = torch.ones((16, n), dtype=torch.bool)
        inputs[kind] = Sequences(values, mask, mask)
    labels = torch.arange(16) % N_CLASSES
    optimizer = torch.optim.Adam(network.parameters(), lr=0.004)
    network.train()
    for module in network.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    for _ in range(150):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(network(inputs).logits, labels)
        loss.backward()
        optimizer.step()
        if loss < 0.02:
            break
    assert (network(inputs).logits.argmax(dim=1) == labels).all()


@EVERY
def test_with_everything_withheld_it_still_says_something(case: Case):
    network = made(case)
    assert network(heeding(examples(case), ())).logits.isfinite().all()


@EVERY
def test_other_features_are_refused_in_words(case: Case):
    config = network_config(case.settings)
    nothing: dict[Kind, EncoderInfo] = {
        "visual": EncoderInfo("faces", "visual", 512, "made for a test")
    }
    assert config.refusal(nothing)


def test_an_unknown_family_is_named_with_those_that_there_are():
    with pytest.raises(ValueError, match="family 'resnet19' is none of fusion, resnet18"):
        network_config({"family": "resnet19"})


def test_a_family_that_leaves_out_what_all_have_is_refused_where_it_is_made():
    class Sizeless(NetworkConfig):
        family: str = "sizeless"

    class Mute(Network):
        pass

    with pytest.raises(TypeError, match="fused_width"):
        Sizeless()  # type: ignore[abstract]
    with pytest.raises(TypeError, match="forward"):
        Mute(network_config({}), N_CLASSES)  # type: ignore[abstract]
