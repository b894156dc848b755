"""The hooks of pre-commit, and the step of CI that docs/check.md shows, are what there is."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer
import yaml

from sentigram.cli.app import app, main
from sentigram.formats import editable, grammar, kind_of

_ROOT = Path(__file__).parents[2]
_HOOKS = yaml.safe_load((_ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
_DOCS = (_ROOT / "docs" / "check.md").read_text(encoding="utf-8")
_BLOCKS = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", _DOCS, re.DOTALL)]


def test_the_definition_has_all_that_pre_commit_asks_for() -> None:
    assert isinstance(_HOOKS, list)
    known = {"id", "name", "description", "entry", "language", "files", "exclude", "require_serial"}
    for hook in _HOOKS:
        assert {"id", "name", "entry", "language"} <= set(hook) <= known
        assert hook["language"] == "python"


@pytest.mark.parametrize("hook", _HOOKS, ids=lambda hook: str(hook["id"]))
def test_a_hook_runs_a_command_that_exists_and_fails_on_violations(
    hook: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    program, *arguments = shlex.split(hook["entry"])
    assert program == "sentigram"
    good, bad = Path("good.srt"), Path("bad.srt")
    good.write_text("1\n00:00:01,000 --> 00:00:03,000\nGood morning.\n", encoding="utf-8")
    bad.write_text(
        "1\n00:00:01,000 --> 00:00:01,500\nNobody reads as fast as this.\n\n"
        "2\n00:00:01,600 --> 00:00:03,600\nNo more time.\n",
        encoding="utf-8",
    )
    assert main([*arguments, "--language", "en", str(good)]) == 0
    assert main([*arguments, "--language", "en", str(good), str(bad)]) == 1


@pytest.mark.parametrize("hook", _HOOKS, ids=lambda hook: str(hook["id"]))
def test_a_hook_takes_files_that_its_command_takes(hook: dict[str, str]) -> None:
    suffixes = re.findall(r"\w+", hook["files"])
    for suffix in suffixes:
        kind = kind_of("", f".{suffix}")
        assert f".{suffix}" in grammar(kind).SUFFIXES
        assert re.search(hook["files"], f"a/talk.{suffix}")
        if "--fix" in hook["entry"]:
            assert editable(kind) is not None
            assert re.search(hook["exclude"], f"a/talk.fixed.{suffix}")
    assert not re.search(hook["files"], "talk.txt")


def test_the_docs_show_hooks_and_options_that_exist() -> None:
    config, workflow = _BLOCKS
    (repo,) = config["repos"]
    ids = {hook["id"] for hook in _HOOKS}
    command = typer.main.get_command(app).commands["check"]  # type: ignore[attr-defined]
    options = {name for parameter in command.params for name in parameter.opts}
    for hook in repo["hooks"]:
        assert hook["id"] in ids
        assert {one for one in hook["args"] if one.startswith("--")} <= options
    steps = workflow["jobs"]["check"]["steps"]
    (run,) = (step["run"] for step in steps if step.get("name") == "check")
    assert run.startswith("sentigram check ")
    assert {one for one in run.split() if one.startswith("--")} <= options
    (kept,) = (step for step in steps if "upload-artifact" in step.get("uses", ""))
    assert kept["if"] == "always()"
    assert kept["with"]["path"] in run
