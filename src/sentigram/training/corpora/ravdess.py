"""RAVDESS: 24 English-speaking actors say two sentences in eight emotions.

Livingstone and Russo 2018, "The Ryerson Audio-Visual Database of Emotional Speech and Song"
(CC BY-NC-SA 4.0). Read are the speech clips of the archive Audio_Speech_Actors_01-24, or a manifest
of them; songs and films are not. `split` is the speaker-independent test fold of EmoBox (Ma et al.
2024). Calm stays apart in eight classes and is neutral in seven and four, as the shipped model
reads it. Labels are what the actor was asked to show.
"""

from __future__ import annotations

import re
from pathlib import Path

from sentigram.training.corpora.clips import has_manifest, named_clips, read_clips
from sentigram.training.corpora.item import Item, Warn, refuse
from sentigram.training.corpora.labels import ClassSets, same

NAME = "ravdess"
LICENCE = "CC BY-NC-SA 4.0"

CLASSES: ClassSets = {
    "8": same("anger", "calm", "disgust", "fear", "happiness", "neutral", "sadness", "surprise"),
    "7": same("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
    | {"calm": "neutral"},
    "4": same("anger", "happiness", "neutral", "sadness") | {"calm": "neutral"},
}

LABELS: dict[str, str | None] = dict(CLASSES["8"])

# The third of seven numbers in a name.
_EMOTIONS = {
    "01": "neutral",
    "02": "calm",
    "03": "happiness",
    "04": "sadness",
    "05": "anger",
    "06": "fear",
    "07": "disgust",
    "08": "surprise",
}
_SENTENCES = {"01": "Kids are talking by the door", "02": "Dogs are sitting by the door"}
_TEST_ACTORS = {
    1: (1, 11, 20, 21),
    2: (4, 10, 12, 14),
    3: (8, 9, 19, 23),
    4: (3, 5, 7, 24),
    5: (2, 15, 16, 18),
    6: (6, 13, 17, 22),
}
_FOLDS = {f"{actor:02}": fold for fold, actors in _TEST_ACTORS.items() for actor in actors}
_NAME = re.compile(
    r"(?P<modality>0[1-3])-(?P<channel>0[12])-(?P<emotion>0[1-8])-0[12]"
    r"-(?P<sentence>0[12])-0[12]-(?P<actor>0[1-9]|1\d|2[0-4])"
)
_SOUND_ONLY, _SPEECH = "03", "01"


def read(root: Path, *, warn: Warn = refuse) -> tuple[Item, ...]:
    """Read all speech clips.

    Args:
        root: The folder that holds `Actor_01/03-01-05-02-01-01-01.wav` and so on, or
            `manifest.csv` and the clips.
        warn: Never called: nothing is left out.

    Raises:
        InputError: A clip is absent, or a name or label is unknown.
    """
    del warn
    if has_manifest(root):
        return read_clips(root, corpus=NAME, labels=LABELS)
    example = "Actor_01/03-01-05-02-01-01-01.wav"
    clips = named_clips(root, "Actor_*/*.wav", _NAME, corpus=NAME, example=example)
    return tuple(
        Item(
            id=clip.relative_to(root).as_posix(),
            corpus=NAME,
            labels=(_EMOTIONS[parts["emotion"]],),
            split=f"emobox_test_fold_{_FOLDS[parts['actor']]}",
            text=_SENTENCES[parts["sentence"]],
            audio=clip,
            speaker=f"actor{parts['actor']}",
        )
        for clip, parts in clips
        if parts["modality"] == _SOUND_ONLY and parts["channel"] == _SPEECH
    )
