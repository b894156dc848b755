"""EmoDB: ten actors say German sentences in seven moods.

Burkhardt et al. 2005, "A Database of German Emotional Speech" (CC0). Boredom is left out: the
originals hold nine such clips, and calling a bored voice neutral would teach that low arousal with
displeasure is neutral. The manifest's folds mix speakers, so they are not passed on: hold out
speakers instead.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from sentigram.training.corpora.clips import has_manifest, named_clips, read_clips
from sentigram.training.corpora.item import Item, Warn, refuse
from sentigram.training.corpora.labels import ClassSets, same

NAME = "emodb"
LICENCE = "CC0"

CLASSES: ClassSets = {
    "6": same("anger", "disgust", "fear", "happiness", "neutral", "sadness"),
    "4": same("anger", "happiness", "neutral", "sadness"),
}

LABELS: dict[str, str | None] = {**CLASSES["6"], "boredom": None}

# The letter is the first of the German word: Wut, Langeweile, Ekel, Angst, Freude, Trauer, neutral.
_LETTERS = {
    "W": "anger",
    "L": "boredom",
    "E": "disgust",
    "A": "fear",
    "F": "happiness",
    "T": "sadness",
    "N": "neutral",
}
_SENTENCES = {
    "a01": "Der Lappen liegt auf dem Eisschrank.",
    "a02": "Das will sie am Mittwoch abgeben.",
    "a04": "Heute abend könnte ich es ihm sagen.",
    "a05": "Das schwarze Stück Papier befindet sich da oben neben dem Holzstück.",
    "a07": "In sieben Stunden wird es soweit sein.",
    "b01": "Was sind denn das für Tüten, die da unter dem Tisch stehen?",
    "b02": "Sie haben es gerade hochgetragen und jetzt gehen sie wieder runter.",
    "b03": "An den Wochenenden bin ich jetzt immer nach Hause gefahren und habe Agnes besucht.",
    "b09": "Ich will das eben wegbringen und dann mit Karl was trinken gehen.",
    "b10": "Die wird auf dem Platz sein, wo wir sie immer hinlegen.",
}
_NAME = re.compile(
    rf"(?P<speaker>\d\d)(?P<sentence>{'|'.join(_SENTENCES)})(?P<emotion>[WLEAFTN])(?P<version>[a-z])"
)


def read(root: Path, *, warn: Warn = refuse) -> tuple[Item, ...]:
    """Read all clips but the bored ones.

    Args:
        root: The folder that holds `wav/03a01Fa.wav` and so on, or `manifest.csv` and the clips.
        warn: Never called: boredom is left out by the rule above.

    Raises:
        InputError: A clip is absent, or a name or label is unknown.
    """
    del warn
    if has_manifest(root):
        items = read_clips(root, corpus=NAME, labels=LABELS)
        return tuple(replace(item, split="") for item in items)
    clips = named_clips(root, "wav/*.wav", _NAME, corpus=NAME, example="wav/03a01Fa.wav")
    return tuple(
        Item(
            id=clip.relative_to(root).as_posix(),
            corpus=NAME,
            labels=(label,),
            split="",
            text=_SENTENCES[parts["sentence"]],
            audio=clip,
            speaker=parts["speaker"],
        )
        for clip, parts in clips
        if (label := LABELS[_LETTERS[parts["emotion"]]]) is not None
    )
