"""What is done to a text before an encoder reads it, as the name of its features says it.

`bert-cls+clean+speakers:MODEL` are the vectors of texts that were cleaned and begin with who says
them. The name is what features on disk, experiments and checkpoints know them by, so texts of one
form are never taken for those of another.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sentigram.core.document import EnginePart
from sentigram.core.protocols import Progress, TextFeatures, no_progress
from sentigram.core.transcript import Utterance, Word
from sentigram.emotion.encoders.tokens import EncoderInfo, TextTokens
from sentigram.errors import UsageError

LONGEST = 128  # word pieces of a text, as the compared systems have it
_LEAST, _MOST = 3, 512
_KEPT_MARKS = frozenset(".,!?'-")
_ALIKE = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "‐": "-", "‑": "-", "–": "-", "—": " "})


@dataclass(frozen=True, slots=True)
class TextForm:
    """How texts are given to an encoder.

    Attributes:
        clean: In lower case, without unwanted characters: see `cleaned`.
        speakers: Whether each begins with its speaker, `Ross: text`.
        longest: Word pieces that are read of a text, special ones included; the rest is cut off.
    """

    clean: bool = False
    speakers: bool = False
    longest: int = LONGEST

    @property
    def suffix(self) -> str:
        """What it adds to the name of features, such as `+clean+longest=64`."""
        parts = [
            "clean" if self.clean else "",
            "speakers" if self.speakers else "",
            f"longest={self.longest}" if self.longest != LONGEST else "",
        ]
        return "".join(f"+{part}" for part in parts if part)

    def of(self, text: str, speaker: str = "") -> str:
        """A text in this form.

        Args:
            text: It.
            speaker: Who says it, "" when unknown; `corpus/name` counts as the name.
        """
        own = cleaned(text) if self.clean else text
        marker = self.marker(speaker)
        return f"{marker} {own}" if marker else own

    def marker(self, speaker: str) -> str:
        """What stands before a speaker's text, "" where there is nothing to say."""
        name = speaker.rpartition("/")[2].strip()
        return f"{name}:" if self.speakers and name else ""


PLAIN = TextForm()


def split_name(name: str) -> tuple[str, TextForm]:
    """The name of features without what it says of texts, and that.

    Args:
        name: Such as `minilm`, `minilm+clean` or `wordpieces+speakers+longest=64:MODEL`.

    Raises:
        UsageError: It says something that is not known, or in another order than stores have it.
    """
    head, colon, model = name.partition(":")
    plain, *options = head.split("+")
    form = PLAIN
    for option in options:
        key, equals, value = option.partition("=")
        if key in ("clean", "speakers") and not equals:
            form = replace(form, **{key: True})
        elif key == "longest" and value.isdecimal() and _LEAST <= int(value) <= _MOST:
            form = replace(form, longest=int(value))
        else:
            message = (
                f"features {name!r}: +{option} is none of +clean, +speakers and +longest=N, "
                f"N from {_LEAST} to {_MOST}"
            )
            raise UsageError(message)
    usual = f"{plain}{form.suffix}{colon}{model}"
    if usual != name:
        message = f"features {name!r}: write {usual}, by which they are kept"
        raise UsageError(message)
    return f"{plain}{colon}{model}", form


def form_of(name: str) -> TextForm:
    """The form of the texts that features were made of; names of others say nothing of it."""
    try:
        return split_name(name)[1]
    except UsageError:  # a name that somebody else chose
        return PLAIN


def cleaned(text: str) -> str:
    """A text in lower case, with letters, digits, `.,!?'-` and single spaces only.

    Compatible forms are brought together (NFKC), typographic apostrophes and hyphens become plain
    ones, and everything else becomes a space. Letters, marks and digits of every script count.
    """
    plain = unicodedata.normalize("NFKC", text).translate(_ALIKE).lower()
    # what lower case makes of some letters is not composed: once more, so that it stays the same
    plain = unicodedata.normalize("NFKC", plain).lower()
    kept = "".join(
        c if c in _KEPT_MARKS or unicodedata.category(c)[0] in "LMN" else " " for c in plain
    )
    return re.sub(r"\s+", " ", kept).strip()


class FormedText:
    """Word vectors of sentences in a form: `bert+clean:MODEL` at work.

    A word of which cleaning leaves nothing has the vector of the one before it, or the first one's.

    Args:
        plain: Reads the sentences.
        form: Given to it in this form.
    """

    def __init__(self, plain: TextTokens, form: TextForm) -> None:
        self.plain, self._form = plain, form

    @property
    def info(self) -> EncoderInfo:
        """What checkpoints that are trained on it remember of it."""
        info = self.plain.info
        head, colon, model = info.name.partition(":")
        return replace(info, name=f"{head}{self._form.suffix}{colon}{model}")

    @property
    def part(self) -> EnginePart:
        """For the Document's engine list."""
        return self.plain.part

    def encode(
        self, utterances: Sequence[Utterance], *, progress: Progress = no_progress
    ) -> tuple[TextFeatures, ...]:
        """One entry per utterance, one vector per word."""
        formed = [_formed(utterance, self._form) for utterance in utterances]
        encoded = iter(self.plain.encode([u for u, _ in formed if u.words], progress=progress))
        return tuple(
            _of_words(next(encoded), places) if u.words else self._nothing(len(places))
            for u, places in formed
        )

    def _nothing(self, n_words: int) -> TextFeatures:
        """What training has of a text of which nothing is left."""
        vectors = np.zeros((n_words, self.info.width), np.float32)
        return TextFeatures(vectors, np.ones(n_words, np.int64))


def _formed(utterance: Utterance, form: TextForm) -> tuple[Utterance, list[slice]]:
    """An utterance in a form, and where in it the words are that each word became."""
    words: list[Word] = []
    marker = form.marker(utterance.speaker)
    words += [Word(part, utterance.span) for part in marker.split()]
    places = []
    for word in utterance.words:
        own = (cleaned(word.text) if form.clean else word.text).split()
        places.append(slice(len(words), len(words) + len(own)))
        words += [replace(word, text=t, joined=word.joined and not i) for i, t in enumerate(own)]
    return replace(utterance, words=tuple(words)), places


def _of_words(found: TextFeatures, places: Sequence[slice]) -> TextFeatures:
    """Vectors of the words that there were: means of what each became, weighted by its tokens."""
    vectors = np.empty((len(places), found.vectors.shape[1]), np.float32)
    counts = np.ones(len(places), np.int64)
    filled = [i for i, place in enumerate(places) if place.stop > place.start]
    for i in filled:
        weights = found.n_tokens[places[i]]
        counts[i] = weights.sum()
        vectors[i] = (found.vectors[places[i]] * weights[:, None]).sum(axis=0) / counts[i]
    for i in set(range(len(places))) - set(filled):
        near = max((k for k in filled if k < i), default=min(filled, default=None))
        vectors[i] = found.vectors[0] if near is None else vectors[near]
    return TextFeatures(vectors, counts)
