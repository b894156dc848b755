"""Which tagger is taken, and what is said of it."""

from __future__ import annotations

import pytest

from sentigram.errors import InputError, MissingError, UsageError
from sentigram.store.catalogue import entry
from sentigram.store.pull import Origin, pull
from sentigram.words.tagging import choosing, yamnet
from sentigram.words.tagging.asked import tagger_option
from sentigram.words.tagging.choosing import choose_tagger
from tests.words.tagging.test_yamnet import net  # noqa: F401  (a fixture)


@pytest.fixture
def stored(net, monkeypatch, tmp_path):  # noqa: F811
    """A network in the store, which is not the published one."""
    from dataclasses import replace

    from sentigram.store.card import sha256_of

    file = tmp_path / "yamnet_spectra_in.tflite"
    file.write_bytes(b"net")
    mine = replace(entry("yamnet"), sha256={file.name: sha256_of(file)})
    return pull(mine, Origin(source=file))


def test_nothing_is_taken_and_nothing_said_where_none_is_here(net):  # noqa: F811
    assert choose_tagger("auto") == choosing.ChosenTagger()
    assert choose_tagger("off") == choosing.ChosenTagger()


def test_the_stored_one_is_taken_unless_it_is_off(stored):
    chosen = choose_tagger("auto")
    assert chosen.line == "sounds are named by yamnet (it is here)"
    assert chosen.tagger.part.id == "yamnet"
    assert chosen.tagger.part.sha256 == stored.sha256
    assert choose_tagger("off").tagger is None
    for asked in ("yamnet", str(stored.folder), str(stored.folder / "yamnet_spectra_in.tflite")):
        assert choose_tagger(asked).tagger.part.sha256 == stored.sha256
        assert "asked for" in choose_tagger(asked).line


def test_one_that_cannot_be_run_is_said_and_is_an_error_where_it_was_asked_for(stored, monkeypatch):
    yamnet._opened.cache_clear()

    def fails(_name):
        raise ImportError("no")

    monkeypatch.setattr(yamnet, "import_module", fails)
    chosen = choose_tagger("auto")
    assert chosen.tagger is None
    assert chosen.line.startswith("sounds are not named, though yamnet is here: LiteRT")
    with pytest.raises(MissingError, match="pip install"):
        choose_tagger("yamnet")


def test_what_is_not_here_names_its_command(net, tmp_path):  # noqa: F811
    with pytest.raises(MissingError, match="run: sentigram models pull yamnet --from FILE"):
        choose_tagger("yamnet")
    with pytest.raises(MissingError, match="no model is called 'yamet'; did you mean yamnet"):
        choose_tagger("yamet")
    with pytest.raises(UsageError, match="whisper-base is a transcriber, where a sound tagger"):
        choose_tagger("whisper-base")
    folder = tmp_path / "empty"
    folder.mkdir()
    with pytest.raises(InputError, match=r"0 \.tflite files"):
        choose_tagger(str(folder))
    with pytest.raises(UsageError, match="choose auto, off, a model's name"):
        tagger_option(" ")
    assert tagger_option(" Auto ") == "auto"
    assert tagger_option("My.tflite") == "My.tflite"


def test_a_damaged_one_is_an_error(stored):
    (stored.folder / "yamnet_spectra_in.tflite").write_bytes(b"nets")
    with pytest.raises(MissingError, match="damaged"):
        choose_tagger("auto")
