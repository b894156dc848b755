"""sentigram.toml: flag > environment > file > default."""

from __future__ import annotations

from pathlib import Path

import pytest

from sentigram.cli.app import main
from sentigram.core.document import dumps
from tests.documents import talk
from tests.fakes import listing


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "talk.sentigram.json").write_text(dumps(talk()), encoding="utf-8")


def _render(*flags: str) -> int:
    return main(["render", "talk.sentigram.json", "-q", *flags])


def test_flag_over_environment_over_file_over_default(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("sentigram.toml").write_text('[render]\nto = "srt"\noverwrite = true\n')
    monkeypatch.setenv("SENTIGRAM_CONFIG", "sentigram.toml")
    assert _render() == 0
    assert capfd.readouterr().out == "talk.srt\n"
    monkeypatch.setenv("SENTIGRAM_TO", "vtt")
    assert _render() == 0
    assert capfd.readouterr().out == "talk.vtt\n"
    assert _render("--to", "ass") == 0
    assert capfd.readouterr().out == "talk.ass\n"
    assert _render("--to", "srt,vtt,ass") == 0  # overwrite comes from the file
    monkeypatch.delenv("SENTIGRAM_TO")
    monkeypatch.delenv("SENTIGRAM_CONFIG")
    Path("sentigram.toml").unlink()
    capfd.readouterr()
    assert _render("--out", "o") == 0
    assert capfd.readouterr().out.split() == [
        "o/talk.html",
        "o/talk.ass",
        "o/talk.sentigram.json",
    ]


def test_every_kind_of_value(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENTIGRAM_CONFIG", "sentigram.toml")
    Path("sentigram.toml").write_text(
        '[render]\nto = "srt"\nout = "o"\nquiet = true\njson = true\ncrf = 30\n'
        'audio-stream = 0\nno_sidecar = true\npreview = "0-4"\n'
        '[batch]\nreport = "report.json"\n'
    )
    assert main(["render", "talk.sentigram.json"]) == 0
    out, err = capfd.readouterr()
    assert err == "sentigram: settings from sentigram.toml\n"
    assert '"outputs": {"srt": "o/talk.preview.srt"}' in out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[render]\ncultur = "x"\n', "[render]: no 'cultur'; did you mean culture?"),
        ('[render]\nsources = "x"\n', "[render]: no 'sources'"),
        ('[rendr]\nculture = "x"\n', "table: no 'rendr'; did you mean render?"),
        ('culture = "x"\n', "table: no 'culture'; there are: batch, render"),
        ('render = "x"\n', "[render]: must be a table, such as [render]"),
        ('[render]\ncrf = "20"\n', "[render]: crf: '20' is not a whole number"),
        ("[render]\ncrf = true\n", "[render]: crf: True is not a whole number"),
        ("[render]\noverwrite = 1\n", "[render]: overwrite: 1 is not true or false"),
        ('[render]\nto = ["srt"]\n', "[render]: to: ['srt'] is not a text in quotes"),
        ("[render]\nculture = 3\n", "[render]: culture: 3 is not a text in quotes"),
        ("[render\n", "cannot be read as settings"),
        ('[render]\nculture = "mars"\n', "no culture 'mars'"),
        ('[render]\nmotion = "wild"\n', "--motion 'wild': choose from"),
    ],
)
def test_faults_name_the_file_and_the_key(
    text: str, said: str, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    Path("sentigram.toml").write_text(text)
    before = listing(tmp_path)
    assert _render("--to", "srt") == 2
    err = capfd.readouterr().err
    assert said in err
    assert "sentigram.toml" in err or "mars" in err or "wild" in err
    assert listing(tmp_path) == before


def test_another_file_can_be_named(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("sentigram.toml").write_text('[render]\nto = "srt"\n')
    Path("mine.toml").write_text('[render]\nto = "vtt"\n')
    monkeypatch.setenv("SENTIGRAM_CONFIG", "mine.toml")
    assert _render() == 0
    assert capfd.readouterr().out == "talk.vtt\n"
    monkeypatch.setenv("SENTIGRAM_CONFIG", "none.toml")
    assert _render() == 2
    assert "none.toml: cannot be read as settings" in capfd.readouterr().err


PLANTED = {
    "out": '"../elsewhere"',
    "transcript": '"/etc/passwd"',
    "theme": '"linked/theme.toml"',
    "checkpoint": '"../network.card.json"',
    "whisper-model": '"/elsewhere/model"',
    "audio_model": '"../model"',
    "overwrite": "true",
    "quiet": "true",
    "rehear": "true",
}


@pytest.mark.parametrize("option", PLANTED)
def test_a_folders_own_file_leads_nowhere_replaces_nothing_and_silences_nothing(
    option: str, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "linked").symlink_to(tmp_path.parent)
    Path("sentigram.toml").write_text(f"[render]\n{option} = {PLANTED[option]}\n")
    before = listing(tmp_path)
    assert _render("--to", "srt") == 2
    said = capfd.readouterr().err
    assert f"sentigram.toml: [render]: {option.replace('_', '-')}: " in said
    assert "trust the whole file: SENTIGRAM_CONFIG=sentigram.toml" in said
    assert listing(tmp_path) == before


def test_a_folders_own_file_is_named_and_may_say_how_things_look(
    capfd: pytest.CaptureFixture[str],
) -> None:
    Path("theme.toml").write_text('extends = "eastern"\n')
    Path("sentigram.toml").write_text(
        '[render]\nto = "srt"\nout = "o/p"\ntheme = "theme.toml"\nwhisper-model = "whisper-base"\n'
        'overwrite = false\n[batch]\nout = "/elsewhere"\n'
    )
    assert _render() == 0
    assert capfd.readouterr() == ("o/p/talk.srt\n", "sentigram: settings from sentigram.toml\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "talk.srt"],
        ["themes", "list"],
        ["models", "path"],
        ["render", "--help"],
        ["doctor", "-h"],
    ],
)
def test_a_broken_file_does_not_end_what_needs_no_settings(
    arguments: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    Path("sentigram.toml").write_text("[render\n")
    Path("talk.srt").write_text("1\n00:00:01,000 --> 00:00:03,000\nA few words.\n\n")
    assert main(arguments) == 0
    assert "sentigram.toml" not in capfd.readouterr().err
    assert _render() == 2


def test_a_file_that_is_none_or_costs_too_much_is_refused(
    capfd: pytest.CaptureFixture[str],
) -> None:
    path = Path("sentigram.toml")
    path.symlink_to("/dev/zero")
    assert _render() == 3
    assert "sentigram.toml: is a device, not a settings file" in capfd.readouterr().err
    path.unlink()
    path.write_text(".".join("a" * 20_000) + " = 1")
    assert _render() == 3
    assert "sentigram.toml: line 1: goes deeper" in capfd.readouterr().err
