"""CREMA-D: 91 actors say twelve sentences in six emotions.

Cao et al. 2014, "CREMA-D: Crowd-sourced Emotional Multimodal Actors Dataset" (Open Database
License 1.0). The label is the emotion that the actor was asked to show, from the clip's name, not
what raters heard: from sound alone they recognize the intended emotion in 40.9 % (abstract there).
It has no split of its own: hold out actors; the usual random split shares them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from sentigram.training.corpora.clips import named_clips
from sentigram.training.corpora.item import Item, Warn, refuse
from sentigram.training.corpora.labels import ClassSets, same

NAME = "cremad"
LICENCE = "ODbL 1.0"

CLASSES: ClassSets = {
    "6": same("anger", "disgust", "fear", "happiness", "neutral", "sadness"),
    "4": same("anger", "happiness", "neutral", "sadness"),
}

SENTENCES: Mapping[str, str] = {
    "DFA": "Don't forget a jacket.",
    "IEO": "It's eleven o'clock.",
    "IOM": "I'm on my way to the meeting.",
    "ITH": "I think I have a doctor's appointment.",
    "ITS": "I think I've seen this before.",
    "IWL": "I would like a new alarm clock.",
    "IWW": "I wonder what this is about.",
    "MTI": "Maybe tomorrow it will be cold.",
    "TAI": "The airplane is almost full.",
    "TIE": "That is exactly what happened.",
    "TSI": "The surface is slick.",
    "WSI": "We'll stop in a couple of minutes.",
}

BROKEN: Mapping[str, str] = {
    "1064_IEO_DIS_MD": "holds every emotion of its sentence, one after another",
    "1076_MTI_SAD_XX": "is silent",
}
"""Clips of the official release that cannot carry their label."""

_EMOTIONS = {
    "ANG": "anger",
    "DIS": "disgust",
    "FEA": "fear",
    "HAP": "happiness",
    "NEU": "neutral",
    "SAD": "sadness",
}
_NAME = re.compile(
    rf"(?P<actor>1\d{{3}})_(?P<sentence>{'|'.join(SENTENCES)})_(?P<emotion>{'|'.join(_EMOTIONS)})"
    r"_(?:LO|MD|HI|XX|X)"  # one name of the release ends in a single X
)


def read(root: Path, *, warn: Warn = refuse) -> tuple[Item, ...]:
    """Read all clips.

    Args:
        root: The folder that holds `AudioWAV/1001_DFA_ANG_XX.wav` and so on.
        warn: Told of the clips that are left out because they are broken.

    Raises:
        InputError: There is no clip, or a name is unknown.
    """
    example = "AudioWAV/1001_DFA_ANG_XX.wav"
    items = []
    for clip, parts in named_clips(root, "AudioWAV/*.wav", _NAME, corpus=NAME, example=example):
        if clip.stem in BROKEN:
            warn(f"{clip}: left out, because it {BROKEN[clip.stem]}")
            continue
        items.append(
            Item(
                id=clip.relative_to(root).as_posix(),
                corpus=NAME,
                labels=(_EMOTIONS[parts["emotion"]],),
                split="",
                text=SENTENCES[parts["sentence"]],
                audio=clip,
                speaker=parts["actor"],
            )
        )
    return tuple(items)
