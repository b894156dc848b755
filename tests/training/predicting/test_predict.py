"""Clips that a trained network reads as it read its own test examples."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from sentigram.cli.app import main
from sentigram.errors import InputError, UsageError
from sentigram.training.judge.predictions import read_predictions
from sentigram.training.predicting.clips import Clip, find_clips
from sentigram.training.predicting.predict import ClipReader, ClipReading, as_rows
from tests.cli.test_training import clips, experiment
from tests.training import garbage
from tests.training.inside import runs

SPECTROGRAM = {
    "data": {"manifests": ["runs/prepared/folder.parquet"], "audio": "logmel",
             "classes": ["anger", "happiness", "neutral"], "vad": "none"},
    "model": {"family": "cnn-bilstm", "channels": [4, 4], "hidden": 8, "n_layers": 1},
}  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def _little_garbage() -> None:
    garbage.set_aside()


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """A folder with clips, their manifest, and a run on their spectrograms."""
    folder = tmp_path_factory.mktemp("clips")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        clips(folder / "talks", n=12)
        assert main(["prepare", "folder", "talks", "--features", "logmel", "-q"]) == 0
        config = experiment(folder / "mine.yaml", **SPECTROGRAM)
        assert main(["train", str(config), "--device", "cpu", "-q"]) == 0
    return folder


@pytest.fixture(autouse=True)
def _there(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(trained)


def card(trained: Path, fold: int = 0) -> Path:
    places = sorted((trained / "runs/mine/parts/cnn-bilstm/run-0").iterdir())
    return places[fold] / "network.card.json"


def test_test_examples_are_read_as_in_the_run(trained: Path, capfd: pytest.CaptureFixture[str]):
    given = card(trained)
    recorded = read_predictions(given.parent / "predictions.parquet")[0]
    temperature = json.loads(given.read_text())["calibration"]["temperature"]
    asked = ["predict", "runs/prepared/folder.parquet", "--checkpoint", str(given), "-q", "--csv"]
    capfd.readouterr()
    assert main(asked) == 0
    rows = {row["clip"]: row for row in csv.DictReader(io.StringIO(capfd.readouterr().out))}
    assert len(rows) == 12
    for name, logits in zip(recorded.ids.tolist(), recorded.logits, strict=True):
        raised = np.exp(logits / temperature - (logits / temperature).max())
        expected = raised / raised.sum()
        found = [float(rows[name][f"p_{label}"]) for label in recorded.classes]
        np.testing.assert_allclose(found, expected, atol=2e-4)
        assert rows[name]["label"] == recorded.classes[int(np.argmax(found))]
    assert "valence" not in next(iter(rows.values()))  # without VAD targets there is no such head


def test_clips_folders_tables_and_manifests_are_one_thing(trained: Path, tmp_path: Path):
    (tmp_path / "list.csv").write_text(f"file,words\n{trained}/talks/3.wav,hello there\n")
    reader = ClipReader(card(trained))
    sources = [Path("talks/3.wav"), Path("talks"), tmp_path / "list.csv"]
    one, *folder, listed = reader.read(find_clips(sources))
    assert [Path(reading.clip.name).name for reading in folder] == sorted(
        f"{i}.wav" for i in range(12)
    )
    again = next(reading for reading in folder if reading.clip.name.endswith("/3.wav"))
    for other in (again, listed):
        np.testing.assert_allclose(one.probs, other.probs, atol=1e-5)
    assert listed.clip.text == "hello there"
    with pytest.raises(InputError, match="no such clip"):
        find_clips([Path("absent.wav")])
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no clips"):
        find_clips([tmp_path / "empty"])
    (tmp_path / "odd.csv").write_text("name,label\na,b\n")
    with pytest.raises(InputError, match=r"odd\.csv:1: no column path or text; found name, label"):
        find_clips([tmp_path / "odd.csv"])


def test_a_clip_that_cannot_be_read_says_so_in_its_row(
    trained: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    (tmp_path / "broken.wav").write_bytes(b"RIFF no sound at all")
    out = tmp_path / "out.csv"
    asked = ["predict", str(tmp_path / "broken.wav"), "talks/1.wav", "--csv", str(out), "-q"]
    assert main([*asked, "--checkpoint", str(card(trained))]) == 1
    broken, good = list(csv.DictReader(io.StringIO(out.read_text())))
    assert broken["label"] == broken["p_anger"] == ""
    assert broken["problem"].startswith("cannot be decoded")
    assert good["label"]
    assert not good["problem"]
    assert "broken.wav" in capfd.readouterr().err
    assert main([*asked, "--checkpoint", str(card(trained))]) == 3  # not replaced unasked
    assert "--overwrite" in capfd.readouterr().err


def test_no_cell_of_the_table_is_a_formula():
    evil = "=HYPERLINK(0).wav"
    readings = [
        ClipReading(Clip(evil, Path(evil)), "=1+1", (0.75, 0.25), (-0.5, 0.25, 0.0)),
        ClipReading(Clip("-x.wav", Path("-x.wav")), problem="cannot be decoded"),
        ClipReading(
            Clip("talks/1.wav", Path("talks/1.wav")), "calm", (0.25, 0.75), (0.0, 0.0, 0.0)
        ),
    ]
    header, rows = as_rows(readings, ("=1+1", "calm"), has_vad=True)
    cells = [cell for row in (header, *rows) for cell in row]
    assert [c for c in cells if c.startswith(("=", "+", "-", "@"))] == ["-0.5000"]
    assert [row[0] for row in rows] == [f"./{evil}", "./-x.wav", "talks/1.wav"]
    assert Path(rows[0][0]) == Path(evil)  # it leads to the same clip
    assert rows[2][1] == "calm"


def test_for_people_and_as_json(trained: Path, capfd: pytest.CaptureFixture[str]):
    asked = ["predict", "talks/1.wav", "--checkpoint", str(card(trained)), "-q"]
    assert main(asked) == 0
    line = capfd.readouterr().out.split()
    assert main([*asked, "--json"]) == 0
    (said,) = json.loads(capfd.readouterr().out)
    assert line == [said["label"], f"{max(said['probs'].values()):.2f}", "talks/1.wav"]
    assert sum(said["probs"].values()) == pytest.approx(1)


def test_words_are_asked_for_in_words(tmp_path: Path, trained: Path):
    """A network of words and voice, whose toy encoders stand in for real ones."""
    runs.corpus(tmp_path)
    _, run = runs.trained(tmp_path, "fusion", objective={"micl": 0, "vad": 0.3})
    given = next(iter(sorted((run / "parts/vga/run-0").iterdir()))) / "network.card.json"
    with pytest.raises(UsageError, match=r"reads text features 'toy-text', which nothing here"):
        ClipReader(given)
    encoders = {kind: Toy(kind, given) for kind in ("text", "audio")}
    reader = ClipReader(given, encoders=encoders)
    assert reader.has_vad
    with pytest.raises(UsageError, match=r"reads words, and none are known.*path and text"):
        list(reader.read(find_clips([trained / "talks"])))
    (tmp_path / "said.csv").write_text(
        f"path,text\n{trained}/talks/1.wav,well well\n{trained}/talks/2.wav,\n"
    )
    said, silent = reader.read(find_clips([tmp_path / "said.csv"]))
    assert len(said.vad) == 3
    assert silent.problem == "no words are known of it"
    (tmp_path / "words.csv").write_text("text\nwell well\n")
    with pytest.raises(UsageError, match="reads sound, and only words were given"):
        list(reader.read(find_clips([tmp_path / "words.csv"])))


class Toy:
    """Tokens that depend on nothing but the length of what is given."""

    def __init__(self, kind: str, path: Path) -> None:
        from sentigram.emotion.encoders.tokens import EncoderInfo

        self.info = EncoderInfo(**json.loads(path.read_text())["encoders"][kind])

    def encode(self, batch):
        return [np.full((2, self.info.width), len(str(one)) / 50, np.float32) for one in batch]
