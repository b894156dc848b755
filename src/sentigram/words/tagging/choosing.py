"""Which tagger names sounds: one of the store where one is there, or what is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sentigram.errors import InputError
from sentigram.store.catalogue import Role
from sentigram.store.installed import StoredModel, find, installed
from sentigram.words.tagging.asked import AUTO, OFF
from sentigram.words.tagging.sensevoice import tagger as sensevoice
from sentigram.words.tagging.sensevoice.tagger import SensevoiceTagger
from sentigram.words.tagging.yamnet import YamnetTagger, obstacle

ROLE: Role = "sound tagger"
SUFFIX = ".tflite"


@dataclass(frozen=True, slots=True)
class ChosenTagger:
    """What names sounds, and why.

    Attributes:
        tagger: It, None where none is used.
        line: One line for people, "" where there is nothing to say.
    """

    tagger: YamnetTagger | SensevoiceTagger | None = None
    line: str = ""


def choose_tagger(asked: str, *, is_full: bool = False, device: str = "auto") -> ChosenTagger:
    """The tagger that is meant.

    Args:
        asked: auto takes one of the store, where one is there and can be run: YAMNet, which knows
            more sounds, or else SenseVoice, where the full engine is used; off takes none.
        is_full: The engine runs torch anyway.
        device: Of torch.

    Raises:
        MissingError: What is asked for by name is not here, is no tagger, or cannot be run.
        UsageError: The name is that of another kind of model.
        InputError: A folder holds no such file, or several.
    """
    if asked == OFF:
        return ChosenTagger()
    if asked != AUTO:
        return _told(_named(asked, device), "asked for")
    models = installed(ROLE)
    for model in (one for one in models if not _is_sensevoice(one)):
        if missing := obstacle():
            line = f"sounds are not named, though {model.name} is here: {missing}"
            return ChosenTagger(None, line)
        return _told(_stored(find(model.name, ROLE), device), "it is here")
    for model in (one for one in models if is_full and _is_sensevoice(one)):
        return _told(_stored(find(model.name, ROLE), device), "it is here, and the engine is full")
    return ChosenTagger()


def _named(asked: str, device: str) -> YamnetTagger | SensevoiceTagger:
    path = Path(asked)
    if path.suffix.casefold() == SUFFIX or path.is_file():
        return YamnetTagger(path, path.stem[:100])
    return _stored(find(asked, ROLE), device)


def _stored(model: StoredModel, device: str) -> YamnetTagger | SensevoiceTagger:
    if _is_sensevoice(model):
        return SensevoiceTagger(model, device)
    files = sorted(path for path in model.folder.iterdir() if path.suffix.casefold() == SUFFIX)
    if len(files) != 1:
        message = f"{model.folder}: {len(files)} {SUFFIX} files, where a sound tagger has one"
        raise InputError(message)
    return YamnetTagger(files[0], model.name)


def _is_sensevoice(model: StoredModel) -> bool:
    return any((model.folder / name).is_file() for name in sensevoice.FILES)


def _told(tagger: YamnetTagger | SensevoiceTagger, why: str) -> ChosenTagger:
    return ChosenTagger(tagger, f"sounds are named by {tagger.name} ({why})")
