from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest

from sentigram.cli.app import main
from sentigram.errors import InputError, UsageError
from sentigram.training.corpora import catalogue
from sentigram.training.corpora.item import Item, refuse
from sentigram.training.corpora.ravdess import read as read_ravdess
from sentigram.training.dataset.features import open_store
from sentigram.training.dataset.manifest import read_manifest

SIZES = {
    "iemocap": {"4": 4, "5": 5, "5-excitement": 5, "6": 6, "8": 8},
    "cremad": {"6": 6, "4": 4},
    "meld": {"7": 7, "4": 4},
    "ravdess": {"8": 8, "7": 7, "4": 4},
    "emodb": {"6": 6, "4": 4},
    "nemo": {"6": 6, "4": 4},
    "goemotions": {"7": 7, "4": 4},
    "xed": {"7": 7, "4": 4},
    "emobank": {},
    "folder": {"4": 4, "5": 5, "6": 6, "7": 7, "8": 8},
}


def test_every_corpus_is_there_with_its_class_sets():
    found = {
        name: {which: len(set(mapping.values())) for which, mapping in corpus.CLASSES.items()}
        for name, corpus in catalogue.CORPORA.items()
    }
    assert found == SIZES
    assert catalogue.names() == tuple(SIZES)
    for name in SIZES:
        assert catalogue.licence(name)


def test_classes_of_one_name_are_the_same_everywhere_but_in_iemocap():
    for which in ("4", "7"):
        sets = {
            frozenset(catalogue.classes(name, which).values())
            for name, sizes in SIZES.items()
            if which in sizes
        }
        assert len(sets) == 1


def test_what_is_unknown_is_named(tmp_path: Path):
    with pytest.raises(UsageError, match="no corpus 'savee'; choose from iemocap, cremad"):
        catalogue.read("savee", tmp_path)
    with pytest.raises(UsageError, match="emodb has no class set '9'; it has 6, 4"):
        catalogue.classes("emodb", "9")
    with pytest.raises(UsageError, match="it has none; or list the classes"):
        catalogue.classes("emobank", "4")


@pytest.mark.parametrize("name", SIZES)
def test_an_empty_folder_is_an_error_everywhere(tmp_path: Path, name: str):
    with pytest.raises(InputError, match=str(tmp_path)):
        catalogue.read(name, tmp_path)


def test_warnings_come_through(tmp_path: Path):
    (tmp_path / "AudioWAV").mkdir()
    for clip in ("1001_DFA_ANG_XX", "1064_IEO_DIS_MD"):
        (tmp_path / "AudioWAV" / f"{clip}.wav").touch()
    told: list[str] = []
    assert len(catalogue.read("cremad", tmp_path, warn=told.append)) == 1
    assert len(told) == 1


def test_the_real_corpus(shared_data: Path):
    root = shared_data / "ravdess"
    assert catalogue.read("ravdess", root) == read_ravdess(root)


class Weather:
    """A toy corpus, as CONTRIBUTING says: a module with these three names and one function."""

    NAME = "weather"
    LICENCE = "CC0"
    CLASSES: ClassVar = {"2": {"happiness": "happiness", "sadness": "sadness"}}

    @staticmethod
    def read(root, *, warn=refuse):
        labels = {"sun": "happiness", "rain": "sadness"}
        lines = (root / "weather.txt").read_text().splitlines()
        items = []
        for number, line in enumerate(lines):
            label, _, text = line.partition(" ")
            if label in labels:
                items.append(Item(f"{number}", Weather.NAME, (labels[label],), "", text))
            else:
                warn(f"weather.txt:{number + 1}: no label {label!r}")
        return tuple(items)


def test_a_corpus_is_one_file_and_one_row(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(catalogue, "CORPORA", {**catalogue.CORPORA, Weather.NAME: Weather})
    (tmp_path / "weather.txt").write_text("sun what a day\nrain nothing but rain\nfog who knows\n")
    assert main(["prepare", "weather", ".", "--features", "minilm", "--quiet"]) == 0
    assert "weather.txt:3: no label 'fog'" in capfd.readouterr().err
    made = read_manifest(tmp_path / "runs/prepared/weather.parquet")
    assert [(e.id, e.labels, e.text) for e in made.examples] == [
        ("weather/0", ("happiness",), "what a day"),
        ("weather/1", ("sadness",), "nothing but rain"),
    ]
    assert made.licence == "CC0"
    assert len(open_store(tmp_path / "runs/features", "minilm").get(made.examples[0])) == 3
    assert catalogue.classes("weather", "2") == Weather.CLASSES["2"]
    with pytest.raises(UsageError, match="emobank, folder, weather"):
        catalogue.read("wether", tmp_path)
