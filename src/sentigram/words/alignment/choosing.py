"""Which aligner finds the times of words in a language."""

from __future__ import annotations

from importlib.util import find_spec

from sentigram.core.protocols import Aligner
from sentigram.store.catalogue import Role, catalogue
from sentigram.store.installed import StoredModel, installed
from sentigram.store.shipped import is_commercial
from sentigram.words.alignment import forced
from sentigram.words.alignment.ctc import CtcAligner

ROLE: Role = "aligner"


def choose_aligner(language: str) -> tuple[Aligner | None, str]:
    """The aligner for a language, and a line about it.

    English has one that comes with the product. For other languages it is a model from the store
    that lists the language; of several, one that allows commercial use, then the first by name.

    Args:
        language: ISO 639-1 code.

    Returns:
        The aligner, with "" or what its licence forbids; or None, with why there is none and what
        brings one.
    """
    code = language.lower().split("-")[0]
    if code == forced.LANGUAGE:
        problem = forced.obstacle(code)
        return (None, problem) if problem else (forced.PocketsphinxAligner(), "")
    models = sorted(
        (model for model in installed(ROLE) if code in model.languages),
        key=lambda model: (not is_commercial(model.licence), model.name),
    )
    if not models:
        return None, _what_brings_one(code)
    aligner = CtcAligner(models[0])
    problem = aligner.obstacle(code)
    return (None, problem) if problem else (aligner, _licence(models[0]))


def _licence(model: StoredModel) -> str:
    if is_commercial(model.licence):
        return ""
    return f"words are aligned by {model.name} ({model.licence}: not for commercial use)"


def _what_brings_one(code: str) -> str:
    known = [
        entry
        for entry in catalogue().models.values()
        if entry.role == ROLE and code in entry.languages
    ]
    if not known:
        return f"no aligner knows {code!r}"
    needs = "" if find_spec("torch") else ", with pip install 'sentigram[full]'"
    return f"no aligner for {code!r} is here; run: {known[0].command} ({known[0].licence}){needs}"
