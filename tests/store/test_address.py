"""A model that is on no hub: fetched from the address in the catalogue, and checked against it."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from sentigram.errors import InputError, MissingError, UsageError
from sentigram.store.card import CARD, read_card
from sentigram.store.catalogue import entry, read_catalogue
from sentigram.store.convert import read_arrays, to_safetensors
from sentigram.store.installed import find, problems
from sentigram.store.pull import Origin, pull
from tests.store.test_catalogue import TEXT
from tests.store.test_convert import Evil
from tests.store.test_pull import files_in
from tests.store.vggish_files import PCA, WEIGHTS, pca, write

ROLE = "audio network"


def sha(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def made(tmp_path):
    write(tmp_path / "made")
    return tmp_path / "made"


@pytest.fixture
def vggish(hub, made):
    """The catalogue's entry, with an address on this machine and the digests of the made files."""
    for name in (WEIGHTS, PCA):
        hub.addresses[f"/v0.1/{name}"] = (made / name).read_bytes()
    digests = {WEIGHTS: sha(made / WEIGHTS), PCA: sha(made / PCA)[:8]}
    return replace(entry("vggish"), address=f"{hub.url}/v0.1", sha256=digests)


def test_the_catalogue_names_source_licence_size_and_digests():
    model = entry("vggish")
    assert (model.role, model.licence, model.command) == (
        ROLE, "Apache-2.0", "sentigram models pull vggish",
    )  # fmt: skip
    # 72,141,184 numbers of four bytes, and a little more
    assert 0 < model.size_bytes - 4 * 72_141_184 < 10**6
    for name, digest in model.sha256.items():
        assert digest.startswith(name.removesuffix(".pth").rpartition("-")[2])


def test_it_is_fetched_checked_and_stored_as_safetensors(hub, store, made, vggish, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    notes = []
    model = pull(vggish, Origin(), note=notes.append)
    names = [name.replace(".pth", ".safetensors") for name in (WEIGHTS, PCA)]
    assert files_in(model.folder) == {*names, CARD}
    stored = load_file(model.folder / names[0])
    wanted = torch.load(made / WEIGHTS, weights_only=True)  # noqa: TID251
    assert stored.keys() == wanted.keys()
    assert all(torch.equal(stored[name], wanted[name]) for name in wanted)
    assert torch.equal(
        load_file(model.folder / names[1])["pca_means"], torch.from_numpy(pca()["pca_means"])
    )
    card = read_card(model.folder)
    assert card.converted == {
        safe: (name, sha(made / name)) for safe, name in zip(names, (WEIGHTS, PCA), strict=True)
    }
    assert card.source == f"{hub.url}/v0.1"
    assert model.sha256 == find("vggish", ROLE).sha256 != ""
    assert f"from {hub.url}/v0.1; licence: Apache-2.0" in notes[0]
    assert hub.logins == {None}  # a login to the hub is for the hub alone
    assert not problems(store / "vggish", deep=True)


@pytest.mark.parametrize("name", [WEIGHTS, PCA])
def test_another_file_is_refused(hub, store, vggish, name):
    content = hub.addresses[f"/v0.1/{name}"]
    hub.lies[name] = content[:-1] + bytes([content[-1] ^ 1])
    with pytest.raises(InputError, match=rf"{name} arrived damaged .*that of the catalogue"):
        pull(vggish, Origin())
    assert not (store / "vggish").exists()


def test_what_broke_off_goes_on(hub, store, vggish, no_waiting):
    hub.break_after[WEIGHTS] = (20_000, 1)
    pull(vggish, Origin())
    assert hub.sent[WEIGHTS] == len(hub.addresses[f"/v0.1/{WEIGHTS}"]) + 1  # one tells the size


def test_without_the_internet_the_files_come_from_a_folder(hub, store, made, vggish, tmp_path):
    shutil.copytree(made, tmp_path / "usb" / "vggish")
    with pytest.raises(MissingError, match=r"fetched from http.*/v0.1.*--from DIR"):
        pull(vggish, Origin(offline=True))
    model = pull(vggish, Origin(source=tmp_path / "usb", offline=True))
    assert not problems(model.folder, deep=True)
    assert not hub.asked


def test_a_folder_with_another_file_of_that_name_is_refused(store, made, tmp_path):
    shutil.copytree(made, tmp_path / "usb" / "vggish")
    with pytest.raises(InputError, match=rf"{WEIGHTS}: damaged \(not the published file"):
        pull(entry("vggish"), Origin(source=tmp_path / "usb"))


def test_an_address_that_is_down_says_what_to_do(hub, store, vggish, no_waiting):
    hub.is_down = True
    with pytest.raises(MissingError, match=r"/v0.1: cannot be fetched .*--from DIR"):
        pull(vggish, Origin())


def test_it_is_no_audio_encoder(store, made, hub, vggish):
    pull(vggish, Origin())
    with pytest.raises(UsageError, match="vggish is an audio network, where an audio encoder is"):
        find("vggish", "audio encoder")


@pytest.mark.parametrize("old", [True, False])
def test_state_dicts_of_any_age_are_read_and_nothing_is_run(tmp_path, old):
    made = write(tmp_path, old=old)
    found = read_arrays(tmp_path / WEIGHTS)
    for name, value in made.state_dict().items():
        np.testing.assert_array_equal(found[name], value.numpy())
    evil = tmp_path / "evil.pth"
    torch.save(
        {"features.0.weight": torch.ones(1), "x": Evil(tmp_path / "ran")}, evil,
        _use_new_zipfile_serialization=not old,
    )  # fmt: skip
    with pytest.raises(InputError, match=r"refused, because it names \w+\.mkdir"):
        to_safetensors(evil)
    assert not (tmp_path / "ran").exists()
    assert not (tmp_path / "evil.safetensors").exists()


def test_what_holds_no_tensors_is_no_checkpoint(tmp_path):
    torch.save({"note": "hello"}, tmp_path / "x.pth")
    with pytest.raises(InputError, match="holds no named tensors"):
        read_arrays(tmp_path / "x.pth")


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('address = "https://', 'address = "http://', "models.vggish.address"),
        ('"970ea276"', '"970ea27"', "models.vggish.sha256"),
    ],
)
def test_a_wrong_entry_says_where(old, new, where):
    assert old in TEXT
    with pytest.raises(InputError, match=where):
        read_catalogue(TEXT.replace(old, new))


