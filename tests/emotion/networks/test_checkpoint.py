"""Checkpoints: bit-equal round trips, and a clear refusal of everything else."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from sentigram.emotion.networks.checkpoint import load_checkpoint, require_encoders, save_checkpoint
from sentigram.emotion.networks.fusion.network import FusionNetwork
from sentigram.errors import InputError
from sentigram.store.shipped import sha256
from tests.emotion.networks.batches import N_CLASSES, SMALL, VARIANTS, batch, network, read
from tests.emotion.networks.test_families import CASES, examples, made

CARD: dict[str, Any] = {
    "classes": ["anger", "happiness", "neutral", "sadness"],
    "encoders": {
        "text": {"name": "toy", "kind": "text", "width": 12, "id": "toy 1", "sha256": "ab"}
    },
    "plan_sha256": "0" * 64,
    "metrics": {"ua": 0.25},
}


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    return save_checkpoint(tmp_path, "net", network(), CARD)


def weights_of(card: Path) -> Path:
    return card.with_name("net.safetensors")


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    card = json.loads(path.read_text())
    change(card)
    path.write_text(json.dumps(card))


def resave(path: Path, tensors: dict[str, torch.Tensor]) -> None:
    """Other tensors with the right digest in the card: a forger can do that too."""
    save_file(tensors, weights_of(path))
    digest = {"net.safetensors": {"sha256": sha256(weights_of(path))}}
    edit(path, lambda card: card.update(files=digest))


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("modality_dropout", [0.0, 0.1])
def test_a_round_trip_is_bit_equal(tmp_path, variant, modality_dropout):
    model = network(variant=variant, gate="softmax", modality_dropout=modality_dropout)
    state = torch.get_rng_state()
    path = save_checkpoint(tmp_path, "net", model, CARD)
    loaded, card = load_checkpoint(path)
    assert torch.equal(torch.get_rng_state(), state)
    assert not loaded.training
    assert loaded.config == model.config
    assert {name: card[name] for name in CARD} == CARD
    own, other = model.state_dict(), loaded.state_dict()
    assert own.keys() == other.keys()
    assert all(torch.equal(own[name], other[name]) for name in own)
    one, same = read(model, batch()), read(loaded, batch())
    assert torch.equal(one.logits, same.logits)
    assert torch.equal(one.vad, same.vad)
    assert all(parameter.requires_grad for parameter in loaded.parameters())


def as_first_version(card: dict[str, Any]) -> None:
    """The words of a card that was written before networks had families."""
    config = card["config"]
    widths = config.pop("widths")
    del config["family"]
    # both widths were always there, also of what a variant does not read
    config |= {"d_text": widths.get("text", 768), "d_audio": widths.get("audio", 1024)}
    card["version"] = 1


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_card_of_the_first_version_is_read_as_before(tmp_path, variant):
    widths = {kind: SMALL.widths[kind] for kind in ([variant] if variant in SMALL.widths else ())}
    config = SMALL.model_copy(update={"variant": variant, "widths": widths or SMALL.widths})
    model = FusionNetwork(config, N_CLASSES).eval()
    path = save_checkpoint(tmp_path, "net", model, CARD)
    _, before = load_checkpoint(path)
    edit(path, as_first_version)
    loaded, card = load_checkpoint(path)
    assert card == before
    assert loaded.config == model.config
    assert torch.equal(read(loaded, batch()).logits, read(model, batch()).logits)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (None, "config is wrong: expected settings"),
        ({}, r"config is wrong: widths\.text"),
        ({"variant": []}, "config is wrong: .*variant"),
        ({"variant": "text", "d_text": -1}, r"config is wrong: widths\.text"),
    ],
)
def test_wrong_cards_of_the_first_version_are_refused(saved, config, message):
    edit(saved, lambda card: card.update(version=1, config=config))
    with pytest.raises(InputError, match=message):
        load_checkpoint(saved)


def test_the_weights_path_serves_too(saved):
    loaded, _ = load_checkpoint(weights_of(saved))
    assert loaded.n_classes == N_CLASSES


def test_a_loaded_network_does_not_hold_on_to_the_file(saved):
    loaded, _ = load_checkpoint(saved)
    before = read(loaded, batch()).logits
    weights_of(saved).write_bytes(b"")
    assert torch.equal(read(loaded, batch()).logits, before)


def test_saving_again_replaces_both_files(saved):
    other = network(seed=1)
    save_checkpoint(saved.parent, "net", other, CARD)
    loaded, _ = load_checkpoint(saved)
    assert torch.equal(read(loaded, batch()).logits, read(other, batch()).logits)
    assert sorted(p.name for p in saved.parent.iterdir()) == ["net.card.json", "net.safetensors"]


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ({"config": {}}, "config in a card are written by save_checkpoint"),
        ({"classes": ["one"]}, "1 classes, but 4 logits"),
        ({"metrics": float("nan")}, "not JSON compliant"),
    ],
)
def test_a_card_that_could_not_be_read_is_not_written(tmp_path, card, message):
    with pytest.raises(ValueError, match=message):
        save_checkpoint(tmp_path, "net", network(), card)
    assert not list(tmp_path.iterdir())


def test_nothing_there(tmp_path):
    with pytest.raises(InputError, match=r"no such checkpoint; give the NAME\.card\.json"):
        load_checkpoint(tmp_path / "net.card.json")


def test_weights_missing(saved):
    weights_of(saved).unlink()
    with pytest.raises(InputError, match="missing beside its card"):
        load_checkpoint(saved)


class Bomb:
    """What a pickle may hold: a call."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)

    def __init__(self, path: Path) -> None:
        self.path = path


