"""Batched frames against FunASR's own, one file at a time, at random weights."""

from __future__ import annotations

import copy
import logging
import os

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file
from torch.nn import functional

from sentigram.emotion.encoders.compute import Compute
from sentigram.emotion.encoders.emotion2vec.network import encode_batch, load, n_frames
from sentigram.emotion.encoders.emotion2vec.shape import NetworkShape, read_shape
from sentigram.errors import InputError, MissingError
from sentigram.store.funasr import contained
from tests.emotion.encoders.emotion2vec_models import (
    BASE,
    LABELS,
    LARGE,
    TINY,
    random_network,
    save,
)

CPU = Compute("cpu", "float32")


def funasr_frames(network, wave: np.ndarray) -> np.ndarray:
    """FunASR's own inference, which normalizes by itself."""
    results, _ = network.inference([wave], key=["x"], device="cpu", granularity="frame")
    return results[0]["feats"]


def normalized(wave: np.ndarray) -> np.ndarray:
    tensor = torch.from_numpy(wave)
    return functional.layer_norm(tensor, tensor.shape).numpy()


def waves(lengths, seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [(rng.standard_normal(n) * rng.uniform(0.01, 1)).astype(np.float32) for n in lengths]


@pytest.fixture(scope="module")
def base():
    """The network of the base model in its whole depth: 90 million numbers."""
    return random_network(BASE)


def compare(network, *batches: list[np.ndarray]) -> None:
    """Batches, of which each begins like the last, against one file at a time."""
    alone = [funasr_frames(network, wave) for wave in batches[-1]]
    for given in batches:
        batched = encode_batch(network, [normalized(wave) for wave in given])
        for wave, frames, expected in zip(given, batched, alone, strict=False):
            assert frames.shape == expected.shape
            assert len(frames) == n_frames(len(wave))
            np.testing.assert_allclose(frames.numpy(), expected, atol=1e-4)


def test_batched_frames_are_those_of_funasr():
    given = waves(np.random.default_rng(1).integers(400, 12_000, 16))
    compare(random_network(TINY), *(given[:n] for n in (1, 2, 16)))


def test_batched_frames_of_the_base_model_are_those_of_funasr(base):
    compare(base, waves([9000, 400, 3300]))


def test_batched_frames_at_the_width_of_the_large_model_are_those_of_funasr():
    """Its blocks are alike: one before and two after show what all 24 do."""
    audio = LARGE.audio.model_copy(update={"prenet_depth": 1})
    network = random_network(LARGE.model_copy(update={"depth": 2, "audio": audio}))
    compare(network, waves([9000, 400, 3300]))


def test_it_matters_that_padding_is_kept_out():
    network = random_network(TINY)
    short, long = waves([3000, 30_000])
    expected = funasr_frames(network, short)
    padded = np.concatenate([normalized(short), np.zeros(27_000, np.float32)])
    (naive,) = encode_batch(network, [padded])
    assert np.abs(naive.numpy()[: len(expected)] - expected).max() > 0.1
    exact, _ = encode_batch(network, [normalized(short), normalized(long)])
    np.testing.assert_allclose(exact.numpy(), expected, atol=1e-4)


@pytest.mark.parametrize(
    "change",
    [
        {"layer_norm_first": True},
        {"audio": TINY.audio.model_copy(update={"learned_alibi_scale_per_layer": True})},
        {"audio": TINY.audio.model_copy(update={"learned_alibi_scale_per_head": False})},
        {"audio": TINY.audio.model_copy(update={"num_extra_tokens": 0, "prenet_depth": 0})},
        {"audio": TINY.audio.model_copy(update={"conv_pos_pre_ln": True, "conv_pos_width": 20})},
        {"num_heads": 2, "audio": TINY.audio.model_copy(update={"num_alibi_heads": 2})},
    ],
)
def test_other_shapes_of_the_family_are_those_of_funasr_too(change):
    shape = TINY.model_copy(update=change)
    network = random_network(shape) if shape.audio.num_extra_tokens else _without_tokens(shape)
    given = waves([4000, 9000, 400])
    batched = encode_batch(network, [normalized(wave) for wave in given])
    for wave, frames in zip(given, batched, strict=True):
        np.testing.assert_allclose(frames.numpy(), funasr_frames(network, wave), atol=1e-4)


def _without_tokens(shape):
    from sentigram.emotion.encoders.emotion2vec.network import build

    return build(shape)


@pytest.mark.slow
def test_bfloat16_pools_to_the_same_direction(base):
    given = [normalized(wave) for wave in waves([16_000, 9000])]
    exact = [frames.mean(0) for frames in encode_batch(base, given)]
    half = copy.deepcopy(base).bfloat16()
    rough = [frames.float().mean(0) for frames in encode_batch(half, given)]
    for a, b in zip(exact, rough, strict=True):
        assert functional.cosine_similarity(a, b, dim=0) >= 0.9999


def test_a_saved_model_loads_to_the_same_frames_under_any_prefix(tmp_path):
    (wave,) = waves([5000])
    expected = encode_batch(random_network(TINY), [normalized(wave)])[0]
    for prefix in ("d2v_model.", "", "module."):
        network, shape = load(save(tmp_path / f"m{prefix}", prefix=prefix), CPU)
        assert shape == TINY
        torch.testing.assert_close(encode_batch(network, [normalized(wave)])[0], expected)


def test_frames_are_counted_as_the_convolutions_make_them():
    assert [n_frames(n) for n in (0, 399, 400, 719, 720, 16_000)] == [0, 0, 1, 1, 2, 49]


def test_loading_leaves_the_process_as_it_was(tmp_path):
    folder = save(tmp_path)
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002
    torch.set_num_threads(1)
    before = (torch.get_rng_state().clone(), np.random.get_state()[1].copy(), dict(os.environ))  # noqa: NPY002
    level = logging.getLogger().level
    load(folder, CPU)
    with contained():
        import random

        random.seed(1)
        torch.manual_seed(1)
        torch.set_num_threads(2)
        logging.getLogger().setLevel(1)
        os.environ["LEFT_BEHIND"] = "1"
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002
    assert dict(os.environ) == before[2]
    assert torch.get_num_threads() == 1
    assert logging.getLogger().level == level


def test_a_configuration_is_data_and_never_run(tmp_path):
    folder = save(tmp_path)
    config = yaml.safe_load((folder / "config.yaml").read_text())
    audio = config["model_conf"]["modalities"]["audio"]
    audio["feature_encoder_spec"] = f"open({str(tmp_path / 'ran')!r}, 'w') or [(1, 1, 1)]"
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    with pytest.raises(InputError, match="feature_encoder_spec"):
        load(folder, CPU)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a\n- b\n", "not the configuration"),
        ("model: [", "not the configuration"),
        ("model: Paraformer\nmodel_conf: {modalities: {audio: {}}}\n", "model is 'Paraformer'"),
        ("model: Emotion2vec\nmodel_conf: {num_heads: 5, modalities: {audio: {}}}", "num_heads 5"),
        ("model: Emotion2vec\nmodel_conf: {depth: 4000, modalities: {audio: {}}}", "depth"),
        ("!!python/object/apply:os.getcwd []", "not the configuration"),
    ],
)
def test_a_wrong_configuration_is_named(tmp_path, text, message):
    (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(InputError, match=message):
        read_shape(tmp_path)


def test_labels_are_read_in_english(tmp_path):
    assert read_shape(save(tmp_path)).labels == LABELS
    (tmp_path / "tokens.txt").write_text("a\na\n")
    with pytest.raises(InputError, match="distinct"):
        read_shape(tmp_path)
    (tmp_path / "tokens.txt").unlink()
    assert read_shape(tmp_path).labels == ()


def test_weights_of_another_network_are_refused(tmp_path):
    folder = save(tmp_path)
    tensors = load_file(folder / "model.safetensors")
    name = "d2v_model.blocks.0.attn.qkv.weight"
    save_file({**tensors, name: tensors[name][:5].clone()}, folder / "model.safetensors")
    with pytest.raises(InputError, match=r"qkv\.weight is \(5, 32\), expected \(96, 32\)"):
        load(folder, CPU)
    save_file({n: t for n, t in tensors.items() if n != name}, folder / "model.safetensors")
    with pytest.raises(InputError, match=r"lacks .*qkv"):
        load(folder, CPU)
    save_file(
        {**tensors, "d2v_model.blocks.9.x": tensors[name].clone()}, folder / "model.safetensors"
    )
    with pytest.raises(InputError, match=r"holds .*blocks\.9\.x"):
        load(folder, CPU)
    (folder / "model.safetensors").write_bytes(b"x" * 100)
    with pytest.raises(InputError, match="safetensors"):
        load(folder, CPU)


def test_a_pickled_checkpoint_is_refused_with_the_way_out(tmp_path):
    folder = save(tmp_path)
    (folder / "model.safetensors").rename(folder / "model.pt")
    with pytest.raises(MissingError, match="sentigram models convert"):
        load(folder, CPU)


def test_a_network_without_labels_has_no_scores(tmp_path):
    shape = NetworkShape(**{**TINY.model_dump(), "labels": ()})
    network, _ = load(save(tmp_path, shape), CPU)
    assert network.proj is None
