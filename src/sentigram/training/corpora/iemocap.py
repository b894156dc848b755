"""IEMOCAP: ten actors in five sessions, two at a time, in scripted and improvised dialogues.

Busso et al. 2008, "IEMOCAP: Interactive emotional dyadic motion capture database" (licence of the
University of Southern California, research only). The label is the majority of the raters:

- `xxx`, no majority, and turns with the label `oth`, other, keep their dialogue, words and VAD;
  the first have no label, the second have `other`, which is in no class set;
- `dis`, disgust, is kept and is in no class set either: there are two such turns.

Each session repeats the same scripts, so that words tell the scene and with it the emotion: report
scripted and improvised turns apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from sentigram.errors import InputError
from sentigram.reading import TABLE, read_bytes
from sentigram.training.corpora import iemocap_labels
from sentigram.training.corpora.clips import present
from sentigram.training.corpora.item import Item, Style, Warn, refuse
from sentigram.training.corpora.labels import ClassSets, mapped, rated, same

NAME = "iemocap"
LICENCE = "USC research licence: no redistribution, no commercial use"

_MERGED = same("anger", "happiness") | {"excitement": "happiness"} | same("neutral", "sadness")
CLASSES: ClassSets = {
    "4": _MERGED,
    "5": _MERGED | same("frustration"),
    "5-excitement": same("neutral", "frustration", "anger", "sadness", "excitement"),
    "6": same("happiness", "sadness", "neutral", "anger", "excitement", "frustration"),
    "8": same(
        "happiness",
        "sadness",
        "neutral",
        "anger",
        "excitement",
        "frustration",
        "fear",
        "surprise",
    ),
}

LABELS: Mapping[str, str | None] = {
    "ang": "anger",
    "dis": "disgust",
    "exc": "excitement",
    "fea": "fear",
    "fru": "frustration",
    "hap": "happiness",
    "neu": "neutral",
    "oth": "other",
    "sad": "sadness",
    "sur": "surprise",
    "xxx": None,
}

_SESSIONS = ("1", "2", "3", "4", "5")
_DIALOGUE = re.compile(r"Ses0(?P<session>[1-5])[FM]_(?P<style>impro|script)\w+")
_STYLES: Mapping[str, Style] = {"impro": "improvised", "script": "scripted"}
# [6.2901 - 8.2357]	Ses01F_impro01_F000	neu	[2.5000, 2.5000, 2.5000]
_SUMMARY = re.compile(
    r"\[(?P<start>[\d.]+) - (?P<end>[\d.]+)\]\t(?P<turn>\w+)\t(?P<label>\w+)\t"
    r"\[(?P<v>[^,\]]+), (?P<a>[^,\]]+), (?P<d>[^,\]]+)\]"
)
# Ses01F_impro01_F000 [006.2901-008.2357]: Excuse me.
_SPOKEN = re.compile(r"(?P<turn>Ses\w+) \[[\d.]+ ?- ?[\d.]+\]: ?(?P<text>.*)")
_TURN = re.compile(r"(?P<dialogue>Ses0[1-5][FM]_\w+)_(?P<who>[FM])\d+")


def read(root: Path, *, warn: Warn = refuse) -> tuple[Item, ...]:
    """Read all turns.

    Args:
        root: IEMOCAP_full_release, or the folder that holds it: `Session1` to `Session5`, each with
            dialog/EmoEvaluation, dialog/transcriptions and sentences/wav. Or `labels.csv` beside
            `wavs`, which has no VAD, and words only where the table has them.
        warn: Told of turns whose VAD is left out because a mean rating is not from 1 to 5.

    Raises:
        InputError: A folder, a transcription or a clip is absent, or a line is of another form.
    """
    if iemocap_labels.is_here(root):
        return iemocap_labels.read(root, corpus=NAME, labels=dict(LABELS))
    inner = root / "IEMOCAP_full_release"
    home = inner if inner.is_dir() else root
    return tuple(item for number in _SESSIONS for item in _session(home, number, warn))


def _session(home: Path, number: str, warn: Warn) -> Iterator[Item]:
    folder = home / f"Session{number}"
    evaluations = folder / "dialog" / "EmoEvaluation"
    # macOS writes `._NAME` beside each file that it unpacks
    paths = sorted(path for path in evaluations.glob("Ses*.txt") if path.is_file())
    if not paths:
        message = f"{evaluations}: no Ses….txt; give the folder that holds Session1 to Session5"
        raise InputError(message)
    for path in paths:
        words = _transcription(folder / "dialog" / "transcriptions" / path.name)
        clips = folder / "sentences" / "wav" / path.stem
        for where, turn in _summaries(path):
            yield _item(home, clips, words, turn, where, warn)


def _summaries(path: Path) -> Iterator[tuple[str, re.Match[str]]]:
    """Lines that sum a turn up; those of single raters begin with other than a bracket."""
    for number, line in enumerate(_lines(path), start=1):
        if not line.startswith("[") or "\t" not in line:
            continue
        where = f"{path}:{number}"
        match = _SUMMARY.fullmatch(line.rstrip())
        if match is None:
            message = f"{where}: {line!r}; expected [start - end], turn, emotion, [v, a, d]"
            raise InputError(message)
        yield where, match


def _transcription(path: Path) -> Mapping[str, str]:
    """Turn → words; some lines give the words of one who is not recorded, without a turn."""
    if not path.is_file():
        message = f"{path}: no such transcription; download the full release again"
        raise InputError(message)
    found = (_SPOKEN.fullmatch(line.rstrip()) for line in _lines(path))
    return {match["turn"]: match["text"] for match in found if match is not None}


def _item(
    home: Path,
    clips: Path,
    words: Mapping[str, str],
    turn: re.Match[str],
    where: str,
    warn: Warn,
) -> Item:
    name = turn["turn"]
    parts = _TURN.fullmatch(name)
    dialogue = _DIALOGUE.fullmatch(clips.name)
    if parts is None or dialogue is None or parts["dialogue"] != clips.name:
        message = f"{where}: turn {name!r}; expected such as {clips.name}_F000"
        raise InputError(message)
    if name not in words:
        message = f"{where}: turn {name} has no words in the transcription of {clips.name}"
        raise InputError(message)
    clip = present(clips / f"{name}.wav", where=where, corpus=NAME)
    return Item(
        id=clip.relative_to(home).as_posix(),
        corpus=NAME,
        labels=mapped([turn["label"]], LABELS, where=where, item=name),
        split="",
        text=words[name],
        audio=clip,
        speaker=f"{dialogue['session']}{parts['who']}",
        vad=_vad(turn, where, warn),
        dialogue=clips.name,
        session=dialogue["session"],
        style=_STYLES[dialogue["style"]],
    )


def _vad(turn: re.Match[str], where: str, warn: Warn) -> tuple[float, float, float] | None:
    given = (turn["v"], turn["a"], turn["d"])
    try:
        return rated(given, low=1, high=5, where=where, item=turn["turn"])
    except InputError as error:
        warn(f"{error}; its VAD is left out")
        return None


def _lines(path: Path) -> list[str]:
    # A few transcriptions hold bytes that are not UTF-8
    return read_bytes(path, TABLE).decode("utf-8", "replace").splitlines()
