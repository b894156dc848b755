"""deploy/azure.sh: what it asks of Azure, in which order, and what it never does."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "deploy" / "azure.sh"
STAND_IN = Path(__file__).with_name("stand_in_az.py")

pytestmark = pytest.mark.skipif(
    shutil.which("bash") is None or sys.platform == "win32", reason="a script for bash"
)

IN_ORDER = (
    "account show", "group exists", "group create", "acr create", "acr build",
    "acr repository show", "identity create", "identity show", "acr show",
    "role assignment create", "storage account create", "storage share-rm create",
    "storage account keys list", "storage queue create", "storage queue generate-sas",
    "containerapp env create", "containerapp env show", "containerapp env storage set",
    "containerapp create", "containerapp job create",
)  # fmt: skip


@pytest.fixture
def az(tmp_path):
    """A folder with an `az` in it that writes down what it is asked."""
    tool = tmp_path / "bin" / "az"
    tool.parent.mkdir()
    tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{STAND_IN}" "$@"\n')
    tool.chmod(0o755)
    return tmp_path


def run(az, *options, **environment):
    clean = {key: value for key, value in os.environ.items() if key != "SENTIGRAM_TOKEN"}
    return subprocess.run(
        ["bash", SCRIPT, "--group", "mine", "--location", "westeurope", *options],
        env={**clean, "PATH": f"{az / 'bin'}:{os.environ['PATH']}", "AZ_STATE": str(az)}
        | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def asked(az):
    path = az / "asked.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def commands(az):
    found = []
    for entry in asked(az):
        words = []
        for word in entry["argv"]:
            if word.startswith("-"):
                break
            words.append(word)
        found.append(" ".join(words))
    return found


def test_what_is_needed_first_is_made_first(az):
    made = run(az)
    assert made.returncode == 0, made.stderr
    found = iter(commands(az))
    assert all(step in found for step in IN_ORDER)


def test_a_second_run_asks_the_same_and_keeps_the_token(az):
    run(az)
    first = asked(az)
    (az / "asked.jsonl").unlink()
    again = run(az)
    assert again.returncode == 0, again.stderr
    made = [step for step in commands(az) if " create" in step or step.endswith(" set")]
    assert made == [
        " ".join(entry["argv"][: next(i for i, w in enumerate(entry["argv"]) if w[0] == "-")])
        for entry in first
        if " create" in " ".join(entry["argv"]) or "set" in entry["argv"]
    ]
    assert 'value: "TOKEN-THAT-IS-THERE"' in (az / "app").read_text()


def test_secrets_stand_in_no_output_but_the_token_that_was_made(az):
    made = run(az, SENTIGRAM_TOKEN="mine-and-mine-alone")  # noqa: S106  (made up)
    said = made.stdout + made.stderr
    assert "KEY-OF-THE-STORAGE" not in said
    assert "SIGNATURE" not in said
    assert "mine-and-mine-alone" not in said
    queue = next(
        entry for entry in asked(az) if entry["argv"][:3] == ["storage", "queue", "create"]
    )
    assert queue["key"] == "KEY-OF-THE-STORAGE"
    assert "KEY-OF-THE-STORAGE" not in " ".join(queue["argv"])


def test_dry_run_prints_it_all_and_asks_nothing(az):
    made = run(az, "--dry-run")
    assert made.returncode == 0, made.stderr
    assert asked(az) == []
    assert [line for line in IN_ORDER if f"az {line}" not in made.stdout] == []
    assert "What costs money" in made.stdout


def test_dry_run_needs_no_az(tmp_path):
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("bash", "dirname", "mktemp", "rm", "tr", "sha256sum", "cut", "head", "base64",
                 "date", "cat", "sed"):  # fmt: skip
        (tools / name).symlink_to(shutil.which(name))
    made = subprocess.run(
        [tools / "bash", SCRIPT, "--group", "g", "--location", "l", "--dry-run"],
        env={"PATH": str(tools)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    wet = subprocess.run(
        [tools / "bash", SCRIPT, "--group", "g", "--location", "l"],
        env={"PATH": str(tools)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert wet.returncode == 4
    assert "az is missing" in wet.stderr


def test_down_removes_what_the_script_made(az):
    run(az)
    gone = run(az, "--down")
    assert gone.returncode == 0, gone.stderr
    assert commands(az)[-1] == "group delete"


@pytest.mark.parametrize("options", [(), ("--down",)], ids=["put", "down"])
def test_a_group_of_somebody_else_is_not_touched(az, options):
    (az / "group").write_text("somebody")
    done = run(az, *options)
    assert done.returncode == 3
    assert "was not made by this script" in done.stderr
    assert commands(az)[-1] == "group show"


def test_down_where_nothing_is_says_so(az):
    done = run(az, "--down")
    assert done.returncode == 3
    assert "is not there" in done.stderr


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--grup", "x"], "what is --grup?"),
        (["--name"], "--name needs a value"),
        (["--name", "Ä;rm"], "2 to 20 of a-z"),
    ],
)
def test_wrong_options_are_refused_in_words(az, options, says):
    done = run(az, *options)
    assert done.returncode == 2
    assert says in done.stderr
    assert asked(az) == []


def yamls(az):
    return [yaml.safe_load(entry["files"]["--yaml"]) for entry in asked(az) if entry["files"]]


def test_the_app_sleeps_while_nobody_asks_and_the_job_waits_for_messages(az):
    run(az)
    app, job = yamls(az)
    assert app["properties"]["template"]["scale"]["minReplicas"] == 0
    assert app["properties"]["template"]["scale"]["maxReplicas"] == 1
    assert app["properties"]["configuration"]["ingress"]["allowInsecure"] is False
    scale = job["properties"]["configuration"]["eventTriggerConfig"]["scale"]
    assert scale["rules"][0]["type"] == "azure-queue"
    assert scale["minExecutions"] == 0
    for made in (app, job):
        (container,) = made["properties"]["template"]["containers"]
        assert container["image"].endswith("@sha256:" + "ab" * 32)


def test_no_emotions_reaches_the_server(az):
    run(az, "--no-emotions")
    (container,) = yamls(az)[0]["properties"]["template"]["containers"]
    assert "--no-emotions" in container["args"]
