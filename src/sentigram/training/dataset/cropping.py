"""Clips in pieces of one length, each an example of its own that says which clip it is of.

Pieces are written as sound, 16 bits at 16 kHz, so that everything that reads clips reads them.
"""

from __future__ import annotations

import hashlib
import re
import wave
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.core.media import SAMPLE_RATE_HZ
from sentigram.core.protocols import Progress, no_progress
from sentigram.core.time import MS_PER_SECOND
from sentigram.errors import InputError
from sentigram.files import made_folder, whole_file
from sentigram.training.corpora.item import Item, Note, Warn, refuse, silent
from sentigram.training.dataset.preparing import decoded

_FULL_SCALE = 32768  # as decoders have it: 16-bit sound at 16 kHz stays what it is, to the bit
_LONGEST_NAME = 100
_PIECE = re.compile(r"_crop\d+$")


@dataclass(frozen=True, slots=True)
class Crop:
    """How clips are cut.

    Attributes:
        length_ms: Of a piece.
        folder: Where pieces are written.
    """

    length_ms: int
    folder: Path

    @property
    def n_samples(self) -> int:
        """Of a piece."""
        return self.length_ms * SAMPLE_RATE_HZ // MS_PER_SECOND


def crop(
    items: Sequence[Item],
    how: Crop,
    *,
    progress: Progress = no_progress,
    warn: Warn = refuse,
    note: Note = silent,
) -> tuple[Item, ...]:
    """Cut clips into pieces, one after the other.

    What is left at the end of a clip and shorter than a piece is left out, so that all pieces are
    of one length; a clip that is shorter as a whole is kept as it is.

    Args:
        items: What the corpus module read.
        how: Length and place.
        progress: Told the share of clips that is done.
        warn: Told of clips that are left out because they are silent or cannot be decoded.
        note: Told how many pieces there are, and what was left out.

    Returns:
        Items whose `origin` is the clip, or what the clip itself is of; labels, words, speakers
        and splits are those of the clip.

    Raises:
        InputError: An item has no sound.
    """
    pieces: list[Item] = []
    n_clips, n_short, rests, taken = 0, 0, [], set[str]()
    with made_folder(how.folder):
        for done, item in enumerate(items, start=1):
            if item.audio is None:
                message = f"{item.id}: has no sound to cut into pieces; leave out --crop"
                raise InputError(message)
            samples = decoded(item.audio, warn)
            progress(done / len(items))
            if samples is None:
                continue
            n_clips += 1
            n_whole, rest = divmod(len(samples), how.n_samples)
            n_short += n_whole == 0
            rests += [rest] if n_whole and rest else []
            name = _file_name(item.id, taken)
            for number in range(max(1, n_whole)):
                part = samples[number * how.n_samples : (number + 1) * how.n_samples]
                path = how.folder / f"{name}_crop{number + 1}.wav"
                _write_wav(path, part)
                pieces.append(
                    replace(
                        item,
                        id=f"{item.id}_crop{number + 1}",
                        audio=path,
                        origin=item.origin or item.id,
                    )
                )
    note(
        f"{n_clips} clips are {len(pieces)} pieces of {how.length_ms / MS_PER_SECOND:g} s; shorter "
        f"ends of clips left out: {len(rests)} ({sum(rests) / SAMPLE_RATE_HZ:.1f} s in all); "
        f"shorter clips kept whole: {n_short}"
    )
    return tuple(pieces)


def clip_of(name: str) -> str:
    """The id of the clip that a piece is of, by the piece's id; of others, the id itself."""
    return _PIECE.sub("", name)


def _file_name(name: str, taken: set[str]) -> str:
    """What a clip's pieces are called on disk: also where case does not count, no other's name."""
    plain = re.sub(r"[^A-Za-z0-9_.-]+", "-", name).lstrip(".-")[-_LONGEST_NAME:]
    if plain != name or plain.casefold() in taken:
        plain = f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    taken.add(plain.casefold())
    return plain


def _write_wav(path: Path, samples: Floats32) -> None:
    """16 bits; float32 (n,) in [-1, 1]."""
    whole = np.clip(np.round(samples * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE - 1).astype("<i2")
    with whole_file(path, overwrite=True) as part, wave.open(str(part), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes(whole.tobytes())