def test_a_renamed_pickle_is_refused_and_not_run(saved, tmp_path):
    torch.save({"heads": Bomb(tmp_path / "bang")}, weights_of(saved))
    digest = {"net.safetensors": {"sha256": sha256(weights_of(saved))}}
    edit(saved, lambda card: card.update(files=digest))
    with pytest.raises(InputError, match=r"not a whole safetensors file .* pickles are not read"):
        load_checkpoint(saved)
    assert not (tmp_path / "bang").exists()


@pytest.mark.parametrize("content", [b"", b"\x00" * 64, b"\xff" * 64, b"{}", b"\x02" + b"\0" * 7])
def test_what_is_no_safetensors_is_refused(saved, content):
    weights_of(saved).write_bytes(content)
    with pytest.raises(InputError, match=r"net\.safetensors: .*(not a whole|is missing)"):
        load_checkpoint(saved)


def test_a_zip_is_refused(saved):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("data.pkl", b"")
    weights_of(saved).write_bytes(made.getvalue())
    with pytest.raises(InputError, match="not a whole safetensors file"):
        load_checkpoint(saved)


@pytest.mark.parametrize("kept", [4, 100, 0.5, -1])
def test_truncated_weights_are_refused(saved, kept):
    whole = weights_of(saved).read_bytes()
    end = int(len(whole) * kept) if isinstance(kept, float) else kept
    weights_of(saved).write_bytes(whole[:end])
    with pytest.raises(InputError, match="not a whole safetensors file"):
        load_checkpoint(saved)


def test_a_file_far_too_large_is_not_read(saved):
    with weights_of(saved).open("r+b") as file:
        file.truncate(2**40)  # sparse: takes no space
    with pytest.raises(InputError, match="what its card says is no larger"):
        load_checkpoint(saved)


def test_changed_numbers_are_noticed(saved):
    whole = bytearray(weights_of(saved).read_bytes())
    whole[-2] ^= 1
    weights_of(saved).write_bytes(whole)
    with pytest.raises(InputError, match="not the file that its card was written for"):
        load_checkpoint(saved)


def test_weights_of_another_run_are_noticed(saved, tmp_path):
    (tmp_path / "other").mkdir()
    other = save_checkpoint(tmp_path / "other", "net", network(seed=1), CARD)
    weights_of(other).replace(weights_of(saved))
    with pytest.raises(InputError, match="not the file that its card was written for"):
        load_checkpoint(saved)


