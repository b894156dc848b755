"""Every parameter can learn from real sequences; the seeds' one-token attention is caught."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from sentigram.training.config import ObjectiveConfig
from sentigram.training.fit.losses import Objective
from sentigram.training.fit.reachability import unreachable
from tests.emotion.networks.batches import PAIRS, VARIANTS, batch, changed, network, read

OBJECTIVE = Objective(ObjectiveConfig())


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("gate", ["none", "sigmoid", "softmax"])
@pytest.mark.parametrize("modality_dropout", [0.0, 0.2])
def test_every_parameter_learns_from_sequences(variant, gate, modality_dropout):
    model = network(variant=variant, gate=gate, modality_dropout=modality_dropout)
    assert unreachable(model, batch(), OBJECTIVE) == ()


@pytest.mark.parametrize("config", [{"loss": "focal"}, {"supervised": True}])
def test_every_parameter_learns_under_other_forms_of_the_objective(config):
    assert unreachable(network(), batch(), Objective(ObjectiveConfig(**config))) == ()


@pytest.mark.parametrize("variant", ["cross", "vga"])
def test_attention_over_one_token_as_in_the_seeds_is_caught(variant):
    names = unreachable(network(variant=variant), batch(words=(1, 1), frames=(1, 1)), OBJECTIVE)
    dead = {
        name for name, _ in network(variant=variant).named_parameters()
        if ".query." in name or ".key." in name or ".text_vad." in name or ".audio_vad." in name
    }  # fmt: skip
    assert set(names) == dead
    assert any(".text_vad." in name for name in names) == (variant == "vga")


@pytest.mark.parametrize("variant", ["text", "audio", "concat", "late"])
def test_baselines_learn_from_one_token(variant):
    model = network(variant=variant)
    assert unreachable(model, batch(words=(1, 1), frames=(1, 1)), OBJECTIVE) == ()


def test_one_direction_over_one_token_is_caught():
    names = unreachable(network(), batch(words=(1, 1)), OBJECTIVE)
    assert names
    assert all("audio_asks" in name for name in names)  # the voice asks a single word


def test_a_head_without_anything_to_learn_from_is_caught():
    examples = batch()
    without = replace(examples, vad=torch.full_like(examples.vad, torch.nan))
    assert all(n.startswith("heads.vad.") for n in unreachable(network(), without, OBJECTIVE))
    assert unreachable(network(), without, OBJECTIVE)
    assert unreachable(network(), [without, examples], OBJECTIVE) == ()
    no_contrast = Objective(ObjectiveConfig(micl=0.0))
    names = unreachable(network(), examples, no_contrast)
    assert names
    assert all(name.startswith("projectors.") for name in names)


def test_a_parameter_that_is_not_used_is_caught():
    model = network()
    model.spare = torch.nn.Parameter(torch.ones(3))
    assert unreachable(model, batch(), OBJECTIVE) == ("spare",)


def test_the_network_is_left_as_it_was():
    model = network().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = torch.get_rng_state()
    unreachable(model, batch(), OBJECTIVE)
    assert model.training
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("variant", PAIRS)
def test_small_gradients_are_not_taken_for_none(variant):
    model = network(variant=variant)
    with torch.no_grad():
        for parameter in model.heads.parameters():
            parameter.mul_(1e-3)
    assert unreachable(model, batch(), OBJECTIVE) == ()


@pytest.mark.parametrize("gate", ["none", "sigmoid", "softmax"])
def test_every_parameter_learns_from_real_dialogues(shared_data, gate):
    # utterance vectors of MELD's dev split, each read with those before it in its dialogue
    path = shared_data / "meld_dev_features" / "features.npz"
    if not path.is_file():
        pytest.skip(f"no {path.name} in the data folder")
    with np.load(path, allow_pickle=False) as arrays:
        found = {name: arrays[name] for name in arrays.files}
    text, audio = (_vectors(found, kind) for kind in ("text", "audio"))
    model = network(d_text=text.shape[1], d_audio=audio.shape[1], gate=gate)
    examples = batch(8, words=(4, 4), frames=(4, 4))
    real = changed(examples, text=_windows(text), audio=_windows(audio))
    assert read(model, real).logits.isfinite().all()
    assert unreachable(model, real, OBJECTIVE) == ()


def _vectors(found: dict[str, np.ndarray], kind: str) -> np.ndarray:
    return next(v for n, v in found.items() if kind in n and v.ndim == 2).astype(np.float32)


def _windows(vectors: np.ndarray) -> torch.Tensor:
    """Eight runs of four neighbours, (8, 4, d)."""
    return torch.from_numpy(np.stack([vectors[at : at + 4] for at in range(0, 80, 10)]))
