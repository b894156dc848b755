"""`sentigram evaluate corrections`, as a user runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sentigram.cli.app import main
from tests.documents import talk
from tests.training.corrected import relabelled, save


@pytest.fixture
def documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(tmp_path)
    model = talk()
    ann = relabelled(model, {9: "neutral"})
    return [str(path) for path in save(tmp_path, talk=model, talk__ann=ann)]


def test_corrections_are_evaluated_for_people_and_scripts(documents, capfd):
    assert main(["evaluate", "corrections", *documents]) == 0
    out, err = capfd.readouterr()
    assert "ann, touched words: 1" in out
    assert err == ""
    assert main(["evaluate", "corrections", *documents, "--json"]) == 0
    data = json.loads(capfd.readouterr().out)
    assert data["correctors"]["ann"]["scores"]["touched"]["right"]["of"] == 1


@pytest.mark.slow
def test_corrections_need_none_of_the_libraries_of_training(documents, monkeypatch):
    monkeypatch.setattr("sentigram.cli.training_flags.find_spec", lambda _name: None)
    assert main(["evaluate", "corrections", *documents]) == 0
    program = (
        "import sys; from sentigram.cli.app import main; "
        f"assert main(['evaluate', 'corrections', *{documents!r}]) == 0; "
        "print([m for m in ('torch', 'sklearn', 'scipy', 'pyarrow') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["corrections"], 2, "evaluate corrections needs Documents"),
        (["corrections", "talk.sentigram.json"], 3, "no other of these Documents is of talk.mp4"),
        (["corrections", "talk.sentigram.json", "none.json"], 3, "none.json: no such file"),
        (["corrections", *["talk.sentigram.json"] * 2], 2, "given twice"),
        (["runs/mine", "runs/other"], 2, "evaluate runs/mine: takes nothing after it"),
        (["bundled", "runs/other", "--data", "."], 2, "evaluate bundled: takes nothing after it"),
    ],
)
def test_faults_say_what_to_do(documents, capfd, arguments, code, message):
    assert main(["evaluate", *arguments]) == code
    assert message in capfd.readouterr().err
