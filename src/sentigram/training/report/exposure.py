"""How far an encoder's training or settings saw a corpus: what a figure on that corpus is worth.

The table is `exposure.toml` beside this file. What it does not name is unknown, never clean.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal, cast, get_args

from sentigram.emotion.encoders.named import family
from sentigram.training.dataset.features import parts_of

Level = Literal["clean", "unlabelled-exposed", "chosen-on", "label-exposed", "unknown"]

LEVELS: tuple[Level, ...] = get_args(Level)


@dataclass(frozen=True, slots=True)
class Exposure:
    """What is known of one encoder and one corpus.

    Attributes:
        level: `clean` has not seen it; `unlabelled-exposed` was trained on its sound or words,
            `label-exposed` on its labels; `chosen-on` was not trained on it, but settings such as
            layers were chosen by scores on it; `unknown`.
        reason: Why that is so.
        source: Who says so, empty where it is unknown.
    """

    level: Level
    reason: str
    source: str = ""


def exposure(encoder: str, corpus: str) -> Exposure:
    """Look up a pair.

    Args:
        encoder: The features' name, such as `minilm`; of joined ones (`a+b`) the worst part counts.
            What is done to texts, and how frames are pooled, changes nothing of what one saw.
        corpus: The corpus module's name.
    """
    if (encoder, corpus) not in _table() and len(parts := parts_of(encoder)) > 1:
        found_of = [exposure(part, corpus) for part in parts]
        return max(found_of, key=lambda part: LEVELS.index(part.level))
    if encoder in _COMPUTED:
        return Exposure("clean", "it is computed by a formula, and learnt from nothing")
    plain, *_ = encoder.partition(":")[0].split("+")
    named = family(encoder)
    # the table has the names that models were published under
    model = named[1].replace("-", "_") if named else plain
    found = _table().get((encoder, corpus)) or _table().get((model, corpus))
    reason = f"nothing is written down about {encoder} and {corpus}"
    return found or Exposure("unknown", reason)


def exposures(encoders: Iterable[str], corpora: Iterable[str]) -> dict[tuple[str, str], Level]:
    """The level of every encoder with every corpus."""
    known = tuple(corpora)
    return {(one, corpus): exposure(one, corpus).level for one in encoders for corpus in known}


# faces and Whisper's frames are learnt; these are not
_COMPUTED = frozenset({"logmel", "logmel-vggish", "prosody-25", "spectrum-25"})


@cache
def _table() -> Mapping[tuple[str, str], Exposure]:
    text = files("sentigram.training.report").joinpath("exposure.toml").read_text(encoding="utf-8")
    table: dict[tuple[str, str], Exposure] = {}
    for entry in tomllib.loads(text)["encoder"]:
        for level in entry.keys() - {"names"}:
            part = entry[level]
            found = Exposure(cast("Level", level), part["reason"], part["source"])
            for pair in ((name, corpus) for name in entry["names"] for corpus in part["corpora"]):
                if level not in LEVELS or pair in table:
                    message = f"exposure.toml: {pair} is there twice, or {level} is no level"
                    raise ValueError(message)
                table[pair] = found
    return MappingProxyType(table)