def test_missing_and_additional_tensors_are_named(saved):
    tensors = load_file(weights_of(saved))
    left = {n: v for n, v in tensors.items() if n != "readers.text.mark"}
    resave(saved, left)
    with pytest.raises(InputError, match=r"readers\.text\.mark is missing \(1 missing, 0 too"):
        load_checkpoint(saved)
    resave(saved, {**tensors, "back.door": torch.ones(1)})
    with pytest.raises(InputError, match=r"back\.door is not of this network \(0 missing, 1 too"):
        load_checkpoint(saved)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            torch.zeros(3),
            r"readers\.text\.mark is float32 \(3,\), the card asks for float32 \(16,\)",
        ),
        (torch.zeros(16, dtype=torch.float64), r"is float64 \(16,\), the card asks for float32"),
        (torch.full((16,), torch.nan), "holds NaN or infinity"),
    ],
)
def test_wrong_tensors_are_refused(saved, value, message):
    resave(saved, {**load_file(weights_of(saved)), "readers.text.mark": value})
    with pytest.raises(InputError, match=message):
        load_checkpoint(saved)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 3}, "version 3, this Sentigram reads version 2"),
        ({"version": None}, "version None"),
        ({"format": "other"}, "not the card of a network"),
        ({"config": None}, "config is wrong"),
        ({"config": {"hidden": 10, "n_heads": 3}}, "hidden 10 is not a multiple of n_heads 3"),
        ({"config": {"hidden": "wide"}}, "config is wrong: hidden"),
        ({"config": {"n_layers": 10**9}}, "config is wrong: n_layers"),
        ({"config": {"run": "rm"}}, "config is wrong: run"),
        ({"config": {"family": "other"}}, "config is wrong: family 'other' is none of fusion"),
        ({"config": {"family": ["fusion"]}}, r"family \['fusion'\] is none of fusion"),
        ({"config": {"variant": "visual"}}, "config names no width of visual tokens"),
        ({"config": {"variant": "concat", "widths": {}}}, "config names no width of any tokens"),
        ({"n_classes": 10**12, "classes": []}, "n_classes 1000000000000 is not from 1 to"),
        ({"n_classes": True}, "n_classes True is not"),
        ({"n_classes": 5}, "classes are not 5 names"),
        ({"classes": "anger"}, "classes are not 4 names"),
        ({"classes": [1, 2, 3, 4]}, "classes are not 4 names"),
        ({"files": None}, "not the file that its card was written for"),
        ({"files": {"../../etc/passwd": {"sha256": ""}}}, "not the file that its card"),
    ],
)
def test_wrong_cards_are_refused(saved, change, message):
    edit(saved, lambda card: card.update(change))
    with pytest.raises(InputError, match=message):
        load_checkpoint(saved)


@pytest.mark.parametrize("size", [8 * 10**6, 8 * 10**12, 8 * 10**30])
@pytest.mark.parametrize("name", ["hidden", "text", "d_contrast"])
def test_absurd_sizes_take_no_memory(saved, name, size):
    place = "widths" if name == "text" else "config"
    edit(saved, lambda card: {**card, **card["config"]}[place].update({name: size}))
    with pytest.raises(InputError, match=r"matrix of|cannot be|the card asks for|widths\.text: "):
        load_checkpoint(saved)


@pytest.mark.parametrize("content", [b"", b"[]", b"3", b"{", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_card_is_refused(saved, content):
    saved.write_bytes(content)
    with pytest.raises(InputError, match=r"net\.card\.json: not .*card"):
        load_checkpoint(saved)


def test_a_card_that_is_a_folder_or_too_long_is_refused(saved):
    with saved.open("r+b") as file:
        file.truncate(2**25)
    with pytest.raises(InputError, match="too large for a model's card: 34 MB"):
        load_checkpoint(saved)
    saved.unlink()
    saved.mkdir()
    with pytest.raises(InputError, match="not a model's card"):
        load_checkpoint(saved)


def test_the_same_encoders_are_let_through(saved):
    _, card = load_checkpoint(saved)
    require_encoders(card, {})
    require_encoders(card, {"text": CARD["encoders"]["text"]})
    require_encoders(card, {"text": {"id": "toy 1"}})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"text": {"id": "toy 2"}}, "text features with id 'toy 1', these have 'toy 2'"),
        ({"text": {"width": 768}}, "with width 12, these have 768"),
        ({"text": {"sha256": "cd"}}, "with sha256 'ab', these have 'cd'"),
        ({"audio": {"id": "toy"}}, "trained without audio features"),
    ],
)
def test_other_encoders_are_refused(given, message):
    with pytest.raises(InputError, match=message):
        require_encoders(CARD, given)


@pytest.mark.parametrize("encoders", [None, [], {"text": None}])
def test_a_card_without_encoders_lets_none_through(encoders):
    with pytest.raises(InputError, match="trained without text features"):
        require_encoders({"encoders": encoders}, {"text": {"id": "toy"}})


@pytest.mark.parametrize("name", CASES)
def test_every_family_comes_back_as_it_was(name: str, tmp_path: Path):
    """Those with batch normalization count their batches, in whole numbers."""
    given, inputs = made(CASES[name]).float(), examples(CASES[name])
    for module in given.modules():
        if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
            module.num_batches_tracked += 3
    loaded, _ = load_checkpoint(save_checkpoint(tmp_path, "network", given, {}))
    single = {kind: one._replace(values=one.values.float()) for kind, one in inputs.items()}
    assert torch.equal(loaded(single).logits, given(single).logits)
    for key, value in given.state_dict().items():
        assert torch.equal(loaded.state_dict()[key], value)
