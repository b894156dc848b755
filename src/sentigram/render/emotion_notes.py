"""Emotions in words, for formats that cannot show type, as in `[angry] Where were you`.

Guidelines for deaf and hard-of-hearing viewers (Netflix, English SDH) put the manner of speaking in
brackets, in lower case, where the picture does not tell it. Here it is said once, at the first word
of a strong stretch, and only where the line and the reading speed have room for it. A raised voice
is such a manner as well, and `[raised voice]` claims no emotion.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sentigram.core.emotion import NEUTRAL, plain_name
from sentigram.core.style import Cue, NoteRules, StyledTrack, StyledWord
from sentigram.core.time import MS_PER_SECOND

STRONG_LEVEL = 3  # of 4: weaker emotions are read from the words themselves
_LANGUAGE = "en"  # the words below; a note in another language than the speech would puzzle
_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "anger": "angry",
        "calm": "calm",
        "disgust": "disgusted",
        "excitement": "excited",
        "fear": "afraid",
        "frustration": "frustrated",
        "happiness": "happy",
        "sadness": "sad",
        "surprise": "surprised",
    }
)


def notes_of(track: StyledTrack) -> Mapping[int, str]:
    """What to say before which word: `StyledWord.index` to `[angry]`.

    Empty where the theme wants no notes, and where the speech is not English.
    """
    if track.notes is None or track.language != _LANGUAGE:
        return {}
    made: dict[int, str] = {}
    before = NEUTRAL
    for cue in track.cues:
        n_added = 0
        for number, line in enumerate(cue.lines):
            n_line = len(_shown(cue, number))
            for word in line:
                emotion = _strong_emotion(word)
                if emotion not in (NEUTRAL, before):
                    note = f"[{_WORDS.get(emotion, plain_name(emotion))}]"
                    n_note = len(note) + 1
                    if _has_room(cue, track.notes, n_line + n_note, n_added + n_note):
                        made[word.index] = note
                        n_line, n_added = n_line + n_note, n_added + n_note
                before = emotion
    return made


def _strong_emotion(word: StyledWord) -> str:
    key = word.undrawn or word.runs[0].style
    return key.emotion if key.level >= STRONG_LEVEL else NEUTRAL


def _has_room(cue: Cue, rules: NoteRules, n_line: int, n_added: int) -> bool:
    n_chars = n_added + sum(len(_shown(cue, number)) for number in range(len(cue.lines)))
    return n_line <= rules.line_chars and (
        n_chars * MS_PER_SECOND <= rules.cps * cue.span.duration_ms
    )


def _shown(cue: Cue, number: int) -> str:
    """A line as plain text, with what opens it."""
    text = "".join(
        ("" if i == 0 or word.joined else " ") + "".join(run.text for run in word.runs)
        for i, word in enumerate(cue.lines[number])
    )
    return cue.opening(number) + text
