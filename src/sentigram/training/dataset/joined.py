"""Features side by side: `prosody-25+spectrum-25` are both, one wide token for one of each."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sentigram.emotion.encoders.tokens import AnyFloats, EncoderInfo
from sentigram.errors import InputError, UsageError
from sentigram.training.dataset.features import FeatureStore, folder_name, open_store, parts_of
from sentigram.training.dataset.manifest import Example


@dataclass(frozen=True, slots=True, eq=False)
class JoinedStore:
    """Several stores as one.

    Attributes:
        info: Widths added up, names joined.
        parts: In the order in which their columns stand.
    """

    info: EncoderInfo
    parts: tuple[FeatureStore, ...]

    @property
    def folder(self) -> Path:
        """Where the parts lie."""
        return self.parts[0].folder.parent

    def get(self, example: Example) -> AnyFloats | None:
        """Tokens of an example, (n, width); None when a part lacks it.

        Raises:
            InputError: The parts have different numbers of tokens.
        """
        found = [part.get(example) for part in self.parts]
        tokens = [array for array in found if array is not None]
        if len(tokens) < len(self.parts):
            return None
        if len({len(array) for array in tokens}) > 1:
            counts = ", ".join(
                f"{len(array)} of {part.info.name}"
                for part, array in zip(self.parts, tokens, strict=True)
            )
            message = (
                f"features {self.info.name}: {example.id} has {counts}; only features with as many "
                "tokens each can be joined, such as those of whole clips, one each"
            )
            raise InputError(message)
        return np.concatenate(tokens, axis=1).astype(self.info.stored)

    def lacking(self, example: Example) -> str:
        """Names of the features that an example does not have, for a command line."""
        return ",".join(part.info.name for part in self.parts if part.get(example) is None)


def open_features(root: Path, name: str) -> FeatureStore | JoinedStore:
    """Open features by name, or several joined by `+`.

    Args:
        root: The folder of all features.
        name: An encoder's name, or such as `prosody-25+spectrum-25`. A folder of just this name
            comes first.

    Raises:
        InputError: There are none, or they are damaged.
        UsageError: The parts are not of one modality, are named twice, or are ids.
    """
    names = parts_of(name)
    if len(names) == 1 or (root / folder_name(name)).is_dir():
        return open_store(root, name)
    if len(set(names)) < len(names) or not all(names):
        message = f"features {name!r}: name each part once, as in prosody-25+spectrum-25"
        raise UsageError(message)
    parts = tuple(open_store(root, part) for part in names)
    return JoinedStore(_joined(name, [part.info for part in parts]), parts)


def _joined(name: str, infos: list[EncoderInfo]) -> EncoderInfo:
    """What joined features are made by; a digest only where every part has one."""
    if len({info.kind for info in infos}) > 1:
        told = ", ".join(f"{info.name} of {info.kind}" for info in infos)
        message = f"features {name!r} join different modalities: {told}; give each its own setting"
        raise UsageError(message)
    ids = [info.name for info in infos if info.numbers == "ids"]
    if ids:
        message = f"features {name!r}: {ids[0]} are ids of a vocabulary, and no columns to join"
        raise UsageError(message)
    digests = "".join(info.sha256 for info in infos)
    is_known = all(info.sha256 for info in infos)
    return EncoderInfo(
        name=name,
        kind=infos[0].kind,
        width=sum(info.width for info in infos),
        id=" + ".join(info.id for info in infos),
        sha256=hashlib.sha256(digests.encode()).hexdigest() if is_known else "",
        stored="float16" if {info.stored for info in infos} == {"float16"} else "float32",
    )
