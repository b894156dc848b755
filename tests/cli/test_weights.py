"""`--weights`: which voice model reads, what is said of its licence, and where it is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sentigram import registry
from sentigram.assets import weights
from sentigram.cli.app import main
from sentigram.core.document import EnginePart
from sentigram.store import shipped
from tests import media_samples
from tests.fakes import FakeModel, FakeTranscriber

ENGINE = ("--engine", "bundled")


class NamedModel(FakeModel):
    """Says which weights it was told to use."""

    @property
    def parts(self) -> tuple[EnginePart, ...]:
        return (EnginePart("voice model", self.weights, "1", "0" * 64),)


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shipped weights without the commercial ones, whether these ship or not."""
    folder = tmp_path / "weights"
    folder.mkdir()
    for file in weights().iterdir():
        if not file.name.startswith("voice-commercial"):
            (folder / file.name).symlink_to(file)
    monkeypatch.setattr(shipped, "weights", lambda: folder)
    return folder


@pytest.fixture
def talk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    media_samples.audio_only(Path("talk.wav"))
    made = {"transcriber": FakeTranscriber, "model": NamedModel}
    monkeypatch.setattr(registry, "factory", lambda kind, _name: made[kind])
    return "talk.wav"


def used() -> str:
    """The weights that the Document names."""
    (*_, part) = json.loads(Path("talk.sentigram.json").read_text())["engine"]
    assert part["role"] == "voice model"
    return part["id"]


def test_flag_over_environment_over_file_over_default(
    talk: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = next(name for name in shipped.VOICE_WEIGHTS if name != shipped.DEFAULT_WEIGHTS)
    arguments = ["render", talk, "--to", "json", "--overwrite", *ENGINE]

    def rendered(*flags: str) -> str:
        assert main([*arguments, *flags]) == 0
        said = capfd.readouterr().err
        assert f"voice weights: {used()} (" in said
        return used()

    assert rendered() == shipped.DEFAULT_WEIGHTS
    Path("sentigram.toml").write_text(f'[render]\nweights = "{other}"\n')
    assert rendered() == other
    monkeypatch.setenv("SENTIGRAM_WEIGHTS", shipped.DEFAULT_WEIGHTS)
    assert rendered() == shipped.DEFAULT_WEIGHTS
    assert rendered("--weights", other) == other


def test_batch_takes_them_too(talk: str, capfd: pytest.CaptureFixture[str]) -> None:
    Path("sentigram.toml").write_text('[batch]\nweights = "commercial"\n')
    assert main(["batch", ".", "--to", "json", *ENGINE]) == 0
    assert used() == "commercial"
    assert "voice weights: commercial (" in capfd.readouterr().err


@pytest.mark.parametrize("where", ["flag", "environment", "file"])
def test_unknown_weights_are_wrong_use_wherever_they_are_written(
    where: str, talk: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    flags = ["--weights", "mine"] if where == "flag" else []
    if where == "environment":
        monkeypatch.setenv("SENTIGRAM_WEIGHTS", "mine")
    if where == "file":
        Path("sentigram.toml").write_text('[render]\nweights = "mine"\n')
    assert main(["render", talk, *flags]) == 2
    assert "--weights 'mine': choose from commercial, research" in capfd.readouterr().err
    assert not Path("talk.html").exists()


def test_absent_weights_are_named_before_the_work(
    shelf: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    media_samples.audio_only(Path("talk.wav"))
    assert main(["render", "talk.wav", *ENGINE, "--weights", "commercial"]) == 4
    said = capfd.readouterr().err
    assert "voice-commercial.card.json is missing" in said
    assert "run: pip install --force-reinstall sentigram" in said
    assert "decode" not in said


@pytest.mark.parametrize("default", shipped.VOICE_WEIGHTS)
def test_doctor_shows_both_and_misses_only_the_default(
    default: str, shelf: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipped, "DEFAULT_WEIGHTS", default)
    code = main(["doctor", "--json"])
    rows = {row["check"]: row for row in json.loads(capfd.readouterr().out)}
    there = rows["emotion: voice-research"]
    assert there["found"] == "sentigram-voice-research 2, CC-BY-NC-SA-4.0"
    absent = rows["emotion: voice-commercial"]
    assert "voice-commercial.card.json is missing" in absent["remedy"]
    assert absent["ok"] is (default == "research")
    assert code == 0 if absent["ok"] else code == 4
    if absent["ok"]:
        assert absent["found"] == "not in this installation"