# A model that nobody can fetch, since no address of it is known for certain


@pytest.fixture
def by_hand(tmp_path):
    """The catalogue's entry with the digest of a made file, and that file."""
    file = tmp_path / "usb" / "yamnet_spectra_in.tflite"
    file.parent.mkdir()
    file.write_bytes(b"TFL3")
    return replace(entry("yamnet"), sha256={file.name: sha(file)}), file


def test_it_comes_from_a_file_or_its_folder_and_is_checked(hub, store, by_hand):
    model, file = by_hand
    assert model.command == "sentigram models pull yamnet --from FILE"
    for source in (file, file.parent):
        brought = pull(model, Origin(source=source, again=True))
        assert files_in(brought.folder) == {file.name, CARD}
        assert brought.sha256 == sha(file)
    nested = file.parent / "yamnet"
    nested.mkdir()
    shutil.move(file, nested / file.name)
    pull(model, Origin(source=file.parent, again=True))
    assert not problems(store / "yamnet", deep=True)
    assert not hub.asked


def test_without_a_file_it_is_said_what_is_missing(hub, store, by_hand):
    model, file = by_hand
    with pytest.raises(MissingError, match=r"bring yamnet_spectra_in\.tflite .* --from FILE"):
        pull(model, Origin())
    other = file.with_name("other.tflite")
    file.rename(other)
    for source in (other, other.parent, other.parent / "gone"):
        with pytest.raises(MissingError, match=r"is not yamnet_spectra_in\.tflite, and holds none"):
            pull(model, Origin(source=source))
    assert not hub.asked


def test_another_file_of_its_name_is_refused(store, by_hand):
    model, file = by_hand
    file.write_bytes(b"TFL3, another")
    with pytest.raises(InputError, match="not the published file: its sha256 differs"):
        pull(model, Origin(source=file))
    assert not (store / "yamnet").exists()


def test_a_catalogue_says_one_of_both():
    with pytest.raises(InputError, match=r"models\.yamnet\.by_hand: it has an address"):
        read_catalogue(TEXT.replace("by_hand = ", 'address = "https://x.org"\nby_hand = ', 1))
