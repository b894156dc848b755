"""`sentigram doctor` on machines that this one is not."""

from __future__ import annotations

import json

import pytest

from sentigram.cli import doctor_full
from sentigram.cli.app import main
from sentigram.store import machine
from sentigram.store.catalogue import entries_of_set
from sentigram.store.machine import CTranslate2View, Gpu, TorchView
from tests.store.conftest import store  # noqa: F401  (a fixture)
from tests.store.test_installed import put


def findings(capfd, code=0):
    capfd.readouterr()
    assert main(["doctor", "--json"]) == code
    return {row["check"]: row for row in json.loads(capfd.readouterr().out)}


def test_without_models_all_is_well_and_the_way_to_them_is_said(store, capfd):  # noqa: F811
    rows = findings(capfd)
    full = rows["full engine"]
    assert full["ok"]
    assert "missing: whisper-large-v3-turbo, emotion2vec-plus-large" in full["found"]
    assert "models pull whisper-large-v3-turbo emotion2vec-plus-large" in full["remedy"]
    assert "(about 4.1 GB)" in full["remedy"]
    assert str(store) in rows["model store"]["found"]
    assert "cores, memory" in rows["machine"]["found"]
    assert "auto takes" in rows["device and precision"]["found"]
    assert rows["package torch"]["found"] == machine.package_version("torch")


def test_a_set_that_is_nearly_here_is_named(store, capfd):  # noqa: F811
    for entry in entries_of_set("small")[:2]:
        put(store, entry.name, role=entry.role)
    rows = findings(capfd)
    assert rows["full engine"]["found"].endswith("missing: roberta-go-emotions")
    put(store, "roberta-go-emotions", role="text classifier")
    assert findings(capfd)["full engine"]["found"] == "complete: the set small is here"
    (store / "roberta-go-emotions" / "model.safetensors").write_text("")
    rows = findings(capfd, code=4)
    assert rows["model roberta-go-emotions"]["found"].startswith("model.safetensors: has 0 bytes")
    assert "--again" in rows["model roberta-go-emotions"]["remedy"]
    assert rows["model whisper-small"]["ok"]


def test_without_the_packages_the_command_is_said(store, capfd, monkeypatch):  # noqa: F811
    monkeypatch.setattr(machine, "package_version", lambda _: "")
    monkeypatch.setattr(machine, "find_spec", lambda _: None)
    rows = findings(capfd)
    assert rows["package torch"]["remedy"] == "pip install 'sentigram[full]'"
    assert rows["GPU (torch)"] == {
        "check": "GPU (torch)",
        "ok": True,
        "found": "torch is not installed",
        "remedy": "",
    }
    assert rows["full engine"]["remedy"].startswith("pip install 'sentigram[full]'; then sentigram")
    assert "device and precision" not in rows


def test_a_torch_that_does_not_load_is_a_finding(store, capfd, monkeypatch):  # noqa: F811
    def broken():
        raise OSError("libtorch.so: undefined symbol\nmore")

    monkeypatch.setattr(machine, "_torch_view", broken)
    row = findings(capfd, code=4)["GPU (torch)"]
    assert row["found"] == "torch does not load: libtorch.so: undefined symbol"
    assert row["remedy"].endswith("--force-reinstall")


@pytest.mark.parametrize(
    ("view", "ok", "found"),
    [
        (
            TorchView("2", "12", "9.10.2", (Gpu("H100", (9, 0), 79 * 10**9, 85 * 10**9),)),
            True,
            "H100, capability 9.0, memory 79.0 GB free of 85.0 GB; torch 2, CUDA 12, cuDNN 9.10.2",
        ),
        (TorchView("2.13", has_mps=True), True, "Apple GPU (mps); torch 2.13, without CUDA"),
        (
            TorchView("2.13", "12.8", problem="GPU 0: out of memory"),
            False,
            "GPU 0: out of memory; torch 2.13, CUDA 12.8, cuDNN missing",
        ),
    ],
)
def test_gpus_as_torch_sees_them(view, ok, found):
    row = doctor_full.torch_gpu(view)
    assert (row.ok, row.found) == (ok, found)


def test_the_gpu_as_ctranslate2_sees_it():
    see = doctor_full.ctranslate2_finding
    libraries = (("libcublas.so.12", "12"), ("libcudnn.so.9", "9.10.2"))
    row = see(CTranslate2View("4.8", 1, ("float16",), libraries))
    assert row.ok
    assert row.found == (
        "1 CUDA device(s); CTranslate2 4.8, computes in float16; libcublas.so.12 12, "
        "libcudnn.so.9 9.10.2"
    )
    row = see(CTranslate2View("4.8", 1, ("float16",), (libraries[0], ("libcudnn.so.9", ""))))
    assert not row.ok
    assert "libcudnn.so.9 cannot be loaded" in row.found
    assert "nvidia-cudnn-cu12" in row.remedy
    row = see(CTranslate2View(problem="libctranslate2.so: no such file"))
    assert (row.ok, row.found) == (False, "libctranslate2.so: no such file")


def test_versions_of_cudnn_read_as_people_write_them():
    assert machine._dotted(91002) == "9.10.2"
    assert machine._dotted(8902) == "8.9.2"
