"""`sentigram models`, as a person or a script calls it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from sentigram.cli.app import main
from sentigram.store.shipped import DEFAULT_WEIGHTS
from tests.store.conftest import WHISPER, hub, store  # noqa: F401  (fixtures)


def run(*arguments):
    return main(["models", *map(str, arguments)])


def test_a_model_is_brought_checked_and_removed(hub, store, capfd):  # noqa: F811
    assert run("pull", "whisper-tiny") == 0
    said = capfd.readouterr()
    assert said.out.strip() == str(store / "whisper-tiny")
    assert f"whisper-tiny: 307 kB from {hub.url}/Systran" in said.err
    assert "licence: MIT" in said.err
    assert run("verify") == 0
    assert capfd.readouterr().out.split() == ["whole", "whisper-tiny"]
    assert run("path", "whisper-tiny") == 0
    assert capfd.readouterr().out.strip() == str(store / "whisper-tiny")
    damaged = WHISPER["model.bin"][:-1] + b"!"
    (store / "whisper-tiny" / "model.bin").write_bytes(damaged)
    assert run("verify", "whisper-tiny") == 1
    out = capfd.readouterr().out
    assert "DAMAGED whisper-tiny" in out
    assert "→ sentigram models pull whisper-tiny --again" in out
    assert run("pull", "whisper-tiny", "--again") == 0
    assert run("verify", "--json") == 0
    assert run("remove", "whisper-tiny", "--yes") == 0
    assert not (store / "whisper-tiny").exists()
    assert run("path", "whisper-tiny") == 4


def test_a_store_elsewhere_and_a_copy_of_it(hub, store, tmp_path, capfd):  # noqa: F811
    usb = tmp_path / "usb"
    assert run("pull", "whisper-tiny", "--folder", usb) == 0
    assert run("pull", "whisper-tiny", "--from", usb, "--offline") == 0
    capfd.readouterr()
    assert run("list", "--json") == 0
    rows = {row["id"]: row for row in json.loads(capfd.readouterr().out)}
    assert rows["whisper-tiny"]["is_installed"]
    assert rows["whisper-tiny"]["size_bytes"] > 300_000
    assert rows["whisper-small"]["command"] == "sentigram models pull whisper-small"
    assert run("path") == 0
    assert capfd.readouterr().out.strip() == str(store)


def test_the_list_says_what_brings_what(store, capfd):  # noqa: F811
    assert run("list") == 0
    lines = capfd.readouterr().out.splitlines()
    bundled = [line.partition("  ")[0] for line in lines if line.endswith("bundled")]
    own = ["emotion: text", f"emotion: voice-{DEFAULT_WEIGHTS}", "emotion: join"]
    assert [role for role in bundled if role in own] == own
    assert bundled[:2] == ["words", "word times"]
    assert sum("emotion: voice-" in line for line in lines) == 2  # both, here or not
    (line,) = (line for line in lines if "emotion2vec-plus-large" in line)
    assert "about 1.9 GB  FunASR Model License" in line
    assert line.endswith("sentigram models pull emotion2vec-plus-large")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["pull", "wisper-tiny"], 4, "did you mean whisper-tiny"),
        (["pull", "whisper-tiny", "--offline"], 4, "--offline forbids that"),
        (["pull", "--set", "huge"], 2, "choose from small, large"),
        (["pull", "o/n"], 2, "say what it is for with --role"),
        (["pull", "whisper-tiny", "--from", "."], 4, "holds neither whisper-tiny/"),
        (["verify", "whisper-tiny"], 4, "is not in the store; run: sentigram models pull"),
        (["remove", "nothing"], 4, "no model is called 'nothing'"),
    ],
)
def test_what_goes_wrong_is_said(store, tmp_path, monkeypatch, capfd, arguments, code, said):  # noqa: F811
    monkeypatch.chdir(tmp_path)
    assert run(*arguments) == code
    assert said in capfd.readouterr().err


def test_nothing_is_removed_unasked(hub, store, capfd, monkeypatch):  # noqa: F811
    assert run("pull", "whisper-tiny") == 0
    assert run("remove", "whisper-tiny") == 2
    assert "would remove whisper-tiny (308 kB)" in capfd.readouterr().err
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.confirm", lambda *_a, **_k: True)
    assert (store / "whisper-tiny").is_dir()


def test_an_empty_store_is_no_damage(store, capfd):  # noqa: F811
    assert run("verify") == 0
    assert "sentigram models pull" in capfd.readouterr().out


def test_listing_loads_no_heavy_library(store):  # noqa: F811
    code = (
        "import sys; from sentigram.cli.app import main; main(['models', 'list']);"
        "heavy = {'torch', 'transformers', 'huggingface_hub', 'funasr'};"
        "sys.exit(bool(heavy & set(sys.modules)) and str(heavy & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
