"""A corpus to a manifest: each clip is decoded once, hashed and fingerprinted."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np

from sentigram.core.arrays import Floats32
from sentigram.core.media import SAMPLE_RATE_HZ
from sentigram.core.protocols import Progress, no_progress
from sentigram.errors import InputError, MediaError
from sentigram.training.corpora.item import Item, Warn, refuse
from sentigram.training.dataset.fingerprint import fingerprint
from sentigram.training.dataset.manifest import Example, Manifest
from sentigram.training.dataset.outline import outline
from sentigram.training.dataset.voiceprint import voiceprint

_FULL_SCALE = 32767
_CLIPS_OF_A_VOICE = 12  # more say hardly more of whose it is, and take four times a clip's time


def prepare(
    items: Sequence[Item],
    *,
    corpus: str,
    root: Path,
    licence: str = "",
    unused: Sequence[str] = (),
    progress: Progress = no_progress,
    warn: Warn = refuse,
) -> Manifest:
    """Make the manifest of a corpus.

    Args:
        items: What the corpus module read.
        corpus: Its name.
        root: The folder that it was read from; clips lie in it.
        licence: What it allows.
        unused: Columns of its table that nothing was made of; the audit looks for people in them.
        progress: Told the share of clips that is done.
        warn: Told of clips that are left out because they are silent or cannot be decoded; by
            default that is an error.

    Raises:
        InputError: Two items share an id, a clip lies elsewhere, or nothing is left.
    """
    examples = []
    listened = _listened(items)
    for done, item in enumerate(items, start=1):
        example = _example(item, corpus, root, warn, listened=done - 1 in listened)
        if example is not None:
            examples.append(example)
        progress(done / len(items))
    ids = [example.id for example in examples]
    if len(set(ids)) < len(ids):
        twice = next(name for name in ids if ids.count(name) > 1)
        message = f"{root}: {twice} is there twice; ids tell examples apart"
        raise InputError(message)
    if not examples:
        message = f"{root}: {corpus} holds nothing that can be used"
        raise InputError(message)
    return Manifest(corpus, root, tuple(examples), licence, tuple(unused))


def _listened(items: Sequence[Item]) -> frozenset[int]:
    """Positions of the clips that voices are known by: a dozen of each speaker, from all over."""
    own: dict[str, list[int]] = {}
    for at, item in enumerate(items):
        if item.speaker and item.audio is not None:
            own.setdefault(item.speaker, []).append(at)
    picked = (at[:: -(-len(at) // _CLIPS_OF_A_VOICE)] for at in own.values())
    return frozenset(chain.from_iterable(picked))


def samples_sha256(samples: Floats32) -> str:
    """Digest of a clip as 16-bit samples, so that decoders that differ in the last bits agree.

    Args:
        samples: float32 (n,) at 16 kHz.
    """
    whole = np.round(np.clip(samples, -1, 1) * _FULL_SCALE).astype("<i2")
    return hashlib.sha256(whole.tobytes()).hexdigest()


def decoded(clip: Path, warn: Warn) -> Floats32 | None:
    """The samples of a clip, float32 (n,); None where there are none to use.

    Args:
        clip: Its path.
        warn: Told of a clip that is silent or cannot be decoded.
    """
    import av

    from sentigram.training.dataset.clips import load

    try:
        samples = load(clip)
    except (MediaError, av.FFmpegError, OSError, ValueError, IndexError) as error:
        reason, *_ = str(error).removeprefix(f"{clip}: ").split("; ")  # what to do is for others
        warn(f"{clip}: left out, because it cannot be decoded ({reason})")
        return None
    if not len(samples) or float(np.abs(samples).max()) < 1 / _FULL_SCALE:
        warn(f"{clip}: left out, because it is silent")
        return None
    return samples


def _example(item: Item, corpus: str, root: Path, warn: Warn, *, listened: bool) -> Example | None:
    example = Example(
        id=f"{corpus}/{item.id}",
        corpus=corpus,
        labels=item.labels,
        split=item.split,
        text=item.text,
        speaker=_of(corpus, item.speaker),
        session=_of(corpus, item.session),
        dialogue=_of(corpus, item.dialogue),
        style=item.style,
        vad=item.vad,
        origin=_of(corpus, item.origin),
    )
    if item.audio is None:
        return example
    return _with_sound(example, item.audio, root, warn, listened=listened)


def _of(corpus: str, name: str) -> str:
    return f"{corpus}/{name}" if name else ""


def _with_sound(
    example: Example, clip: Path, root: Path, warn: Warn, *, listened: bool
) -> Example | None:
    if not clip.is_relative_to(root):
        message = f"{clip}: not in {root}; give the folder that holds the whole corpus"
        raise InputError(message)
    samples = decoded(clip, warn)
    if samples is None:
        return None
    return replace(
        example,
        audio=clip.relative_to(root).as_posix(),
        duration_ms=round(1000 * len(samples) / SAMPLE_RATE_HZ),
        audio_sha256=samples_sha256(samples),
        fingerprint=fingerprint(samples),
        outline=outline(samples),
        voice=voiceprint(samples) if listened else "",
    )
