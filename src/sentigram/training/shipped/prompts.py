"""Recordings of plain speech made of studio prompts: what telephone systems say to callers.

The prompts come from Debian's packages asterisk-core-sounds-{en,es,fr,it,ru}-g722, and the English
texts from asterisk-core-sounds-en (CC BY-SA 3.0; the Russian voice CC BY 3.0). Professional
speakers read them as they would speak to anybody: nothing in them is acted.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.core.media import SAMPLE_RATE_HZ, Audio
from sentigram.core.time import ms_from_samples
from sentigram.core.transcript import Transcript, Word
from sentigram.errors import InputError
from sentigram.training.dataset.clips import load
from sentigram.training.shipped.spliced import cut_at_pauses, estimated, trimmed


@dataclass(frozen=True, slots=True)
class Voice:
    """One speaker of prompts.

    Attributes:
        folder: Name of the folder that holds the prompts, somewhere below the one that is given.
        language: ISO 639-1 code.
        speaker: Who speaks.
    """

    folder: str
    language: str
    speaker: str


VOICES = (
    Voice("en_US_f_Allison", "en", "Allison"),
    Voice("es_MX_f_Allison", "es", "Allison"),
    Voice("fr_CA_f_June", "fr", "June"),
    Voice("it_IT_m_Carlo", "it", "Carlo"),
    Voice("ru_RU_f_IvrvoiceRU", "ru", "Maxim's"),
)
N_RECORDINGS = 4  # of each voice
TEXTS = "core-sounds-en.txt.gz"

_NOT_SPEECH = ("beep", "beeperr", "ascending-2tone", "descending-2tone")
_JOKES = "tt-"  # for callers who sell things: monkeys scream in one
_LENGTHS_S = (1.5, 30.0)
_RECORDING_S = 60
_PAUSE_MS = (400, 900)
_BYTES_PER_SECOND = 8000  # of G.722 at 64 kbit/s


@dataclass(frozen=True, slots=True, eq=False)
class Joined:
    """Prompts laid end to end.

    Attributes:
        audio: 16 kHz.
        transcript: Words at estimated times, to be aligned; None where no texts are known.
    """

    audio: Audio
    transcript: Transcript | None


def find(folder: Path, voice: Voice) -> tuple[Path, ...]:
    """The prompts of a voice that hold speech, sentences rather than letters and digits.

    Returns:
        Paths in order of their names; empty where the voice is not there.
    """
    found = next(iter(sorted(folder.rglob(voice.folder))), None)
    if found is None:
        return ()
    low, high = (int(seconds * _BYTES_PER_SECOND) for seconds in _LENGTHS_S)
    return tuple(
        path
        for path in sorted(found.glob("*.g722"))
        if low <= path.stat().st_size <= high
        and path.stem not in _NOT_SPEECH
        and not path.stem.startswith(_JOKES)
    )


def texts(folder: Path) -> dict[str, str]:
    """What the English prompts say, by name.

    Raises:
        InputError: The list is not there.
    """
    listing = next(iter(sorted(folder.rglob(TEXTS))), None)
    if listing is None:
        message = (
            f"{folder}: holds English prompts but not their texts ({TEXTS}); "
            "unpack the package asterisk-core-sounds-en beside them"
        )
        raise InputError(message)
    lines = gzip.decompress(listing.read_bytes()).decode().splitlines()
    pairs = (line.partition(": ") for line in lines if not line.startswith(";"))
    return {name: text.strip() for name, colon, text in pairs if colon and "[" not in text}


def draw(paths: Sequence[Path], *, seed: int) -> tuple[tuple[Path, ...], ...]:
    """Deal prompts to N_RECORDINGS recordings of about a minute, no prompt twice."""
    order = np.random.default_rng(seed).permutation(len(paths))
    dealt: list[tuple[Path, ...]] = []
    hand: list[Path] = []
    size = 0
    for i in order:
        hand.append(paths[i])
        size += paths[i].stat().st_size
        if size >= _RECORDING_S * _BYTES_PER_SECOND:
            dealt.append(tuple(hand))
            hand, size = [], 0
            if len(dealt) == N_RECORDINGS:
                break
    return tuple(dealt)


def lay(paths: Sequence[Path], said: dict[str, str] | None, *, seed: int) -> Joined:
    """Lay prompts end to end with pauses.

    Args:
        paths: The prompts.
        said: Their texts by name, None where they are not known.
        seed: Of the pauses.
    """
    rng = np.random.default_rng(seed)
    parts: list[Floats32] = []
    words: list[Word] = []
    at = 0
    for path in paths:
        samples = trimmed(load(path))
        pause = np.zeros(int(rng.integers(*_PAUSE_MS)) * SAMPLE_RATE_HZ // 1000, np.float32)
        parts += [pause, samples]
        start = at + len(pause)
        at = start + len(samples)
        if said is not None:
            words += estimated(
                said[path.stem],
                ms_from_samples(start, SAMPLE_RATE_HZ),
                ms_from_samples(at, SAMPLE_RATE_HZ),
            )
    rough = None if said is None else Transcript("en", tuple(cut_at_pauses(words)))
    return Joined(Audio(np.concatenate(parts)), rough)
