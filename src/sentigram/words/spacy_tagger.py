"""Parts of speech by a spaCy pipeline that the user has installed for the language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sentigram.core.transcript import Utterance
from sentigram.errors import MissingError

_NEEDLESS = ["ner", "lemmatizer"]
_BEST_FIRST = ("trf", "lg", "md", "sm")
_INSTALL = "pip install 'sentigram[tags]'"
_NO_WORDS = frozenset({"", "PUNCT", "SPACE"})


class SpacyTagger:
    """Tags words with the best pipeline there is for their language.

    Args:
        language: ISO 639-1.

    Raises:
        MissingError: spaCy is not installed, or no pipeline for the language.
    """

    def __init__(self, language: str) -> None:
        spacy = _spacy()
        self._name = _pipeline(spacy.util.get_installed_models(), language)
        self._nlp = spacy.load(self._name, exclude=_NEEDLESS)

    @staticmethod
    def check() -> None:
        """Find out before the work whether spaCy is there.

        Raises:
            MissingError: It is not.
        """
        _spacy()

    def tag(self, utterances: Sequence[Utterance]) -> tuple[str, ...]:
        """The part of speech of each word, read in its sentence.

        spaCy divides text in its own way: a word has the tag of its longest piece that is no
        mark; that of a particle, such as `n't`, where it has no other.

        Args:
            utterances: Words in the order of speech.

        Returns:
            A Universal POS tag for each word; "" where there are only marks.

        Raises:
            MissingError: The pipeline gives no parts of speech.
        """
        found = [tag for one in utterances for tag in self._tags(one)]
        if found and not any(found):
            message = f"the spaCy pipeline {self._name} gives no parts of speech; install another"
            raise MissingError(message)
        return tuple(found)

    def _tags(self, utterance: Utterance) -> list[str]:
        text = ""
        ends: list[int] = []
        for word in utterance.words:
            text += ("" if word.joined or not text else " ") + word.text
            ends.append(len(text))
        chosen = [(False, 0, "")] * len(ends)
        at = 0
        for token in self._nlp(text):
            while at < len(ends) - 1 and token.idx >= ends[at]:
                at += 1
            rank = (token.pos_ != "PART", len(token.text))
            if token.pos_ not in _NO_WORDS and rank > chosen[at][:2]:
                chosen[at] = (*rank, token.pos_)
        return [tag for *_, tag in chosen]


def _spacy() -> Any:
    try:
        import spacy
    except ImportError as error:
        message = f"a selector of the theme asks for parts of speech, which needs spaCy: {_INSTALL}"
        raise MissingError(message) from error
    return spacy


def _pipeline(installed: Sequence[str], language: str) -> str:
    """The best of the language's pipelines that are installed."""
    own = [name for name in installed if language and name.startswith(f"{language}_")]
    if not own:
        message = (
            f"a selector of the theme asks for parts of speech, and no spaCy pipeline for language "
            f"{language!r} is installed; run: python -m spacy download {_example(language)} "
            "(https://spacy.io/models lists them)"
        )
        raise MissingError(message)
    ranks = {size: rank for rank, size in enumerate(_BEST_FIRST)}
    return min(own, key=lambda name: (ranks.get(name.rpartition("_")[2], len(ranks)), name))


def _example(language: str) -> str:
    genre = "web" if language in ("", "en", "zh") else "news"
    return f"{language or 'en'}_core_{genre}_sm"
