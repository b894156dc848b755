"""`sentigram check`, as a person or a script calls it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from sentigram.cli.app import main
from sentigram.cli.check_output import fps_of
from sentigram.core.document import dumps
from tests import media_samples
from tests.documents import talk

_BAD = Path(__file__).parents[1] / "check" / "bad"
_GOOD = "1\n00:00:01,000 --> 00:00:03,000\nGood morning.\n"


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    Path("good.srt").write_text(_GOOD, encoding="utf-8")
    shutil.copy(_BAD / "03-gaps.srt", "bad.srt")


def test_a_good_file_exits_0_and_a_bad_one_1(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "good.srt"]) == 0
    assert capfd.readouterr().out == "good.srt: 1 cues, 0 violations, 0 advice\n"
    assert main(["check", "good.srt", "bad.srt", "--fps", "25"]) == 1
    out = capfd.readouterr().out.splitlines()
    assert out[1].startswith(
        "bad.srt:6: violation: cue 2 at 00:00:03.000: follows cue 1 after 0 ms"
    )
    assert out[1].endswith("[gap]")
    assert out[-1] == "bad.srt: 5 cues, 3 violations, 0 advice (1 gap, 1 gap-close, 1 overlap)"


def test_what_cannot_be_read_exits_3_and_the_others_are_checked(
    capfd: pytest.CaptureFixture[str],
) -> None:
    Path("broken.srt").write_bytes(b"\0" * 4000)
    assert main(["check", "broken.srt"]) == 3
    assert "not a text file" in capfd.readouterr().err
    assert main(["check", "broken.srt", "missing.vtt", "good.srt"]) == 3
    out, err = capfd.readouterr()
    assert out.startswith("good.srt: 1 cues")
    assert "missing.vtt: no such file" in err


def test_json_holds_every_number(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "bad.srt", "--fps", "25", "--format", "json"]) == 1
    (report,) = json.loads(capfd.readouterr().out)
    assert report["violations"] == 3
    assert report["limits"]["gap_ms"] == 80
    first = report["findings"][0]
    assert (first["rule"], first["cue"], first["line"], first["start_ms"]) == ("gap", 2, 6, 3000)
    assert first["measured"] == "0 ms"
    assert first["allowed"].startswith("at least 80 ms")
    assert "Netflix" in first["source"]
    assert first["remedy"]


def test_a_table_has_a_row_for_each_finding(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "bad.srt", "--fps", "25", "--format", "table"]) == 1
    out = capfd.readouterr().out
    assert [line.split()[:5] for line in out.splitlines()[1:3]] == [
        ["✗", "2", "6", "0:03", "gap"],
        ["✗", "3", "10", "0:05", "gap-close"],
    ]


def test_rules_can_be_chosen(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "bad.srt", "--fps", "25", "--rules", "lines"]) == 0
    assert main(["check", "bad.srt", "--fps", "25", "--skip", "gap,gap-close,overlap", "-q"]) == 0
    capfd.readouterr()
    assert main(["check", "bad.srt", "--rules", "nonsense"]) == 2
    assert "no such rule; there are: line-chars" in capfd.readouterr().err


def test_options_that_do_nothing_are_told(capfd: pytest.CaptureFixture[str]) -> None:
    for arguments, said in (
        (["--language", "klingon9"], "write its code or English name, for example en, ja, pt-BR"),
        (["--out", "o"], "--out: belongs to --fix"),
        (["--out", "o"], "give --report FILE"),
        (["--overwrite"], "--overwrite: belongs to --fix and --report"),
    ):
        assert main(["check", "good.srt", *arguments]) == 2
        assert said in capfd.readouterr().err
    assert main(["check", "good.srt", "--fix", "--language", "pt-BR"]) == 0
    assert "good.srt: nothing that --fix corrects, so there is no copy" in capfd.readouterr().out


def test_a_corrected_copy_lies_beside_the_file(capfd: pytest.CaptureFixture[str]) -> None:
    source = Path("bad.srt").read_bytes()
    assert main(["check", "bad.srt", "--fps", "25", "--fix"]) == 0
    out = capfd.readouterr().out
    assert "bad.srt: changed: cue 1: 00:00:01.000–00:00:03.000 → 00:00:01.000–00:00:02.920" in out
    assert Path("bad.srt").read_bytes() == source
    assert main(["check", "bad.fixed.srt", "--fps", "25"]) == 0
    assert main(["check", "bad.srt", "--fps", "25", "--fix"]) == 3
    assert "add --overwrite" in capfd.readouterr().err
    assert (
        main(["check", "bad.srt", "--fps", "25", "--fix", "--overwrite", "--format", "json"]) == 0
    )
    (report,) = json.loads(capfd.readouterr().out)
    assert report["fixed"] == "bad.fixed.srt"
    assert {change["rule"] for change in report["changes"]} == {"gap", "gap-close", "overlap"}


def test_nothing_is_written_where_nothing_is_wrong() -> None:
    assert main(["check", "good.srt", "--fix"]) == 0
    assert not Path("good.fixed.srt").exists()


def test_documents_and_ttml_are_not_corrected(capfd: pytest.CaptureFixture[str]) -> None:
    Path("talk.sentigram.json").write_text("{}", encoding="utf-8")
    assert main(["check", "talk.sentigram.json", "--fix"]) == 2
    assert "render it" in capfd.readouterr().err
    shutil.copy(_BAD / "11-shapes.ttml", "talk.ttml")
    assert main(["check", "talk.ttml", "--fix"]) == 2
    assert "by hand" in capfd.readouterr().err


def test_files_that_count_in_frames_need_a_rate(capfd: pytest.CaptureFixture[str]) -> None:
    Path("talk.sub").write_text("{25}{75}Good morning.\n", encoding="utf-8")
    assert main(["check", "talk.sub"]) == 3
    assert "give a frame rate (check --fps 25)" in capfd.readouterr().err
    assert main(["check", "talk.sub", "--fps", "25"]) == 0
    assert main(["check", "talk.sub", "--fps", "25", "--fix"]) == 2
    assert "correct MICRODVD by hand" in capfd.readouterr().err


def test_a_video_gives_its_frame_rate(capfd: pytest.CaptureFixture[str]) -> None:
    video = media_samples.video_with_tone(Path("talk.mp4"))
    assert main(["check", "bad.srt", "--video", str(video), "--format", "json"]) == 1
    (report,) = json.loads(capfd.readouterr().out)
    assert report["limits"]["fps"]


def test_hostile_names_are_printed_safely(capfd: pytest.CaptureFixture[str]) -> None:
    name = "a\n\x1b[31mb.srt"
    Path(name).write_text(_GOOD, encoding="utf-8")
    assert main(["check", name]) == 0
    assert capfd.readouterr().out == "a\\n\\x1b[31mb.srt: 1 cues, 0 violations, 0 advice\n"


@pytest.mark.parametrize(
    ("text", "value"),
    [("25", "25"), ("29.97", "30000/1001"), ("23.976", "24000/1001"), ("60000/1001", "60000/1001")],
)
def test_frame_rates_are_read_as_they_are_meant(text: str, value: str) -> None:
    assert str(fps_of(text)) == value


@pytest.mark.parametrize(
    "wrong", [["--fps", "fast"], ["--fps", "0"], ["--size", "big"], ["--format", "xml"]]
)
def test_wrong_values_exit_2(wrong: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "good.srt", *wrong]) == 2
    assert wrong[1] in capfd.readouterr().err


def test_a_page_is_printed_or_written(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "bad.srt", "good.srt", "--fps", "25", "--format", "html"]) == 1
    out = capfd.readouterr().out
    assert out.startswith("<!doctype html>\n")
    assert out.rstrip().endswith("</html>")
    assert "3 violations in 1 of 2 files" in out
    assert main(["check", "bad.srt", "--fps", "25", "--report", "new/folder/report.html"]) == 1
    assert "violation: cue 2" in capfd.readouterr().out  # beside the text, not instead of it
    assert "What --fix would do" in Path("new/folder/report.html").read_text(encoding="utf-8")
    assert main(["check", "bad.srt", "--fps", "25", "--report", "report.json"]) == 1
    (report,) = json.loads(Path("report.json").read_text(encoding="utf-8"))
    assert report["violations"] == 3
    assert not Path("bad.fixed.srt").exists()


def test_a_page_says_what_could_not_be_read(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "good.srt", "missing.srt", "--format", "html"]) == 3
    out = capfd.readouterr().out
    assert "missing.srt: no such file" in out
    assert "Passes" not in out.partition("<main>")[0]


def test_a_report_that_cannot_be_written_is_named_before_the_work(
    capfd: pytest.CaptureFixture[str],
) -> None:
    Path("there.html").write_text("mine", encoding="utf-8")
    Path("a-file").write_text("", encoding="utf-8")
    shutil.copy("good.srt", "good.json")
    for report, code, said in (
        ("report.txt", 2, "write a name that ends in .html or .json"),
        ("good.json", 2, "is a file that is checked"),
        ("there.html", 3, "add --overwrite to replace it, or give another --report"),
        ("a-file/report.html", 3, "it is a file, not a folder; give another --report"),
    ):
        assert main(["check", "good.json", "--report", report]) == code
        out, err = capfd.readouterr()
        assert said in err
        assert err.count("--report") == 1
        assert out == ""
    assert Path("there.html").read_text(encoding="utf-8") == "mine"
    assert main(["check", "good.srt", "--report", "there.html", "--overwrite"]) == 0


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ("a-file", "a-file: cannot be written: it is a file, not a folder; give --out DIR"),
        ("a-file/b", "a-file/b: cannot be written: a-file is a file, not a folder; give --out DIR"),
        ("/proc/none", "/proc/none: cannot be written: no file can be made in /proc; give --out"),
    ],
)
def test_a_folder_that_cannot_be_is_named_once(
    out: str, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    Path("a-file").write_text("", encoding="utf-8")
    assert main(["check", "bad.srt", "--fps", "25", "--fix", "--out", out]) == 3
    error = capfd.readouterr().err
    assert said in error
    assert error.count("--out") == 1
    Path("talk.sentigram.json").write_text(dumps(talk()), encoding="utf-8")
    assert main(["render", "talk.sentigram.json", "--to", "srt", "--out", out]) == 3
    assert said in capfd.readouterr().err


def test_a_folder_for_copies_is_made(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "bad.srt", "--fps", "25", "--fix", "--out", "new/folder"]) == 0
    assert "written: new/folder/bad.fixed.srt" in capfd.readouterr().out
