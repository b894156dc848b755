"""batch, themes and doctor, as a person or a script calls them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import typer.main

from sentigram.cli import doctor
from sentigram.cli.app import app, main
from sentigram.cli.flags import as_flags, parameter_of, settings_of
from sentigram.core.document import dumps
from sentigram.core.time import Span
from sentigram.errors import MissingError
from sentigram.jobs.asked import asked
from sentigram.jobs.job import Settings
from tests import media_samples
from tests.documents import talk
from tests.fakes import listing, use_fakes


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def talks(monkeypatch: pytest.MonkeyPatch) -> Path:
    use_fakes(monkeypatch)
    Path("talks/deep").mkdir(parents=True)
    media_samples.audio_only(Path("talks/good.wav"))
    shutil.copy("talks/good.wav", "talks/deep/also.wav")
    media_samples.text_named_mp4(Path("talks/broken.mp4"))
    return Path("talks")


def test_batch_shows_a_table_and_exits_1_where_some_failed(
    talks: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["batch", "talks", "--to", "srt"]) == 1
    out, err = capfd.readouterr()
    lines = [line.split() for line in out.splitlines()]
    assert [line[:2] for line in lines if line[:1] in (["broken.mp4"], ["good.wav"])] == [
        ["broken.mp4", "failed"],
        ["good.wav", "done"],
    ]
    assert ["deep/also.wav", "done", "3"] in [line[:3] for line in lines]
    assert out.splitlines()[-1] == "2 done, 0 skipped, 1 failed"
    assert "[1/3] broken.mp4" in err
    assert "engine: bundled" in err
    (talks / "broken.mp4").unlink()
    assert main(["batch", "talks", "--to", "srt", "-q"]) == 0
    out, err = capfd.readouterr()
    assert "0 done, 2 skipped, 0 failed" in out
    assert err == ""


def test_batch_reports_as_json(talks: Path, capfd: pytest.CaptureFixture[str]) -> None:
    arguments = ["batch", "talks", "--to", "srt,json", "--out", "o", "-q"]
    assert main([*arguments, "--json", "--report", "o/report.json"]) == 1
    out, err = capfd.readouterr()
    assert err == ""
    rows = {Path(row["source"]).name: row for row in json.loads(out)}
    assert json.loads(Path("o/report.json").read_text()) == json.loads(out)
    assert {name: row["status"] for name, row in rows.items()} == {
        "also.wav": "done",
        "broken.mp4": "failed",
        "good.wav": "done",
    }
    assert rows["also.wav"]["outputs"]["srt"] == "o/deep/also.srt"
    assert "broken.mp4" in rows["broken.mp4"]["error"]
    assert main([*arguments, "--report", "o/report.json"]) == 3  # before any work
    assert "report.json: exists already" in capfd.readouterr().err


def test_a_folder_without_media_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    Path("empty").mkdir()
    assert main(["batch", "empty", "-q"]) == 0
    assert "warning: empty: no video or audio file in it" in capfd.readouterr().err


def test_a_preview_says_what_it_hears_and_what_it_shows(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use_fakes(monkeypatch)
    media_samples.audio_only(Path("talk.wav"))
    preview = ["render", "talk.wav", "--to", "srt,json", "--overwrite", "--preview"]
    assert main([*preview, "0.3-0.5"]) == 0
    out, err = capfd.readouterr()
    assert out == "talk.preview.srt\ntalk.preview.sentigram.json\n"
    assert "hears the whole recording once, so that the preview shows what the whole" in err
    assert "the next preview takes seconds" in err
    assert "shows 0:00.0–0:00.8, so that the preview begins and ends with sentences" in err
    assert main([*preview, "0-0.9"]) == 0
    err = capfd.readouterr().err
    assert "takes up what an earlier run heard: nothing is heard again" in err
    assert "shows" not in err
    assert main([*preview[:-1]]) == 0
    assert "nothing is heard again" in capfd.readouterr().err
    assert main([*preview[:-1]]) == 0
    assert "nothing is heard again" not in capfd.readouterr().err, "the whole render was done"


def test_themes_are_listed_and_shown(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["themes", "list"]) == 0
    out = capfd.readouterr().out
    assert "eastern         Red is luck" in out
    assert "senior          Large" in out
    assert "profile  low-vision      Much larger" in out
    assert main(["themes", "list", "--json"]) == 0
    assert set(json.loads(capfd.readouterr().out)["age"]) == {"child", "teen", "adult", "senior"}
    assert main(["themes", "show", "--culture", "eastern"]) == 0
    assert "happiness" in capfd.readouterr().out
    assert main(["themes", "show", "--json"]) == 0
    western = json.loads(capfd.readouterr().out)
    assert western["anger"]["transform"] == "uppercase"
    assert main(["themes", "show", "--json", "--culture", "eastern"]) == 0
    assert json.loads(capfd.readouterr().out)["anger"]["fill"] != western["anger"]["fill"]


def test_themes_wear_profiles(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["themes", "show", "--json", "--profile", "sdh, low-vision"]) == 0
    shown = json.loads(capfd.readouterr().out)
    assert shown["neutral"]["box"] == shown["raised-voice"]["box"] == "#000000"
    assert main(["themes", "show", "--json", "--profile", "netflix"]) == 0
    assert set(json.loads(capfd.readouterr().out)) == {"neutral"}
    assert main(["themes", "show", "--profile", "netflix"]) == 0
    assert "netflix: draws no emotion in type" in capfd.readouterr().out
    assert main(["themes", "show", "--profile", "bbc,tritanopa"]) == 2
    assert "no profile 'tritanopa'" in (said := capfd.readouterr().err)
    assert "did you mean 'tritanopia'" in said
    assert main(["themes", "preview", "--profile", "dyslexia"]) == 0
    assert "Rello" in Path("sentigram-theme.html").read_text(encoding="utf-8")


def test_themes_are_drawn_by_other_things_than_emotions(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["themes", "show", "--json", "--style", "dimensions", "--preset", "pop"]) == 0
    shown = json.loads(capfd.readouterr().out)
    assert list(shown)[:3] == ["neutral", "unpleasant", "pleasant"]
    assert shown["pleasant"]["fill"] != shown["unpleasant"]["fill"]
    assert main(["themes", "show", "--style", "plain"]) == 0
    assert "anger" not in capfd.readouterr().out
    assert main(["themes", "show", "--style", "loud"]) == 2
    assert main(["themes", "preview", "--style", "prosody"]) == 0
    sheet = Path("sentigram-theme.html").read_text(encoding="utf-8")
    assert "<h2>softly said</h2>" in sheet
    assert "<h2>anger</h2>" not in sheet


def test_themes_are_validated(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["themes", "validate", "--culture", "eastern", "--profile", "bbc"]) == 0
    out = capfd.readouterr().out
    assert "bbc: draws no emotion in type" in out
    found = "10 emotions, raised voice, contrast 4.5:1, no warnings"
    assert out.endswith(f"eastern, adult, bbc: {found}\n")
    Path("mine.toml").write_text('[emotion.anger]\nfamily = "Poppin"\n')
    assert main(["themes", "validate", "--theme", "mine.toml"]) == 0
    assert "did you mean 'Poppins'" in (out := capfd.readouterr().out)
    assert "1 warning\n" in out
    Path("mine.toml").write_text("[emotion.anger]\nfil = 1\n")
    assert main(["themes", "validate", "--theme", "mine.toml"]) == 3
    assert "did you mean 'fill'" in capfd.readouterr().err


def test_a_preview_is_written_once(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["themes", "preview"]) == 0
    assert capfd.readouterr().out == "sentigram-theme.html\n"
    assert "happiness" in Path("sentigram-theme.html").read_text(encoding="utf-8")
    before = listing(tmp_path)
    assert main(["themes", "preview"]) == 3
    assert "exists already; add --overwrite" in capfd.readouterr().err
    assert listing(tmp_path) == before
    assert main(["themes", "preview", "--overwrite", "--culture", "eastern"]) == 0
    assert listing(tmp_path) != before
    assert main(["themes", "preview", "none/x.html"]) == 3
    assert "there is no such folder" in capfd.readouterr().err


def test_doctor_says_what_is_missing_and_exits_4(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        raise MissingError("ffmpeg is not installed: pip install imageio-ffmpeg")

    monkeypatch.setattr("sentigram.media.ffmpeg.find_ffmpeg", missing)
    assert main(["doctor"]) == 4
    out = capfd.readouterr().out
    assert "MISSING ffmpeg" in out
    assert "→ ffmpeg is not installed: pip install imageio-ffmpeg" in out


def test_doctor_exits_0_where_all_is_well(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "_models", lambda: iter(()))  # tested with the models themselves
    assert main(["doctor", "--json"]) == 0
    rows = json.loads(capfd.readouterr().out)
    assert {"sentigram", "ffmpeg", "libass", "fonts"} <= {row["check"] for row in rows}
    assert all(row["ok"] for row in rows)


_KEPT = Path(__file__).with_name("options.json")


@pytest.mark.parametrize("command", ["render", "batch"])
def test_options_keep_their_names_defaults_and_help(command: str) -> None:
    """They are made of what the stages declare: nothing about them changes unseen."""
    group: Any = typer.main.get_command(app)  # its options have typer's fields
    made = {
        parameter.opts[0]: {
            "default": parameter.default
            if isinstance(parameter.default, str | int | float | None)
            else str(parameter.default),
            "env": parameter.envvar,
            "help": parameter.help,
            "panel": parameter.rich_help_panel,
        }
        for parameter in group.commands[command].params
        if parameter.opts[0].startswith("--")
    }
    assert made == json.loads(_KEPT.read_text(encoding="utf-8"))[command]


def test_what_is_typed_reaches_the_stages() -> None:
    typed = {
        option.name: option.default for option in (parameter_of(each) for each in asked().values())
    }
    assert settings_of(typed) == Settings()
    typed |= {"profile": " bbc,sdh ", "shots": True, "clip_width": 320, "no_vad": True}
    typed |= {"preview": "0:01-0:02", "size": "640x480", "to": "srt, vtt", "engine": "full"}
    settings = settings_of(typed)
    assert settings.look.profiles == ("bbc", "sdh")
    assert settings.hear.shots
    assert (settings.engine.kind, settings.engine.vad) == ("full", False)
    assert (settings.video.clip_width, settings.video.size) == (320, (640, 480))
    assert (settings.kinds, settings.preview) == (("srt", "vtt"), Span(1000, 2000))


def test_messages_spell_options_as_they_are_typed() -> None:
    assert as_flags("`crf 99`: choose; or `no-vad`") == "--crf 99: choose; or --no-vad"
    assert as_flags("`x` and it`s") == "`x` and it`s"


def test_looking_for_shots_in_a_document_is_told_to_be_in_vain(
    capfd: pytest.CaptureFixture[str],
) -> None:
    Path("talk.sentigram.json").write_text(dumps(talk()), encoding="utf-8")
    assert main(["render", "talk.sentigram.json", "--to", "srt", "--shots"]) == 0
    assert "warning: --shots: talk.sentigram.json keeps the shots" in capfd.readouterr().err
